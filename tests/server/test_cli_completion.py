"""What a shell offers at the tab key."""

from __future__ import annotations

import socket

import pytest
from click.shell_completion import ShellComplete

from gymdash_server.cli.main import build_cli


@pytest.fixture
def offers(served, monkeypatch):
    """Return `offers(*words)`: what is offered for the last word, in the folder of a project with a server."""
    monkeypatch.chdir(served.folder)
    monkeypatch.setattr("gymdash_server.cli.completion._PATIENCE_S", 30)  # this machine may be busy
    return completed


def completed(*words):
    found = ShellComplete(build_cli(), {}, "gymdash", "_GYMDASH_COMPLETE").get_completions(list(words[:-1]), words[-1])
    return [item.value for item in found]


def test_types_that_can_be_started_are_offered(offers):
    assert offers("start", "Count") == ["Counter"]
    assert {"Counter", "Asking"} <= set(offers("start", ""))


def test_runs_are_offered_by_name_or_by_id_where_the_name_says_too_little(served, offers):
    run = served("start", "Counter", "--name", "first", "-p", "total=1").stdout.strip()
    twins = [served("start", "Counter", "--name", name, "-p", "total=1").stdout.strip() for name in ("twin", "twin")]
    spaced = served("start", "Counter", "--name", "with spaces", "-p", "total=1").stdout.strip()
    served("wait", run, *twins, spaced)
    for command in ("show", "stop", "kill", "answer", "logs", "delete", "edit"):
        assert set(offers(command, "")) == {"first", *twins, spaced}
    assert offers("show", "fir") == ["first"]
    assert run in offers("show", run[:6])
    served("delete", run)
    assert offers("restore", "") == ["first"]


def test_stats_of_the_run_are_offered(served, offers):
    run = served("start", "Counter", "--name", "first", "-p", "total=1").stdout.strip()
    served("wait", run)
    assert set(offers("points", "first", "")) == {"height", "odd"}
    assert offers("points", run[:8], "he") == ["height"]
    assert offers("points", "unknown", "") == []


def test_without_a_server_nothing_is_offered_and_nothing_said(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    for command in ("start", "show", "restore"):
        assert completed(command, "") == []
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        port = deaf.getsockname()[1]
        monkeypatch.setattr("gymdash_server.cli.completion._PATIENCE_S", 0.1)
        assert completed("start", "--url", f"http://127.0.0.1:{port}", "") == []
    assert completed("show", "--url", f"http://127.0.0.1:{port}", "") == []
    (tmp_path / ".gymdash").mkdir()
    (tmp_path / ".gymdash" / "server.json").write_text("{")
    assert completed("show", "") == []
    assert capfd.readouterr() == ("", "")
    assert list((tmp_path / ".gymdash").iterdir()) == [tmp_path / ".gymdash" / "server.json"]
