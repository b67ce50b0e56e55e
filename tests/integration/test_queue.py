"""The queue of a tracker: slots belong to attempts, places in the queue are on the disk, and no launch is forgotten."""

from __future__ import annotations

import shutil
import threading

import pytest

from gymdash_core import ExecutorType, Simulation, SimulationStartConfig, SimulationTracker, hookimpl, launcher
from gymdash_core.errors import InvalidValueError, NotSupportedError, ProjectError, WorkerStartError, WrongStateError
from gymdash_core.meta import read_launch, read_meta
from gymdash_core.plugins import build_plugin_manager
from gymdash_core.registry import Registry
from gymdash_core.status import RunState

WAIT_S = 60


class Held(Simulation):
    """Runs on a thread until it is let go by name, and can be resumed."""

    gates: dict[str, threading.Event]

    def _run(self, **kwargs):
        self.tick(self.attempt)
        self.checkpoint()
        assert self.gates[self.config.name].wait(WAIT_S)
        self.gates[self.config.name].clear()

    def save_checkpoint(self, folder, step):
        (folder / "x").touch()


@pytest.fixture
def held(tmp_path):
    """A tracker with one slot and one thread run ``first`` in it, and the gates of its runs."""
    Held.gates = {name: threading.Event() for name in ("first", "second", "third")}
    with SimulationTracker(tmp_path / "p", executor="thread", max_running=1) as tracker:
        tracker.register(Held)
        first = tracker.start("Held", name="first")
        assert tracker.wait_for(first, ["running"], WAIT_S)
        yield tracker, first
        for gate in Held.gates.values():
            gate.set()


def test_a_refused_second_start_does_not_give_the_slot_away(held):
    tracker, first = held
    with pytest.raises(WrongStateError, match="going on already"):
        tracker.start(first)
    second = tracker.start("Held", name="second")
    assert tracker.state(second) is RunState.QUEUED
    with pytest.raises(WrongStateError, match="queued"):
        tracker.start(second)
    Held.gates["first"].set()
    assert tracker.wait_for(second, ["running"], WAIT_S)
    Held.gates["second"].set()
    assert tracker.wait(second, WAIT_S)


def test_the_late_end_of_an_attempt_does_not_give_back_the_slot_of_the_next(held):
    tracker, first = held
    Held.gates["first"].set()
    assert tracker.wait(first, WAIT_S)
    tracker.resume(first)
    assert tracker.wait_for(first, ["running"], WAIT_S)
    tracker._launcher.release(str(first), 1)
    assert tracker.state(tracker.start("Held", name="second")) is RunState.QUEUED
    assert tracker._launcher.handle(tracker.project.run(first)) is not None


def test_a_queued_resume_says_so_and_goes_on_when_its_turn_comes(held):
    tracker, first = held
    second = tracker.start("Held", name="second")
    Held.gates["first"].set()
    assert tracker.wait_for(second, ["running"], WAIT_S)
    tracker.resume(first)
    view = tracker.view(first)
    assert (view.state, view.reason, view.ended) == (RunState.QUEUED, "waits for a free slot", None)
    with pytest.raises(WrongStateError, match="free slot"):
        tracker.resume(first)
    Held.gates["second"].set()
    assert tracker.wait_for(first, ["running"], WAIT_S)
    assert tracker.view(first).attempt == 2


def test_stopping_a_queued_resume_leaves_the_run_as_it_had_ended(held):
    tracker, first = held
    second = tracker.start("Held", name="second")
    Held.gates["first"].set()
    assert tracker.wait_for(second, ["running"], WAIT_S)
    before = tracker.view(first)
    tracker.resume(first)
    tracker.stop(first)
    assert tracker.view(first) == before
    Held.gates["second"].set()
    assert tracker.wait(second, WAIT_S)
    assert tracker.view(first) == before


def test_a_place_in_the_queue_is_on_the_disk_with_all_that_its_launch_needs(held):
    tracker, _ = held
    second = tracker.start(SimulationStartConfig(name="second", sim_key="Held"), speed=3)
    queued = read_meta(tracker.project.run(second))["queued"]
    assert (queued["by"], queued["start_kwargs"], queued["resume_from"]) == ("tracker", {"speed": 3}, None)
    Held.gates["first"].set()
    assert tracker.wait_for(second, ["running"], WAIT_S)
    assert read_meta(tracker.project.run(second))["queued"] is None
    assert read_launch(tracker.project.run(second)).start_kwargs == {"speed": 3}


def test_a_queued_run_whose_start_fails_has_failed_and_the_next_one_starts(held, tmp_path):
    tracker, _ = held
    nowhere = {"name": "process", "options": {"cwd": str(tmp_path / "nowhere")}}
    second = tracker.start("custom_control", executor=nowhere)
    third = tracker.start("Held", name="third")
    Held.gates["first"].set()
    assert tracker.wait(second, WAIT_S)
    view = tracker.view(second)
    assert (view.state, "could not be started" in view.reason) == (RunState.FAILED, True)
    assert tracker.wait_for(third, ["running"], WAIT_S)


def test_no_slot_at_all_is_refused(tmp_path):
    with pytest.raises(InvalidValueError, match="less than 1"):
        SimulationTracker(tmp_path, max_running=0)


def test_a_closed_tracker_starts_nothing(tmp_path):
    tracker = SimulationTracker(tmp_path / "p")
    tracker.close()
    for start in (tracker.start, tracker.create_simulation):
        with pytest.raises(ProjectError, match="closed"):
            start("custom_control")
    assert tracker.views() == []


def test_a_kill_of_runs_of_which_some_are_starting_ends_them_all(tmp_path, misbehaving):
    with SimulationTracker(tmp_path / "p", max_running=2) as tracker:
        tracker.register(misbehaving.Deaf)
        ids = [tracker.start("Deaf") for _ in range(6)]
        assert all(tracker.wait_for(run, "running", WAIT_S) for run in ids[:2])
        tracker.kill(ids)
        assert tracker.wait(ids, WAIT_S), [tracker.view(run) for run in ids]
        states = {str(tracker.state(run)) for run in ids}
        assert states <= {"killed", "stopped"}


def test_a_run_that_another_tracker_is_starting_can_be_killed(tmp_path, misbehaving):
    with SimulationTracker(tmp_path / "p") as one, SimulationTracker(tmp_path / "p") as other:
        one.register(misbehaving.Deaf)
        for _ in range(3):
            run = one.start("Deaf")
            other.kill(run)
            assert other.wait(run, WAIT_S)
            assert other.state(run) is RunState.KILLED


def test_a_thread_run_of_another_process_cannot_be_killed_from_here(held):
    tracker, first = held
    with SimulationTracker(tracker.project) as other, pytest.raises(NotSupportedError, match="kill"):
        other.kill(first)


def test_leaving_the_tracker_starts_nothing_that_was_queued(tmp_path):
    Held.gates = {"first": threading.Event(), "second": threading.Event()}
    for _ in range(5):
        with SimulationTracker(tmp_path / "p", executor="thread", max_running=1) as tracker:
            tracker.register(Held)
            first, second = tracker.start("Held", name="first"), tracker.start("Held", name="second")
            assert tracker.wait_for(first, "running", WAIT_S)
            Held.gates["first"].set()
            assert tracker.wait(first, WAIT_S)
            Held.gates["second"].set()
        with SimulationTracker(tmp_path / "p") as other:
            assert other.state(second).is_final
            Held.gates["second"].clear()


def test_a_queued_resume_that_is_called_off_on_its_way_does_not_start(held, monkeypatch):
    tracker, first = held
    second = tracker.start("Held", name="second")
    Held.gates["first"].set()
    assert tracker.wait_for(second, "running", WAIT_S)
    tracker.resume(first)
    on_its_way, go = threading.Event(), threading.Event()
    real = tracker._launcher.executors.of

    def slow(run):
        if threading.current_thread().name.startswith("gymdash-start"):
            on_its_way.set()
            assert go.wait(WAIT_S)
        return real(run)

    monkeypatch.setattr(tracker._launcher.executors, "of", slow)
    Held.gates["second"].set()
    assert on_its_way.wait(WAIT_S)
    tracker.stop(first)
    go.set()
    third = tracker.start("Held", name="third")
    assert tracker.wait_for(third, "running", WAIT_S)
    assert tracker.view(first).attempt == 1


def test_a_run_that_another_tracker_has_resumed_is_not_queued(held, monkeypatch):
    tracker, first = held
    Held.gates["first"].set()
    assert tracker.wait(first, WAIT_S)
    second = tracker.start("Held", name="second")
    assert tracker.wait_for(second, "running", WAIT_S)
    with SimulationTracker(tracker.project, executor="thread") as other:
        other.register(Held)
        real = launcher.record_queued

        def between(run, record, *, allowed):
            other.resume(first)
            assert other.wait_for(first, "running", WAIT_S)
            return real(run, record, allowed=allowed)

        monkeypatch.setattr(launcher, "record_queued", between)
        with pytest.raises(WrongStateError, match="going on already"):
            tracker.resume(first)
        assert tracker.state(first) is RunState.RUNNING
        Held.gates["first"].set()
        assert other.wait(first, WAIT_S)
    assert tracker.view(first).attempt == 2


REFUSING = """
from gymdash_core.errors import WorkerStartError
from gymdash_core.executors.api import Executor


class Refusing(Executor):
    name = "refusing"

    def start(self, run):
        raise WorkerStartError("the cluster is away")

    def attach(self, run):
        return None
"""


class RefusingPlugin:
    @hookimpl
    def gymdash_executors(self):
        return [ExecutorType("refusing", "refusing_cluster:Refusing")]


def test_a_start_that_any_executor_refuses_has_failed_and_says_why(tmp_path, monkeypatch):
    (tmp_path / "refusing_cluster.py").write_text(REFUSING)
    monkeypatch.syspath_prepend(tmp_path)
    registry = Registry(build_plugin_manager(extra=[RefusingPlugin()]))
    with SimulationTracker(tmp_path / "p", registry=registry) as tracker:
        with pytest.raises(WorkerStartError, match="away"):
            tracker.start("custom_control", executor="refusing")
        (view,) = tracker.views()
        assert (view.state, "the cluster is away" in view.reason) == (RunState.FAILED, True)


def test_closing_survives_a_queued_run_that_was_deleted(tmp_path):
    Held.gates = {"first": threading.Event(), "second": threading.Event()}
    tracker = SimulationTracker(tmp_path / "p", executor="thread", max_running=1)
    tracker.register(Held)
    first, second = tracker.start("Held", name="first"), tracker.start("Held", name="second")
    assert tracker.wait_for(first, "running", WAIT_S)
    shutil.rmtree(tracker.project.run(second).path)
    tracker.stop(first)
    Held.gates["first"].set()
    tracker.close()
    assert not tracker._watch._monitor._thread.is_alive()
