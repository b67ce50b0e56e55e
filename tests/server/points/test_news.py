"""Rules of `gymdash_server.points.index`: what is new is told once, in order, in pieces, and holds up nobody."""

from __future__ import annotations

import json
import threading

import pytest

from gymdash_core.stats.series import SeriesWriter
from gymdash_server.points import store
from gymdash_server.points.events import points_event
from gymdash_server.points.model import EVENT_BYTES, EVENT_POINTS
from indexes import log, open_index, values_of


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
