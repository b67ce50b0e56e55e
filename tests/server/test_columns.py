"""Rules of `gymdash_server.points.columns`: what counts is there, and nothing else is."""

from __future__ import annotations

import math
import os
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gymdash_core.stats.kinds import StatPoint
from gymdash_server.points.columns import ColumnFile

whole = st.integers(-(2**63) + 1, 2**63 - 1)
number = st.floats(allow_nan=True, allow_infinity=True)
json_value = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def points_of(value):
    return st.lists(st.builds(StatPoint, whole, st.floats(0, 2e9), value, st.integers(1, 9)), max_size=30)


def as_points(columns):
    values = columns.value if isinstance(columns.value, list) else columns.value.tolist()
    rows = zip(columns.step.tolist(), columns.wall_time.tolist(), values, columns.attempt.tolist(), strict=True)
    return [StatPoint(*row) for row in rows]


def same(one, other):
    return len(one) == len(other) and all(
        (a.step, a.wall_time, a.attempt) == (b.step, b.wall_time, b.attempt)
        and (a.value == b.value or (isinstance(a.value, float) and math.isnan(a.value) and math.isnan(b.value)))
        for a, b in zip(one, other, strict=True)
    )


@settings(deadline=None)  # the disk may be busy
@given(st.lists(points_of(number), max_size=4), st.data())
def test_scalars_come_back_from_any_range_and_choice(batches, data):
    with tempfile.TemporaryDirectory() as folder:
        file = ColumnFile(Path(folder, "x"), scalar=True)
        for batch in batches:
            file.append(batch)
        known = [point for batch in batches for point in batch]
        begin, end = data.draw(st.integers(-3, 130)), data.draw(st.integers(-3, 130))
        assert same(as_points(file.read(begin, end)), known[max(0, begin) : max(0, end)])
        chosen = sorted(data.draw(st.sets(st.integers(0, len(known) - 1)))) if known else []
        assert same(as_points(file.take(np.array(chosen, np.intp))), [known[place] for place in chosen])
        assert same(as_points(file.last()), known[-1:])
        assert file.steps().tolist() == [point.step for point in known]


@settings(deadline=None)  # the disk may be busy
@given(st.lists(points_of(json_value), max_size=4))
def test_json_values_come_back_as_they_were(batches):
    with tempfile.TemporaryDirectory() as folder:
        file = ColumnFile(Path(folder, "x"), scalar=False)
        for batch in batches:
            file.append(batch)
        assert same(as_points(file.read(0, 1000)), [point for batch in batches for point in batch])


@settings(deadline=None)  # the disk may be busy
@given(points_of(number), points_of(number), points_of(number))
def test_what_was_not_committed_is_overwritten(first, lost, second):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x")
        file = ColumnFile(path, scalar=True)
        file.append(first)
        count = file.count
        file.append(lost)
        again = ColumnFile(path, scalar=True, count=count)
        again.append(second)
        assert same(as_points(again.read(0, 1000)), [*first, *second])


def test_snapshot_does_not_grow(tmp_path):
    file = ColumnFile(tmp_path / "a.b", scalar=True)
    file.append([StatPoint(1, 1.0, 1.0)])
    before = file.snapshot()
    file.append([StatPoint(2, 1.0, 2.0)])
    assert (len(before.read(0, 9)), len(file.read(0, 9))) == (1, 2)


@pytest.mark.parametrize("scalar", [True, False])
def test_cut_file_is_not_whole(tmp_path, scalar):
    file = ColumnFile(tmp_path / "x", scalar=scalar)
    file.append([StatPoint(1, 1.0, 1.0)])
    assert file.is_whole()
    for part in tmp_path.iterdir():
        size = part.stat().st_size
        os.truncate(part, size - 1)
        assert not file.is_whole()
        os.truncate(part, size)
    file.remove()
    assert list(tmp_path.iterdir()) == []


def test_non_finite_values_are_their_names_in_json(tmp_path):
    file = ColumnFile(tmp_path / "x", scalar=True)
    file.append([StatPoint(0, 1.0, value) for value in (math.nan, math.inf, -math.inf, 0.5)])
    assert file.read(0, 4).as_json()["value"] == ["NaN", "Infinity", "-Infinity", 0.5]


def test_ranges_are_cut_by_the_size_of_their_values_and_hold_a_point_at_least(tmp_path):
    file = ColumnFile(tmp_path / "x", scalar=False)
    file.append([StatPoint(n, 0.0, "x" * 98) for n in range(10)] + [StatPoint(10, 0.0, "x" * 5000)])  # 100 bytes each
    assert [file.fitting(begin, 11, 250) for begin in (0, 2, 9, 10)] == [2, 4, 10, 11]
    assert (file.fitting(0, 11, 1000), file.fitting(0, 1, 1), file.fitting(3, 3, 1)) == (10, 1, 3)
    numbers = ColumnFile(tmp_path / "y", scalar=True)
    numbers.append([StatPoint(n, 0.0, 1.0) for n in range(10)])
    assert numbers.fitting(0, 10, 1) == 10
