"""Rules of `gymdash_core.stats.attached`: patterns of streamer types find files that nobody registered."""

from __future__ import annotations

import logging

import pytest

from gymdash_core.project import RunFolder
from gymdash_core.stats.kinds import StatPoint
from gymdash_core.stats.manifest import write_streams
from gymdash_core.stats.reader import RunStats
from gymdash_core.stats.stat import StreamableStat
from gymdash_core.stats.streamer import SimulationStreamer, Streamer
from gymdash_core.types import StreamerType


class CsvStat(StreamableStat):
    def __init__(self, path):
        super().__init__(path.stem, "scalars")
        self.path = path

    def read(self, cursor=None, limit=None):
        lines = self.path.read_text().splitlines()
        begin = int(cursor or 0)
        found = [StatPoint(n, 0.0, float(line)) for n, line in enumerate(lines)][begin:][:limit]
        return found, str(begin + len(found))


class CsvStreamer(Streamer):
    def __init__(self, folder, prefix=""):
        super().__init__("own name")
        self.folder, self.prefix = folder, prefix
        if "broken" in str(folder):
            raise ValueError("cannot be read")

    def get_stat_keys(self):
        from pathlib import Path

        return [(file.stem, "scalars") for file in sorted(Path(self.folder).rglob("*.csv"))]

    def stat(self, key, kind=None):
        from pathlib import Path

        return CsvStat(next(Path(self.folder).rglob(f"{key}.csv")))

    def spec(self):
        return "csv", str(self.folder), {}


CSV = StreamerType("csv", "some.module:CsvStreamer", patterns="**/*.csv")


@pytest.fixture
def run(tmp_path):
    return RunFolder(tmp_path)


def stats_of(run, *types):
    return RunStats(run, {known.name: known for known in types or (CSV,)}, lambda _: CsvStreamer)


def put(run, name, *values):
    path = run.path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{value}\n" for value in values))


def register(run, *folders):
    streamer = SimulationStreamer()
    for folder in folders:
        streamer.register(folder, CsvStreamer(run.path / folder))
    write_streams(run, streamer)


def test_file_that_nobody_registered_is_read_by_the_type_whose_pattern_it_matches(run):
    register(run)
    put(run, "progress/reward.csv", 0.5, 1.5)
    stats = stats_of(run)
    assert stats.keys() == [("reward", "scalars")]
    assert [point.value for point in stats.points("reward")] == [0.5, 1.5]
    assert stats.streamer_of("reward", "scalars") == "csv:progress"
    assert stats.unread == []


def test_file_in_the_folder_of_a_registered_streamer_of_the_type_is_left_to_it(run):
    register(run, "own")
    put(run, "own/deep/a.csv", 1)
    put(run, "other/b.csv", 2)
    stats = stats_of(run)
    assert {key: source.streamer for (key, _), source in stats.sources().items()} == {"a": "own", "b": "csv:other"}


def test_registering_the_folder_later_replaces_what_was_attached(run):
    register(run)
    put(run, "own/a.csv", 1)
    stats = stats_of(run)
    assert stats.streamer_of("a", "scalars") == "csv:own"
    register(run, "own")
    stats.refresh()
    assert stats.streamer_of("a", "scalars") == "own"


def test_folder_above_covers_what_is_below_also_when_it_comes_later(run):
    register(run)
    put(run, "x/y/a.csv", 1)
    stats = stats_of(run)
    assert stats.streamer_of("a", "scalars") == "csv:x/y"
    put(run, "x/b.csv", 1)
    stats.refresh()
    assert {source.streamer for source in stats.sources().values()} == {"csv:x"}


def test_own_and_hidden_files_are_never_attached(run):
    register(run)
    for name in ("stats/scalars/a.csv", "checkpoints/1/b.csv", "media/c.csv", ".cache/d.csv", "e/.f.csv"):
        put(run, name, 1)
    assert stats_of(run).keys() == []


def test_new_files_are_found_by_a_thorough_look_at_once_and_by_others_in_time(run):
    register(run)
    stats = stats_of(run)
    assert stats.keys() == []
    put(run, "late/a.csv", 1)
    stats.refresh(thorough=False)
    assert stats.keys() == []
    stats.refresh()
    assert stats.keys() == [("a", "scalars")]


def test_type_that_cannot_read_a_folder_is_told_once_and_harms_nothing_else(run, caplog):
    register(run)
    put(run, "broken/a.csv", 1)
    put(run, "whole/b.csv", 1)
    stats = stats_of(run)
    with caplog.at_level(logging.ERROR):
        stats.refresh()
        stats.refresh()
    assert len(caplog.records) == 1
    assert stats.keys() == [("b", "scalars")]
    assert stats.unread == []


@pytest.mark.parametrize("pattern", ["/absolute/*.csv", "", "../*.csv"])
def test_pattern_that_cannot_be_searched_for_is_harmless(run, pattern, caplog):
    register(run)
    put(run, "a.csv", 1)
    (run.path.parent / "outside.csv").write_text("1\n")
    with caplog.at_level(logging.CRITICAL):
        assert stats_of(run, StreamerType("csv", "some.module:CsvStreamer", patterns=[pattern])).keys() == []
