"""Rules of `gymdash_server.points.index`: ordinals stay as long as what they number is there, and not longer."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gymdash_core.errors import InvalidCursorError
from gymdash_core.stats.series import SeriesWriter
from gymdash_server.points import store
from gymdash_server.points.columns import ColumnFile
from gymdash_server.points.events import points_answer, points_event
from gymdash_server.points.model import EVENT_POINTS, Window
from indexes import log, new_run, open_index, values_of

KEYS = ("a", "b/c", "d")


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


def test_stat_whose_columns_are_missing_is_not_shown(run):
    folder = Path(run.project_path / "db" / "points" / run.id)
    folder.mkdir(parents=True)
    entry = {"key": "a", "kind": "scalars", "streamer": "series", "series": "x", "file": "0000-none", "count": 5}
    (folder / "index.json").write_text(json.dumps({"stats": [entry], "complete": 1}))
    index = open_index(run)
    assert (index.stats(), index.complete_attempt) == ([], 0)
