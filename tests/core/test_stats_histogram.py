"""Rules of `gymdash_core.stats.histogram`: each finite number is counted once, in the bin that holds it."""

from __future__ import annotations

import math
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gymdash_core.errors import InvalidValueError
from gymdash_core.stats.histogram import HistogramPoint, histogram


@given(st.lists(st.floats(), max_size=50), st.integers(1, 20))
def test_every_number_is_counted_in_the_bin_that_holds_it(values, bins):
    point = histogram(values, bins)
    finite = [value for value in values if math.isfinite(value)]
    assert (point.count, point.nonfinite) == (len(finite), len(values) - len(finite))
    assert sum(point.counts) == point.count
    assert all(math.isfinite(edge) for edge in point.edges)
    assert point.edges == sorted(point.edges)
    assert len(point.edges) == len(point.counts) + 1
    if finite:
        assert (point.minimum, point.maximum) == (min(finite), max(finite))
        assert point.edges[0] <= min(finite)
        assert point.edges[-1] >= max(finite)
        for low, high, count in zip(point.edges, point.edges[1:], point.counts, strict=False):
            inside = sum(low <= value < high or (value == high == point.edges[-1]) for value in finite)
            assert count == inside or low == high or high == point.edges[-1]


def test_bins_hold_their_left_edge_and_the_last_holds_both():
    point = histogram([0, 1, 2, 3, 4], bins=4)
    assert point.edges == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert point.counts == [1, 1, 1, 2]


@pytest.mark.parametrize("value", [0.0, 5.0, -1e300, sys.float_info.max, -sys.float_info.max, 5e-324])
def test_equal_numbers_lie_inside_edges_of_some_width(value):
    point = histogram([value, value], bins=3)
    assert point.edges[0] < point.edges[-1]
    assert sum(point.counts) == 2


def test_ends_whose_difference_overflows_are_no_fault():
    top = sys.float_info.max
    assert histogram([-top, 0.0, top], bins=2).counts == [1, 2]


@pytest.mark.parametrize("values", [[], [math.nan, math.inf], (value for value in [])])
def test_nothing_finite_is_an_empty_histogram(values):
    point = histogram(values)
    assert (point.count, point.minimum, point.maximum, sum(point.counts)) == (0, None, None, 0)


def test_values_of_any_shape_are_taken():
    nested = [[1, 2], [3, [4.0, True]]]
    assert histogram(nested, 2).count == 5
    assert histogram(memoryview(bytes(range(12))).cast("B", shape=[3, 4]), 2).counts == [6, 6]
    assert histogram({1.0, 2.0}, 2).count == 2


@pytest.mark.parametrize("values", ["text", ["1"], [None], 5, [[1], "2"], [1j], [10**400]])
def test_what_is_no_number_is_refused(values):
    with pytest.raises(InvalidValueError, match="numbers"):
        histogram(values)


@pytest.mark.parametrize("bins", [0, -1, 1.5, True, 10**6])
def test_number_of_bins_out_of_range_is_refused(bins):
    with pytest.raises(InvalidValueError, match="bins"):
        histogram([1.0], bins)


@pytest.mark.parametrize("change", [{"edges": [0.0, 1.0, 2.0]}, {"count": 2}, {"counts": []}])
def test_point_that_does_not_add_up_is_refused(change):
    good = {"edges": [0.0, 1.0], "counts": [1], "count": 1}
    HistogramPoint.model_validate(good)
    with pytest.raises(ValidationError):
        HistogramPoint.model_validate(good | change)
