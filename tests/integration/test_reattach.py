"""A run does not notice that whoever started it is gone, and whoever comes next finds it again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from gymdash_core.errors import TargetError, WrongStateError
from gymdash_core.status import RunState
from gymdash_core.tracker import SimulationTracker

HERE = Path(__file__).parent
WAIT_S = 60

PARENT = """
import sys, time
sys.path.insert(0, sys.argv[2])
from misbehaving import Walker
from gymdash_core import SimulationTracker

if __name__ == "__main__":
    tracker = SimulationTracker(sys.argv[1], executor=sys.argv[3])
    tracker.register(Walker)
    run = tracker.start("Walker")
    tracker.wait_for(run, ["running"], 60)
    print(run, flush=True)
    time.sleep(600)
"""

UNGUARDED = """
from gymdash_core import Simulation, SimulationTracker

class Plain(Simulation):
    def _run(self, **kwargs):
        pass

tracker = SimulationTracker({project!r})
tracker.register(Plain)
run = tracker.start("Plain")
tracker.wait(run, 60)
print(tracker.view(run).reason)
tracker.close()
"""


@pytest.fixture
def parent(tmp_path):
    """Start a script that starts a run; return its process and the run's id."""
    processes = []

    def start(executor):
        script = tmp_path / "parent.py"
        script.write_text(PARENT)
        command = [sys.executable, script, tmp_path / "project", HERE, executor]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
        processes.append(process)
        return process, process.stdout.readline().strip()

    yield start
    for process in processes:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_parent_killed_in_mid_run_disturbs_nothing_and_a_new_tracker_stops_the_run(parent, tmp_path):
    process, run = parent("process")
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    with SimulationTracker(tmp_path / "project") as tracker:
        assert tracker.state(run) is RunState.RUNNING
        before = tracker.query(run, {"progress": None}, WAIT_S)["progress"].value[0]
        assert tracker.query(run, {"twice": 3}, WAIT_S)["twice"].value == 6.0
        tracker.stop(run)
        assert tracker.wait(run, WAIT_S)
        assert tracker.state(run) is RunState.STOPPED
        points = tracker.points(run, "height")
        assert [point.step for point in points] == list(range(len(points)))
        assert len(points) > before


def test_a_detached_tracker_can_be_followed_by_another_while_the_run_goes_on(parent, tmp_path):
    _, run = parent("process")
    for _ in range(2):
        with SimulationTracker(tmp_path / "project") as tracker:
            assert tracker.query(run, {"progress": None}, WAIT_S)["progress"].triggered
    with SimulationTracker(tmp_path / "project") as tracker:
        tracker.kill(run)
        assert tracker.wait(run, WAIT_S)
        assert tracker.state(run) is RunState.KILLED


def test_a_thread_run_whose_process_was_killed_is_lost(parent, tmp_path, monkeypatch):
    monkeypatch.setattr("gymdash_core.runview.START_GRACE", timedelta(hours=1))
    process, run = parent("thread")
    with SimulationTracker(tmp_path / "project") as tracker:
        assert tracker.state(run) is RunState.RUNNING
        with pytest.raises(WrongStateError, match="this process can reach"):
            tracker.query(run, {"progress": None})
        process.kill()
        process.wait()
        assert tracker.state(run) is RunState.RUNNING, "too young to be given up"
        monkeypatch.setattr("gymdash_core.runview.START_GRACE", timedelta(0))
        assert tracker.state(run) is RunState.LOST


def test_a_thread_run_of_another_process_is_stopped_through_its_files(parent, tmp_path):
    process, run = parent("thread")
    with SimulationTracker(tmp_path / "project") as tracker:
        tracker.stop(run)
        assert tracker.wait(run, WAIT_S)
        assert tracker.state(run) is RunState.STOPPED
    assert process.poll() is None


def test_a_script_without_main_guard_is_told_so(tmp_path):
    script = tmp_path / "unguarded.py"
    script.write_text(UNGUARDED.format(project=str(tmp_path / "project")))
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=100, check=True)
    assert "__main__" in done.stdout
    assert TargetError.__name__ in done.stdout


def test_no_process_of_an_ended_run_is_left(parent, tmp_path):
    _, run = parent("process")
    folder = str(tmp_path / "project" / "sims" / run)
    with SimulationTracker(tmp_path / "project") as tracker:
        tracker.stop(run)
        assert tracker.wait(run, WAIT_S)

    def alive():
        found = [p for p in psutil.process_iter(["cmdline", "status"]) if folder in (p.info["cmdline"] or [])]
        return [p for p in found if p.info["status"] != psutil.STATUS_ZOMBIE]

    deadline = time.monotonic() + WAIT_S
    while alive():
        assert time.monotonic() < deadline
        time.sleep(0.02)
