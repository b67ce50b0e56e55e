"""A run's state, derived from evidence."""

from __future__ import annotations

import os
import signal
from datetime import timedelta

import pytest

from gymdash_core.journal import append_line, write_json
from gymdash_core.locks import FileLock
from gymdash_core.meta import (
    LaunchRecord,
    Signal,
    SignalStep,
    new_meta,
    record_failed_queued,
    record_launch,
    record_queued,
    record_signal,
)
from gymdash_core.project import Project
from gymdash_core.runview import Evidence, attempts_of, judge, note_end, read_run
from gymdash_core.status import RunState, SimStatus, SimStatusCode, iso, utc_now

NOW = utc_now()


def evidence(
    *, attempt=1, launched=NOW, worker=None, supervisor=None, state=None, exit_=None, ended=None, sent=(), **meta
):
    launches = [{"attempt": attempt, "time": iso(launched)}] if attempt else []
    return Evidence(
        meta={"launches": launches, **meta},
        attempt=attempt,
        worker=worker,
        supervisor=supervisor,
        state=None if state is None else {"state": state, "attempt": attempt},
        exit=exit_,
        ended=None if ended is None else {"state": ended},
        signals=[Signal(SignalStep(step), attempt, NOW) for step in sent],
    )


LONG_AGO = NOW - timedelta(minutes=5)
KILLED, TERMED, CODE7, CODE0 = {"signal": 9}, {"signal": 15}, {"code": 7, "signal": None}, {"code": 0, "signal": None}


@pytest.mark.parametrize(
    ("given", "state"),
    [
        (evidence(attempt=0), RunState.CREATED),
        (evidence(attempt=0, queued="2026"), RunState.QUEUED),
        (evidence(attempt=0, sent=["ask"]), RunState.STOPPED),
        (evidence(), RunState.STARTING),
        (evidence(supervisor=1), RunState.STARTING),
        (evidence(worker=2, supervisor=1, state="running"), RunState.RUNNING),
        (evidence(worker=2, state="paused"), RunState.PAUSED),
        (evidence(worker=2, supervisor=1, state="running", sent=["ask"]), RunState.STOPPING),
        # a final state is visible when exit.json is there, or nobody lives any more
        (evidence(worker=2, supervisor=1, state="succeeded"), RunState.STOPPING),
        (evidence(supervisor=1, state="succeeded"), RunState.STOPPING),
        (evidence(worker=2, state="succeeded"), RunState.STOPPING),
        (evidence(supervisor=1, state="succeeded", exit_=CODE0), RunState.SUCCEEDED),
        (evidence(state="failed"), RunState.FAILED),
        # the worker's own final word wins over whatever ended the process
        (evidence(state="succeeded", exit_=KILLED, sent=["kill"]), RunState.SUCCEEDED),
        (evidence(state="stopped", exit_=CODE7), RunState.STOPPED),
        # a torn state.json: the last line of attempts.jsonl says the same
        (evidence(ended="succeeded", exit_=CODE0), RunState.SUCCEEDED),
        # no last word: the exit decides
        (evidence(state="running", exit_=CODE7), RunState.FAILED),
        (evidence(state="running", exit_=CODE0), RunState.FAILED),
        (evidence(state="running", exit_=KILLED), RunState.FAILED),
        (evidence(state="running", exit_=KILLED, sent=["ask", "term", "kill"]), RunState.KILLED),
        (evidence(state="running", exit_=TERMED), RunState.FAILED),
        (evidence(state="running", exit_=TERMED, sent=["ask", "term"]), RunState.STOPPED),
        (evidence(state="running", exit_={"signal": 11}, sent=["ask"]), RunState.FAILED),
        (evidence(exit_={"error": "no interpreter"}), RunState.FAILED),
        # nobody lives and nobody wrote anything
        (evidence(state="running"), RunState.RUNNING),
        (evidence(state="running", launched=LONG_AGO), RunState.LOST),
        (evidence(launched=LONG_AGO), RunState.LOST),
        (evidence(launched=LONG_AGO, worker=2, state="running"), RunState.RUNNING),
        (evidence(state="running", sent=["kill"]), RunState.KILLED),
    ],
)
def test_evidence_decides(given, state):
    assert judge(given, NOW).state is state


@pytest.mark.parametrize(
    ("exit_", "words"),
    [
        (CODE7, "code 7"),
        ({"signal": 11}, "SIGSEGV"),
        (KILLED, "out of memory"),
        ({"error": "no such file"}, "no such file"),
    ],
)
def test_an_unasked_end_is_named(exit_, words):
    assert words in judge(evidence(state="running", exit_=exit_), NOW).reason


@pytest.fixture
def run(tmp_path):
    return Project(tmp_path).create_run({"name": "n", "key": "k", "kwargs": {"a": 1}}, new_meta("n", tags=["t"]))


def launch(run):
    return record_launch(run, LaunchRecord(), allowed=lambda _: None)


def test_a_view_shows_what_the_files_say(run):
    launch(run)
    write_json(run.state, {"attempt": 1, "state": "running", "started": iso(NOW), "progress": {"current": 1}})
    append_line(run.statuses, SimStatus(SimStatusCode.INFO, details="hi").as_json())
    with FileLock(run.worker_lock):
        view = read_run(run)
    assert (view.state, view.attempt, view.name, view.tags) == (RunState.RUNNING, 1, "n", ("t",))
    assert view.kwargs == {"a": 1}
    assert view.started == NOW
    assert view.ended is None
    assert view.progress == {"current": 1}
    assert view.last_status.details == "hi"


def test_an_attempt_is_not_judged_by_the_files_of_the_one_before(run):
    launch(run)
    write_json(run.state, {"attempt": 1, "state": "failed"})
    write_json(run.exit, {"attempt": 1, "code": 1})
    assert read_run(run).state is RunState.FAILED
    assert launch(run) == 2
    assert read_run(run).state is RunState.STARTING


def test_what_the_attempts_took_counts_all_that_have_ended(run):
    def after(seconds):
        return iso(NOW + timedelta(seconds=seconds))

    launch(run)
    write_json(run.state, {"attempt": 1, "state": "running", "started": after(0)})
    append_line(run.attempts, {"attempt": 1, "event": "started", "time": after(0)})
    assert read_run(run).ran_s == 0, "the one that goes on is not counted"
    append_line(run.attempts, {"attempt": 1, "event": "ended", "time": after(60), "state": "stopped"})
    write_json(run.state, {"attempt": 1, "state": "stopped", "started": after(0), "ended": after(60)})
    assert read_run(run).ran_s == 60
    launch(run)  # it is killed
    append_line(run.attempts, {"attempt": 2, "event": "started", "time": after(100)})
    append_line(run.signals, {"attempt": 2, "step": "kill", "time": after(110)})
    launch(run)  # nobody says how this one ended
    append_line(run.attempts, {"attempt": 3, "event": "started", "time": after(200)})
    append_line(run.attempts, {"attempt": 3, "event": "ended", "time": "no time"})
    launch(run)
    assert read_run(run).ran_s == 70
    write_json(run.state, {"attempt": 4, "state": "failed", "started": after(300), "ended": after(301.5)})
    assert read_run(run).ran_s == 71.5
    assert [(each.state, each.ended) for each in attempts_of(run)][:2] == [
        ("stopped", after(60)),
        ("killed", after(110)),
    ]


def begun(run):
    """Launch and begin an attempt as workers do, an hour ago."""
    launch(run)
    write_json(run.state, {"attempt": 1, "state": "running", "started": iso(NOW - HOUR)})
    append_line(run.attempts, {"attempt": 1, "event": "started", "time": iso(NOW - HOUR)})


def end_of_first(run):
    first = attempts_of(run)[0]
    return first.attempt, first.state, first.ended, first.reason, read_run(run).ran_s


HOUR = timedelta(hours=1)
UNASKED = "ended by SIGKILL that GymDash did not send; out of memory?"
ENDS = [((), "failed", UNASKED), (("kill",), "killed", "killed by SIGKILL")]


@pytest.mark.parametrize(("sent", "state", "reason"), ENDS)
def test_the_end_of_an_attempt_that_could_not_tell_it_outlives_the_next_launch(run, sent, state, reason):
    begun(run)
    for step in sent:
        append_line(run.signals, {"attempt": 1, "step": step, "time": iso(NOW)})
    write_json(run.exit, {"attempt": 1, "code": None, "signal": 9, "ended": iso(NOW)})
    expected = (1, state, iso(NOW), reason, 3600)
    assert end_of_first(run) == expected
    record_queued(run, LaunchRecord(), allowed=lambda _: None)
    assert end_of_first(run) == expected, "the resume waits in a queue"
    record_launch(run, LaunchRecord(), allowed=lambda meta: note_end(run, meta))
    assert end_of_first(run) == expected, "the worker has not come up"
    write_json(run.exit, {"attempt": 2, "error": "no interpreter", "ended": iso(NOW)})
    assert end_of_first(run) == expected, "it never did"
    append_line(run.attempts, {"attempt": 2, "event": "started", "time": iso(NOW)})
    assert end_of_first(run) == expected


def test_the_end_of_an_attempt_outlives_a_queued_launch_that_fails(run):
    begun(run)
    write_json(run.exit, {"attempt": 1, "code": None, "signal": 9, "ended": iso(NOW)})
    record_queued(run, LaunchRecord(), allowed=lambda _: None)
    record_failed_queued(run, OSError("no room"), before=lambda meta: note_end(run, meta))
    assert end_of_first(run) == (1, "failed", iso(NOW), UNASKED, 3600)
    assert (read_run(run).attempt, read_run(run).state) == (2, RunState.FAILED)
    record_failed_queued(run, OSError("no room"), before=lambda meta: note_end(run, meta))
    assert read_run(run).attempt == 2, "it was called off"


def test_attempts_are_told_as_far_as_they_can_be_read(run):
    begun(run)
    run.meta.write_text('{"created": 1, "launches": 7}')
    assert [(each.attempt, each.started) for each in attempts_of(run)] == [(1, iso(NOW - HOUR))]


def test_a_torn_state_is_no_state(run):
    launch(run)
    run.state.write_text('{"attempt": 1, "sta')
    write_json(run.exit, {"attempt": 1, "code": None, "signal": int(signal.SIGSEGV)})
    view = read_run(run)
    assert (view.state, view.reason) == (RunState.FAILED, "ended by SIGSEGV that GymDash did not send")


def test_a_stop_before_the_first_launch_ends_the_run(run):
    assert record_signal(run, SignalStep.ASK, "me") == 0
    view = read_run(run)
    assert view.state is RunState.STOPPED
    assert view.ended is not None


def test_damaged_lines_disturb_nobody(run):
    launch(run)
    with run.statuses.open("w") as file:
        file.write('{"code": 99}\nnonsense\n{"time": 1}\n')
    with run.signals.open("w") as file:
        file.write('{"attempt": 1, "step": "dance"}\n')
    assert read_run(run).last_status is None


def test_judging_leaves_no_files_behind(run):
    before = sorted(os.listdir(run.path))
    read_run(run)
    assert sorted(os.listdir(run.path)) == before
