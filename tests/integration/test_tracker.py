"""The tracker over real processes: it starts and queues runs, and looks at them."""

from __future__ import annotations

import threading
import time
import uuid

import pytest

from gymdash_core import (
    SimStatusCode,
    Simulation,
    SimulationStartConfig,
    SimulationTracker,
)
from gymdash_core.errors import (
    DuplicateItemError,
    InvalidKwargsError,
    NotSupportedError,
    RunNotFoundError,
    TargetError,
    UnknownKeyError,
    UnknownStatError,
    WrongStateError,
)
from gymdash_core.logs import read_log
from gymdash_core.status import RunState
from tracked import WAIT_S, Local, end

# --- starting ------------------------------------------------------------------------------------------------------


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


# --- the queue -----------------------------------------------------------------------------------------------------


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


# --- looking -------------------------------------------------------------------------------------------------------


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
