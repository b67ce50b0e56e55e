"""Rules of `gymdash_core.stats.reader`: all stats of a run from its files, and an honest list of what is not."""

from __future__ import annotations

import json

import pytest
from pydantic import BaseModel, ConfigDict

from gymdash_core.errors import UnknownStatError
from gymdash_core.journal import append_line
from gymdash_core.project import RunFolder
from gymdash_core.stats.kinds import StatPoint
from gymdash_core.stats.manifest import MediaIndexer, write_streams
from gymdash_core.stats.media import MediaFileStatLinker, MediaLinkStreamableStat
from gymdash_core.stats.reader import RunStats
from gymdash_core.stats.series import SeriesWriter
from gymdash_core.stats.stat import StreamableStat
from gymdash_core.stats.streamer import SimulationStreamer, Streamer
from gymdash_core.types import StreamerType


class ListStat(StreamableStat):
    def read(self, cursor=None, limit=None):
        return [StatPoint(1, time, 0.5) for time in (50.0, 150.0, 250.0)][int(cursor or 0) :][:limit], "3"


class ListStreamer(Streamer):
    made = 0

    def __init__(self, folder, keys=("tb/loss",), fail=False):
        super().__init__("own name")
        ListStreamer.made += 1
        self.folder, self.keys, self.fail = folder, list(keys), fail
        self.refreshed = 0

    def get_stat_keys(self):
        if self.fail:
            raise OSError("cannot list")
        return [(key, "scalars") for key in self.keys]

    def stat(self, key, kind=None):
        return ListStat(key, "scalars")

    def refresh(self):
        self.refreshed += 1

    def spec(self):
        return "list", str(self.folder), {"keys": self.keys, "fail": self.fail}


class Nameless(ListStreamer):
    def spec(self):
        return None


class Options(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    keys: tuple[str, ...] = ()
    fail: bool = False


TYPES = {"list": StreamerType("list", "some.module:ListStreamer", options_model=Options)}


@pytest.fixture
def run(tmp_path):
    return RunFolder(tmp_path)


def load(target):
    assert target == "some.module:ListStreamer"
    return ListStreamer


def stats_of(run, types=TYPES):
    return RunStats(run, types, load)


def register(run, **streamers):
    streamer = SimulationStreamer()
    for name, item in streamers.items():
        streamer.register(name, item)
    write_streams(run, streamer)
    return streamer


def log(run, key, value=1.0, attempt=1):
    writer = SeriesWriter(run, attempt)
    writer.scalar(key, value, 0)
    writer.close()


def test_all_sources_are_one_list_and_each_pair_is_there_once(run):
    log(run, "loss")
    (run.path / "1.png").write_bytes(b"x")
    linker = MediaFileStatLinker("m", [MediaLinkStreamableStat("pic", "images", run.path, r"(?P<step>1)\.png")])
    streamer = register(run, media=linker, a=ListStreamer("x", ["loss", "tb"]), b=ListStreamer("y", ["tb", "lr"]))
    MediaIndexer(run).refresh(streamer, final=True)
    stats = stats_of(run)
    assert stats.keys() == [("loss", "scalars"), ("pic", "images"), ("tb", "scalars"), ("lr", "scalars")]
    assert [p.value for p in stats.points("loss")] == [1.0]
    assert [p.path for p in stats.points("pic")] == ["1.png"]
    assert len(stats.points("lr", "scalars")) == 3
    ordered = stats.keys()
    assert [stats.streamer_of(*pair) for pair in ordered] == ["series", "media_index", "a", "b"]
    assert stats.unread == []


def test_unknown_stat_raises(run):
    log(run, "loss")
    with pytest.raises(UnknownStatError, match="Did you mean 'loss'"):
        stats_of(run).points("los")


def test_run_without_streams_file_is_reported_and_its_series_are_read(run):
    log(run, "loss")
    stats = stats_of(run)
    assert stats.unread == ["streams.json"]
    assert stats.keys() == [("loss", "scalars")]


def test_damaged_streams_file_is_reported(run):
    run.streams.write_text("{")
    assert stats_of(run).unread == ["streams.json"]


def test_streamer_of_no_registered_type_is_reported_and_the_others_are_read(run):
    register(run, a=ListStreamer("x", ["a"]), b=Nameless("x", ["b"]))
    stats = stats_of(run)
    assert stats.unread == ["b"]
    assert stats.keys() == [("a", "scalars")]
    stats = stats_of(run, {})
    assert stats.unread == ["a", "b"]
    assert "'list'" in stats.problems["a"]


def test_streamer_that_raises_is_reported_with_its_error_and_the_others_are_read(run, caplog):
    register(run, good=ListStreamer("x", ["good"]))
    streamer = SimulationStreamer()
    bad = ListStreamer("x", ["bad"])
    streamer.register("bad", bad)
    streamer.register("good", ListStreamer("x", ["good"]))
    write_streams(run, streamer)
    run.streams.write_text(run.streams.read_text().replace('"fail":false', '"fail":true', 1))
    stats = stats_of(run)
    assert stats.keys() == [("good", "scalars")]
    assert stats.problems == {"bad": "OSError: cannot list"}


def test_options_that_the_model_refuses_are_reported(run, caplog):
    register(run, a=ListStreamer("x", ["a"]))
    run.streams.write_text(run.streams.read_text().replace('"fail"', '"unknown"'))
    assert "unknown" in stats_of(run).problems["a"]


def test_target_that_is_no_streamer_is_reported(run, caplog):
    register(run, a=ListStreamer("x"))
    assert "no Streamer" in RunStats(run, TYPES, lambda _: lambda folder, **_: object()).problems["a"]  # type: ignore[arg-type, return-value]


def test_streamers_are_rebuilt_late_and_once(run):
    register(run, a=ListStreamer("x"))
    before = ListStreamer.made
    stats = stats_of(run)
    assert ListStreamer.made == before
    stats.keys()
    stats.refresh()
    stats.points("tb/loss")
    assert ListStreamer.made == before + 1


def test_what_is_registered_later_is_there_after_a_refresh(run):
    stats = stats_of(run)
    assert stats.keys() == []
    log(run, "loss")
    register(run, a=ListStreamer("x", ["late"]))
    assert stats.keys() == [("loss", "scalars")]
    stats.refresh()
    assert stats.keys() == [("loss", "scalars"), ("late", "scalars")]
    assert stats.unread == []


def test_points_of_event_files_get_their_attempt_by_wall_time(run):
    for attempt, time in ((1, "1970-01-01T00:01:40+00:00"), (2, "1970-01-01T00:03:20+00:00")):
        append_line(run.attempts, {"attempt": attempt, "event": "started", "time": time})
        append_line(run.attempts, {"attempt": attempt, "event": "first_step", "step": 0})
    register(run, a=ListStreamer("x"))
    log(run, "logged", attempt=7)
    stats = stats_of(run)
    assert [p.attempt for p in stats.points("tb/loss")] == [1, 1, 2]
    assert [p.attempt for p in stats.points("logged")] == [7]


def test_media_of_a_dead_worker_are_known_to_be_missing(run):
    linker = MediaFileStatLinker("m", [MediaLinkStreamableStat("pic", "images", run.path, r"(?P<step>1)\.png")])
    streamer = register(run, media=linker)
    indexer = MediaIndexer(run, 2)
    indexer.refresh(streamer)
    assert not stats_of(run).is_media_indexed(2)
    indexer.refresh(streamer, final=True)
    assert stats_of(run).is_media_indexed(2)
    assert not stats_of(run).is_media_indexed(3)


def test_media_of_a_dead_worker_are_known_to_be_all_there(run):
    folder = run.path / "pics"
    pictures = MediaLinkStreamableStat("pic", "images", folder, r"(?P<step>[0-9])\.png")
    streamer = register(run, media=MediaFileStatLinker("m", [pictures]))
    assert stats_of(run).is_media_indexed(1)
    folder.mkdir()
    (folder / "1.png").write_bytes(b"...")
    (folder / ".2.png").write_bytes(b"...")  # not finished
    assert not stats_of(run).is_media_indexed(1)
    indexer = MediaIndexer(run, 1)
    for _ in range(2):
        indexer.refresh(streamer)
    assert stats_of(run).is_media_indexed(1)
    (folder / "1.png").write_bytes(b"......")  # overwritten
    assert not stats_of(run).is_media_indexed(1)
    (folder / "1.png").unlink()
    assert not stats_of(run).is_media_indexed(1)


@pytest.mark.parametrize("change", [lambda entry: entry.pop("links"), lambda entry: entry["links"].append("pics")])
def test_whether_media_are_missing_cannot_be_told_without_patterns(run, change):
    stat = MediaLinkStreamableStat("pic", "images", run.path / "pics", r"(?P<step>[0-9])\.png")
    register(run, media=MediaFileStatLinker("m", [stat]))
    data = json.loads(run.streams.read_text())
    change(data["streamers"][0])
    run.streams.write_text(json.dumps(data))
    assert not stats_of(run).is_media_indexed(1)


def test_run_without_linkers_misses_no_media(run):
    register(run, a=ListStreamer("x"))
    assert stats_of(run).is_media_indexed(1)
