"""Rules of `gymdash_server.points.feed`: what plugins' streamers and helpers give harms nobody, whatever it is."""

from __future__ import annotations

import errno
import json

import numpy as np
import pytest

from gymdash_core.errors import InvalidCursorError
from gymdash_core.stats.kinds import StatPoint
from gymdash_core.stats.manifest import write_streams
from gymdash_core.stats.reader import RunStats
from gymdash_core.stats.series import SeriesWriter
from gymdash_core.stats.stat import StreamableStat
from gymdash_core.stats.streamer import SimulationStreamer, Streamer
from gymdash_core.types import StreamerType
from gymdash_server.points.events import points_answer
from gymdash_server.points.model import Window
from indexes import log, open_index, png, values_of


class Odd(Streamer):
    """Gives whatever the test has put in place."""

    points: list[StatPoint] = []  # noqa: RUF012 - set by each test
    kind = "scalars"
    fault: Exception | None = None
    asked: list[int] = []  # noqa: RUF012 - same

    def __init__(self, folder):
        super().__init__("odd")
        self.folder = folder

    def get_stat_keys(self):
        return [("odd", self.kind)]

    def stat(self, key, kind=None):
        return OddStat("odd", self.kind)

    def spec(self):
        return "odd", str(self.folder), {}


class OddStat(StreamableStat):
    def read(self, cursor=None, limit=None):
        if Odd.fault is not None:
            raise Odd.fault
        if limit is not None:
            Odd.asked.append(limit)
        begin = int(cursor or 0)
        found = Odd.points[begin:][:limit]
        return found, str(begin + len(found))


@pytest.fixture
def odd(run, monkeypatch):
    """An index over a run whose points are those that the test gives, and a series beside them."""
    streamer = SimulationStreamer()
    streamer.register("odd", Odd(run.path))
    write_streams(run, streamer)
    log(run, "a", [1.0])

    def make(points, kind="scalars", fault=None):
        for name, value in {"points": points, "kind": kind, "fault": fault, "asked": []}.items():
            monkeypatch.setattr(Odd, name, value)
        return open_index(run, {"odd": StreamerType("odd", "some.module:Odd")}, lambda _: Odd)

    return make


def test_points_that_the_columns_cannot_hold_are_left_out_and_the_others_stay(odd, caplog):
    strange = [None, "words", 2**70, [1], float("nan")]
    points = [StatPoint(1, 1.0, 1.5), *(StatPoint(2, 1.0, value) for value in strange)]
    points += [
        StatPoint(2**64, 1.0, 1.0),
        StatPoint(1.5, 1.0, 1.0),
        StatPoint(np.int64(4), np.float32(1), np.float32(2.5)),
    ]
    index = odd(points)
    with caplog.at_level("WARNING"):
        index.update()
    assert values_of(index, "odd") == [1.5, float(2**70), "NaN", 2.5]
    assert len(caplog.records) == 1


def test_numpy_values_of_other_kinds_become_json(odd):
    index = odd([StatPoint(1, 1.0, {"x": np.arange(3)}), StatPoint(2, 1.0, object())], kind="text")
    index.update()
    assert values_of(index, "odd") == [{"x": [0, 1, 2]}]


@pytest.mark.parametrize("fault", [OSError("gone"), RuntimeError("defect"), InvalidCursorError("x")])
def test_streamer_that_raises_harms_no_other_stat(odd, fault):
    index = odd([], fault=fault)
    index.update()
    assert values_of(index, "a") == [1.0]
    assert "odd" not in [item["key"] for item in index.stats() if item["count"]]


def test_media_of_a_plugins_streamer_are_files_of_the_run(odd, run):
    (run.path / "shot.png").write_bytes(png())
    index = odd(
        [StatPoint(5, 1.0, None, 1, str(run.path / "shot.png")), StatPoint(6, 1.0, None, 1, "none.png")], "images"
    )
    index.update()
    points = points_answer(run.id, index.answer(Window("odd")))["points"]
    assert [(p["step"], p["media_type"]) for p in points] == [(5, "image/png")]
    assert index.media_path(points[0]["url"].rpartition("/")[2]) == "shot.png"


def test_files_inside_of_points_are_kept_by_their_content(odd, run):
    sound = b"RIFF\x00\x00\x00\x00WAVE"
    contents = [png(), png(), sound, b"<html>"]
    index = odd([StatPoint(n, 1.0, content) for n, content in enumerate(contents)], "images")
    index.update()
    points = points_answer(run.id, index.answer(Window("odd")))["points"]
    types = ["image/png", "image/png", "audio/wav", "application/octet-stream"]
    assert [(point["media_type"], point["size"]) for point in points] == [
        (kind, len(content)) for kind, content in zip(types, contents, strict=True)
    ]
    ids = [point["url"].rpartition("/")[2] for point in points]
    found = [index.embedded.find(identity) for identity in ids]
    assert [file.path.read_bytes() for file in found] == contents
    assert [file.is_shown for file in found] == [True, True, True, False]
    assert len({file.path for file in found}) == 3
    assert all(index.embedded.find(identity) is None for identity in ("*", "../index", "0" * 40))


def test_a_file_that_cannot_be_kept_is_read_again(odd, run, monkeypatch):
    def full(path, data):
        raise OSError(errno.ENOSPC, "no space left")

    index = odd([StatPoint(1, 1.0, png())], "images")
    with monkeypatch.context() as patch:
        patch.setattr("gymdash_server.points.embedded.write_bytes", full)
        index.update()
    assert "odd" not in [item["key"] for item in index.stats() if item["count"]]
    index.update()
    assert len(points_answer(run.id, index.answer(Window("odd")))["points"]) == 1


def test_files_inside_of_points_are_read_a_few_at_a_time(odd, run):
    index = odd([StatPoint(n, 1.0, b"GIF8%d" % n) for n in range(250)], "images")
    index.update()
    assert index.answer(Window("odd")).total == 250
    assert max(Odd.asked) <= 100


def test_points_of_a_helper_give_way_to_a_reader_that_comes_later(odd):
    index = odd([])
    index.add_odd("odd", "scalars", [StatPoint(0, 1.0, 1.0), StatPoint(1, 1.0, 2.0)], "helper")
    assert values_of(index, "odd") == [1.0, 2.0]
    Odd.points = [StatPoint(n, 1.0, float(n)) for n in range(4)]
    index.update()
    assert values_of(index, "odd") == [0.0, 1.0, 2.0, 3.0]


def test_helper_adds_only_what_is_more(odd):
    index, told = odd([]), []
    index.add_odd("h", "scalars", [StatPoint(0, 1.0, 1.0)], "helper")
    index.add_odd("h", "scalars", [StatPoint(0, 1.0, 1.0)], "helper")
    index.add_odd("h", "scalars", [StatPoint(0, 1.0, 1.0), StatPoint(1, 1.0, 2.0)], "helper")
    index.complete(1, told.append)
    assert values_of(index, "h") == [1.0, 2.0]
    assert [(new.begin, new.end) for new in told] == [(0, 2)]


def test_damaged_line_with_a_number_that_is_too_large_harms_no_other(run):
    log(run, "a", [1.0])
    path = next(run.stats.glob("scalars/a.jsonl"))
    with path.open("a") as file:
        file.write(json.dumps({"step": 10**30, "wall_time": 1.0, "attempt": 1, "value": 2.0}) + "\n")
        file.write(json.dumps({"step": 2, "wall_time": 1.0, "attempt": 10**30, "value": 2.0}) + "\n")
    log(run, "a", [3.0], first_step=3)
    index = open_index(run)
    index.update()
    assert values_of(index, "a") == [1.0, 3.0]


def test_many_stats_are_first_read_in_time_that_grows_with_their_number(run):
    writer = SeriesWriter(run)
    for n in range(300):
        writer.scalar(f"s{n}", 1.0, 0)
    writer.close()
    index, looks = open_index(run), []
    stats = RunStats(run, {})
    find = stats._series._find
    stats._series._find = lambda: looks.append(1) or find()
    index._stats = stats
    index.update()
    assert len(index.stats()) == 300
    assert len(looks) <= 2
