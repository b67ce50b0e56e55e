import pytest
from pydantic import ValidationError

from gymdash_core import InvalidKwargsError
from gymdash_core.errors import InvalidValueError
from gymdash_core.testing import StatKindContract, check_plugin, run_simulation, start_simulation
from gymdash_pendulum.trajectory import TRAJECTORY, Trajectory

QUICK = {"steps": 25, "real_time": False}


class TestTrajectories(StatKindContract):
    package = "gymdash_pendulum"

    def kind(self):
        return TRAJECTORY

    def values(self):
        return [{"x": [0.0, 1.0], "y": [0.0, 2.0], "extent": 2.0}]


def test_a_place_has_both_numbers():
    with pytest.raises(ValidationError, match="x has 1 numbers and y has 2"):
        Trajectory(x=[0.0], y=[0.0, 1.0], extent=1.0)


def test_plugin_is_found_and_sound():
    check_plugin("pendulum")


def test_it_swings_to_its_end():
    run = run_simulation("pendulum", QUICK)
    assert run.state == "succeeded", run.describe()
    assert len(run.points("energy")) == 25
    drawn = run.points("way", "trajectory")
    assert [point.step for point in drawn] == [10, 20, 25]
    assert [len(Trajectory.model_validate(point.value).x) for point in drawn] == [11, 21, 26]


def test_a_trail_is_as_long_as_it_may_be():
    run = run_simulation("pendulum", {**QUICK, "trail": 7})
    assert [len(point.value["x"]) for point in run.points("way", "trajectory")] == [7, 7, 7]


def test_gravity_and_damping_are_changed_while_it_swings():
    with start_simulation("pendulum", {"steps": 1_000_000, "real_time": False}, executor="process") as run:
        replies = run.query({"gravity": 1.62, "damping": 0.0})
        assert {key: reply.value for key, reply in replies.items()} == {"gravity": 1.62, "damping": 0.0}
        changed = max(reply.step or 0 for reply in replies.values())  # None before the first tick
        while run.query({"progress": None})["progress"].value[0] < changed + 100:
            pass  # it goes on by itself; a run that does not ends the query, and so the test
        assert run.stop() == "stopped"
        energies = [point.value for point in run.points("energy") if point.step > changed + 1]
    assert energies[:95] == pytest.approx([energies[0]] * 95, abs=1e-2), "it is undamped now, and energy is lost"


def test_a_change_out_of_bounds_is_refused():
    with start_simulation("pendulum", {"steps": 1_000_000, "real_time": False}) as run:
        with pytest.raises(InvalidValueError, match="greater than or equal to 0"):
            run.query({"gravity": -1.0})
        assert run.query({"gravity": None})["gravity"].value == 9.81


def test_arguments_are_checked():
    with pytest.raises(InvalidKwargsError, match="length"):
        run_simulation("pendulum", {"length": 0})
