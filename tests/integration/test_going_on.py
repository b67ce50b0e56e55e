"""The tracker over real processes: pause, checkpoints, resume, branch."""

from __future__ import annotations

import pytest

from gymdash_core.errors import (
    InvalidKwargsError,
    NotSupportedError,
    WrongStateError,
)
from gymdash_core.status import RunState
from tracked import WAIT_S, end


def test_a_paused_run_stands_still_and_goes_on(tracker, walker):
    tracker.pause(walker)
    assert tracker.wait_for(walker, ["paused"], WAIT_S)
    held = tracker.query(walker, {"progress": None}, WAIT_S)["progress"].value
    assert tracker.query(walker, {"progress": None}, WAIT_S)["progress"].value == held
    saved = tracker.query(walker, {"checkpoint": None}, WAIT_S)["checkpoint"].value
    assert saved["step"] == held[0]
    assert tracker.state(walker) is RunState.PAUSED
    tracker.resume(walker)
    assert tracker.wait_for(walker, ["running"], WAIT_S)
    tracker.pause(walker)
    assert tracker.wait_for(walker, ["paused"], WAIT_S)
    tracker.stop(walker)
    assert end(tracker, walker).state is RunState.STOPPED


def test_a_simulation_that_never_ticks_refuses_a_pause(tracker, eventually):
    run = tracker.start("Deaf")
    eventually((tracker.project.run(run).path / "deaf").exists)
    with pytest.raises(NotSupportedError, match="tick"):
        tracker.pause(run)
    tracker.kill(run)


def test_stop_with_save_then_resume_gives_one_continuous_run(tracker, walker):
    tracker.stop(walker, save=True)
    assert end(tracker, walker).state is RunState.STOPPED
    (saved,) = tracker.checkpoints(walker)
    tracker.resume(walker)
    assert tracker.wait_for(walker, ["running"], WAIT_S)
    assert tracker.view(walker).attempt == 2
    assert tracker.query(walker, {"twice": 1}, WAIT_S)["twice"].triggered
    tracker.stop(walker)
    assert end(tracker, walker).state is RunState.STOPPED
    points = tracker.points(walker, "height")
    assert [point.step for point in points] == list(range(len(points)))
    assert [point.value for point in points] == [step + 1.0 for step in range(len(points))]
    second = [point for point in points if point.attempt == 2]
    assert second[0].step == saved.step
    assert {point.attempt for point in points} == {1, 2}


def test_a_branch_goes_on_from_its_parent_with_changed_arguments(tracker, walker):
    saved = tracker.query(walker, {"checkpoint": None}, WAIT_S)["checkpoint"].value
    branch = tracker.branch(walker, kwargs={"gain": 10.0, "steps": saved["step"] + 3})
    assert end(tracker, branch).state is RunState.SUCCEEDED
    view = tracker.view(branch)
    assert view.parent == str(walker)
    assert view.kwargs == {"gain": 10.0, "steps": saved["step"] + 3}
    assert [point.value for point in tracker.points(branch, "height")] == [saved["step"] + 10.0 * n for n in (1, 2, 3)]
    assert tracker.load(branch).changed_kwargs == {"gain": 10.0, "steps": saved["step"] + 3}
    assert tracker.checkpoints(branch)[0].origin == str(walker)
    with pytest.raises(InvalidKwargsError, match="gian"):
        tracker.branch(walker, kwargs={"gian": 1})


def test_what_was_changed_live_holds_where_a_run_goes_on_from_its_checkpoint(tracker, walker):
    def gain(run):
        assert tracker.wait_for(run, ["running"], WAIT_S)
        return tracker.query(run, {"gain": None}, WAIT_S)["gain"].value

    assert tracker.query(walker, {"gain": 4.0}, WAIT_S)["gain"].value == 4.0
    tracker.stop(walker, save=True)
    end(tracker, walker)
    tracker.resume(walker)
    assert gain(walker) == 4.0
    tracker.kill(walker)
    end(tracker, walker)
    heir, other = tracker.branch(walker), tracker.branch(walker, kwargs={"gain": 10.0})
    assert gain(heir) == 4.0
    assert gain(other) == 10.0  # what a branch changes wins over the checkpoint of its parent, not over its own
    assert tracker.query(other, {"gain": 7.0}, WAIT_S)["gain"].value == 7.0
    tracker.stop(other, save=True)
    end(tracker, other)
    tracker.resume(other)
    assert gain(other) == 7.0
    for run in (heir, other):
        tracker.kill(run)


def test_a_stop_whose_checkpoint_fails_says_so(tracker, walker):
    tracker.project.run(walker).checkpoints.write_text("no folder")
    tracker.stop(walker, save=True)
    view = end(tracker, walker)
    assert view.state is RunState.STOPPED
    assert view.reason.startswith("stopped without the checkpoint that was asked for: ")
    assert "Error" in view.reason


def test_resume_and_branch_need_a_checkpoint_and_the_capability(tracker, walker):
    plain = tracker.start("Validated")
    end(tracker, plain)
    with pytest.raises(NotSupportedError, match="checkpoint"):
        tracker.resume(plain)
    with pytest.raises(NotSupportedError, match="checkpoint"):
        tracker.branch(plain)
    with pytest.raises(WrongStateError, match="Save one first"):
        tracker.branch(walker)


def test_a_branch_keeps_its_changes_as_the_type_accepts_them(tracker, walker):
    assert tracker.query(walker, {"checkpoint": None}, WAIT_S)["checkpoint"].triggered
    branch = tracker.branch(walker, kwargs={"gain": "3", "steps": "5"})
    assert tracker.load(branch).changed_kwargs == {"gain": 3.0, "steps": 5}
    with pytest.raises(InvalidKwargsError, match="gain"):
        tracker.branch(walker, kwargs={"gain": "much"})


def test_a_restart_is_a_new_run_with_the_same_arguments(tracker):
    first = tracker.start("Validated", total=4)
    end(tracker, first)
    second = tracker.restart(first)
    assert end(tracker, second).kwargs == {"total": 4}
    assert (tracker.view(second).parent, second != first) == (str(first), True)
