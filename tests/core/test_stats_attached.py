"""Rules of `gymdash_core.stats.attached`: patterns of streamer types find files that nobody registered."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from gymdash_core.errors import InvalidCursorError
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
        self.began_s = self.path.stat().st_mtime

    def read(self, cursor=None, limit=None):
        lines = self.path.read_text().splitlines()
        begin = int(cursor or 0)
        found = [StatPoint(n, self.began_s, float(line)) for n, line in enumerate(lines)][begin:][:limit]
        return found, str(begin + len(found))


class CsvStreamer(Streamer):
    def __init__(self, folder, prefix=""):
        super().__init__("own name")
        self.folder, self.prefix = folder, prefix
        if "broken" in str(folder):
            raise ValueError("cannot be read")

    def get_stat_keys(self):
        return [(file.stem, "scalars") for file in sorted(Path(self.folder).rglob("*.csv"))]

    def stat(self, key, kind=None):
        return CsvStat(next(Path(self.folder).rglob(f"{key}.csv")))

    def spec(self):
        return "csv", str(self.folder), {}


CSV = StreamerType("csv", "some.module:CsvStreamer", patterns="**/*.csv")


@pytest.fixture
def run(tmp_path):
    return RunFolder(tmp_path)


def stats_of(run, *types):
    return RunStats(run, {known.name: known for known in types or (CSV,)}, lambda _: CsvStreamer)


def put(run, name, *values, began_s=0.0):
    path = run.path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{value}\n" for value in values))
    os.utime(path, (began_s, began_s))


def first_values(stats):
    return {key: stats.points(key)[0].value for key, _ in stats.sources()}


def register(run, *folders):
    streamer = SimulationStreamer()
    for folder in folders:
        streamer.register(folder, CsvStreamer(run.path / folder))
    write_streams(run, streamer)


def register_as(run, name, folder):
    streamer = SimulationStreamer()
    streamer.register(name, CsvStreamer(run.path / folder))
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


def test_the_same_stat_in_sibling_folders_is_two_and_the_first_to_begin_keeps_its_name(run):
    register(run)
    put(run, "train/loss.csv", 1, began_s=10)
    stats = stats_of(run)
    assert first_values(stats) == {"loss": 1}
    put(run, "eval/loss.csv", 2, began_s=20)
    put(run, "eval/accuracy.csv", 3, began_s=20)
    stats.refresh()
    assert first_values(stats) == {"loss": 1, "eval/loss": 2, "accuracy": 3}
    assert stats.streamer_of("eval/loss", "scalars") == "csv:eval"
    assert stats.stat("eval/loss").key == "eval/loss"
    assert first_values(stats_of(run)) == first_values(stats)


def test_folders_that_began_at_once_come_in_the_order_of_their_numbers(run):
    register(run)
    for number in (10, 9):
        put(run, f"worker_{number}/loss.csv", number)
    assert first_values(stats_of(run)) == {"loss": 9, "worker_10/loss": 10}


def test_what_a_registered_streamer_has_keeps_its_name_though_it_began_later(run):
    put(run, "own/loss.csv", 1, began_s=20)
    put(run, "other/loss.csv", 2, began_s=10)
    register(run, "own")
    assert first_values(stats_of(run)) == {"loss": 1, "other/loss": 2}


def test_files_of_the_run_s_own_folder_are_told_apart_by_their_type(run):
    put(run, "a/loss.csv", 1)
    register(run, "a")
    put(run, "loss.tsv", 2)
    tsv = StreamerType("tsv", "some.module:TsvStreamer", patterns="*.tsv")

    class TsvStreamer(CsvStreamer):
        def get_stat_keys(self):
            return [("loss", "scalars")]

        def stat(self, key, kind=None):
            return CsvStat(Path(self.folder) / "loss.tsv")

    stats = RunStats(run, {"csv": CSV, "tsv": tsv}, lambda target: TsvStreamer if "Tsv" in target else CsvStreamer)
    assert first_values(stats) == {"loss": 1, "tsv/loss": 2}


def test_a_stat_that_cannot_be_read_comes_after_those_that_can(run, caplog):
    class Broken(CsvStreamer):
        def stat(self, key, kind=None):
            if "a" in Path(self.folder).name:
                raise OSError("torn")
            return CsvStat(Path(self.folder) / f"{key}.csv")

    register(run)
    put(run, "a/loss.csv", 1)
    put(run, "b/loss.csv", 2)
    with caplog.at_level(logging.CRITICAL):
        stats = RunStats(run, {"csv": CSV}, lambda _: Broken)
        assert set(stats.keys()) == {("loss", "scalars"), ("a/loss", "scalars")}
        assert stats.points("loss")[0].value == 2


def test_a_stat_that_begins_anew_is_ordered_by_its_new_beginning(run):
    class Careful(CsvStat):
        def read(self, cursor=None, limit=None):
            if cursor is not None and int(cursor) > len(self.path.read_text().splitlines()):
                raise InvalidCursorError(cursor)
            return super().read(cursor, limit)

    class Carefully(CsvStreamer):
        def stat(self, key, kind=None):
            return Careful(Path(self.folder) / f"{key}.csv")

    register(run)
    put(run, "a/loss.csv", 1, 1, began_s=10)
    put(run, "b/loss.csv", 2, began_s=20)
    stats = RunStats(run, {"csv": CSV}, lambda _: Carefully)
    _, cursor = stats.stat("loss").read()
    assert first_values(stats) == {"loss": 1, "b/loss": 2}
    put(run, "a/loss.csv", 3, began_s=30)
    with pytest.raises(InvalidCursorError):
        stats.stat("loss").read(cursor)
    assert first_values(stats) == {"loss": 2, "a/loss": 3}


def test_a_folder_that_comes_back_is_ordered_by_what_it_holds_then(run):
    register(run)
    put(run, "a/loss.csv", 1, began_s=10)
    put(run, "b/loss.csv", 2, began_s=20)
    stats = stats_of(run)
    assert first_values(stats) == {"loss": 1, "b/loss": 2}
    register_as(run, "own", "a")
    stats.refresh()
    put(run, "a/loss.csv", 3, began_s=30)
    register_as(run, "own", "elsewhere")
    stats.refresh()
    assert first_values(stats) == {"loss": 2, "a/loss": 3}


@pytest.mark.parametrize("strange", [None, "noon", float("nan"), 10**400], ids=["none", "text", "nan", "huge"])
def test_a_stat_whose_first_point_has_no_time_comes_after_those_that_have(run, strange):
    class Timeless(CsvStreamer):
        def stat(self, key, kind=None):
            stat = CsvStat(Path(self.folder) / f"{key}.csv")
            stat.began_s = strange if Path(self.folder).name == "a" else stat.began_s
            return stat

    register(run)
    put(run, "a/loss.csv", 1)
    put(run, "a/other.csv", 3)
    put(run, "b/loss.csv", 2)
    put(run, "c/fine.csv", 4)
    stats = RunStats(run, {"csv": CSV}, lambda _: Timeless)
    assert {key for key, _ in stats.sources()} == {"loss", "a/loss", "other", "fine"}
    assert (stats.points("loss")[0].value, stats.points("fine")[0].value) == (2, 4)


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
