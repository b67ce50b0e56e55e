"""The queue of a tracker: slots belong to attempts, places in the queue are on the disk, and no launch is forgotten."""

from __future__ import annotations

import threading

import pytest

from gymdash_core import Simulation, SimulationStartConfig, SimulationTracker
from gymdash_core.errors import InvalidValueError, ProjectError, WrongStateError
from gymdash_core.meta import read_launch, read_meta
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
