"""Small trainings, and what they are watched with."""

from __future__ import annotations

import pytest

from gymdash_core import SimulationTracker

WAIT_S = 100


@pytest.fixture
def tracker(tmp_path):
    with SimulationTracker(tmp_path / "project") as made:
        yield made


@pytest.fixture
def end(tracker):
    """Wait for the end of a run and return what it is then."""

    def wait(run):
        assert tracker.wait(run, WAIT_S), tracker.view(run)
        return tracker.view(run)

    return wait
