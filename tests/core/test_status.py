"""Statuses, states, and the rule of how a run ended."""

from __future__ import annotations

import itertools

import pytest

from gymdash_core.errors import StopSimException
from gymdash_core.status import (
    FINAL_STATES,
    LIVE_STATES,
    TRANSITIONS,
    Ending,
    RunState,
    SimStatus,
    SimStatusCode,
    SimStatusSubcode,
    can_follow,
    resolve_ending,
)

SUCCESS = SimStatus(SimStatusCode.SUCCESS)
FAIL = SimStatus(SimStatusCode.FAIL, SimStatusSubcode.ERROR)
STOPPED = SimStatus(SimStatusCode.FAIL, SimStatusSubcode.STOPPED)
INFO = SimStatus(SimStatusCode.INFO)
BUG, STOP = RuntimeError("bug"), StopSimException("stop")


@pytest.mark.parametrize(
    ("ending", "state"),
    [
        (Ending(), RunState.SUCCEEDED),
        (Ending(statuses=(SUCCESS,)), RunState.SUCCEEDED),
        (Ending(error=BUG), RunState.FAILED),
        (Ending(error=BUG, cancelled=True), RunState.FAILED),
        (Ending(error=BUG, terminated=True), RunState.STOPPED),
        (Ending(error=STOP, stop_raised=True), RunState.STOPPED),
        (Ending(error=STOP, stop_raised=True, meta_failed=True), RunState.STOPPED),
        (Ending(cancelled=True), RunState.STOPPED),
        (Ending(cancelled=True, meta_failed=True, statuses=(FAIL,)), RunState.STOPPED),
        (Ending(statuses=(STOPPED,), meta_failed=True), RunState.STOPPED),
        (Ending(statuses=(STOPPED, INFO)), RunState.STOPPED),
        (Ending(statuses=(STOPPED, SUCCESS)), RunState.SUCCEEDED),
        (Ending(statuses=(FAIL,)), RunState.FAILED),
        (Ending(statuses=(FAIL, INFO, INFO)), RunState.FAILED),
        (Ending(statuses=(FAIL, SUCCESS)), RunState.SUCCEEDED),
        (Ending(meta_failed=True), RunState.FAILED),
        (Ending(meta_failed=True, statuses=(SUCCESS,)), RunState.FAILED),
        (Ending(statuses=(INFO,)), RunState.SUCCEEDED),
        (Ending(terminated=True), RunState.SUCCEEDED),
    ],
)
def test_first_rule_that_matches_decides_how_a_run_ended(ending, state):
    assert resolve_ending(ending) is state


def test_cancelled_run_never_becomes_succeeded():
    flags = itertools.product([True, False], [(), (SUCCESS,), (FAIL,), (STOPPED,)], [None, BUG, STOP])
    for meta_failed, statuses, error in flags:
        ending = Ending(error, error is STOP, cancelled=True, meta_failed=meta_failed, statuses=statuses)
        assert resolve_ending(ending) is not RunState.SUCCEEDED


def test_every_state_has_its_transitions_and_every_state_can_be_reached():
    assert set(TRANSITIONS) == set(RunState)
    assert set().union(*TRANSITIONS.values()) == set(RunState) - {RunState.CREATED}
    assert FINAL_STATES.isdisjoint(LIVE_STATES)


def test_a_final_state_is_left_by_a_new_attempt_alone():
    for state in FINAL_STATES - {RunState.LOST}:
        assert TRANSITIONS[state] == {RunState.QUEUED, RunState.STARTING}


def test_a_stopping_run_only_ends():
    assert TRANSITIONS[RunState.STOPPING] == FINAL_STATES
    assert not can_follow(RunState.STOPPING, RunState.RUNNING)


def test_status_survives_its_file():
    error = ValueError("a\nb ü \udc80")
    try:
        raise error
    except ValueError:
        status = SimStatus.from_exception(error)
    assert SimStatus.from_json(status.as_json()) == status
    assert "ValueError" in status.error_trace
    assert status.subcode is SimStatusSubcode.ERROR
