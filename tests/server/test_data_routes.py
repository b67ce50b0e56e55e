"""Rules of `gymdash_server.api.routes.data`: how much is asked for is moved to the bounds, and not refused."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module")
def run(shared):
    """A run with 100 points."""
    found = shared.start("Walker", steps=100, period=0)
    shared.ended(found)
    return found


@pytest.mark.parametrize(
    ("asked", "most"), [(-(10**30), 8), (0, 8), (1, 8), (7, 8), (8, 8), (100_001, 100), (10**30, 100)]
)
def test_points_are_thinned_to_what_can_be_asked_for(shared, run, asked, most):
    found = shared.get(f"/simulations/{run}/points", key="height", max_points=asked)
    assert 0 < len(found["step"]) <= most
    assert found["total"] == 100
    assert 99 in found["step"]


@pytest.mark.parametrize("limit", [-(10**30), 0, 3, 4, 10**30])
def test_logs_are_read_in_pieces_that_can_be_asked_for(shared, run, limit):
    found = shared.get(f"/simulations/{run}/logs", offset=0, limit=limit)
    assert found["next_offset"] <= max(4, min(limit, found["size"]))
