"""Fakes for plugin authors: they hold the contracts of what they stand for."""

from __future__ import annotations

import os
import threading

import pytest
from pydantic import BaseModel

from gymdash_core import Channel, InvalidKwargsError, SimStatus, Simulation, StatPoint, StopSimException
from gymdash_core.errors import InvalidCursorError, UnknownStatError
from gymdash_core.project import RunFolder
from gymdash_core.runview import read_statuses
from gymdash_core.stats.reader import RunStats
from gymdash_core.testing import FakeClock, MemoryStat, MemoryStreamer, StreamerContract, bind_simulation


class TestMemoryStreamer(StreamerContract):
    """What is in a folder for other streamers is in a list here, which outlives the streamer as well."""

    @pytest.fixture(autouse=True)
    def points(self):
        self.found: list[StatPoint] = []

    def make(self, folder):
        return MemoryStreamer("memory", [MemoryStat("height", points=self.found)])

    def append(self, folder, points):
        for point in points:
            self.make(folder).append("height", point.value, point.step, point.wall_time)


def test_memory_streamer_makes_the_stats_that_are_appended_to():
    streamer = MemoryStreamer()
    streamer.append("height", 0.5)
    streamer.append("height", "tall", kind="text")
    assert streamer.get_stat_keys() == [("height", "scalars"), ("height", "text")]
    assert streamer.stat("height", "text").get_values()[0].value == "tall"
    assert streamer.stat("height", "text") is streamer.stat("height", "text")
    with pytest.raises(UnknownStatError):
        streamer.stat("height")


def test_memory_stat_counts_steps_and_times_that_are_not_given():
    stat = MemoryStat("height")
    for step in (None, 7, None):
        stat.append(0.0, step)
    assert [(point.step, point.wall_time) for point in stat.points] == [(0, 0.0), (7, 1.0), (2, 2.0)]
    stat.append(0.0, wall_time=0.0)
    assert stat.points[-1].wall_time == 0.0


def test_memory_stat_refuses_a_cursor_that_it_did_not_give_out():
    with pytest.raises(InvalidCursorError):
        MemoryStat("height").read("1")


def test_fake_clock_moves_forward_and_never_back():
    clock = FakeClock(5.0)
    clock.advance(0.5)
    assert (clock(), clock.now) == (5.5, 5.5)
    for seconds in (-1.0, float("nan")):
        with pytest.raises(ValueError, match="back"):
            clock.advance(seconds)


class Climb(Simulation):
    class Params(BaseModel):
        height: float = 1.0

    @classmethod
    def channels(cls):
        return [Channel("speed", "Speed", "control", float, initial=2.0), Channel("mark", "Mark", "action")]

    def _setup(self, **kwargs):
        self.height = float((self.resume_from / "height").read_text()) if self.resume_from else self.params.height

    def _run(self, **kwargs):
        raise NotImplementedError

    def step(self):
        self.height += self.control("speed")
        self.log("height", self.height)
        if press := self.take("mark"):
            press.answer(self.height)

    def save_checkpoint(self, folder, step):
        (folder / "height").write_text(str(self.height))


@pytest.fixture
def climb():
    with bind_simulation(Climb, {"height": 5}) as simulation:
        simulation.setup()
        yield simulation


def points_of(simulation, key):
    return RunStats(RunFolder(simulation.run_dir), {}).stat(key).get_values()


def test_bound_simulation_takes_controls_and_presses_and_logs(climb):
    climb.step()
    climb.interactor.set_in("speed", 0.5)
    climb.interactor.set_in("mark", None)
    climb.tick(10)
    climb.step()
    assert climb.take("mark") is None
    assert [(point.step, point.value) for point in points_of(climb, "height")] == [(0, 7.0), (10, 7.5)]


def test_bound_simulation_saves_a_checkpoint_from_which_another_goes_on(climb):
    climb.step()
    saved = climb.checkpoint(3)
    with bind_simulation(Climb, resume_from=saved) as other:
        other.setup()
        assert other.height == 7.0


def test_bound_simulation_sees_a_stop(climb):
    climb.interactor.set_in("stop_simulation", True)
    with pytest.raises(StopSimException):
        climb.tick()


def test_bound_simulation_has_statuses_on_the_disk(climb):
    climb.add_status(SimStatus.from_exception(ValueError("too high")))
    assert [status.details for status in read_statuses(RunFolder(climb.run_dir))] == ["ValueError: too high"]


def test_bound_simulation_leaves_neither_thread_nor_file_nor_folder():
    threads, descriptors = set(threading.enumerate()), len(os.listdir("/dev/fd"))
    with bind_simulation(Climb) as simulation:
        simulation.setup()
        simulation.step()
        simulation.interactor.set_in("speed", 1.0)
        simulation.step()
        simulation.add_status(SimStatus.from_exception(ValueError()))
        assert set(threading.enumerate()) <= threads  # those of others may end
    assert not simulation.run_dir.exists()
    assert len(os.listdir("/dev/fd")) <= descriptors


def test_bound_simulation_writes_into_the_folder_that_it_is_given(tmp_path):
    with bind_simulation(Climb, folder=tmp_path) as simulation:
        simulation.log("height", 1.0)
    assert simulation.run_dir.is_relative_to(tmp_path)
    assert points_of(simulation, "height")[0].value == 1.0


def test_arguments_of_a_bound_simulation_are_checked(tmp_path):
    with pytest.raises(InvalidKwargsError, match="height"), bind_simulation(Climb, {"height": "high"}, folder=tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []
