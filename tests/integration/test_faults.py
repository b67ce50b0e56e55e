"""Every bad way to end has an honest final state, and nothing that was produced is lost."""

from __future__ import annotations

import json
import math
import os
import signal

import psutil
import pytest

from gymdash_core.errors import InvalidKwargsError, StreamersFailedError, UnknownKeyError
from gymdash_core.executors import process
from gymdash_core.locks import holder
from gymdash_core.logs import read_log
from gymdash_core.processes import await_end
from gymdash_core.status import RunState
from gymdash_core.tracker import SimulationTracker
from tracked import WAIT_S, end


@pytest.fixture
def unhurried(monkeypatch):
    """Between SIGTERM and SIGKILL is time enough for a machine that is busy."""
    monkeypatch.setattr(process, "TERM_S", WAIT_S)


def test_an_unknown_key_names_near_ones_and_creates_nothing(tracker):
    with pytest.raises(UnknownKeyError, match="'Quiet'"):
        tracker.start("Quite")
    assert tracker.views() == []


@pytest.mark.parametrize(
    ("kwargs", "field"),
    [({"total": 0}, "total"), ({"total": "many"}, "total"), ({"totl": 2}, "totl"), ({"name": [1]}, "name")],
)
def test_bad_arguments_name_the_field_and_create_nothing(tracker, kwargs, field):
    with pytest.raises(InvalidKwargsError, match=field):
        tracker.start("Validated", kwargs=kwargs)
    assert tracker.views() == []


def test_arguments_are_coerced_and_recorded_without_defaults(tracker):
    run = tracker.start("Validated", total="5")
    assert end(tracker, run).kwargs == {"total": 5}
    assert tracker.points(run, "total")[0].value == 5.0


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("FailsInInit", "no init"),
        ("FailsInSetup", "no setup"),
        ("FailsInRun", "no run"),
        ("ExitsPolitely", "SystemExit"),
    ],
)
def test_an_exception_fails_the_run_with_its_traceback(tracker, key, words):
    run = tracker.start(key)
    view = end(tracker, run)
    assert (view.state, words in view.reason) == (RunState.FAILED, True)
    status = tracker.statuses(run)[-1]
    assert words in status.error_trace
    assert "Traceback" in status.error_trace


def test_run_is_not_called_after_a_failed_setup(tracker):
    run = tracker.start("FailsInSetup")
    end(tracker, run)
    assert not (tracker.project.run(run).path / "ran").exists()


def test_failing_streamers_disturb_neither_run_nor_other_stats(tracker):
    run = tracker.start("FailsInStreamers")
    assert end(tracker, run).state is RunState.SUCCEEDED
    assert tracker.points(run, "x")[0].value == 1.0
    with pytest.raises(StreamersFailedError, match="no streamers"):
        tracker.load(run)


@pytest.mark.parametrize(
    ("key", "words"),
    [("Exits", "code 7"), ("Segfaults", "SIGSEGV"), ("KillsItself", "SIGKILL that GymDash did not send")],
)
def test_an_end_that_nobody_asked_for_is_a_failure_that_names_it(tracker, key, words):
    run = tracker.start(key)
    view = end(tracker, run)
    assert (view.state, words in view.reason) == (RunState.FAILED, True), view.reason
    assert view.ended is not None


def test_what_was_logged_before_a_kill_is_there(tracker):
    run = tracker.start("KillsItself")
    end(tracker, run)
    assert [point.value for point in tracker.points(run, "x")] == [1.0]


def test_a_deaf_run_is_stopped_by_sigterm_and_cleans_up(tracker, unhurried, eventually):
    run = tracker.start("Deaf")
    folder = tracker.project.run(run)
    eventually((folder.path / "deaf").exists)
    tracker.stop(run, grace_s=0.2)
    assert end(tracker, run).state is RunState.STOPPED
    assert (folder.path / "cleaned").exists()
    steps = [json.loads(line)["step"] for line in folder.signals.read_text().splitlines()]
    assert steps == ["ask", "term"]


def test_a_run_that_ignores_sigterm_is_killed(tracker, eventually):
    run = tracker.start("IgnoresTerm")
    folder = tracker.project.run(run)
    eventually((folder.path / "deaf").exists)
    tracker.stop(run, grace_s=0.1)
    view = end(tracker, run)
    assert view.state is RunState.KILLED
    steps = [json.loads(line)["step"] for line in folder.signals.read_text().splitlines()]
    assert steps == ["ask", "term", "kill"]


def test_an_exception_after_our_sigterm_is_a_stop_with_the_exception_recorded(tracker, unhurried, eventually):
    run = tracker.start("FailsWhileCleaning")
    eventually((tracker.project.run(run).path / "deaf").exists)
    tracker.stop(run, grace_s=0.1)
    assert end(tracker, run).state is RunState.STOPPED
    assert "no cleaning" in tracker.statuses(run)[-1].details


def test_a_sigterm_that_is_not_ours_is_a_failure_that_names_it_and_still_cleans_up(tracker, eventually):
    run = tracker.start("Deaf")
    folder = tracker.project.run(run)
    eventually((folder.path / "deaf").exists)
    os.kill(holder(folder.worker_lock), signal.SIGTERM)
    view = end(tracker, run)
    assert (view.state, "SIGTERM" in view.reason) == (RunState.FAILED, True)
    assert (folder.path / "cleaned").exists()


@pytest.mark.parametrize("stay", [False, True])
def test_no_child_outlives_its_run(tracker, eventually, stay):
    run = tracker.start("LeavesChildren", stay=stay)
    children = tracker.project.run(run).path / "children.json"
    eventually(lambda: children.exists() and children.read_text())
    pids = json.loads(children.read_text())
    if stay:
        tracker.kill(run)
    assert end(tracker, run).state is (RunState.KILLED if stay else RunState.SUCCEEDED)
    assert [pid for pid in pids if not await_end(pid, 0)] == []


def test_a_forked_child_gets_the_default_sigterm_drops_the_socket_and_does_not_outlive_the_run(tracker):
    run = tracker.start("Forks")
    assert end(tracker, run).state is RunState.SUCCEEDED
    child = json.loads((tracker.project.run(run).path / "child.json").read_text())
    assert (child["default"], child["sockets"]) == (True, [])
    assert await_end(child["pid"], 0)


def test_output_is_bounded_and_its_end_is_kept(tracker):
    run = tracker.start("PrintsALot", executor={"name": "process", "options": {"log_limit_bytes": 1 << 20}})
    assert end(tracker, run).state is RunState.SUCCEEDED
    folder = tracker.project.run(run)
    chunk = read_log(folder, "stdout")
    assert chunk.text.endswith("the last line\n")
    assert chunk.size > 100 << 20
    assert folder.log("stdout").stat().st_blocks * 512 < 3 << 20


def test_strange_numbers_and_steps_in_any_order_survive(tracker):
    run = tracker.start("LogsStrangeNumbers")
    end(tracker, run)
    points = tracker.points(run, "strange")
    assert [point.step for point in points] == [0, 1, 2, 3, 4, 5, 3, 1]
    assert math.isnan(points[1].value)
    assert [points[2].value, points[3].value, points[5].value] == [math.inf, -math.inf, 1e308]


def test_a_path_of_two_hundred_characters_works(tmp_path, misbehaving):
    deep = tmp_path / ("d" * 90) / ("e" * (200 - 36 - 100))
    with SimulationTracker(deep) as tracker:
        tracker.register(misbehaving.Walker)
        run = tracker.start("Walker")
        assert len(str(tracker.project.run(run).path)) > 200
        assert tracker.query(run, {"gain": 2.0}, timeout_s=WAIT_S)["gain"].value == 2.0
        tracker.stop(run)
        assert end(tracker, run).state is RunState.STOPPED


def test_a_supervisor_killed_alone_takes_nothing_with_it(tracker):
    run = tracker.start("Walker")
    folder = tracker.project.run(run)
    assert tracker.query(run, {"progress": None}, timeout_s=WAIT_S)["progress"].triggered
    supervisor = psutil.Process(holder(folder.supervisor_lock))
    supervisor.kill()
    supervisor.wait(WAIT_S)
    assert tracker.query(run, {"twice": 4.0}, timeout_s=WAIT_S)["twice"].value == 8.0
    assert tracker.state(run) is RunState.RUNNING
    with SimulationTracker(tracker.project.path) as other:
        other.stop(run)
        assert other.wait(run, WAIT_S)
        assert other.state(run) is RunState.STOPPED
    assert not folder.exit.exists()


def test_no_child_outlives_a_run_whose_supervisor_was_killed(tracker, unhurried, eventually):
    run = tracker.start("LeavesChildren", stay=True)
    folder = tracker.project.run(run)
    children = folder.path / "children.json"
    eventually(lambda: children.exists() and children.read_text())
    supervisor = psutil.Process(holder(folder.supervisor_lock))
    supervisor.kill()
    supervisor.wait(WAIT_S)
    tracker.stop(run, grace_s=0)
    assert end(tracker, run).state is RunState.STOPPED
    eventually(lambda: holder(folder.worker_lock) is None)
    pids = json.loads(children.read_text())
    assert [pid for pid in pids if not await_end(pid, 0)] == []


def test_a_torn_state_file_does_not_hide_how_the_run_ended(tracker):
    run = tracker.start("Validated")
    end(tracker, run)
    folder = tracker.project.run(run)
    folder.state.write_text('{"version": 1, "attempt": 1, "state": "succ')
    assert tracker.state(run) is RunState.SUCCEEDED
    folder.attempts.unlink()
    assert tracker.state(run) is RunState.FAILED


def test_a_process_that_lingers_after_its_end_is_killed_with_the_state_unchanged(tracker, monkeypatch):
    monkeypatch.setattr("gymdash_core.monitor.LINGER_S", 0.2)
    run = tracker.start("Lingers")
    assert end(tracker, run).state is RunState.SUCCEEDED


def test_a_missing_interpreter_fails_the_run_and_names_it(tracker):
    config_run = tracker.create_simulation("Quiet")
    folder = tracker.project.run(config_run)
    config = json.loads(folder.config.read_text())
    folder.config.write_text(json.dumps(config | {"interpreter": "/no/such/python"}))
    tracker.start(config_run)
    view = end(tracker, config_run)
    assert (view.state, "/no/such/python" in view.reason) == (RunState.FAILED, True), view.reason


def test_a_forked_child_that_comes_back_writes_nothing_of_the_run(tracker):
    run = tracker.start("ForksAndComesBack")
    assert end(tracker, run).state is RunState.SUCCEEDED
    assert [point.value for point in tracker.points(run, "code")] == [1.0]
    assert [point.value for point in tracker.points(run, "file")] == [1.0]
    assert tracker.statuses(run) == []
    assert "the child leaves" in read_log(tracker.project.run(run), "stderr").text


def test_setup_may_ask_and_be_paused(tracker, eventually):
    run = tracker.start("AsksInSetup", ticks=True)
    assert tracker.wait_for(run, "waiting", WAIT_S)
    question = eventually(lambda: tracker.control_requests(run))[0]
    tracker.answer(question.id, {"go": True})
    eventually(lambda: tracker.state(run) is RunState.STARTING)
    tracker.pause(run)
    assert tracker.wait_for(run, ["paused"], WAIT_S)
    tracker.resume(run)
    assert tracker.wait_for(run, ["starting"], WAIT_S)
    tracker.stop(run)
    assert end(tracker, run).state is RunState.STOPPED


def test_a_stop_with_save_reaches_a_simulation_that_asks(tracker, eventually):
    run = tracker.start("AsksInSetup")
    eventually(lambda: tracker.control_requests(run))
    tracker.stop(run, save=True)
    assert end(tracker, run).state is RunState.STOPPED
    assert len(tracker.checkpoints(run)) == 1
