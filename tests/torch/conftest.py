"""Small trainings, and what they are watched with."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from gymdash_core import SimulationTracker
from known_types import types_kept

WAIT_S = 240


@pytest.fixture
def tracker(tmp_path, known_types):
    with types_kept(tmp_path / "project", known_types), SimulationTracker(tmp_path / "project") as made:
        yield made


@pytest.fixture
def end(tracker):
    """Wait for the end of a run and return what it is then."""

    def wait(run):
        assert tracker.wait(run, WAIT_S), tracker.view(run)
        return tracker.view(run)

    return wait


@pytest.fixture(scope="session")
def trainings():
    """The module of the trainings, which are found by their file."""
    spec = importlib.util.spec_from_file_location("trainings", Path(__file__).with_name("trainings.py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
