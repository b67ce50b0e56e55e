"""Rules of `gymdash_server.announcer`: a plugin's hook can neither delay, nor break, nor change anything."""

from __future__ import annotations

import logging
import threading

import pytest

from gymdash_core import hookimpl
from gymdash_core.plugins import build_plugin_manager
from gymdash_server import announcer as announcing
from gymdash_server.announcer import Announcer


@pytest.fixture
def told():
    return []


class OneSidedAnnouncer(Announcer):
    """Soon tired of one plugin, and of no other, however busy this machine is."""

    def __init__(self, manager, tiring):
        self.tiring = tiring
        super().__init__(manager, 60)

    def _call(self, report, hook, implementation, arguments):
        self._timeout_s = 0.1 if report.name == self.tiring else 60
        super()._call(report, hook, implementation, arguments)


def announcer_of(*plugins, tiring=None):
    manager = build_plugin_manager(entry_points=(), extra=plugins)
    return manager, OneSidedAnnouncer(manager, tiring)


class Notes:
    def __init__(self, told):
        self.told = told

    @hookimpl
    def gymdash_run_started(self, run):
        self.told.append(("started", run))

    @hookimpl
    def gymdash_run_finished(self, run):
        self.told.append(("finished", run))

    @hookimpl
    def gymdash_control_request(self, run, request):
        self.told.append(("asked", run, request))


def test_hooks_are_told_in_order(told):
    _, announcer = announcer_of(Notes(told))
    announcer.started({"id": 1})
    announcer.asked({"id": 1}, {"id": "q"})
    announcer.finished({"id": 1})
    announcer.close(30)
    assert told == [("started", {"id": 1}), ("asked", {"id": 1}, {"id": "q"}), ("finished", {"id": 1})]


def test_what_a_hook_does_to_its_arguments_is_seen_by_nobody(told):
    class Vandal:
        @hookimpl
        def gymdash_run_started(self, run):
            run["tags"].append("mine")
            run.clear()

    run = {"id": 1, "tags": []}
    _, announcer = announcer_of(Vandal(), Notes(told))
    announcer.started(run)
    announcer.close(30)
    assert run == {"id": 1, "tags": []}
    assert told == [("started", {"id": 1, "tags": []})]


@pytest.mark.parametrize("fault", [RuntimeError("no"), SystemExit(3)])
def test_failing_hook_is_fenced_off_and_the_others_go_on(told, fault, caplog):
    class Fails:
        @hookimpl
        def gymdash_run_started(self, run):
            told.append("failed")
            raise fault

    manager, announcer = announcer_of(Fails(), Notes(told))
    with caplog.at_level(logging.CRITICAL):
        announcer.started({"id": 1})
        announcer.started({"id": 2})
        announcer.close(30)
    assert told.count("failed") == 1
    assert [item[1]["id"] for item in told if item != "failed"] == [1, 2]
    assert [report.ok for report in manager.report] == [False, True]


def test_hook_that_hangs_is_abandoned_once_and_delays_nobody_again(told, caplog):
    go_on, calls = threading.Event(), []

    class Hangs:
        @hookimpl
        def gymdash_run_started(self, run):
            calls.append(run["id"])
            go_on.wait(30)

    _, announcer = announcer_of(Hangs(), Notes(told), tiring=Hangs.__qualname__)
    with caplog.at_level(logging.CRITICAL):
        for n in range(20):
            announcer.started({"id": n})
        announcer.close(30)
    go_on.set()
    assert calls == [0]
    assert [item[1]["id"] for item in told] == list(range(20))


def test_hook_that_was_slow_is_called_again_once_it_is_done(told, eventually, caplog):
    go_on, calls, done = threading.Event(), [], threading.Event()

    class Slow:
        @hookimpl
        def gymdash_run_started(self, run):
            calls.append(run["id"])
            if run["id"] == 0:
                go_on.wait(30)
                done.set()

    _, announcer = announcer_of(Slow(), Notes(told), tiring=Slow.__qualname__)
    with caplog.at_level(logging.CRITICAL):
        announcer.started({"id": 0})
        announcer.started({"id": 1})
        eventually(lambda: len(told) == 2)
        go_on.set()
        assert done.wait(10)
        eventually(lambda: not any(t.name.startswith("gymdash-hook-") for t in threading.enumerate()))
        announcer.started({"id": 2})
        announcer.close(30)
    eventually(lambda: calls == [0, 2])


def test_more_than_can_be_told_leaves_out_the_oldest_and_is_logged(told, monkeypatch, caplog):
    monkeypatch.setattr(announcing, "WAITING", 3)
    begun, go_on = threading.Event(), threading.Event()

    class Waits:
        @hookimpl
        def gymdash_run_started(self, run):
            begun.set()
            go_on.wait(30)
            told.append(run["id"])

    _, announcer = announcer_of(Waits())
    announcer.started({"id": 0})
    assert begun.wait(10)
    for n in range(1, 10):
        announcer.started({"id": n})
    assert len([record for record in caplog.records if "left out" in record.message]) == 2  # of six
    go_on.set()
    announcer.close(30)
    assert told in ([0, 7, 8, 9], [0, 8, 9])  # what ends it waits in line too
