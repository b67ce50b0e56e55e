"""Simulations that misbehave, in a module that workers can import, and a tracker that leaves nothing behind."""

from __future__ import annotations

import contextlib
import importlib.util
import sys
from pathlib import Path

import psutil
import pytest

from gymdash_core.locks import holder
from gymdash_core.tracker import SimulationTracker
from tracked import WAIT_S

SOURCE = Path(__file__).with_name("misbehaving.py")


@pytest.fixture(scope="session")
def misbehaving():
    """The module `misbehaving`, loaded from its file."""
    spec = importlib.util.spec_from_file_location("misbehaving", SOURCE)
    module = importlib.util.module_from_spec(spec)
    sys.modules["misbehaving"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def tracker(tmp_path, misbehaving):
    """A tracker on the process executor with all misbehaving simulations registered."""
    with SimulationTracker(tmp_path / "project") as made:
        for cls in misbehaving.ALL:
            made.register(cls)
        yield made
        end_everything(made)


@pytest.fixture
def walker(tracker):
    """A run that goes on until it is told otherwise."""
    run = tracker.start("Walker")
    assert tracker.wait_for(run, ["running"], WAIT_S)
    return run


def end_everything(tracker):
    """Kill whatever a test has left alive, by the pids that hold its locks."""
    for run in tracker.project.runs():
        for lock in (run.worker_lock, run.supervisor_lock):
            pid = holder(lock)
            with contextlib.suppress(psutil.NoSuchProcess):
                family = psutil.Process(pid) if pid is not None else None
                for process in [*family.children(recursive=True), family] if family else []:
                    process.kill()
