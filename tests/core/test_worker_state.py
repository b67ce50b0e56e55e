"""Rules of `worker.state`: what is left of a run is told by the time in which it works."""

from __future__ import annotations

from contextlib import nullcontext
from types import SimpleNamespace

import pytest

from gymdash_core.journal import read_json
from gymdash_core.project import RunFolder
from gymdash_core.status import RunState
from gymdash_core.worker.state import ProgressEstimate, StateFile


@pytest.fixture
def clock(monkeypatch):
    """A clock that a test sets."""
    found = SimpleNamespace(now=1000.0)
    monkeypatch.setattr("gymdash_core.worker.state.time", SimpleNamespace(monotonic=lambda: found.now))
    return found


@pytest.fixture
def state(tmp_path, clock):
    """The state of a run that is at step 0 of 100."""
    state = StateFile(RunFolder(tmp_path), 1, nullcontext())
    state.enter(RunState.STARTING)
    state.enter(RunState.RUNNING)
    reach(state, 0)
    return state


def reach(state, step):
    state.published = lambda: {"progress": {"value": [step, 100], "age_s": 0.0, "step": step}}
    state.beat()


def left(state):
    return read_json(state._run.state)["progress"]["eta_s"]


def test_time_left_is_told_by_the_mean_speed(state, clock):
    assert left(state) is None
    clock.now += 10
    reach(state, 10)
    assert left(state) == pytest.approx(90)


@pytest.mark.parametrize("condition", [RunState.PAUSED, RunState.WAITING])
def test_time_in_which_a_run_waits_or_is_paused_is_left_out(state, clock, condition):
    clock.now += 10
    reach(state, 10)
    state.set_condition(condition, holds=True)
    clock.now += 1000
    state.beat()
    assert left(state) == pytest.approx(90)
    state.set_condition(condition, holds=False)
    clock.now += 10
    reach(state, 20)
    assert left(state) == pytest.approx(80)


def test_a_run_that_is_paused_while_it_waits_is_counted_once(state, clock):
    clock.now += 10
    reach(state, 10)
    state.set_condition(RunState.WAITING, holds=True)
    clock.now += 100
    state.set_condition(RunState.PAUSED, holds=True)
    clock.now += 100
    state.set_condition(RunState.WAITING, holds=False)
    clock.now += 100
    state.set_condition(RunState.PAUSED, holds=False)
    clock.now += 10
    reach(state, 20)
    assert left(state) == pytest.approx(80)


def test_a_loop_that_goes_on_while_its_question_is_open_is_told_by_its_speed(state, clock):
    state.set_condition(RunState.WAITING, holds=True)
    for step in range(1, 11):
        clock.now += 1
        reach(state, step)
    assert left(state) == pytest.approx(90)


def test_progress_that_begins_anew_is_estimated_anew():
    estimate = ProgressEstimate()
    for now, current in [(0, 50), (10, 60), (20, 10), (30, 20)]:
        told = estimate.describe([current, 100], now)
    assert told == {"current": 20, "total": 100, "eta_s": 80.0}


@pytest.mark.parametrize("value", [None, 3, [1], ["a", 2], [1, "b"]])
def test_what_is_no_pair_of_numbers_is_no_progress(value):
    assert ProgressEstimate().describe(value, 0.0) is None
