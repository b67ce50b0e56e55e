"""The thread executor: user code ends its run and nothing else, and no end leaves anything open."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from pathlib import Path
from typing import ClassVar

import pytest

from gymdash_core import SimStatus, SimStatusCode, Simulation, SimulationTracker, StopSimException
from gymdash_core.errors import WrongStateError
from gymdash_core.locks import holder
from gymdash_core.project import RunFolder
from gymdash_core.stats.manifest import entries_of
from gymdash_core.stats.media import MediaFileStatLinker
from gymdash_core.status import RunState

WAIT_S = 60


class Plain(Simulation):
    def _run(self, **kwargs):
        self.log("x", 1.0)
        self.add_status(SimStatus(SimStatusCode.SUCCESS))


class Interrupted(Plain):
    def _setup(self, **kwargs):
        raise KeyboardInterrupt


class Leaves(Plain):
    def __init__(self, config):
        super().__init__(config)
        raise SystemExit(3)


class StopsInACallback(Plain):
    def __init__(self, config):
        super().__init__(config)

        def stop():
            raise StopSimException("enough")

        self.add_callback(self.START_RUN, stop)


class Polls(Simulation):
    def _run(self, **kwargs):
        while True:
            self.tick()


class RegistersLate(Simulation):
    """Has two more streamers in its first attempt, and one of them in the next, late."""

    seen: ClassVar[list[list[str]]] = []

    def _run(self, **kwargs):
        self.seen.append(names_in(self))
        for name in ("one", "other") if self.attempt == 1 else ("one",):
            self.streamer.register(name, MediaFileStatLinker(name, []))
            self.seen.append(names_in(self))
        self.checkpoint(0)

    def save_checkpoint(self, folder, step):
        pass


def names_in(simulation):
    entries = entries_of(RunFolder(Path(simulation.sim_path)))
    return [entry["name"] for entry in entries if entry["name"] in {"one", "other"}]


@pytest.fixture
def tracker(tmp_path):
    with SimulationTracker(tmp_path / "p", executor="thread") as made:
        for cls in (Plain, Interrupted, Leaves, StopsInACallback, Polls, RegistersLate):
            made.register(cls)
        yield made


def test_an_interrupt_in_setup_fails_the_run_and_reaches_the_caller(tracker):
    with pytest.raises(KeyboardInterrupt):
        tracker.start("Interrupted")
    (view,) = tracker.views()
    assert view.state is RunState.FAILED
    assert "KeyboardInterrupt" in view.reason
    assert holder(tracker.project.run(view.id).worker_lock) is None


def test_an_exit_in_init_fails_the_run_and_not_the_script(tracker):
    run = tracker.start("Leaves")
    assert tracker.state(run) is RunState.FAILED
    assert holder(tracker.project.run(run).worker_lock) is None


def test_a_stop_in_a_callback_stops_the_run(tracker):
    run = tracker.start("StopsInACallback")
    assert tracker.wait(run, WAIT_S)
    assert tracker.state(run) is RunState.STOPPED


def open_files():
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(FileNotFoundError):  # another thread has closed it meanwhile
            yield str(Path("/proc/self/fd", name).readlink())


def test_ended_runs_hold_no_files_and_no_handles(tracker, eventually):
    runs = [tracker.start("Plain") for _ in range(5)]
    assert tracker.wait(runs, WAIT_S)
    eventually(lambda: tracker._launcher.executors.get("thread")._handles == {})
    eventually(lambda: not [path for path in open_files() if str(tracker.project.sims) in path])  # who watches looks


def test_a_disk_that_refuses_the_records_does_not_lose_the_stop(tracker):
    run = tracker.start("Polls")
    tracker.project.run(run).interventions.mkdir()
    tracker.pause(run)
    assert tracker.wait_for(run, ["paused"], WAIT_S)
    tracker.stop(run)
    assert tracker.wait(run, WAIT_S)
    assert tracker.state(run) is RunState.STOPPED


def test_a_stop_that_two_threads_bring_at_once_is_asked_and_recorded_once(tracker, monkeypatch):
    run = tracker.start("Polls")
    session = tracker._launcher.handle(tracker.project.run(run))._session
    interactor = session._bound.interactor
    asks, go_on, set_in = threading.Semaphore(0), threading.Event(), interactor.set_in

    def slow(*arguments):
        asks.release()
        assert go_on.wait(WAIT_S)
        return set_in(*arguments)

    monkeypatch.setattr(interactor, "set_in", slow)
    first = threading.Thread(target=session.ask_stop, args=("one",))
    first.start()
    assert asks.acquire(timeout=WAIT_S)
    session.ask_stop("other")
    go_on.set()
    first.join(WAIT_S)
    assert tracker.wait(run, WAIT_S)
    lines = [json.loads(line) for line in tracker.project.run(run).interventions.read_text().splitlines()]
    assert [line["by"] for line in lines if line["event"] == "stop"] == ["one"]
    assert not asks.acquire(blocking=False)


def test_what_an_attempt_has_not_registered_yet_is_not_gone(tracker, monkeypatch):
    monkeypatch.setattr(RegistersLate, "seen", [])
    run = tracker.start("RegistersLate")
    assert tracker.wait(run, WAIT_S)
    assert RegistersLate.seen == [[], ["one"], ["one", "other"]]
    tracker.resume(run)
    assert tracker.wait(run, WAIT_S)
    assert RegistersLate.seen[3:] == [["one", "other"], ["one", "other"]]
    left = [entry["name"] for entry in entries_of(tracker.project.run(run))]
    assert "one" in left
    assert "other" not in left  # it was never registered


def test_a_restored_simulation_cannot_write(tracker):
    run = tracker.start("Plain")
    assert tracker.wait(run, WAIT_S)
    restored = tracker.load(run)
    with pytest.raises(WrongStateError, match="restored from disk"):
        restored.log("x", 2.0)
    assert len(tracker.points(run, "x")) == 1


def test_what_a_thread_reports_after_the_end_is_not_written(tracker, caplog):
    run = tracker.start("Plain")
    assert tracker.wait(run, WAIT_S)
    handle_free = tracker.statuses(run)
    simulation = Plain(tracker.load(run).config)
    object_run = tracker.start(simulation)
    assert tracker.wait(object_run, WAIT_S)
    simulation.add_status(SimStatus(SimStatusCode.FAIL, details="too late"))
    assert len(tracker.statuses(object_run)) == len(handle_free) == 1
    assert "has ended" in caplog.text
