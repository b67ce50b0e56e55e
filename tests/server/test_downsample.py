"""Rules of `gymdash_server.points.downsample`: fewer points, and nothing that stands out is lost."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gymdash_server.points.downsample import pick_evenly, pick_extremes

values = st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=1, max_size=400)
limits = st.integers(8, 200)


@settings(deadline=None)  # the first call loads numpy's parts
@given(values, limits)
def test_picked_places_are_few_increasing_and_hold_both_ends(found, limit):
    places = pick_extremes(np.array(found), limit).tolist()
    assert len(places) <= limit
    assert places == sorted(set(places))
    assert (places[0], places[-1]) == (0, len(found) - 1)
    if len(found) <= limit:
        assert places == list(range(len(found)))


@settings(deadline=None)  # the first call loads numpy's parts
@given(values, limits)
def test_extremes_nan_and_infinities_are_never_invisible(found, limit):
    picked = [found[place] for place in pick_extremes(np.array(found), limit)]
    finite = [value for value in found if math.isfinite(value)]
    if finite:
        assert (min(finite), max(finite)) == (
            min(v for v in picked if math.isfinite(v)),
            max(v for v in picked if math.isfinite(v)),
        )
    for strange in (math.inf, -math.inf):
        assert (strange in found) == (strange in picked)
    assert any(map(math.isnan, found)) == any(map(math.isnan, picked))


@settings(deadline=None)  # the first call loads numpy's parts
@given(st.integers(9, 3000), limits, st.data())
def test_spike_is_shown_wherever_it_is(count, limit, data):
    place = data.draw(st.integers(0, count - 1))
    height = data.draw(st.sampled_from([1e9, -1e9, math.nan, math.inf, -math.inf]))
    found = np.sin(np.arange(count) / 7)
    found[place] = height
    assert place in pick_extremes(found, limit)


@settings(deadline=None)  # the first call loads numpy's parts
@given(st.integers(0, 3000), st.integers(2, 200))
def test_even_choice_is_few_increasing_and_holds_both_ends(count, limit):
    places = pick_evenly(count, limit).tolist()
    assert len(places) <= max(limit, 0)
    assert places == sorted(set(places))
    if count:
        assert (places[0], places[-1]) == (0, count - 1)
