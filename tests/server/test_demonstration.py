"""The demonstration on a machine that loads slowly, or not at all, what learns."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from gymdash_core.errors import TargetError
from gymdash_server.cli import demonstration
from gymdash_server.cli.demonstration import Demonstration
from gymdash_server.cli.output import Output
from gymdash_server.settings import Settings


class Server:
    """What a client sees of a server: a list of types for each time that it is asked."""

    def __init__(self, *lists, refused=()):
        self.lists, self.refused, self.started = list(lists), refused, []

    def __call__(self, *_):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def simulation_types(self):
        return self.lists.pop(0) if len(self.lists) > 1 else self.lists[0]

    def start(self, key, **_):
        if key in self.refused:
            raise TargetError(key, "it cannot be imported")
        self.started.append(key)
        return SimpleNamespace(id=str(len(self.started)))


def of(key, error=None, *, late=False):
    return SimpleNamespace(key=key, error=error, late=late)


@pytest.fixture
def begin(monkeypatch, tmp_path):
    def begin(server):
        monkeypatch.setattr(demonstration, "Client", server)
        Demonstration(Settings(project=tmp_path / "p"), Output())._start("http://127.0.0.1:1")
        return server.started

    return begin


def test_what_is_still_being_loaded_is_waited_for_and_told(begin, capsys):
    late = [of("stable_baselines", "timed out", late=True), of("example_ml"), of("custom_control")]
    ready = [of("stable_baselines"), of("example_ml"), of("custom_control")]
    assert begin(Server(late, late, ready)) == ["custom_control", "stable_baselines", "example_ml"]
    assert capsys.readouterr().err.startswith("stable_baselines: still being loaded.")


def test_what_cannot_be_loaded_is_told_and_the_others_begin(begin, capsys):
    types = [of("stable_baselines", "no module named torch"), of("example_ml"), of("custom_control")]
    assert begin(Server(types)) == ["custom_control", "example_ml"]
    assert "'learns to balance a pole' is left out: no module named torch" in capsys.readouterr().err


def test_what_is_refused_keeps_no_other_from_beginning(begin, capsys):
    types = [of("stable_baselines"), of("example_ml"), of("custom_control")]
    assert begin(Server(types, refused={"stable_baselines"})) == ["custom_control", "example_ml"]
    assert "'learns to balance a pole' is left out: stable_baselines" in capsys.readouterr().err


def test_where_nothing_learns_there_are_numbers(begin, capsys):
    assert begin(Server([of("custom_control")])) == ["custom_control", "custom_control"]
    assert not capsys.readouterr().err


def test_who_waits_for_ever_begins_with_the_rest(begin, monkeypatch):
    monkeypatch.setattr(demonstration, "_LOADING_S", 0.0)
    types = [of("stable_baselines", "timed out after 10 s", late=True), of("example_ml"), of("custom_control")]
    assert begin(Server(types)) == ["custom_control", "example_ml"]
