"""`steer`: a plain loop with one line changed."""

from __future__ import annotations

import pytest

from gymdash_core import Simulation
from gymdash_core.status import RunState
from gymdash_core.testing import run_simulation, start_simulation
from gymdash_torch import steer


class Reading(Simulation):
    """Reads batches for ever."""

    def _run(self, **kwargs):
        for number in steer(iter(int, 1), self):
            self.log("number", number)


class GoingOn(Simulation):
    """Goes on after ten steps that were done before."""

    def _run(self, **kwargs):
        for number in steer([1, 2, 3], self, epochs=2, start=10):
            self.log("number", number, self.interactor.step or 10)


@pytest.mark.parametrize("is_paused", [False, True])
def test_a_loop_is_watched_paused_and_stopped(is_paused):
    with start_simulation(Reading) as run:
        run.wait_for("running")
        current, total = run.query({"progress": None})["progress"].value
        assert (current > 0, total) == (True, None)
        if is_paused:
            run.tracker.pause(run.id)
            run.wait_for("paused")
        assert run.stop() is RunState.STOPPED, run.describe()


def test_a_loop_that_goes_on_counts_on():
    run = run_simulation(GoingOn)
    assert run.view.progress["current"] == run.view.progress["total"] == 16
    assert [point.step for point in run.points("number")] == [10, 11, 12, 13, 14, 15]


def test_each_call_counts_on_from_the_last(trainings):
    run = run_simulation(trainings.Plain)
    assert run.state is RunState.SUCCEEDED, run.describe()
    assert run.view.progress["current"] == run.view.progress["total"] == 24


class Epochs(Simulation):
    """Calls once an epoch, with another loader each time; tells what is to be done after each."""

    first = 0

    def _run(self, **kwargs):
        for epoch in range(self.first, 3):
            for number in steer(range(4 if epoch < 2 else 2), self, epochs=3, epoch=epoch):
                self.log("number", number)
            self.log("total", self.interactor.published()["progress"]["value"][1], epoch)


class LaterEpochs(Epochs):
    """Goes on at its second epoch."""

    first = 1


@pytest.mark.parametrize(("cls", "totals"), [(Epochs, [12, 12, 10]), (LaterEpochs, [8, 6])])
def test_progress_of_one_call_an_epoch_is_that_of_all_epochs(cls, totals):
    run = run_simulation(cls)
    assert run.state is RunState.SUCCEEDED, run.describe()
    assert [point.value for point in run.points("total")] == totals
    assert run.view.progress["current"] == run.view.progress["total"] == totals[-1]


def test_a_loop_that_is_left_is_no_stop():
    class Leaving(Simulation):
        def _run(self, **kwargs):
            for number in steer(range(10), self):
                if number == 3:
                    break

    run = run_simulation(Leaving)
    assert run.state is RunState.SUCCEEDED
    assert run.view.progress["current"] == 3
