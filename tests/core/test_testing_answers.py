"""Answers that a test gives to a run's questions: what is wrong with them fails the test, in words."""

from __future__ import annotations

import threading

import pytest
from pydantic import BaseModel

from gymdash_core import Simulation, SimulationTracker
from gymdash_core.errors import InvalidValueError
from gymdash_core.testing import TestRun, run_simulation, start_simulation


class Answer(BaseModel):
    go: bool


class Asks(Simulation):
    class Params(BaseModel):
        times: int = 1

    def _run(self, **kwargs):
        for number in range(self.params.times):
            self.log("go", float(self.ask(f"Go {number}?", Answer).go))


def test_each_question_gets_its_answer_in_order():
    run = run_simulation(Asks, {"times": 2}, answers=[{"go": True}, {"go": False}])
    assert [point.value for point in run.points("go")] == [1.0, 0.0]


def test_an_answer_that_is_refused_fails_the_test_at_once_and_says_why():
    with pytest.raises(AssertionError, match=r"'perhaps'.*'Go 0\?' was refused") as caught:
        run_simulation(Asks, answers=[{"go": "perhaps"}], timeout_s=60)
    assert isinstance(caught.value.__cause__, InvalidValueError)


def test_an_answer_that_is_refused_outweighs_what_the_test_found_because_of_it():
    with pytest.raises(AssertionError, match="was refused"), start_simulation(Asks, answers=["no"]) as run:
        assert run.wait() == "succeeded"


def test_a_missing_answer_is_named_with_its_question(eventually):
    def wait_in_vain(run):
        eventually(lambda: "Go 1?" in [question.details for question in run.questions])
        TestRun(run.id, run.tracker, 0.1).wait()

    with (
        pytest.raises(AssertionError, match=r"did not end(.|\n)*'Go 1\?': give more answers"),
        start_simulation(Asks, {"times": 2}, answers=[{"go": True}]) as run,
    ):
        wait_in_vain(run)


def test_what_a_test_finds_by_itself_is_left_as_it_is():
    with pytest.raises(AssertionError, match="did not become paused") as caught, start_simulation(Asks) as run:
        TestRun(run.id, run.tracker, 0.1).wait_for("paused")
    assert "answers" not in str(caught.value)


def test_an_answer_that_hangs_does_not_hang_the_test(monkeypatch):
    begun, over = threading.Event(), threading.Event()

    def hang(*_):
        begun.set()
        over.wait(60)

    monkeypatch.setattr(SimulationTracker, "answer", hang)
    with (
        pytest.raises(AssertionError, match="still under way"),
        start_simulation(Asks, answers=[1, 2], timeout_s=0.1),
    ):
        assert begun.wait(60)
    over.set()
