"""Rules of `gymdash_server.points.index`: ordinals that stay, windows that are right, news told once."""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gymdash_core.errors import InvalidCursorError, UnknownStatError
from gymdash_core.meta import new_meta
from gymdash_core.project import Project
from gymdash_core.stats.kinds import StatPoint
from gymdash_core.stats.manifest import write_streams
from gymdash_core.stats.media_log import MediaLog
from gymdash_core.stats.reader import RunStats
from gymdash_core.stats.series import SeriesWriter
from gymdash_core.stats.stat import StreamableStat
from gymdash_core.stats.streamer import SimulationStreamer, Streamer
from gymdash_core.types import StreamerType
from gymdash_server.points import store, windows
from gymdash_server.points.columns import ColumnFile
from gymdash_server.points.events import points_answer, points_event
from gymdash_server.points.index import PointsIndex
from gymdash_server.points.model import EVENT_BYTES, EVENT_POINTS, Window

KEYS = ("a", "b/c", "d")


def new_run(folder):
    run = Project(folder).create_run({"name": "x", "key": "x", "kwargs": {}}, new_meta("x"))
    write_streams(run, SimulationStreamer())
    return run


@pytest.fixture
def run(tmp_path):
    return new_run(tmp_path / "project")


def open_index(run, types=None, load=None):
    stats = (lambda run: RunStats(run, types, load)) if types else (lambda run: RunStats(run, {}))
    return PointsIndex(run.project_path / "db" / "points" / run.id, run, stats)


def log(run, key, values, attempt=1, first_step=0):
    writer = SeriesWriter(run, attempt)
    for step, value in enumerate(values, first_step):
        writer.scalar(key, value, step, 1000.0 + step)
    writer.close()


def values_of(index, key, **window):
    return index.answer(Window(key, **window)).columns.as_json()["value"]


# --- ordinals ---------------------------------------------------------------------------------------------------------

_value = st.floats(-1e6, 1e6) | st.sampled_from([float("inf"), float("-inf")])
_do = st.one_of(
    st.tuples(st.just("log"), st.sampled_from(KEYS), st.lists(_value, min_size=1, max_size=6)),
    st.tuples(st.just("update")),
    st.tuples(st.just("quiet update")),
    st.tuples(st.just("restart")),
    st.tuples(st.just("kill before commit")),
    st.tuples(st.just("cut columns"), st.sampled_from(KEYS)),
    st.tuples(st.just("replace"), st.sampled_from(KEYS)),
)


class Story:
    """An index beside what it should hold, and a client that hears all that is told."""

    def __init__(self, folder):
        self.run = new_run(folder)
        self.index = open_index(self.run)
        self.written = {key: [] for key in KEYS}
        self.heard = {}
        self.series = {}
        self.begun_anew = set()

    def tell(self, new):
        data = points_event(self.run.id, new)
        known = self.heard.setdefault(data["series"], [])
        assert data["from"] == len(known), "a gap, or told twice"
        assert data["to"] - data["from"] == len(data["value"]) <= EVENT_POINTS
        known += data["value"]

    def do(self, step, *arguments):
        getattr(self, step.replace(" ", "_"))(*arguments)

    def log(self, key, values):
        log(self.run, key, values, first_step=len(self.written[key]))
        self.written[key] += values

    def update(self):
        self.index.update(self.tell)
        self.check()

    def quiet_update(self):
        self.index.update()

    def restart(self):
        self.index.update(self.tell)
        self.index = open_index(self.run)

    def kill_before_commit(self):
        self.index.update(self.tell)
        self.index = open_index(self.run)
        file = self.run.project_path / "db" / "points" / self.run.id / "index.json"
        before = file.read_bytes() if file.exists() else None
        self.log("a", [1.0, 2.0])
        self.index.update()
        if before is None:
            file.unlink()
        else:
            file.write_bytes(before)
        self.index = open_index(self.run)

    def cut_columns(self, key):
        entry = next((item for item in self.index.stats() if item["key"] == key and item["count"]), None)
        if entry is not None:
            name = self.index._state.shown[key, "scalars"].entry.file
            path = self.run.project_path / "db" / "points" / self.run.id / f"{name}.points"
            os.truncate(path, path.stat().st_size - 1)
            self.begun_anew.add(key)

    def replace(self, key):
        if self.written[key]:
            self.index.update(self.tell)
            path = next(self.run.stats.glob(f"scalars/{key.replace('/', '%2F')}.jsonl"))
            path.write_text(path.read_text().splitlines(keepends=True)[0])
            self.written[key] = []
            self.begun_anew.add(key)
            self.index.update(self.tell)
            self.log(key, [7.0])

    def check(self):
        for key in KEYS:
            if not self.written[key]:
                continue
            answer = points_answer(self.run.id, self.index.answer(Window(key)))
            plain = [{"Infinity": float("inf"), "-Infinity": float("-inf")}.get(v, v) for v in answer["value"]]
            assert plain == self.written[key]
            assert (answer["from"], answer["to"], answer["total"]) == (0, len(plain), len(plain))
            if key in self.series and key not in self.begun_anew:
                assert answer["series"] == self.series[key], "ordinals did not stay"
            self.series[key] = answer["series"]
            self.begun_anew.discard(key)


@given(st.lists(_do, max_size=25))
@settings(max_examples=60, deadline=None)
def test_ordinals_stay_through_appends_restarts_kills_cuts_and_changed_files(steps):
    with tempfile.TemporaryDirectory() as folder:
        story = Story(folder)
        for step in steps:
            story.do(*step)
        story.update()


def test_index_that_is_no_json_begins_anew(run):
    log(run, "a", [1.0, 2.0])
    index = open_index(run)
    index.update()
    series = index.stats()[0]["series"]
    (run.project_path / "db" / "points" / run.id / "index.json").write_text("{")
    index = open_index(run)
    assert index.stats() == []
    index.update()
    assert values_of(index, "a") == [1.0, 2.0]
    assert index.stats()[0]["series"] != series


@pytest.mark.parametrize("ending", ["points", "values"])
def test_stat_that_a_power_cut_has_damaged_begins_anew_and_the_others_stay(run, monkeypatch, ending):
    monkeypatch.setattr(store, "boot_mark", lambda: "first")
    writer = SeriesWriter(run, 1)
    for step in range(3):
        writer.write("text", "notes", f"words {step}", step, 1.0)
    writer.close()
    log(run, "a", [1.0, 2.0, 3.0])
    index = open_index(run)
    index.update()
    before = {item["key"]: item["series"] for item in index.stats()}
    path = next((run.project_path / "db" / "points" / run.id).glob(f"*.{ending}" if ending == "values" else "*.points"))
    damaged = "notes" if path.with_suffix(".values").exists() else "a"
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2] + bytes(len(data) - len(data) // 2))
    monkeypatch.setattr(store, "boot_mark", lambda: "second")
    for _ in range(2):
        index = open_index(run)
        index.update()
        after = {item["key"]: item["series"] for item in index.stats()}
        assert {key for key in before if before[key] != after[key]} == {damaged}
        assert (values_of(index, "a"), values_of(index, "notes")) == ([1.0, 2.0, 3.0], [f"words {n}" for n in range(3)])


def test_columns_that_are_sound_after_a_new_start_of_the_machine_are_looked_through_once(run, monkeypatch):
    looks = []
    monkeypatch.setattr(store, "boot_mark", lambda: "first")
    log(run, "a", [1.0, 2.0])
    index = open_index(run)
    index.update()
    log(run, "a", [3.0], first_step=2)
    index.update()
    monkeypatch.setattr(store, "boot_mark", lambda: "second")
    is_sound = ColumnFile.is_sound
    monkeypatch.setattr(ColumnFile, "is_sound", lambda file: looks.append(file) or is_sound(file))
    again = [open_index(run).stats()[0]["series"] for _ in range(2)]
    assert (again, len(looks)) == ([index.stats()[0]["series"]] * 2, 1)


def test_columns_that_vanish_while_the_index_is_open_are_read_anew(run):
    log(run, "a", [1.0, 2.0])
    index = open_index(run)
    index.update()
    old = index.answer(Window("a"))
    shutil.rmtree(run.project_path / "db" / "points")
    assert values_of(index, "a") == [1.0, 2.0]
    with pytest.raises(InvalidCursorError):
        index.answer(Window("a", cursor=old.cursor))


def test_failed_commit_loses_nothing_and_is_told_later(run, monkeypatch):
    log(run, "a", [1.0])
    index, told = open_index(run), []
    write = store.write_json
    monkeypatch.setattr(store, "write_json", lambda *a, **k: (_ for _ in ()).throw(OSError(28, "full")))
    with pytest.raises(OSError, match="full"):
        index.update(told.append)
    assert (told, index.stats()) == ([], [])
    monkeypatch.setattr(store, "write_json", write)
    log(run, "a", [2.0], first_step=1)
    index.update(told.append)
    assert [(new.begin, new.end) for new in told] == [(0, 2)]
    assert values_of(index, "a") == [1.0, 2.0]


def test_points_that_a_quiet_reader_has_read_first_are_told_all_the_same(run):
    log(run, "a", [1.0, 2.0])
    index, told = open_index(run), []
    index.update()
    log(run, "a", [3.0], first_step=2)
    index.update(told.append)
    assert [(new.begin, new.end, new.columns.as_json()["value"]) for new in told] == [(0, 3, [1.0, 2.0, 3.0])]


def test_nobody_is_told_what_is_no_news(run):
    log(run, "a", [1.0, 2.0])
    index, told = open_index(run), []
    index.update()
    index.hush()
    index.update(told.append)
    assert told == []


def test_events_hold_a_thousand_points_at_most(run):
    log(run, "a", [float(n) for n in range(2 * EVENT_POINTS + 1)])
    index, told = open_index(run), []
    index.update(told.append)
    assert [(new.begin, new.end) for new in told] == [(0, 1000), (1000, 2000), (2000, 2001)]


def test_events_hold_no_more_than_about_a_quarter_of_a_mebibyte_but_where_a_single_point_does(run):
    writer = SeriesWriter(run, 1)
    for step in range(30):
        writer.write("text", "notes", "x" * (300_000 if step == 20 else 60_000), step, 1.0)
    writer.close()
    index, told = open_index(run), []
    index.update(told.append)
    sizes = [len(json.dumps(points_event(run.id, new))) for new in told]
    assert [new.begin for new in told] == [0, *[new.end for new in told[:-1]]]
    assert told[-1].end == 30
    assert sorted(sizes)[-2] < EVENT_BYTES + 1000 < 300_000 < max(sizes)


def test_run_that_writes_faster_than_it_is_read_is_read_in_turns_of_its_stats(run, monkeypatch):
    from gymdash_server.points import feed

    monkeypatch.setattr(feed, "READ_POINTS", 10)
    for key in "abc":
        log(run, key, [float(n) for n in range(100)])
    index, read = open_index(run), []
    append = index._append

    def note(draft, batch, cursor, **more):
        append(draft, batch, cursor, **more)
        read.append((draft.entry.key, len(batch.points)))
        for key in "abc":
            log(run, key, [1.0] * 10, first_step=1000)

    monkeypatch.setattr(index, "_append", note)
    for _ in range(3):
        assert index.update(most=30)
    assert {key: sum(count for name, count in read if name == key) for key in "abc"} == {"a": 30, "b": 30, "c": 30}
    monkeypatch.undo()
    assert not index.update()
    assert values_of(index, "b")[:100] == [float(n) for n in range(100)]


def test_readers_do_not_wait_for_those_who_are_told(run):
    log(run, "a", [1.0])
    index, inside, go_on = open_index(run), threading.Event(), threading.Event()

    def told(_):
        inside.set()
        go_on.wait(20)

    thread = threading.Thread(target=index.update, args=(told,))
    thread.start()
    assert inside.wait(20)
    assert values_of(index, "a") == [1.0]
    assert index.stats()[0]["count"] == 1
    go_on.set()
    thread.join(20)


def test_dropped_index_writes_nothing_any_more(run):
    log(run, "a", [1.0])
    index = open_index(run)
    index.drop()
    index.update()
    assert not (run.project_path / "db" / "points" / run.id).exists()


def test_complete_attempt_is_known_after_a_restart_where_it_is_kept(run):
    index = open_index(run)
    index.complete(1, kept=False)
    assert (index.complete_attempt, open_index(run).complete_attempt) == (1, 0)
    index.complete(2)
    assert (index.complete_attempt, open_index(run).complete_attempt) == (2, 2)


# --- windows ----------------------------------------------------------------------------------------------------------

_steps = st.lists(st.tuples(st.integers(-50, 50), st.integers(1, 3)), max_size=80)
_bound = st.none() | st.integers(-60, 60)


@given(_steps, _bound, _bound, st.none() | st.integers(8, 40), st.integers(0, 80), st.booleans())
@settings(max_examples=150, deadline=None)
def test_windows_answer_as_a_plain_filter_does(rows, start, end, max_points, begin, scalar):
    with tempfile.TemporaryDirectory() as folder:
        run, kind = new_run(folder), "scalars" if scalar else "text"
        for attempt in (1, 2, 3):
            writer = SeriesWriter(run, attempt)
            for n, (step, of) in enumerate(rows):
                if of == attempt:
                    writer.write(kind, "a", float(n) if scalar else f"{n}", step, 5.0)
            writer.close()
        index = open_index(run)
        index.update()
        if not rows:
            with pytest.raises(UnknownStatError):
                index.answer(Window("a"))
            return
        ordered = sorted(range(len(rows)), key=lambda n: (rows[n][1], n))
        begin = min(begin, len(rows))
        cursor = f"{index.stats()[0]['series']}.{begin}"
        found = points_answer(run.id, index.answer(Window("a", None, cursor, start, end, max_points)))
        fits = [(start is None or rows[n][0] >= start) and (end is None or rows[n][0] <= end) for n in ordered]
        wanted = [n for place, n in enumerate(ordered) if place >= begin and fits[place]]
        assert (found["from"], found["to"], found["total"]) == (begin, len(rows), sum(fits))
        got = [int(float(value)) for value in found["value"]]
        if max_points is None or len(wanted) <= max_points:
            assert got == wanted
        else:
            assert len(got) <= max_points
            assert [n for n in wanted if n in set(got)] == got
            assert (got[0], got[-1]) == (wanted[0], wanted[-1])
        assert found["step"] == [rows[n][0] for n in got]
        assert found["attempt"] == [rows[n][1] for n in got]


def test_pages_put_together_are_all_points_once(run, monkeypatch):
    monkeypatch.setattr(windows, "PAGE_POINTS", 7)
    log(run, "a", [float(n) for n in range(30)])
    index = open_index(run)
    index.update()
    found, cursor, last = [], None, None
    while last is None or last.end > last.begin:
        last = index.answer(Window("a", cursor=cursor, start=3, end=25))
        found, cursor = found + last.columns.value.tolist(), last.cursor
    assert found == [float(n) for n in range(3, 26)]


@given(st.lists(st.integers(1, 60), min_size=1, max_size=40), _bound, _bound, st.integers(1, 150))
@settings(max_examples=60, deadline=None)
def test_pages_of_large_values_are_bounded_in_bytes_and_lose_none(lengths, start, end, most):
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(windows, "PAGE_BYTES", most)
        run = new_run(folder)
        writer = SeriesWriter(run, 1)
        for step, length in enumerate(lengths):
            writer.write("text", "a", "x" * length, step, 5.0)
        writer.close()
        index = open_index(run)
        index.update()
        steps, cursor, last = [], None, None
        while last is None or last.end > last.begin:
            last = index.answer(Window("a", cursor=cursor, start=start, end=end))
            assert len(last.columns) <= 1 or sum(len(value) + 2 for value in last.columns.value) <= most
            steps, cursor = steps + last.columns.step.tolist(), last.cursor
        low, high = -1 if start is None else start, len(lengths) if end is None else end
        assert steps == [step for step in range(len(lengths)) if low <= step <= high]


def test_thinned_answer_has_fewer_points_where_they_are_large_and_keeps_its_ends(run, monkeypatch):
    monkeypatch.setattr(windows, "PAGE_BYTES", 1000)
    writer = SeriesWriter(run, 1)
    for step in range(100):
        writer.write("text", "a", "x" * 98, step, 5.0)
    writer.close()
    index = open_index(run)
    index.update()
    found = index.answer(Window("a", max_points=50))
    steps = found.columns.step.tolist()
    assert (steps[0], steps[-1], found.begin, found.end) == (0, 99, 0, 100)
    assert 8 <= len(steps) <= 10


@pytest.mark.parametrize("cursor", ["", "x", ".", "x.1", "{series}", "{series}.-1", "{series}.4", "{series}.1x"])
def test_cursor_of_another_series_is_refused(run, cursor):
    log(run, "a", [1.0, 2.0, 3.0])
    index = open_index(run)
    index.update()
    with pytest.raises(InvalidCursorError):
        index.answer(Window("a", cursor=cursor.format(series=index.stats()[0]["series"])))


def test_key_of_two_kinds_needs_its_kind(run):
    writer = SeriesWriter(run)
    writer.scalar("a", 1.0, 0)
    writer.write("text", "a", "words", 0)
    writer.write("histograms", "h", {"edges": [0, 1], "counts": [3]}, 0)
    writer.close()
    index = open_index(run)
    index.update()
    with pytest.raises(UnknownStatError):
        index.answer(Window("a"))
    assert values_of(index, "a", kind="text") == ["words"]
    assert values_of(index, "h") == [{"edges": [0, 1], "counts": [3]}]
    with pytest.raises(UnknownStatError):
        index.answer(Window("nothing"))


def test_media_points_have_addresses(run):
    media = MediaLog(run)
    media.write("images", "shot", _png(), 3)
    index, told = open_index(run), []
    index.update(told.append)
    answer = points_answer(run.id, index.answer(Window("shot")))
    point = answer["points"][0]
    assert (point["step"], point["media_type"]) == (3, "image/png")
    assert point["url"].startswith(f"/api/v1/simulations/{run.id}/media/")
    assert points_event(run.id, told[0])["points"] == [point]
    assert open_index(run).answer(Window("shot")).total == 1


def test_a_media_file_is_found_without_looking_at_all_others_again(run, monkeypatch):
    media, reads = MediaLog(run), []
    for step in range(3):
        media.write("images", "shot", _png(), step)
    index = open_index(run)
    index.update()
    read = ColumnFile.read

    def note(file, begin, end):
        reads.append((begin, end))
        return read(file, begin, end)

    points = points_answer(run.id, index.answer(Window("shot")))["points"]
    monkeypatch.setattr(ColumnFile, "read", note)
    found = [index.media_path(point["url"].rpartition("/")[2]) for point in points]
    assert len({(run.path / path).stat().st_ino for path in found}) == 3
    assert reads == [(0, 3)]
    media.write("images", "shot", _png(), 3)
    index.update()
    reads.clear()
    assert (index.media_path("nowhere"), index.media_path("nowhere"), reads) == (None, None, [(3, 4)])


def _png():
    import io

    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(np.zeros((2, 2), np.uint8)).save(out, "PNG")
    return out.getvalue()


# --- plugins' streamers -----------------------------------------------------------------------------------------------


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
    (run.path / "shot.png").write_bytes(_png())
    index = odd(
        [StatPoint(5, 1.0, None, 1, str(run.path / "shot.png")), StatPoint(6, 1.0, None, 1, "none.png")], "images"
    )
    index.update()
    points = points_answer(run.id, index.answer(Window("odd")))["points"]
    assert [(p["step"], p["media_type"]) for p in points] == [(5, "image/png")]
    assert index.media_path(points[0]["url"].rpartition("/")[2]) == "shot.png"


def test_files_inside_of_points_are_kept_by_their_content(odd, run):
    sound = b"RIFF\x00\x00\x00\x00WAVE"
    contents = [_png(), _png(), sound, b"<html>"]
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

    index = odd([StatPoint(1, 1.0, _png())], "images")
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


def test_stat_whose_columns_are_missing_is_not_shown(run):
    folder = Path(run.project_path / "db" / "points" / run.id)
    folder.mkdir(parents=True)
    entry = {"key": "a", "kind": "scalars", "streamer": "series", "series": "x", "file": "0000-none", "count": 5}
    (folder / "index.json").write_text(json.dumps({"stats": [entry], "complete": 1}))
    index = open_index(run)
    assert (index.stats(), index.complete_attempt) == ([], 0)
