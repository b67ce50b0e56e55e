"""Folders with event files are curves of their own; files of one folder follow each other."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gymdash_core.errors import InvalidCursorError
from gymdash_tensorboard import TensorboardStreamer
from gymdash_tensorboard.names import Source, name_stats, reading_order

TIMES = st.dictionaries(st.sampled_from(["", "a", "b", "a/b"]), st.floats(0, 3), min_size=1)
STATS = st.dictionaries(st.tuples(st.sampled_from(["x", "a/x", "b/x", "a/a/x"]), st.just("scalars")), TIMES)


def steps(streamer, key):
    return [point.step for point in streamer.stat(key).read()[0]]


def test_a_tag_of_two_folders_is_two_curves(tmp_path, events):
    events.write(tmp_path / "train", events.simple("loss", 1, 1), events.simple("lr", 1, 1))
    events.write(tmp_path / "validation", events.simple("loss", 2, 2), events.simple("loss", 3, 3))
    streamer = TensorboardStreamer(tmp_path)
    assert [key for key, _ in streamer.get_stat_keys()] == ["loss", "lr", "validation/loss"]
    assert steps(streamer, "loss") == [1]
    assert steps(streamer, "validation/loss") == [2, 3]


def test_no_key_vanishes_while_another_folder_comes(tmp_path, events):
    events.write(tmp_path / "train", events.simple("loss", 1, 1))
    streamer = TensorboardStreamer(tmp_path)
    stat = streamer.stat("loss")
    cursor = stat.read()[1]
    events.write(tmp_path / "eval", events.simple("loss", 2, 2))
    events.write(tmp_path / "train", events.simple("loss", 3, 3))
    assert [point.step for point in stat.read(cursor)[0]] == [3]
    assert streamer.get_stat_keys() == [("loss", "scalars"), ("eval/loss", "scalars")]
    assert TensorboardStreamer(tmp_path).get_stat_keys() == streamer.get_stat_keys()


def test_the_watched_folder_keeps_its_plain_tags(tmp_path, events):
    events.write(tmp_path / "eval", events.simple("loss", 1, 1), events.simple("a", 1, 1))
    events.write(tmp_path, events.simple("loss", 2, 2), events.simple("eval/loss", 3, 3))
    streamer = TensorboardStreamer(tmp_path)
    found = {key: steps(streamer, key) for key, _ in streamer.get_stat_keys()}
    assert found == {"loss": [2], "eval/loss": [3], "a": [1], "eval/eval/loss": [1]}


def test_a_cursor_of_another_folder_begins_anew(tmp_path, events):
    # The tag came later into the folder that turns out to have had it first: its key is now another curve.
    events.write(tmp_path / "b", events.simple("loss", 1, 5))
    cursor = TensorboardStreamer(tmp_path).stat("loss").read()[1]
    events.write(tmp_path / "a", events.simple("loss", 2, 1))
    with pytest.raises(InvalidCursorError):
        TensorboardStreamer(tmp_path).stat("loss").read(cursor)


@given(begins=STATS)
def test_each_tag_of_each_folder_has_one_name(begins):
    found = name_stats(begins)
    places = {(source, kind) for (_, kind), source in found.items()}
    assert places == {(Source(folder, tag), kind) for (tag, kind), folders in begins.items() for folder in folders}
    assert len(places) == len(found)
    assert all(found[pair].tag == pair[0] for pair in begins)


def test_numbers_in_names_are_compared_as_numbers(tmp_path, events):
    stem = "events.out.tfevents.1700000000.host"
    ordered = [f"{stem}.99.0", f"{stem}.100.2", f"{stem}.100.10", "events.out.tfevents.1700000001.host.1.0"]
    assert sorted(set(ordered), key=reading_order) == ordered
    assert sorted(["ppo_10/x", "ppo_2/x", "x"], key=reading_order) == ["x", "ppo_2/x", "ppo_10/x"]
    for step, name in enumerate(ordered):
        events.write(tmp_path, events.simple("x", 0, step), name=name)
    assert steps(TensorboardStreamer(tmp_path), "x") == [0, 1, 2, 3]


def test_a_read_walks_the_folder_once(tmp_path, events, monkeypatch):
    events.write(tmp_path / "a", events.simple("x", 0, 1))
    stat = TensorboardStreamer(tmp_path).stat("x")
    walks = []
    walk = os.walk
    monkeypatch.setattr(os, "walk", lambda *args, **kwargs: walks.append(args) or walk(*args, **kwargs))
    stat.read()
    assert len(walks) == 1
