"""Rules of `gymdash_core.stats.media` and `manifest`: which files count, when, and what is written down."""

from __future__ import annotations

import json
import os

import pytest

from gymdash_core.errors import CorruptFileError, InvalidCursorError, InvalidValueError, StatError, UnknownStatError
from gymdash_core.journal import append_line
from gymdash_core.project import RunFolder
from gymdash_core.stats.manifest import MediaIndexer, MediaJournal, read_streams, write_streams
from gymdash_core.stats.media import MediaFileStatLinker, MediaLinkStreamableStat
from gymdash_core.stats.media_index import MediaIndexStreamer, indexed_attempt, read_media
from gymdash_core.stats.streamer import SimulationStreamer, Streamer

PATTERN = r"rl-video-(episode|step)-[0-9]+_[0-9]+\.mp4"
BORN = 1_700_000_000


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    return RunFolder(folder)


@pytest.fixture
def videos(run):
    folder = run.path / "videos"
    folder.mkdir()
    return folder


def stat_of(folder, **kwargs):
    return MediaLinkStreamableStat(
        "episode_video", "videos", str(folder), PATTERN, lambda name: int(name.split("_")[-1][:-4]), **kwargs
    )


def put(folder, name, content=b"video", age=0):
    path = folder / name
    path.write_bytes(content)
    os.utime(path, ns=(0, (BORN + age) * 10**9))
    return path


def steps(stat):
    return [point.step for point in stat.get_values()]


def test_file_counts_once_it_is_unchanged_over_two_refreshes(videos):
    stat = stat_of(videos)
    put(videos, "rl-video-episode-0_100.mp4", b"half")
    stat.refresh()
    assert steps(stat) == []
    put(videos, "rl-video-episode-0_100.mp4", b"half and more", age=1)
    stat.refresh()
    assert steps(stat) == []
    stat.refresh()
    assert steps(stat) == [100]
    stat.refresh()
    assert steps(stat) == [100]


def test_file_counts_at_once_at_the_end(videos):
    stat = stat_of(videos)
    put(videos, "rl-video-episode-0_100.mp4")
    stat.refresh(final=True)
    assert steps(stat) == [100]


def test_only_a_whole_name_matches_and_hidden_or_empty_files_and_folders_never_do(videos):
    put(videos, "rl-video-episode-0_100.mp4")
    put(videos, "rl-video-episode-0_200.mp4.tmp")
    put(videos, "xrl-video-episode-0_300.mp4")
    put(videos, "rl-video-episode-0_400.mp4", b"")
    (videos / "rl-video-episode-0_500.mp4").mkdir()
    (videos / "inner").mkdir()
    put(videos / "inner", "rl-video-episode-0_600.mp4")
    stat = stat_of(videos)
    hidden = MediaLinkStreamableStat("h", "videos", videos, r".*(?P<step>[0-9]+).*")
    put(videos, ".rl-video-episode-0_700.mp4")
    for item in (stat, hidden):
        item.refresh(final=True)
    assert steps(stat) == [100]
    assert all("/." not in str(point.path) for point in hidden.get_values())


def test_overwritten_file_is_a_new_point(videos):
    stat = stat_of(videos)
    put(videos, "rl-video-step-0_5.mp4", b"one")
    stat.refresh(final=True)
    put(videos, "rl-video-step-0_5.mp4", b"two", age=5)
    stat.refresh()
    stat.refresh()
    assert [(p.step, p.wall_time) for p in stat.get_values()] == [(5, BORN), (5, BORN + 5)]
    assert [file.mtime_ns for file, _ in stat.files()] == [(BORN + 5) * 10**9]


def test_files_of_one_look_come_in_the_order_of_their_times(videos):
    for age, step in enumerate([30, 10, 20]):
        put(videos, f"rl-video-step-0_{step}.mp4", age=age)
    stat = stat_of(videos)
    stat.refresh(final=True)
    assert steps(stat) == [30, 10, 20]


def test_step_comes_from_the_group_without_a_function(videos):
    put(videos, "frame-0042.png")
    stat = MediaLinkStreamableStat("frame", "images", videos, r"frame-(?P<step>\d+)\.png")
    stat.refresh(final=True)
    assert steps(stat) == [42]
    assert stat.step_of("other.png") is None


def test_stat_that_cannot_tell_a_step_is_refused():
    with pytest.raises(StatError, match=r"\(\?P<step>"):
        MediaLinkStreamableStat("frame", "images", "x", r"frame-\d+\.png")


def test_pattern_that_is_no_regular_expression_is_refused():
    with pytest.raises(StatError, match="regular expression"):
        MediaLinkStreamableStat("frame", "images", "x", r"frame-(", int)


@pytest.mark.parametrize("step_fn", [lambda name: int("x"), lambda name: None, lambda name: 1.5, lambda name: 10**30])
def test_step_function_that_fails_leaves_one_file_out_and_is_logged_once(videos, caplog, step_fn):
    put(videos, "a.png")
    stat = MediaLinkStreamableStat("frame", "images", videos, r".*\.png", step_fn)
    for _ in range(3):
        stat.refresh()
    assert steps(stat) == []
    assert len(caplog.records) == 1
    assert "'a.png'" in caplog.text


def test_folder_may_appear_and_vanish(tmp_path):
    stat = stat_of(tmp_path / "later")
    stat.refresh()
    (tmp_path / "later").mkdir()
    file = put(tmp_path / "later", "rl-video-step-0_5.mp4")
    stat.refresh(final=True)
    file.unlink()
    file.parent.rmdir()
    stat.refresh(final=True)
    assert steps(stat) == [5]
    assert stat.files() == []


def test_relative_folder_is_meant_from_where_the_stat_was_made(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    stat = stat_of("videos")
    monkeypatch.chdir("/")
    assert stat.folder == tmp_path / "videos"


PNG = b"\x89PNG\r\n\x1a\n....IEND\xaeB`\x82"
MP4 = b"\0\0\0\x10ftypisom....\0\0\0\x0cmdat1234\0\0\0\x08moov"
WAV = b"RIFF\x08\0\0\0WAVEdata"


@pytest.mark.parametrize("content", [PNG, MP4, WAV, b"\xff\xd8\xff...\xff\xd9", b"GIF89a...;"])
def test_after_a_kill_only_files_that_parse_count(videos, content):
    put(videos, "1.bin", content)
    put(videos, "2.bin", content[:-1])
    stat = MediaLinkStreamableStat("m", "videos", videos, r"(?P<step>\d).bin")
    stat.refresh(final=True, only_whole=True)
    assert steps(stat) == [1]


# --- media.jsonl -----------------------------------------------------------------------------------------------------


def streamer_of(*stats):
    streamer = SimulationStreamer()
    streamer.get_or_register(MediaFileStatLinker("media", stats))
    return streamer


def index_points(run, key="episode_video"):
    return MediaIndexStreamer(run).stat(key).get_values()


def test_index_holds_paths_relative_to_the_run_and_the_attempt(run, videos):
    put(videos, "rl-video-step-0_5.mp4")
    MediaIndexer(run, 1).refresh(streamer_of(stat_of(videos)), final=True)
    (point,) = index_points(run)
    assert (point.step, point.wall_time, point.attempt, point.path) == (5, BORN, 1, "videos/rl-video-step-0_5.mp4")
    line = json.loads(run.media_index.read_text().splitlines()[0])
    assert set(line) == {
        *("event", "id", "key", "kind", "path", "step", "wall_time", "attempt", "size", "mtime_ns", "streamer"),
        "outside",
    }


def test_file_outside_the_run_keeps_its_path_and_is_flagged(run, tmp_path):
    path = put(tmp_path, "rl-video-step-0_5.mp4")
    MediaIndexer(run).refresh(streamer_of(stat_of(tmp_path)), final=True)
    ((_, entry, _), *_) = read_media(run)
    assert entry is not None
    assert (entry.path, entry.outside) == (str(path), True)


def test_refreshing_again_adds_nothing_also_in_the_next_attempt(run, videos):
    put(videos, "rl-video-step-0_5.mp4")
    streamer = streamer_of(stat_of(videos))
    indexer = MediaIndexer(run, 1)
    for _ in range(4):
        indexer.refresh(streamer)
    MediaIndexer(run, 2).refresh(streamer_of(stat_of(videos)), final=True)
    assert [point.attempt for point in index_points(run)] == [1]


def test_file_that_a_dead_attempt_left_belongs_to_that_attempt(run, videos):
    append_line(run.attempts, {"attempt": 1, "event": "started", "time": "2023-11-14T22:00:00+00:00"})
    append_line(run.attempts, {"attempt": 2, "event": "started", "time": "2023-11-14T22:13:21+00:00"})
    put(videos, "rl-video-step-0_5.mp4", age=0)  # 22:13:20
    put(videos, "rl-video-step-0_6.mp4", age=2)
    MediaIndexer(run, 2).refresh(streamer_of(stat_of(videos)), final=True)
    assert [(p.step, p.attempt) for p in index_points(run)] == [(5, 1), (6, 2)]


def test_overwritten_and_deleted_files_are_marked_gone_and_their_points_kept(run, videos):
    put(videos, "rl-video-step-0_5.mp4")
    put(videos, "rl-video-step-0_6.mp4", age=1)
    streamer, indexer = streamer_of(stat_of(videos)), MediaIndexer(run)
    indexer.refresh(streamer, final=True)
    put(videos, "rl-video-step-0_5.mp4", b"again", age=2)
    (videos / "rl-video-step-0_6.mp4").unlink()
    indexer.refresh(streamer)
    indexer.refresh(streamer)
    index = MediaIndexStreamer(run)
    entries, _ = index.stat("episode_video").read_entries()
    assert [(e.step, e.size, e.id in index.gone()) for e in entries] == [(5, 5, True), (6, 5, True), (5, 5, False)]
    assert len({e.id for e in entries}) == 3


def test_file_lost_between_attempts_is_marked_gone(run, videos):
    file = put(videos, "rl-video-step-0_5.mp4")
    MediaIndexer(run, 1).refresh(streamer_of(stat_of(videos)), final=True)
    file.unlink()
    MediaIndexer(run, 2).refresh(streamer_of(stat_of(videos)))
    assert len(MediaIndexStreamer(run).gone()) == 1


def test_files_of_a_folder_that_the_next_attempt_does_not_watch_stay(run, videos):
    put(videos, "rl-video-step-0_5.mp4")
    MediaIndexer(run, 1).refresh(streamer_of(stat_of(videos)), final=True)
    MediaIndexer(run, 2).refresh(streamer_of(stat_of(run.path / "videos2")), final=True)
    assert MediaIndexStreamer(run).gone() == frozenset()


def test_one_file_may_be_a_point_of_two_stats(run, videos):
    put(videos, "7.gif")
    pattern = r"(?P<step>\d)\.gif"
    streamer = streamer_of(*(MediaLinkStreamableStat("a", kind, videos, pattern) for kind in ("images", "videos")))
    MediaIndexer(run).refresh(streamer, final=True)
    assert MediaIndexStreamer(run).get_stat_keys() == [("a", "images"), ("a", "videos")]
    with pytest.raises(UnknownStatError, match="Name the kind"):
        MediaIndexStreamer(run).stat("a")


def test_index_says_which_attempt_it_is_complete_for(run, videos):
    assert indexed_attempt(run) == 0
    indexer = MediaIndexer(run, 3)
    indexer.refresh(streamer_of(stat_of(videos)))
    assert indexed_attempt(run) == 0
    indexer.refresh(streamer_of(stat_of(videos)), final=True)
    assert indexed_attempt(run) == 3


def test_damaged_lines_of_the_index_are_skipped(run, videos):
    put(videos, "rl-video-step-0_5.mp4")
    MediaJournal(run).mark_indexed()
    for line in ({"event": "added"}, {"event": "added", "id": 5}, {"event": "new"}, {"event": "gone"}):
        append_line(run.media_index, line)
    with run.media_index.open("a") as file:
        file.write('{"event":"added","id":"torn')
    MediaIndexer(run).refresh(streamer_of(stat_of(videos)), final=True)
    assert [point.step for point in index_points(run)] == [5]


def test_cursor_inside_a_line_of_the_index_is_refused(run, videos):
    put(videos, "rl-video-step-0_5.mp4")
    MediaIndexer(run).refresh(streamer_of(stat_of(videos)), final=True)
    with pytest.raises(InvalidCursorError):
        MediaIndexStreamer(run).stat("episode_video").read("7")


# --- streams.json ----------------------------------------------------------------------------------------------------


class TableStreamer(Streamer):
    def __init__(self, folder, options):
        super().__init__(f"table:{folder}")
        self.folder, self.options = folder, options

    def get_stat_keys(self):
        return [("a", "scalars")]

    def stat(self, key, kind=None):
        raise NotImplementedError

    def spec(self):
        return "table", str(self.folder), self.options


class Nameless(TableStreamer):
    def spec(self):
        return None


def test_streams_file_says_how_to_rebuild_each_streamer_also_after_a_move(run, videos, tmp_path):
    streamer = streamer_of(stat_of(videos))
    streamer.register("inside", TableStreamer(run.path / "tb", {"tags": ["a"]}))
    streamer.register("whole", TableStreamer(run.path, {}))
    streamer.register("outside", TableStreamer(tmp_path / "elsewhere", {}))
    streamer.register("nobody", Nameless("x", {}))
    write_streams(run, streamer)
    run.path.rename(tmp_path / "moved")
    moved = RunFolder(tmp_path / "moved")
    media, inside, whole, outside, nobody = read_streams(moved) or ()
    assert (media.is_media, media.type_name, media.stats) == (True, None, (("episode_video", "videos"),))
    assert (inside.type_name, inside.folder, inside.options) == ("table", str(moved.path / "tb"), {"tags": ["a"]})
    assert inside.class_name.endswith(":TableStreamer")
    assert whole.folder == str(moved.path)
    assert outside.folder == str(tmp_path / "elsewhere")
    assert (nobody.type_name, nobody.is_media) == (None, False)


def test_options_that_are_no_json_are_refused(run):
    streamer = SimulationStreamer()
    streamer.register("a", TableStreamer(run.path, {"tags": object()}))
    with pytest.raises(InvalidValueError, match="spec of streamer 'a'"):
        write_streams(run, streamer)
    assert read_streams(run) is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"streamers":3}', '{"streamers":[{}]}', '{"streamers":["a"]}'])
def test_damaged_streams_file_is_named(run, text):
    run.streams.write_text(text)
    with pytest.raises(CorruptFileError, match=r"streams\.json"):
        read_streams(run)
