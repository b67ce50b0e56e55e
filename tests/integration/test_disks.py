"""A full and a read-only disk: a clear error, nothing half-created, and an honest end. The disks are real and small."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent

FULL = """
import json, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from misbehaving import FillsTheDisk, fill
from gymdash_core import SimulationTracker

if __name__ == "__main__":
    with SimulationTracker(sys.argv[1]) as tracker:
        tracker.register(FillsTheDisk)
        run = tracker.start("FillsTheDisk")
        ended = tracker.wait(run, 60)
        view = tracker.view(run)
        points = tracker.points(run, "x")
        fill(sys.argv[1] + "/more")
        try:
            tracker.start("FillsTheDisk")
            refused = ""
        except OSError as error:
            refused = str(error)
        print(json.dumps({
            "ended": ended,
            "state": view.state,
            "reason": view.reason,
            "status": tracker.statuses(run)[-1].details,
            "steps": [point.step for point in points],
            "refused": refused,
            "runs": len(tracker.views()),
            "left": sorted(path.name for path in tracker.project.sims.iterdir()),
            "exit": tracker.project.run(run).exit.exists(),
        }))
"""

FULL_AND_DEAF = """
import json, shutil, sys, time
sys.path.insert(0, sys.argv[2])
from misbehaving import FillsTheDiskAndStays
from gymdash_core import SimulationTracker

if __name__ == "__main__":
    with SimulationTracker(sys.argv[1]) as tracker:
        tracker.register(FillsTheDiskAndStays)
        run = tracker.start("FillsTheDiskAndStays")
        while shutil.disk_usage(sys.argv[1]).free:
            time.sleep(0.02)
        tracker.stop(run, grace_s=0.2)
        ended = tracker.wait(run, 60)
        print(json.dumps({"ended": ended, "state": tracker.state(run)}))
"""

READ_ONLY = """
import json, subprocess, sys
from gymdash_core import SimulationTracker

if __name__ == "__main__":
    with SimulationTracker(sys.argv[1]) as tracker:
        first = tracker.create_simulation("custom_control")
        subprocess.run(["mount", "-o", "remount,ro", sys.argv[1]], check=True)
        errors = []
        actions = (lambda: tracker.start("custom_control"), lambda: tracker.start(first), lambda: tracker.stop(first))
        for action in actions:
            try:
                action()
            except OSError as error:
                errors.append(str(error))
        print(json.dumps({"errors": errors, "states": [view.state for view in tracker.views()]}))
"""


def mounting() -> list[str]:
    """The command that runs a shell in a mount namespace of its own."""
    for command in (["unshare", "-m"], ["unshare", "-rm"]):
        attempt = [*command, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
        if subprocess.run(attempt, capture_output=True, check=False).returncode == 0:
            return command
    if os.environ.get("CI"):
        pytest.fail("this machine allows no mount namespace; CI must")
    pytest.skip("needs root, or user namespaces, to mount a small disk")


def run_on_disk(tmp_path, script, size):
    disk = tmp_path / "disk"
    disk.mkdir()
    program = tmp_path / "program.py"
    program.write_text(script)
    shell = f'mount -t tmpfs -o size={size} tmpfs "$1" && exec "$2" "$3" "$1" "$4"'
    done = subprocess.run(
        [*mounting(), "sh", "-c", shell, "sh", disk, sys.executable, program, HERE],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_a_full_disk_fails_the_run_with_its_reason_and_refuses_the_next_one(tmp_path):
    seen = run_on_disk(tmp_path, FULL, "3m")
    assert seen["ended"]
    assert seen["state"] == "failed"
    assert "No space left" in seen["reason"]
    assert "No space left" in seen["status"]
    assert seen["steps"][:10] == list(range(10))
    assert seen["exit"]
    assert "No space left" in seen["refused"]
    assert seen["runs"] == len(seen["left"]) == 1, "the start that was refused left something behind"


def test_a_deaf_run_that_has_filled_the_disk_can_be_stopped(tmp_path):
    seen = run_on_disk(tmp_path, FULL_AND_DEAF, "3m")
    assert seen == {"ended": True, "state": "killed"}


def test_a_read_only_disk_refuses_starts_and_leaves_what_is_there(tmp_path):
    seen = run_on_disk(tmp_path, READ_ONLY, "3m")
    assert len(seen["errors"]) == 3
    assert all("Read-only" in error for error in seen["errors"])
    assert seen["states"] == ["created"]
