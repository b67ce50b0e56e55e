"""The tracker: start, query, ask, pause, stop, wait, callbacks, groups, checkpoints, over real processes."""

from __future__ import annotations

import json
import threading
import time
import uuid
from pathlib import Path

import pytest

from gymdash_core import (
    SimStatusCode,
    Simulation,
    SimulationGroup,
    SimulationStartConfig,
    SimulationTracker,
)
from gymdash_core.checkpoints import CheckpointStore
from gymdash_core.creation import create_run
from gymdash_core.errors import (
    DuplicateItemError,
    InvalidKwargsError,
    InvalidValueError,
    NotSupportedError,
    ProjectError,
    RequestClosedError,
    RunNotFoundError,
    TargetError,
    UnknownChannelError,
    UnknownKeyError,
    UnknownRequestError,
    UnknownStatError,
    WrongStateError,
)
from gymdash_core.executors.process import ProcessExecutor, ProcessHandle
from gymdash_core.locks import holder
from gymdash_core.logs import read_log
from gymdash_core.processes import await_end
from gymdash_core.status import RunState

WAIT_S = 60


def end(tracker, run_id):
    assert tracker.wait(run_id, WAIT_S), tracker.view(run_id)
    return tracker.view(run_id)


@pytest.fixture
def walker(tracker):
    run = tracker.start("Walker")
    assert tracker.wait_for(run, ["running"], WAIT_S)
    return run


class Local(Simulation):
    """Runs on a thread of the test's own process."""

    def _setup(self, **kwargs):
        self.setup_thread = threading.current_thread()

    def _run(self, **kwargs):
        self.run_thread, self.seen = threading.current_thread(), kwargs
        for step in range(self.config.kwargs.get("steps", 3)):
            self.log("x", step, step)
            self.tick(step)
            time.sleep(0.005)


# --- starting -----------------------------------------------------------------------------------------------------


def test_a_key_takes_arguments_and_a_config_takes_start_arguments(tracker):
    by_key = tracker.start("Validated", name="one", total=2)
    config = SimulationStartConfig(name="two", sim_key="Validated", kwargs={"total": 3})
    by_config = tracker.start(config, extra=1)
    assert (end(tracker, by_key).kwargs, tracker.view(by_key).name) == ({"total": 2}, "one")
    assert (end(tracker, by_config).kwargs, tracker.view(by_config).name) == ({"total": 3}, "two")
    assert tracker.load(by_config).start_kwargs == {"extra": 1}


def test_an_object_runs_on_a_thread_with_setup_on_the_callers(tracker):
    simulation = Local(SimulationStartConfig(name="local", sim_key="local", kwargs={"steps": 2}))
    run = tracker.start(simulation, given=1)
    assert end(tracker, run).state is RunState.SUCCEEDED
    assert simulation.setup_thread is threading.current_thread()
    assert simulation.run_thread is not threading.current_thread()
    assert simulation.seen == {"given": 1}
    assert [point.value for point in tracker.points(run, "x")] == [0.0, 1.0]


def test_an_object_is_started_once(tracker):
    simulation = Local(SimulationStartConfig(sim_key="local"))
    end(tracker, tracker.start(simulation))
    with pytest.raises(WrongStateError, match="started before"):
        tracker.start(simulation)


def test_a_created_run_waits_to_be_started_by_its_id(tracker):
    run = tracker.create_simulation("Validated", total=2)
    assert tracker.state(run) is RunState.CREATED
    assert tracker.start(run) == run
    assert end(tracker, run).state is RunState.SUCCEEDED
    with pytest.raises(WrongStateError, match="has succeeded: it cannot be started"):
        tracker.start(run)


def test_a_run_that_was_never_started_is_stopped_at_once(tracker):
    run = tracker.create_simulation("Validated")
    tracker.stop(run)
    assert tracker.state(run) is RunState.STOPPED
    with pytest.raises(WrongStateError):
        tracker.start(run)


def test_an_unknown_run_is_an_error(tracker):
    with pytest.raises(RunNotFoundError):
        tracker.state(uuid.uuid4())


def test_a_class_of_a_function_cannot_go_into_a_process_and_says_why(tracker):
    class Inner(Simulation):
        def _run(self, **kwargs):
            pass

    tracker.register(Inner, "inner")
    with pytest.raises(TargetError, match="function"):
        tracker.start("inner")
    assert end(tracker, tracker.start("inner", executor="thread")).state is RunState.SUCCEEDED


def test_a_key_has_one_owner(tracker):
    with pytest.raises(DuplicateItemError, match="custom_control"):
        tracker.register(Local, "custom_control")


def test_an_unknown_executor_or_option_creates_nothing(tracker):
    with pytest.raises(UnknownKeyError, match="executor"):
        tracker.start("Validated", executor="cloud")
    with pytest.raises(InvalidKwargsError, match="therads"):
        tracker.start("Validated", executor={"name": "process", "options": {"therads": 1}})
    assert tracker.views() == []


def test_threads_of_numeric_libraries_are_shared_among_runs(tmp_path, misbehaving):
    with SimulationTracker(tmp_path / "p", max_running=2) as tracker:
        run = tracker.start("custom_control", total_runtime=0.05, poll_period=0.05)
        end(tracker, run)
        chosen = tracker.start(
            "custom_control", total_runtime=0.05, executor={"name": "process", "options": {"threads": 3}}
        )
        end(tracker, chosen)
        import json
        import os

        shared = json.loads(tracker.project.run(run).provenance.read_text())["environment"]
        own = json.loads(tracker.project.run(chosen).provenance.read_text())["environment"]
    assert shared["OMP_NUM_THREADS"] == str(max(1, (os.cpu_count() or 1) // 2))
    assert own["OMP_NUM_THREADS"] == "3"


# --- the queue ----------------------------------------------------------------------------------------------------


def test_runs_beyond_the_slots_wait_and_say_what_for(tmp_path, misbehaving):
    with SimulationTracker(tmp_path / "p", max_running=1) as tracker:
        tracker.register(misbehaving.Walker)
        first, second, third = (tracker.start("Walker", steps=1000) for _ in range(3))
        assert tracker.wait_for(first, ["running"], WAIT_S)
        view = tracker.view(second)
        assert (view.state, view.reason) == (RunState.QUEUED, "waits for a free slot")
        tracker.stop(third)
        assert tracker.state(third) is RunState.STOPPED
        tracker.stop(first)
        assert tracker.wait_for(second, ["running"], WAIT_S)
        tracker.stop(second)
        assert tracker.wait([first, second, third], WAIT_S)


def test_closing_stops_what_was_still_queued(tmp_path, misbehaving):
    with SimulationTracker(tmp_path / "p", max_running=1) as tracker:
        tracker.register(misbehaving.Walker)
        first, second = (tracker.start("Walker") for _ in range(2))
    with SimulationTracker(tmp_path / "p") as other:
        assert other.state(second) is RunState.STOPPED
        assert other.state(first).is_live
        other.stop(first)
        assert other.wait(first, WAIT_S)


# --- talking ------------------------------------------------------------------------------------------------------


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


# --- pause, checkpoints, resume, branch ---------------------------------------------------------------------------


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


# --- waiting, callbacks, groups -----------------------------------------------------------------------------------


def test_a_stop_right_after_the_start_is_not_lost(tracker):
    run = tracker.start("Walker")
    tracker.stop(run)
    assert end(tracker, run).state is RunState.STOPPED


def test_questions_of_a_killed_attempt_are_gone_in_the_next(tracker):
    run = tracker.start("Walker", ask_at=2)
    assert tracker.wait_for(run, ["waiting"], WAIT_S)
    (old,) = tracker.control_requests()
    tracker.kill(run)
    assert end(tracker, run).state is RunState.KILLED
    assert tracker.control_requests() == []
    store = CheckpointStore(tracker.project.run(run))
    store.save(2, lambda folder: (folder / "walk.json").write_text('{"step": 2, "height": 2.0}'))
    tracker.resume(run)
    assert tracker.wait_for(run, ["waiting"], WAIT_S)
    (new,) = tracker.control_requests()
    assert new.id != old.id
    tracker.answer(new.id, {"go": True})
    tracker.stop(run)
    assert end(tracker, run).attempt == 2


def test_a_loaded_simulation_keeps_its_creation_time(tracker):
    run = tracker.start("Validated")
    assert tracker.load(run)._meta_create_time == end(tracker, run).created


def test_wait_gives_up_in_time(tracker, walker):
    assert not tracker.wait(walker, timeout=0.05)
    assert tracker.any_running([walker])
    assert not tracker.all_done([walker])


def test_callbacks_come_once_and_a_failing_one_disturbs_nobody(tracker):
    seen, done = [], threading.Event()
    run = tracker.create_simulation("Validated")
    tracker.add_callback(run, "start_run", lambda: 1 / 0)
    for event in ("start_setup", "end_setup", "start_run", "end_run"):
        tracker.add_callback(run, event, lambda event=event: seen.append(event))
    callback = tracker.on_all_done(run, lambda: seen.append("done"))
    tracker.add_on_all_done(callback, done.set)
    tracker.start(run)
    assert done.wait(WAIT_S)
    assert seen == ["start_setup", "end_setup", "start_run", "end_run", "done"]
    late = threading.Event()
    tracker.on_all_done([run], late.set)
    assert late.wait(WAIT_S)
    with pytest.raises(ValueError, match="unknown event"):
        tracker.add_callback(run, "half_time", lambda: None)


def test_a_simulation_that_dies_counts_as_having_ended_its_run(tracker):
    done = threading.Event()
    group = tracker.create_simulations(["Exits", "FailsInSetup"])
    group.add_on_all_run_end(done.set)
    tracker.start_sims(group)
    assert done.wait(WAIT_S)
    assert group.all_done


def test_a_group_starts_and_ends_together(tracker):
    seen, all_end = [], threading.Event()
    group = SimulationGroup.over("Walker", {"steps": 5}, seeds=None, grid={"gain": [1.0, 2.0], "period": [0.0]})
    assert len(group) == 2
    tracker.create_simulations(group)
    group.add_on_all_run_start(lambda: seen.append("all start"))
    group.add_on_each_run_start(lambda: seen.append("start"))
    group.add_on_each_run_end(lambda: seen.append("end"))
    group.add_on_all_run_end(all_end.set)
    assert group.any_running
    assert tracker.start_sims(group) is group
    assert all_end.wait(WAIT_S)
    assert group.all_done
    assert not group.any_running
    assert sorted(seen) == ["all start", "end", "end", "start", "start"]
    assert {tracker.view(run).group for run in group.ids} == {str(group.id)}
    assert [tracker.points(run, "height")[-1].value for run in group.ids] == [5.0, 10.0]
    assert all(member.is_done for member in group.sims)


def test_an_end_that_is_seen_is_told_before_the_tracker_closes(tmp_path):
    for _ in range(5):
        told = []
        with SimulationTracker(tmp_path / "p", executor="thread") as tracker:
            tracker.register(Local)
            run = tracker.start("Local", steps=1)
            tracker.on_all_done(run, lambda told=told: told.append(True))
            assert tracker.wait(run, WAIT_S)
        assert told == [True]


def test_waiting_for_a_run_that_is_deleted_ends(tracker, walker):
    import shutil

    failed = []

    def wait():
        try:
            tracker.wait(created, WAIT_S)
        except RunNotFoundError as error:
            failed.append(str(error))

    created = tracker.create_simulation("Walker")
    done = threading.Event()
    tracker.on_all_done(created, done.set)
    waiter = threading.Thread(target=wait)
    waiter.start()
    shutil.rmtree(tracker.project.run(created).path)
    waiter.join(WAIT_S)
    assert str(created) in failed[0]
    assert done.wait(WAIT_S)
    tracker.query(walker, {"progress": None})
    tracker.stop(walker)
    end(tracker, walker)


def test_a_group_of_a_type_is_validated_by_one_helper(tracker, monkeypatch):
    asked = []
    real = tracker._describer.validate_all
    monkeypatch.setattr(tracker._describer, "validate_all", lambda *args: asked.append(args) or real(*args))
    group = tracker.create_simulations(SimulationGroup.over("Walker", {"steps": 1}, grid={"gain": [1.0, 2.0, 3.0]}))
    assert len(asked) == 1
    assert [view.kwargs["gain"] for view in map(tracker.view, group)] == [1.0, 2.0, 3.0]


def test_an_argument_may_be_called_what(tracker):
    created = tracker.create_simulation("custom_control", other_kwargs={"what": 1})
    assert tracker.view(created).kwargs == {"other_kwargs": {"what": 1}}
    started = tracker.start("Quiet", what=3)
    assert tracker.view(started).kwargs == {"what": 3}
    tracker.kill(started)
    end(tracker, started)


def test_an_executor_without_a_name_is_the_trackers(tracker):
    created = tracker.create_simulation("custom_control", executor={"options": {"threads": 2}})
    assert tracker.view(created).executor["name"] == "process"
    with pytest.raises(InvalidKwargsError, match="opts"):
        tracker.create_simulation("custom_control", executor={"name": "process", "opts": {}})


def test_a_closed_tracker_does_not_wait_in_silence(tmp_path):
    with SimulationTracker(tmp_path / "p", executor="thread") as tracker:
        run = tracker.start(Local, steps=1)
    for call in (
        tracker.wait,
        lambda run: tracker.wait_for(run, "running"),
        lambda run: tracker.on_all_done(run, print),
    ):
        with pytest.raises(ProjectError, match="this tracker is closed"):
            call(run)


def test_a_class_is_started_as_it_is_and_what_is_none_is_refused(tracker, misbehaving):
    run = tracker.start(misbehaving.Validated, total=4)
    assert end(tracker, run).kwargs == {"total": 4}
    for wrong in (int, misbehaving.Validated.Params):
        with pytest.raises(TargetError, match="is no Simulation class"):
            tracker.start(wrong)
    with pytest.raises(TargetError, match="does not implement _run"):
        tracker.register(type("Empty", (Simulation,), {}))
    with pytest.raises(InvalidValueError, match="a SimulationGroup is wanted"):
        tracker.start_sims("Validated")
    with pytest.raises(UnknownKeyError, match="'stopped'"):
        tracker.wait_for(run, "stoped")
    with pytest.raises(NotSupportedError, match="object"):
        tracker.start(Local(SimulationStartConfig(sim_key="Local")), executor="process")


def test_a_type_that_this_script_does_not_register_goes_on_as_recorded(tracker, walker, tmp_path):
    tracker.stop(walker, save=True)
    end(tracker, walker)
    checkpoint = tracker.checkpoints(walker)[-1]
    with SimulationTracker(tracker.project) as other:
        other.resume(walker, checkpoint)
        assert other.wait_for(walker, "running", WAIT_S)
        with pytest.raises(WrongStateError, match="go on from a checkpoint"):
            other.resume(walker, checkpoint)
        other.stop(walker)
        assert other.wait(walker, WAIT_S)


def test_an_answer_to_an_ended_run_comes_too_late(tracker, eventually):
    run = tracker.start("Walker", ask_at=0)
    question = eventually(lambda: tracker.control_requests(run))[0]
    tracker.stop(run)
    end(tracker, run)
    with pytest.raises(RequestClosedError, match="withdrawn"):
        tracker.answer(question.id, {"go": True})


def test_a_run_whose_folder_is_deleted_ends(tracker, walker):
    import shutil

    run, gone = tracker.project.run(walker), tracker.project.path / "gone"
    worker = holder(run.worker_lock)
    run.path.rename(gone)
    shutil.rmtree(gone)
    assert await_end(worker, WAIT_S)
    assert not run.path.exists()
    assert tracker.views() == []


def test_a_stray_folder_does_not_hide_the_runs(tracker):
    (tracker.project.sims / str(uuid.uuid4())).mkdir(parents=True)
    created = tracker.create_simulation("Walker")
    assert [view.id for view in tracker.views()] == [str(created)]


def test_a_list_of_runs_is_asked_while_one_of_them_ends(tracker, walker):
    ending = tracker.start("Validated")
    while not tracker.state(ending).is_final:
        assert tracker.query([walker, ending], {"progress": None}, WAIT_S)[walker]["progress"].triggered


def test_a_run_that_has_no_worker_yet_is_late_rather_than_gone(tracker, monkeypatch, eventually):
    start, held = ProcessExecutor.start, []

    def hold(executor, run):
        held.append(lambda: start(executor, run))
        return ProcessHandle(run)

    monkeypatch.setattr(ProcessExecutor, "start", hold)
    run = tracker.start("Walker")
    (go_on,) = eventually(lambda: held)
    reply = tracker.query(run, {"progress": None}, 0.01)["progress"]
    assert (reply.triggered, reply.pending, reply.reason) == (False, False, "timeout")
    assert tracker.query([run], {"progress": None}, 0.01)[run]["progress"].reason == "timeout"
    go_on()
    assert tracker.query(run, {"progress": None}, WAIT_S)["progress"].triggered


def test_changes_of_a_branch_win_over_start_arguments_of_its_parent(tracker):
    parent = tracker.start(SimulationStartConfig(sim_key="Saver", kwargs={"n": 3}), n=5)
    end(tracker, parent)
    branch = tracker.branch(parent, kwargs={"n": 7})
    end(tracker, branch)
    assert (len(tracker.points(parent, "x")), len(tracker.points(branch, "x"))) == (5, 7)


def test_start_arguments_that_only_this_process_has_are_not_made_up_again(tracker):
    run = tracker.start(Local(SimulationStartConfig(sim_key="Local")), env=object())
    end(tracker, run)
    with pytest.raises(NotSupportedError, match="start arguments env"):
        tracker.restart(run)


def test_custom_control_takes_start_arguments(tracker):
    run = tracker.start(SimulationStartConfig(sim_key="custom_control"), total_runtime=0.1, poll_period=0.05)
    end(tracker, run)
    assert len(tracker.points(run, "my_number")) == 2


def test_a_press_that_a_stuck_worker_cannot_confirm_has_its_id(tracker, eventually):
    run = tracker.start("HoldsTheGil")
    eventually((tracker.project.run(run).path / "holding").exists)
    reply = tracker.query(run, {"stop_simulation": None}, 0.3)["stop_simulation"]
    assert (reply.triggered, reply.pending) == (False, True)
    assert reply.request_id
    tracker.kill(run)
    assert end(tracker, run).state is RunState.KILLED


def test_a_killed_worker_leaves_no_socket(tracker, walker):
    import json

    socket = json.loads(tracker.project.run(walker).state.read_text())["control"]["path"]
    tracker.kill(walker)
    end(tracker, walker)
    assert not Path(socket).exists()


def test_a_callback_that_comes_late_is_called_too(tracker):
    run = tracker.start("Validated")
    end(tracker, run)
    for event in ("start_run", "end_run"):
        late = threading.Event()
        tracker.add_callback(run, event, late.set)
        assert late.wait(WAIT_S)


def test_start_arguments_of_an_object_may_be_anything_and_those_of_a_process_are_json(tracker):
    thing = object()
    simulation = Local(SimulationStartConfig(sim_key="local", kwargs={"steps": 1}))
    end(tracker, tracker.start(simulation, thing=thing, pair=(1, 2)))
    assert simulation.seen == {"thing": thing, "pair": (1, 2)}
    before = len(tracker.views())
    with pytest.raises(InvalidKwargsError, match="thing"):
        tracker.start(SimulationStartConfig(sim_key="Validated"), thing=thing)
    assert len(tracker.views()) == before


def test_an_executor_without_options_refuses_some(tracker):
    with pytest.raises(InvalidKwargsError, match="nonsense"):
        tracker.start("Validated", executor={"name": "thread", "options": {"nonsense": 1}})


def test_a_group_that_cannot_be_written_whole_is_not_written(tracker, monkeypatch):
    made = []

    def create(project, request):
        if made:
            raise OSError("no room")
        made.append(create_run(project, request))
        return made[-1]

    monkeypatch.setattr("gymdash_core.starter.create_run", create)
    with pytest.raises(OSError, match="no room"):
        tracker.create_simulations(["Validated", "Validated"])
    assert tracker.views() == []


def test_a_group_is_created_whole_or_not_at_all(tracker):
    configs = [SimulationStartConfig(sim_key="Validated", kwargs={"total": n}) for n in (1, 0)]
    with pytest.raises(InvalidKwargsError):
        tracker.create_simulations(configs)
    assert tracker.views() == []
    with pytest.raises(InvalidKwargsError, match="twice"):
        SimulationGroup.over("Validated", {"seed": 1}, seeds=[1, 2])
    for base, grid in (({"a": {"b": 1}}, {"a.b": [2]}), ({"a": {}}, {"a": [{}]}), ({}, {"a.b": [1], "a": [{}]})):
        with pytest.raises(InvalidKwargsError, match="twice"):
            SimulationGroup.over("Validated", base, grid=grid)
    for name in ("", "a.", "a..b"):
        with pytest.raises(InvalidKwargsError, match="is no name of an argument"):
            SimulationGroup.over("Validated", grid={name: [1]})
    with pytest.raises(InvalidKwargsError, match="is inside of a, which is no object"):
        SimulationGroup.over("Validated", {"a": 1}, grid={"a.b": [2]})
    with pytest.raises(WrongStateError):
        _ = SimulationGroup.over("Validated", seeds=[1]).all_done


def test_a_grid_varies_arguments_inside_of_others_and_names_them_as_short_as_can_be():
    base = {"net": {"layers": [64]}}
    group = SimulationGroup.over("Walker", base, seeds=[3], grid={"net.rate": [0.1, 0.2], "env": [{"wind": 1}]})
    assert [config.name for config in group.configs] == [
        f"Walker, rate={rate}, env={{wind=1}}, seed=3" for rate in (0.1, 0.2)
    ]
    assert [config.kwargs["net"] for config in group.configs] == [
        {"layers": [64], "rate": 0.1},
        {"layers": [64], "rate": 0.2},
    ]
    assert base == {"net": {"layers": [64]}}
    alike = SimulationGroup.over("Walker", grid={"net.rate": [1], "env.rate": [2]})
    assert alike.configs[0].name == "Walker, net.rate=1, env.rate=2"


# --- looking ------------------------------------------------------------------------------------------------------


def test_a_loaded_simulation_knows_how_it_went_and_cannot_start(tracker):
    run = tracker.start("FailsInRun")
    view = end(tracker, run)
    loaded = tracker.load(run)
    assert (loaded.from_disk, loaded._meta_failed, loaded.force_stopped) == (True, True, False)
    assert (loaded._meta_start_time, loaded._meta_end_time) == (view.started, view.ended)
    assert str(loaded._project_sim_id) == view.id
    assert loaded.statuses[-1].code is SimStatusCode.FAIL
    with pytest.raises(WrongStateError):
        tracker.start(loaded)
    with pytest.raises(WrongStateError):
        loaded.run()


def test_points_of_an_unregistered_streamer_are_read_by_a_helper(tracker):
    run = tracker.start("StreamsLines")
    assert end(tracker, run).state is RunState.SUCCEEDED
    assert [(point.step, point.value) for point in tracker.points(run, "lines")] == [(0, 1.5), (1, 2.5)]
    with pytest.raises(UnknownStatError, match="'lines'"):
        tracker.points(run, "linse")


def test_media_that_a_dead_worker_had_not_indexed_are_found(tracker):
    run = tracker.start("FilmsAndDies")
    assert end(tracker, run).state is RunState.FAILED
    (point,) = tracker.points(run, "shot")
    assert point.step == 5
    assert tracker.points(run, "x")[0].step == 1


def test_every_tracker_of_a_project_sees_the_same(tracker, walker, eventually):
    with SimulationTracker(tracker.project.path) as other:
        assert [view.id for view in other.views()] == [view.id for view in tracker.views()]
        # It has made a step before its gain is another.
        eventually(lambda: ("height", "scalars") in tracker.stats(walker).sources())
        assert other.query(walker, {"gain": 3.0}, WAIT_S)["gain"].value == 3.0
        assert other.points(walker, "height")[0].value == 1.0


def test_a_stop_ladder_leaves_the_next_attempt_alone(tracker, walker, eventually):
    tracker.stop(walker, grace_s=5.0, save=True)
    end(tracker, walker)
    tracker.resume(walker)  # at once, before the ladder looks again
    eventually(lambda: "gymdash-stop-ladder" not in {thread.name for thread in threading.enumerate()})
    assert tracker.wait_for(walker, ["running"], WAIT_S)
    assert (tracker.view(walker).attempt, tracker.view(walker).state) == (2, "running")


def test_output_is_captured_as_it_comes(tracker):
    run = tracker.start("PrintsALot")
    end(tracker, run)
    assert read_log(tracker.project.run(run), "stdout").text.endswith("the last line\n")


def test_a_thread_run_that_does_not_stop_says_so(tmp_path):
    release = threading.Event()

    class Stuck(Simulation):
        def _run(self, **kwargs):
            release.wait(WAIT_S)

    with SimulationTracker(tmp_path / "p", executor="thread") as tracker:
        run = tracker.start(Stuck(SimulationStartConfig(sim_key="stuck")))
        with pytest.raises(NotSupportedError, match="kill"):
            tracker.kill(run)
        tracker.stop(run, grace_s=0.01)
        deadline = time.monotonic() + WAIT_S
        while not tracker.statuses(run):
            assert time.monotonic() < deadline
        assert "process executor" in tracker.statuses(run)[-1].details
        release.set()
        assert end(tracker, run).state is RunState.SUCCEEDED, "a stop that was asked and not seen"
