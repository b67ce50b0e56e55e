"""What follows pages notices where a line does not end as its page says."""

from __future__ import annotations

import pytest

import following


class Said:
    """A terminal in which each line is answered by what comes next, and the last answer stays."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.given = []

    def run(self, line):
        self.given.append(line)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.mark.parametrize(
    ("command", "expected", "answer"),
    [
        ("gymdash kill digits", "...\n", (1, "Error: no run is called digits\n")),
        ("gymdash start walk", "Error: ...\n", (0, "Error: not so bad\n")),
        ("gymdash wait digits", "...  digits: stopped\n", (0, "1  digits: stopped\n")),
        ("gymdash list", "id\n", (0, "name\n")),
        ("gymdash start walk", None, (1, "Error: no server\n")),
        ("gymdash list", None, (0, "Traceback (most recent call last):\n")),
    ],
)
def test_a_line_that_ends_otherwise_is_told_with_what_it_printed(command, expected, answer, monkeypatch):
    monkeypatch.setattr(following, "PATIENCE_S", 0)
    terminal = Said(answer)
    with pytest.raises(AssertionError) as told:
        following.give(terminal, command, expected)
    assert answer[1] in str(told.value)
    assert terminal.given == [command]


@pytest.mark.parametrize(
    ("command", "expected", "answer"),
    [
        ("gymdash start walk", "Error: ...\n", (2, "Error: no such type\n")),
        ("gymdash wait digits", "...  digits: stopped\n", (1, "1  digits: stopped\n")),
        ("gymdash list", "id\n", (0, "id\n")),
    ],
)
def test_a_line_that_ends_as_its_page_says_is_fine(command, expected, answer):
    following.give(Said(answer), command, expected)


@pytest.mark.parametrize(
    ("command", "expected", "first"),
    [
        ("gymdash query walk height", None, (1, "Error: not there yet\n")),
        ("gymdash list", "there\n", (0, "on its way\n")),
        ("gymdash answer walk 1", "there\n", (1, "Error: walk asks nothing now\n")),
    ],
)
def test_a_line_that_may_be_given_again_is_until_it_ends_as_its_page_says(command, expected, first, monkeypatch):
    monkeypatch.setattr(following, "PAUSE_S", 0)
    terminal = Said(first, (0, "there\n"))
    following.give(terminal, command, expected)
    assert terminal.given == [command] * 2


@pytest.mark.parametrize("command", ["gymdash start walk", "gymdash answer walk 1"])
def test_a_line_that_has_changed_something_is_not_given_again(command):
    terminal = Said((0, "otherwise\n"), (0, "there\n"))
    with pytest.raises(AssertionError, match="otherwise"):
        following.give(terminal, command, "there\n")
    assert terminal.given == [command]


def test_what_a_line_printed_last_is_told_where_it_never_ends_well(monkeypatch):
    monkeypatch.setattr(following, "PATIENCE_S", 0)
    with pytest.raises(AssertionError, match="not there"):
        following.give(Said((1, "Error: not there\n")), "gymdash points walk height", None)
