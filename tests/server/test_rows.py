"""Rules of `gymdash_server.recorder.rows`: the same files give the same rows, read at once or bit by bit."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gymdash_core.meta import new_meta
from gymdash_core.project import Project
from gymdash_core.runview import read_run
from gymdash_core.status import RunState
from gymdash_server.db.tables import ControlRequestTable
from gymdash_server.recorder.rows import (
    ENDINGS,
    AttemptEnd,
    Interventions,
    Offsets,
    attempt_ends,
    fingerprint,
    new_requests,
    new_statuses,
    simulation_row,
    withdraw_left_open,
)

TIME = "2026-01-02T03:04:0{}.000000Z"


@pytest.fixture
def run(tmp_path):
    return Project(tmp_path).create_run({"name": "x", "key": "k", "kwargs": {"a": float("inf")}}, new_meta("x"))


def put(path, *lines):
    with path.open("a") as file:
        for line in lines:
            file.write(line if isinstance(line, str) else json.dumps(line) + "\n")


END = AttemptEnd("stopped", "2026-01-02T04:00:00.000000+00:00")


def row_json(row):
    return {name: value for name, value in vars(row).items() if not name.startswith("_")}


def line(second, event, **more):
    return "interventions", {"time": TIME.format(second), "attempt": 1, "event": event, **more}


LINES = [
    ("signals", {"time": TIME.format(1), "attempt": 1, "step": "ask", "by": "me", "grace_s": 3}),
    line(1, "asked", id="q1", kind="query", channel="c"),
    line(2, "asked", id="q2", kind="control", value=5),
    line(2, "answered", id="q1", step=4, value=[1]),
    line(3, "stop", step=9),
    line(3, "pending", id="q2"),
    ("signals", {"time": TIME.format(4), "attempt": 1, "step": "term"}),
    line(4, "answer", id="r1", channel="c", value={"go": True}),
    line(5, "paused", by="me"),
    line(5, "refused", id="q2", value="no"),
    line(6, "late", id="of nobody"),
]


def is_open_ending(row):
    return row.event in ENDINGS and row.outcome in {None, "accepted"}


@given(st.lists(st.booleans(), min_size=len(LINES), max_size=len(LINES)))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
def test_interventions_are_the_same_read_at_once_or_bit_by_bit(run, looks):
    for path in (run.signals, run.interventions):
        path.unlink(missing_ok=True)
    kept, offsets = {}, Offsets()

    def find(ids):
        return [row for row in kept.values() if row.id in ids or is_open_ending(row)]

    for look, (name, text) in zip(looks, LINES, strict=True):
        put(getattr(run, name), text)
        if look:
            done = Interventions(run.id, find)
            done.read(run, offsets)
            kept.update({i: done.rows[i] for i in done.changed})
    done = Interventions(run.id, find)
    done.read(run, offsets)
    done.conclude({1: END})
    kept.update({i: done.rows[i] for i in done.changed})
    found = {row.id: (row.event, row.outcome, row.acknowledged_step, row.answer) for row in kept.values()}
    assert found["q1"] == ("query", "answered", 4, [1])
    assert found["q2"] == ("control", "refused", None, "no")
    assert found["answer-r1"] == ("answer", "answered", None, None)
    stops = [value for value in found.values() if value[0] == "stop"]
    assert stops == [("stop", "stopped", 9, None)]
    assert [value[1] for value in found.values() if value[0] == "sigterm"] == ["stopped"]
    assert [value[1] for value in found.values() if value[0] == "paused"] == ["accepted"]
    assert len(found) == 6


def test_damaged_lines_are_left_out(run):
    put(run.interventions, {"event": "asked", "id": "a", "attempt": "many"}, "[1]\n", "{torn\n")
    put(run.interventions, {"event": "asked", "id": "b", "time": TIME.format(1)})
    put(run.statuses, {"attempt": "x", "code": 0, "subcode": 0, "time": TIME.format(1)}, {"code": 99}, "words\n")
    put(run.requests, {"event": "asked"}, "null\n")
    done, offsets = Interventions(run.id), Offsets()
    done.read(run, offsets)
    assert set(done.rows) == {"b"}
    assert list(new_statuses(run, offsets)) == []
    assert new_requests(run, offsets) == []
    assert offsets.interventions == run.interventions.stat().st_size


def test_statuses_keep_their_places_over_several_looks(run):
    status = {"time": TIME.format(1), "code": 2, "subcode": 0, "details": "d", "error_trace": "", "attempt": 1}
    offsets, found = Offsets(), []
    for _ in range(3):
        put(run.statuses, status, '{"time": "torn')
        found += new_statuses(run, offsets)
        put(run.statuses, '"}\n')
    assert [row.place for row in found] == [0, 1, 2]


def test_shorter_file_means_that_it_was_replaced(run):
    put(run.statuses, {"x": 1})
    offsets = Offsets(statuses=run.statuses.stat().st_size)
    assert offsets.fit(run)
    run.statuses.write_text("")
    assert not offsets.fit(run)
    assert Offsets.of({"statuses": 3, "unknown": 1}) == Offsets(statuses=3)
    assert Offsets.of(None) == Offsets()


def test_questions_left_open_are_withdrawn_once_their_attempt_is_over():
    rows = [
        ControlRequestTable(id="a", simulation_id="r", channel="c", created="1", state="open", attempt=1),
        ControlRequestTable(id="b", simulation_id="r", channel="c", created="1", state="answered", attempt=1),
        ControlRequestTable(id="c", simulation_id="r", channel="c", created="1", state="open", attempt=2),
    ]
    assert [row.id for row in withdraw_left_open(rows, {1: END})] == ["a"]
    assert rows[0].state == "withdrawn"
    assert [row.id for row in withdraw_left_open(rows, {1: END, 2: END})] == ["c"]
    assert rows[2].answered == END.time


class Seen:
    """What is needed of how a run stands."""

    def __init__(self, state, attempt):
        self.state, self.attempt = RunState(state), attempt


def test_ends_of_attempts_come_from_what_outlives_the_next_attempt(run):
    put(
        run.attempts,
        {"event": "started", "attempt": 1},
        {"event": "ended", "attempt": 1, "state": "failed", "time": "t"},
    )
    put(run.signals, {"time": TIME.format(1), "attempt": 2, "step": "ask"})
    put(run.signals, {"time": TIME.format(2), "attempt": 2, "step": "kill"})
    put(run.signals, {"time": TIME.format(3), "attempt": 3, "step": "term"})
    put(run.signals, {"time": TIME.format(3), "attempt": 4, "step": "ask"})
    known = {
        1: AttemptEnd("failed", "t"),
        2: AttemptEnd("killed", "2026-01-02T03:04:02.000000+00:00"),
        3: AttemptEnd("stopped", "2026-01-02T03:04:03.000000+00:00"),
        4: AttemptEnd("failed", None),
    }
    for attempt in range(1, 5):
        before = {number: end for number, end in known.items() if number < attempt}
        assert attempt_ends(run, Seen("running", attempt)) == before
        assert attempt_ends(run, Seen("lost", attempt)) == before | {attempt: known[attempt]}


def test_a_stop_acknowledges_those_before_it_alone(run):
    put(run.signals, {"time": TIME.format(1), "attempt": 1, "step": "ask"})
    put(run.signals, {"time": TIME.format(3), "attempt": 1, "step": "ask"})
    put(run.interventions, line(2, "stop", step=9)[1])
    done = Interventions(run.id)
    done.read(run, Offsets())
    assert [(row.time, row.outcome) for row in done.rows.values()] == [
        (TIME.format(1), "accepted"),
        (TIME.format(3), None),
    ]


def test_row_holds_what_clients_see_and_a_mark_tells_changes(run):
    mark = fingerprint(run)
    row = simulation_row(read_run(run), mark)
    assert (row.key, row.state, row.kwargs, row.fingerprint) == ("k", "created", {"a": "Infinity"}, mark)
    assert fingerprint(run) == mark
    put(run.statuses, {"x": 1})
    assert fingerprint(run) != mark
