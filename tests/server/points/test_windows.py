"""Rules of `gymdash_server.points.windows`: a window is what a plain filter gives, and pages are the whole."""

from __future__ import annotations

import tempfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gymdash_core.errors import InvalidCursorError, UnknownStatError
from gymdash_core.stats.series import SeriesWriter
from gymdash_server.points import windows
from gymdash_server.points.events import points_answer
from gymdash_server.points.model import Window
from indexes import log, new_run, open_index, values_of

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
