"""Small, quick agents, and environments that misbehave."""

from __future__ import annotations

import pytest

from gymdash_core import SimulationTracker

WAIT_S = 100
#: So small that an update takes no time.
SMALL = {"n_steps": 64, "batch_size": 32, "n_epochs": 1}


@pytest.fixture
def tracker(tmp_path):
    with SimulationTracker(tmp_path / "project") as made:
        yield made


def end(tracker, run):
    assert tracker.wait(run, WAIT_S), tracker.view(run)
    return tracker.view(run)
