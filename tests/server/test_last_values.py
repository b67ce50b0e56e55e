"""Rules of `gymdash_server.points.lastvalues`: tables are told what is known, and reading for them has its limits."""

from __future__ import annotations

import pytest

from gymdash_core.meta import new_meta
from gymdash_core.project import Project
from gymdash_core.stats.manifest import write_streams
from gymdash_core.stats.reader import RunStats
from gymdash_core.stats.series import SeriesWriter
from gymdash_core.stats.streamer import SimulationStreamer
from gymdash_server.points import lastvalues as module
from gymdash_server.points.index import PointsIndex
from gymdash_server.points.lastvalues import LastValues


class Library:
    """Opens indexes, and counts how often it was asked to."""

    def __init__(self, project):
        self.project, self.peeked, self.finished = project, 0, 0

    def peek(self, run):
        self.peeked += 1
        return PointsIndex(self.project.points_index / run.id, run, lambda run: RunStats(run, {}))

    def finish(self, run, view, told=None, *, patient):
        assert not patient
        self.finished += 1
        index = self.peek(run)
        index.update()
        index.complete(1)
        return True


@pytest.fixture
def library(tmp_path):
    return Library(Project(tmp_path / "project"))


@pytest.fixture
def values(library):
    return LastValues(library.project, library)


@pytest.fixture
def make(library):
    def make(state="succeeded", **scalars):
        run = library.project.create_run({"name": "x", "key": "x", "kwargs": {}}, new_meta("x"))
        write_streams(run, SimulationStreamer())
        writer = SeriesWriter(run, 1)
        for key, column in scalars.items():
            for step, value in enumerate(column):
                writer.scalar(key, value, step, 1000.0 + step)
        writer.write("text", "notes", "words", 0)
        writer.close()
        return {"id": run.id, "state": state, "attempt": 1}

    return make


def told(values, runs, *keys):
    """Return the values of each run, of which none had to wait."""
    items, waiting = values.of(runs, keys)
    assert waiting == 0
    assert [item["simulation_id"] for item in items] == [run["id"] for run in runs]
    return [item["values"] for item in items]


def test_values_are_the_newest_of_each_scalar(values, make):
    runs = [make(a=[1.0, 2.0], b=[3.0]), make(a=[float("nan")])]
    assert told(values, runs) == [{"a": 2.0, "b": 3.0}, {"a": "NaN"}]
    assert told(values, runs, "b", "other") == [{"b": 3.0}, {}]


def test_an_ended_run_is_read_once(values, make, library):
    run = make(a=[1.0])
    values.of([run])
    peeked = library.peeked
    assert told(values, [run]) == [{"a": 1.0}]
    assert (library.peeked, library.finished) == (peeked, 1)
    values.of([{**run, "attempt": 2}])  # it has gone on since
    assert library.finished == 2


def test_a_live_run_is_told_as_far_as_it_was_read(values, make, library):
    run = make("running", a=[1.0])
    assert told(values, [run]) == [{}]
    library.peek(module.RunFolder(library.project.sims / run["id"])).update()
    assert told(values, [run]) == [{"a": 1.0}]
    assert library.finished == 0


def test_reading_for_one_answer_ends(values, make, library, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE_S", 0.0)
    runs = [make(a=[1.0]), make(a=[2.0])]
    items, waiting = values.of(runs)
    assert ([item["values"] for item in items], waiting) == ([{}, {}], 2)
    assert library.finished == 0
    monkeypatch.setattr(module, "PATIENCE_S", 60.0)
    assert told(values, runs) == [{"a": 1.0}, {"a": 2.0}]
    monkeypatch.setattr(module, "PATIENCE_S", 0.0)
    assert told(values, runs) == [{"a": 1.0}, {"a": 2.0}]


def test_only_so_many_runs_are_remembered(values, make, monkeypatch):
    monkeypatch.setattr(module, "_REMEMBERED", 2)
    values.of([make(a=[1.0]) for _ in range(5)])
    assert len(values._known) == 2


def test_a_run_that_is_gone_has_none(values):
    gone = {"id": "00000000-0000-4000-8000-000000000000", "state": "succeeded", "attempt": 1}
    assert told(values, [gone]) == [{}]


def test_last_values_of_all_runs_are_listed_in_parts(server, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE_S", 60.0)  # this machine may be busy
    runs = [server.start(total_runtime=0.3, poll_period=0.05) for _ in range(3)]
    for run in runs:
        server.ended(run)
    first = server.get("/last-values", limit=2)
    rest = server.get("/last-values", limit=2, cursor=first["next_cursor"])
    assert (first["waiting"], rest["waiting"], rest["next_cursor"]) == (0, 0, None)
    items = [*first["items"], *rest["items"]]
    assert [item["simulation_id"] for item in items] == [run["id"] for run in server.get("/simulations")["items"]]
    stats = {stat["key"]: stat["last_value"] for stat in server.get(f"/simulations/{runs[0]}/stats")["items"]}
    by_run = {item["simulation_id"]: item["values"] for item in items}
    assert by_run[runs[0]].items() <= stats.items()
    assert by_run[runs[0]]
    assert server.get("/last-values", key="nothing")["items"][0]["values"] == {}
