"""Every streamer of core passes the streamers' contract, and the contract finds what is wrong with a bad one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gymdash_core.project import RunFolder
from gymdash_core.stats.kinds import StatPoint
from gymdash_core.stats.manifest import MediaIndexer
from gymdash_core.stats.media import MediaFileStatLinker, MediaLinkStreamableStat
from gymdash_core.stats.media_index import MediaIndexStreamer
from gymdash_core.stats.reader import RunStats
from gymdash_core.stats.series import SeriesStreamer, SeriesWriter
from gymdash_core.stats.stat import StreamableStat, check_limit, parse_offset
from gymdash_core.stats.streamer import SimulationStreamer, Streamer, resolve_kind
from gymdash_core.testing.streamer_contract import RULES, StreamerContract, check_rule, check_streamer


def append_series(folder, points, kind="scalars"):
    writer = SeriesWriter(RunFolder(folder))
    for point in points:
        writer.write(kind, "a/stat", point.value, point.step, point.wall_time)
    writer.close()


def append_files(folder, points):
    (folder / "videos").mkdir(exist_ok=True)
    for point in points:
        number = len(list((folder / "videos").iterdir()))
        path = folder / "videos" / f"{number:03d}_{point.step}.mp4"
        path.write_bytes(b"content")
        os.utime(path, (point.wall_time, 1_700_000_000 + number))


def linker_of(folder):
    stat = MediaLinkStreamableStat("video", "videos", folder / "videos", r"[0-9]+_(?P<step>[0-9]+)\.mp4")
    return MediaFileStatLinker("media", [stat])


class TestSeriesStreamer(StreamerContract):
    def make(self, folder):
        return SeriesStreamer(RunFolder(folder).stats)

    def append(self, folder, points):
        append_series(folder, points)


class TestTextSeries(TestSeriesStreamer):
    def append(self, folder, points):
        append_series(folder, [StatPoint(p.step, p.wall_time, f"text {p.value}") for p in points], "text")


class TestMediaFileStatLinker(StreamerContract):
    def make(self, folder):
        return linker_of(folder)

    def append(self, folder, points):
        append_files(folder, points)

    # a linker lists its stat before there are files, and its files do not grow


class TestMediaIndexStreamer(StreamerContract):
    def make(self, folder):
        return MediaIndexStreamer(RunFolder(folder))

    def append(self, folder, points):
        append_files(folder, points)
        streamer = SimulationStreamer()
        streamer.get_or_register(linker_of(folder))
        MediaIndexer(RunFolder(folder)).refresh(streamer, final=True)


class RunStatsStreamer(Streamer):
    """What a server sees of a run, as a streamer."""

    def __init__(self, folder: Path) -> None:
        super().__init__("run")
        self.stats = RunStats(RunFolder(folder), {})

    def get_stat_keys(self):
        return self.stats.keys()

    def stat(self, key, kind=None):
        return self.stats.stat(key, kind)

    def refresh(self):
        self.stats.refresh()


class TestRunStats(TestSeriesStreamer):
    def make(self, folder):
        return RunStatsStreamer(folder)


class ColumnStat(StreamableStat):
    def __init__(self, file):
        super().__init__(file.stem, "scalars")
        self.file = file

    def lines(self, offset):
        with self.file.open("rb") as file:
            file.seek(offset)
            yield from file

    def read(self, cursor=None, limit=None):
        offset, points = parse_offset(cursor), []
        for line in self.lines(offset):
            if len(points) == check_limit(limit) or not line.endswith(b"\n"):
                break
            offset += len(line)
            step, time, value = line.split(b",")
            points.append(StatPoint(int(step), float(time), float(value)))
        return points, str(offset)


class ColumnStreamer(Streamer):
    stat_class = ColumnStat

    def __init__(self, folder):
        super().__init__("columns")
        self.folder = folder

    def get_stat_keys(self):
        return [(file.stem, "scalars") for file in self.folder.glob("*.col")]

    def stat(self, key, kind=None):
        resolve_kind(self.get_stat_keys(), key, kind)
        return self.stat_class(self.folder / f"{key}.col")


def append_column(folder, points):
    with (folder / "height.col").open("a") as file:
        file.writelines(f"{p.step},{p.wall_time},{p.value}\n" for p in points)


class ConsumingStat(ColumnStat):
    def read(self, cursor=None, limit=None):
        points, cursor = super().read(cursor, limit)
        self.file.write_bytes(b"")
        return points, cursor


class ForgetfulStat(ColumnStat):
    cursors: dict = {}  # noqa: RUF012 - the fault under test: what a cursor means is kept in memory

    def __init__(self, file):
        super().__init__(file)
        self.cursors = {}

    def read(self, cursor=None, limit=None):
        points, end = super().read(self.cursors[cursor] if cursor else None, limit)
        self.cursors[f"c{end}"] = end
        return points, f"c{end}"


class UnlimitedStat(ColumnStat):
    def read(self, cursor=None, limit=None):
        return super().read(cursor)


class SortingStat(ColumnStat):
    def read(self, cursor=None, limit=None):
        points, cursor = super().read(cursor, limit)
        return sorted(points, key=lambda p: p.step), cursor


class FiniteStat(ColumnStat):
    def read(self, cursor=None, limit=None):
        points, cursor = super().read(cursor, limit)
        return [p for p in points if abs(p.value) < 1e300], cursor


class EagerStat(ColumnStat):
    def read(self, cursor=None, limit=None):
        offset, points = parse_offset(cursor), []
        for line in self.lines(offset):
            if len(points) == limit:
                break
            offset += len(line)
            step, time, value = line.split(b",")
            points.append(StatPoint(int(step), float(time), float(value)))
        return points, str(offset)


@pytest.mark.parametrize(
    ("stat_class", "rule"),
    [
        (ConsumingStat, "reading_consumes_nothing"),
        (ForgetfulStat, "cursors_survive_a_new_reader"),
        (UnlimitedStat, "limit_pages"),
        (SortingStat, "order_is_kept"),
        (FiniteStat, "non_finite_values_survive"),
        (EagerStat, "torn_tail_comes_later"),
    ],
)
def test_checker_explains_what_a_bad_streamer_breaks(stat_class, rule, tmp_path):
    def make(folder):
        streamer = ColumnStreamer(folder)
        streamer.stat_class = stat_class
        return streamer

    with pytest.raises(AssertionError) as caught:
        check_rule(rule, make, append_column, tmp_path)
    assert len(str(caught.value).splitlines()) >= 2
    with pytest.raises(AssertionError):
        check_streamer(make, append_column)


def test_good_streamer_passes_the_checker():
    check_streamer(ColumnStreamer, append_column)


def test_contract_has_a_test_for_each_rule():
    tests = [name for name in vars(StreamerContract) if name.startswith("test_")]
    assert len(tests) == len(RULES)
    docs = " ".join(vars(StreamerContract)[name].__doc__ for name in tests)
    assert all(f"`StreamerChecks.{rule}`" in docs for rule in RULES)


@pytest.mark.parametrize("result", [None, "columns", object()])
def test_checker_names_an_object_that_is_no_streamer(result, tmp_path):
    with pytest.raises(AssertionError, match=r"no gymdash_core\.Streamer"):
        check_rule("before_any_point", lambda _: result, append_column, tmp_path)


@pytest.mark.parametrize("spec", ["columns", ("columns", Path(), {}), ("columns", "folder", {"x": object()})])
def test_checker_names_a_spec_that_cannot_be_stored(spec, tmp_path):
    class BadSpec(ColumnStreamer):
        def spec(self):
            return spec

    with pytest.raises(AssertionError, match=r"spec\(\)"):
        check_rule("spec_can_be_stored", BadSpec, append_column, tmp_path)
