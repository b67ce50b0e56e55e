"""The tracker over real processes: queries, questions, stops."""

from __future__ import annotations

import json
import threading

import pytest

from gymdash_core import (
    SimulationTracker,
)
from gymdash_core.errors import (
    InvalidValueError,
    RequestClosedError,
    UnknownChannelError,
    UnknownRequestError,
    WrongStateError,
)
from gymdash_core.status import RunState
from tracked import WAIT_S, end


def test_progress_controls_actions_and_queries_are_answered(tracker, walker):
    progress = tracker.query(walker, {"progress": None}, WAIT_S)["progress"]
    assert progress.triggered
    assert progress.value[1] == 100_000
    applied = tracker.query(walker, {"gain": 2.5}, WAIT_S)["gain"]
    assert (applied.triggered, applied.value) == (True, 2.5)
    assert applied.step >= progress.value[0] - 1
    state = json.loads(tracker.project.run(walker).state.read_text())
    assert state["published"]["gain"]["value"] == 2.5  # on the disk before it is answered
    assert tracker.query(walker, {"gain": None}, WAIT_S)["gain"].value == 2.5
    assert "step" in tracker.query(walker, {"mark": None}, WAIT_S)["mark"].value
    assert tracker.query(walker, {"twice": 21}, WAIT_S)["twice"].value == 42.0
    channels = {channel["key"]: channel for channel in tracker.channels(walker)}
    assert set(channels) == {"stop_simulation", "progress", "custom_query", "gain", "mark", "twice", "checkpoint"}
    assert channels["gain"]["value"] == 2.5


def test_a_bad_query_is_refused_whole(tracker, walker):
    with pytest.raises(UnknownChannelError, match="'twice'"):
        tracker.query(walker, {"twise": 1.0, "mark": None})
    with pytest.raises(InvalidValueError, match="gain"):
        tracker.query(walker, {"gain": "much", "mark": None})
    with pytest.raises(InvalidValueError, match="custom_query"):
        tracker.query(walker, {"custom_query": [1]})
    tracker.stop(walker)
    end(tracker, walker)
    assert "marks" not in dict(tracker.stats(walker).keys())


def test_several_runs_are_asked_at_once(tracker, walker):
    other = tracker.start("Walker")
    replies = tracker.query([walker, other], {"progress": None}, WAIT_S)
    assert set(replies) == {walker, other}
    assert all(reply["progress"].triggered for reply in replies.values())


def test_a_run_that_has_ended_does_not_spoil_the_question_to_several(tracker, walker):
    ended = tracker.start("Validated")
    end(tracker, ended)
    replies = tracker.query([walker, ended], {"progress": None}, WAIT_S)
    assert replies[walker]["progress"].triggered
    assert (replies[ended]["progress"].triggered, replies[ended]["progress"].reason) == (False, "ended")


def test_an_ended_run_cannot_be_talked_to(tracker):
    run = tracker.start("Validated")
    end(tracker, run)
    for action in (
        lambda: tracker.query(run, {"progress": None}),
        lambda: tracker.pause(run),
        lambda: tracker.channels(run),
    ):
        with pytest.raises(WrongStateError, match="succeeded"):
            action()
    tracker.stop(run)
    tracker.kill(run)
    assert tracker.state(run) is RunState.SUCCEEDED


def test_an_open_query_is_closed_when_the_run_ends(tracker):
    run = tracker.start("Quiet")
    assert tracker.wait_for(run, ["running"], WAIT_S)
    replies = []
    asker = threading.Thread(
        target=lambda: replies.append(tracker.query(run, {"custom_query": {}, "stop_simulation": True}, WAIT_S))
    )
    asker.start()
    asker.join(WAIT_S)
    assert (replies[0]["custom_query"].triggered, replies[0]["custom_query"].reason) == (False, "ended")
    assert replies[0]["stop_simulation"].triggered
    assert end(tracker, run).state is RunState.STOPPED


def test_published_values_are_answered_although_the_loop_holds_everything(tracker):
    run = tracker.start("Burns")
    assert tracker.query(run, {"progress": None}, WAIT_S)["progress"].triggered
    reply = tracker.query(run, {"progress": None}, WAIT_S)["progress"]
    assert reply.triggered
    assert reply.age_s < 30


def test_published_values_come_from_the_files_while_c_code_holds_the_gil(tracker, eventually):
    run = tracker.start("HoldsTheGil")
    folder = tracker.project.run(run).path
    eventually((folder / "holding").exists)
    reply = tracker.query(run, {"progress": None}, WAIT_S)["progress"]
    assert (reply.triggered, reply.value) == (True, [3, 7])
    silent = tracker.query(run, {"progress": None, "custom_query": {}}, 0.1)
    assert silent["progress"].value == [3, 7]
    assert (silent["custom_query"].triggered, silent["custom_query"].reason) == (False, "timeout")
    tracker.stop(run, grace_s=0.0)
    assert end(tracker, run).state is RunState.KILLED
    assert not (folder / "released").exists()


def test_a_question_is_answered_once_and_checked(tracker, eventually):
    run = tracker.start("Walker", ask_at=2, steps=10)
    assert tracker.wait_for(run, ["waiting"], WAIT_S)
    assert "Go?" in tracker.view(run).reason
    (question,) = tracker.control_requests(run)
    assert (question.simulation_id, question.details) == (str(run), "Go?")
    assert question.schema["required"] == ["go"]
    with pytest.raises(InvalidValueError, match="go"):
        tracker.answer(question.id, {"gone": 1})
    assert tracker.control_requests() == [question]
    with SimulationTracker(tracker.project.path) as other:
        other.answer(question.id, {"go": True})
        with pytest.raises((RequestClosedError, WrongStateError)):
            other.answer(question.id, {"go": False})
    assert end(tracker, run).state is RunState.SUCCEEDED
    assert tracker.points(run, "go")[0].value == 1.0
    assert tracker.control_requests() == []
    with pytest.raises(UnknownRequestError):
        tracker.answer("nonsense", {})


def test_a_stop_withdraws_the_question(tracker):
    run = tracker.start("Walker", ask_at=2)
    assert tracker.wait_for(run, ["waiting"], WAIT_S)
    (question,) = tracker.control_requests(run)
    tracker.stop(run)
    assert end(tracker, run).state is RunState.STOPPED
    with pytest.raises((RequestClosedError, WrongStateError)):
        tracker.answer(question.id, {"go": True})


def test_custom_control_begins_when_told_and_applies_what_came_with_it(tracker, eventually):
    run = tracker.start("custom_control", interactive=True, pause_points=[0.05], poll_period=0.02)
    assert tracker.wait_for(run, ["waiting"], WAIT_S)
    first = tracker.query(run, {"custom_query": {"total_runtime": 0.1}}, WAIT_S)["custom_query"]
    assert first.value == {"total_runtime": 0.1}
    assert tracker.state(run) is RunState.WAITING
    bad = tracker.query(run, {"custom_query": {"poll_period": -1}}, WAIT_S)["custom_query"]
    assert "poll_period" in bad.value["error"]
    (question,) = tracker.control_requests(run)
    with pytest.raises(InvalidValueError, match="continue"):
        tracker.answer(question.id, {"total_runtime": 9})
    tracker.answer(question.id, {"continue": True})
    (again,) = eventually(lambda: [one for one in tracker.control_requests(run) if one.id != question.id])
    assert "Paused at 0.05 s" in again.details, "pause points ask again"
    assert tracker.query(run, {"custom_query": {"continue": 1}}, WAIT_S)["custom_query"].triggered
    assert end(tracker, run).state is RunState.SUCCEEDED
    assert 3 <= len(tracker.points(run, "my_number")) <= 6
    assert tracker.control_requests() == []
