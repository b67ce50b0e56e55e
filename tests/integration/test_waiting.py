"""The tracker over real processes: waiting, callbacks, groups."""

from __future__ import annotations

import json
import threading
import uuid
from pathlib import Path

import pytest

from gymdash_core import (
    Simulation,
    SimulationGroup,
    SimulationStartConfig,
    SimulationTracker,
)
from gymdash_core.checkpoints import CheckpointStore
from gymdash_core.creation import create_run
from gymdash_core.errors import (
    InvalidKwargsError,
    InvalidValueError,
    NotSupportedError,
    ProjectError,
    RequestClosedError,
    RunNotFoundError,
    TargetError,
    UnknownKeyError,
    WrongStateError,
)
from gymdash_core.executors.process import ProcessExecutor, ProcessHandle
from gymdash_core.locks import holder
from gymdash_core.processes import await_end
from gymdash_core.status import RunState
from tracked import WAIT_S, Local, end


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
