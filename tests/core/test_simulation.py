"""Simulation: what a subclass declares, its life cycle, its loop and its reports."""

from __future__ import annotations

import math
import threading
from datetime import UTC, datetime

import pytest
from pydantic import BaseModel, Field

from gymdash_core import (
    AskTimeout,
    Channel,
    SimStatus,
    SimStatusCode,
    SimStatusSubcode,
    Simulation,
    SimulationStartConfig,
    StopSimException,
)
from gymdash_core.errors import InvalidValueError, NotBoundError, NotSupportedError, StatWriteError, UnknownChannelError
from gymdash_core.testing import run_simulation, start_simulation


class Plain(Simulation):
    def _run(self, **kwargs):
        pass


class Declared(Simulation):
    class Params(BaseModel):
        steps: int = 3
        gain: float = 0.5

    @classmethod
    def channels(cls):
        return [Channel("gain", kind="control", model=float), Channel("fixed", kind="control", initial=7)]

    def _run(self, **kwargs):
        for step in range(self.params.steps):
            self.log("gain", self.control("gain") + self.control("fixed"), step)
            self.tick(step + 1, self.params.steps)


class Saves(Plain):
    def save_checkpoint(self, folder, step):
        (folder / "x").write_text(str(step))


def make(cls, **kwargs):
    return cls(SimulationStartConfig(name="n", sim_key="k", kwargs=kwargs))


def test_defaults_come_from_params_and_later_arguments_win():
    simulation = make(Declared, steps=5)
    assert simulation.kwarg_defaults == {"steps": 3, "gain": 0.5}
    merged = simulation._overwrite_new_kwargs(simulation.kwarg_defaults, simulation.config.kwargs, {"gain": 1})
    assert merged == {"steps": 5, "gain": 1}
    assert simulation.kwarg_defaults == {"steps": 3, "gain": 0.5}
    assert (simulation.params.steps, make(Plain).params, make(Plain).kwarg_defaults) == (5, None, {})


def test_a_strict_model_reads_what_was_written_down():
    class Strict(Plain):
        class Params(BaseModel, strict=True):
            when: datetime
            rate: float = 1.0

        def _run(self, **kwargs):
            self.log("year", self.params.when.year)
            self.log("rate", self.params.rate)

    when = datetime(2026, 1, 2, tzinfo=UTC)
    for given in (when, when.isoformat()):
        run = run_simulation(Strict, {"when": given, "rate": math.nan})
        assert run.state == "succeeded", run.describe()
        assert run.points("year")[0].value == 2026
        assert math.isnan(run.points("rate")[0].value)
    assert make(Strict, when=when).params.when == make(Strict, when=when.isoformat()).params.when


def test_capabilities_are_found_in_the_code():
    assert Plain.capabilities() == []
    assert Declared.capabilities() == ["pause"]
    assert Saves.capabilities() == ["checkpoint"]

    class Says(Plain):
        pausable = True

    assert Says.capabilities() == ["pause"]


def test_channels_are_the_built_in_ones_and_its_own():
    assert [c.key for c in Declared.all_channels()] == [
        "stop_simulation", "progress", "custom_query", "gain", "fixed"
    ]  # fmt: skip
    assert "checkpoint" in [c.key for c in Saves.all_channels()]


@pytest.mark.parametrize("keys", [["progress"], ["checkpoint"], ["a", "a"]])
def test_a_reserved_or_doubled_channel_is_refused(keys):
    class Wrong(Plain):
        @classmethod
        def channels(cls):
            return [Channel(key) for key in keys]

    with pytest.raises(InvalidValueError, match=keys[-1]):
        make(Wrong)


@pytest.mark.parametrize("name", ["sim_path", "run_dir", "attempt", "_project_sim_id", "_project_resources_path"])
def test_what_belongs_to_a_run_says_so_before_there_is_one(name):
    with pytest.raises(NotBoundError, match=name):
        getattr(make(Plain), name)
    with pytest.raises(NotBoundError):
        make(Plain).log("x", 1.0)


def test_controls_begin_with_their_initial_value_or_the_argument_of_their_name():
    run = run_simulation(Declared, {"gain": 2.0})
    assert [point.value for point in run.points("gain")] == [9.0, 9.0, 9.0]


def test_a_control_that_does_not_exist_is_an_error():
    with pytest.raises(UnknownChannelError, match="'gain'"):
        make(Declared).control("gian")
    with pytest.raises(UnknownChannelError):
        make(Declared).take("mark")
    with pytest.raises(InvalidValueError, match="control"):
        make(Declared).take("gain")


def test_callbacks_run_in_order_on_the_runs_thread_and_a_failing_one_becomes_a_status():
    seen = []

    class Calls(Plain):
        def __init__(self, config):
            super().__init__(config)
            for event in (self.START_SETUP, self.END_SETUP, self.START_RUN, self.END_RUN):
                self.add_callback(event, lambda event=event: seen.append((event, threading.current_thread())))
            self.add_callback("start_run", lambda: 1 / 0)

        def _run(self, **kwargs):
            seen.append(("run", threading.current_thread()))
            raise RuntimeError("failed")

    run = run_simulation(Calls)
    assert [event for event, _ in seen] == ["start_setup", "end_setup", "start_run", "run", "end_run"]
    assert seen[0][1] is threading.current_thread()
    assert seen[2][1] is seen[3][1] is seen[4][1]
    info, fail = run.statuses
    assert (info.code, "ZeroDivisionError" in info.error_trace) == (SimStatusCode.INFO, True)
    assert (fail.code, run.state) == (SimStatusCode.FAIL, "failed")
    with pytest.raises(ValueError, match="unknown event"):
        make(Plain).add_callback("half_time", print)


def test_error_details_carry_the_traceback_of_what_is_being_handled():
    simulation = make(Plain)
    try:
        {}["lost"]
    except KeyError:
        simulation.add_error_details("it was lost")
    simulation.add_error_details("nothing is being handled")
    first, second = simulation.statuses
    assert (first.code, first.subcode, first.details) == (SimStatusCode.FAIL, SimStatusSubcode.ERROR, "it was lost")
    assert "KeyError" in first.error_trace
    assert second.error_trace == ""


def test_a_status_that_says_stopped_decides_even_with_meta_failed():
    class Stops(Plain):
        def _run(self, **kwargs):
            self._meta_failed = True
            self.add_status(SimStatus(SimStatusCode.FAIL, SimStatusSubcode.STOPPED, "stopped by itself"))

    assert run_simulation(Stops).state == "stopped"


def test_points_without_a_step_take_that_of_the_last_tick_else_a_count():
    class Logs(Plain):
        def _run(self, **kwargs):
            self.log("a", 1.0)
            self.log("a", 2.0)
            self.log("b", 1.0)
            self.tick(40)
            self.log_many({"a": 3.0, "b": 4.0})
            self.log("a", 5.0, 7)

    run = run_simulation(Logs)
    assert [(point.step, point.value) for point in run.points("a")] == [(0, 1.0), (1, 2.0), (40, 3.0), (7, 5.0)]
    assert [point.step for point in run.points("b")] == [0, 40]


def test_every_kind_is_logged_and_read_back(tmp_path):
    class Kinds(Plain):
        def _run(self, **kwargs):
            self.log_text("t", "hello", 1)
            self.log_histogram("h", [1, 2, 2, 3], 2, bins=2)
            self.log_image("i", [[0, 255], [255, 0]], 3)
            self.log_audio("s", [0.0, 0.5, -0.5], 4)
            self.log_point("trajectory", "p", {"x": [1, 2]}, 5)

    run = run_simulation(Kinds)
    assert run.points("t")[0].value == "hello"
    assert run.points("h")[0].value["counts"] == [1, 3]
    assert run.points("p", "trajectory")[0].value == {"x": [1, 2]}
    for key, magic in (("i", b"\x89PNG"), ("s", b"RIFF")):
        (point,) = run.points(key)
        assert (run.path / point.path).read_bytes().startswith(magic)
    stats = run.tracker.stats(run.id).keys()
    assert {kind for _, kind in stats} == {
        "text", "histograms", "images", "audio", "trajectory"
    }  # fmt: skip


def test_a_disk_that_refuses_is_named_and_fails_the_run():
    class Blocked(Plain):
        def _run(self, **kwargs):
            (self.run_dir / "stats").write_text("in the way")
            self.log("x", 1.0)

    run = run_simulation(Blocked)
    assert (run.state, StatWriteError.__name__ in run.view.reason) == ("failed", True)


class Answer(BaseModel):
    go: bool


class Asks(Plain):
    def _run(self, **kwargs):
        how = self.config.kwargs["how"]
        if how == "default":
            self.log("go", float(self.ask("Go?", Answer, timeout_s=0.01, default=Answer(go=False)).go))
        elif how == "none":
            assert self.ask("Go?", Answer, timeout_s=0.01, default=None) is None
        elif how == "media":
            self.ask("Go?", Answer, media=["/etc/passwd"])
        else:
            self.log("go", float(self.ask("Go?", Answer, timeout_s=float(how)).go))


def test_nobody_answers_means_the_default_or_an_error():
    assert run_simulation(Asks, {"how": "default"}).points("go")[0].value == 0.0
    assert run_simulation(Asks, {"how": "none"}).state == "succeeded"
    failed = run_simulation(Asks, {"how": "0.01"})
    assert (failed.state, AskTimeout.__name__ in failed.view.reason) == ("failed", True)


def test_an_answer_arrives_validated():
    assert run_simulation(Asks, {"how": "30"}, answers=[{"go": "yes"}]).points("go")[0].value == 1.0


def test_a_file_outside_the_run_is_not_shown():
    assert "outside the run" in run_simulation(Asks, {"how": "media"}).view.reason


def test_a_stop_while_asking_ends_the_run_and_withdraws_the_question():
    with start_simulation(Asks, {"how": "30"}) as run:
        run.wait_for("waiting")
        assert run.stop() == "stopped"
        assert run.questions == []


def test_a_tick_after_a_stop_raises_and_a_swallowed_one_raises_again():
    class Swallows(Plain):
        def _run(self, **kwargs):
            raised = 0
            while raised < 2:
                try:
                    self.tick()
                except StopSimException:
                    raised += 1
            self.log("raised", raised)

    with start_simulation(Swallows) as run:
        run.query({"progress": None})
        assert run.stop() == "stopped"
        assert run.points("raised")[0].value == 2.0


def test_a_checkpoint_needs_the_override():
    class Tries(Plain):
        def _run(self, **kwargs):
            self.checkpoint(3)

    run = run_simulation(Tries)
    assert (run.state, NotSupportedError.__name__ in run.view.reason) == ("failed", True)

    class Succeeds(Saves):
        def _run(self, **kwargs):
            assert (self.checkpoint(3) / "x").read_text() == "3"

    assert run_simulation(Succeeds).state == "succeeded"


def test_a_failing_checkpoint_refuses_the_press_and_the_run_goes_on():
    class Fails(Plain):
        pausable = True

        def save_checkpoint(self, folder, step):
            raise RuntimeError("no disk")

        def _run(self, **kwargs):
            while True:
                self.tick()

    with start_simulation(Fails) as run:
        reply = run.query({"checkpoint": None})["checkpoint"]
        assert (reply.triggered, "no disk" in reply.reason) == (False, True)
        assert run.stop() == "stopped"
        assert run.statuses[0].code is SimStatusCode.INFO


@pytest.mark.parametrize("model", [None, float])
def test_a_control_that_says_no_more_than_a_type_has_the_bounds_of_its_argument(model):
    class Bounded(Plain):
        class Params(BaseModel):
            rate: float = Field(default=0.5, ge=0, le=1)

        @classmethod
        def channels(cls):
            return [Channel("rate", kind="control", model=model)]

        def _run(self, **kwargs):
            self.tick()
            while not self.interactor.stop_asked:
                self.control("rate")

    with start_simulation(Bounded) as run:
        with pytest.raises(InvalidValueError, match="less than or equal to 1"):
            run.query({"rate": 7.0})
        assert run.query({"rate": 0.25})["rate"].value == 0.25
        run.stop()


def test_a_control_without_an_argument_of_its_name_fails_the_run_and_names_near_ones():
    class Misspelt(Declared):
        @classmethod
        def channels(cls):
            return [Channel("gian", kind="control", model=float)]

    run = run_simulation(Misspelt)
    assert str(run.state) == "failed"
    assert "'gian'" in run.view.reason
    assert "'gain'" in run.view.reason


def test_steps_of_numpy_are_steps_and_fractions_are_not():
    numpy = pytest.importorskip("numpy")

    class Steps(Plain):
        def _run(self, **kwargs):
            self.log("x", 1.0, numpy.int64(3))
            self.log_text("t", "a", numpy.int32(4))
            self.tick(numpy.int64(5))
            self.log("x", 2.0)
            for wrong in (3.5, "a"):
                with pytest.raises(InvalidValueError, match="a step is an integer"):
                    self.tick(wrong)

    run = run_simulation(Steps)
    assert str(run.state) == "succeeded"
    assert [point.step for point in run.points("x")] == [3, 5]
    assert [point.step for point in run.points("t")] == [4]


def test_controls_are_taken_over_while_paused_and_while_asking(eventually):
    class Answer(BaseModel):
        go: bool

    class Waits(Declared):
        def _run(self, **kwargs):
            self.ask("Ready?", Answer)
            while True:
                self.tick()

    with start_simulation(Waits) as run:
        question = eventually(lambda: run.questions)[0]
        assert run.query({"gain": 2.0})["gain"].triggered
        run.tracker.answer(question.id, {"go": True})
        run.wait_for("running")
        run.tracker.pause(run.id)
        run.wait_for("paused")
        reply = run.query({"gain": 3.0})["gain"]
        assert (reply.triggered, reply.value, str(run.state)) == (True, 3.0, "paused")
        run.stop()
