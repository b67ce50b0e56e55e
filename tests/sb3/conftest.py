"""Small, quick agents, and environments that misbehave."""

from __future__ import annotations

from pathlib import Path

import pytest

from gymdash_core import SimStatusCode, SimulationTracker
from known_types import types_kept

WAIT_S = 240
#: So small that an update takes no time.
SMALL = {"n_steps": 64, "batch_size": 32, "n_epochs": 1}
STRANGERS = Path(__file__).with_name("strangers.py")


@pytest.fixture
def tracker(tmp_path, known_types):
    with types_kept(tmp_path / "project", known_types), SimulationTracker(tmp_path / "project") as made:
        yield made


@pytest.fixture
def small():
    return SMALL


@pytest.fixture
def with_environments(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(STRANGERS.parent))


@pytest.fixture
def end(tracker):
    def ended(run):
        assert tracker.wait(run, WAIT_S), tracker.view(run)
        return tracker.view(run)

    return ended


@pytest.fixture
def start(tracker):
    def started(**kwargs):
        return tracker.start("stable_baselines", kwargs={"algorithm_kwargs": SMALL, "seed": 1, **kwargs})

    return started


@pytest.fixture
def curve(tracker):
    def read(run, key="rollout/ep_rew_mean"):
        return [(point.step, point.value) for point in tracker.points(run, key)]

    return read


@pytest.fixture
def infos(tracker):
    return lambda run: [status.details for status in tracker.statuses(run) if status.code is SimStatusCode.INFO]
