"""What was logged more than a second before a SIGKILL is on disk: counted, not timed."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from pathlib import Path

from benchmarks.measure import Table
from gymdash_core import Simulation, SimulationTracker
from gymdash_core.locks import holder


class Counting(Simulation):
    """Log as fast as it can and note each second how far it has come."""

    def _run(self, **kwargs: object) -> None:
        began = time.monotonic()
        for step in range(10**9):
            self.log("count", step, step)
            if time.monotonic() - began > 1:
                began = time.monotonic()
                Path(self.sim_path, "noted").write_text(str(step))


def main() -> None:
    """Kill a run in full flight and print what it had noted and what is there."""
    with tempfile.TemporaryDirectory() as folder, SimulationTracker(folder) as tracker:
        tracker.register(Counting)
        run = tracker.start("Counting")
        files = tracker.project.run(run)
        noted = files.path / "noted"
        while not noted.exists():
            time.sleep(0.01)
        time.sleep(0.5)
        os.kill(holder(files.worker_lock) or 0, signal.SIGKILL)
        tracker.wait(run)
        points = tracker.points(run, "count")
        table = Table("points after a SIGKILL in full flight")
        table.row("logged a while before it", noted.read_text())
        table.row("found", str(len(points)), f"last step {points[-1].step}, none missing: {_gapless(points)}")


def _gapless(points: list[object]) -> bool:
    return [point.step for point in points] == list(range(len(points)))  # type: ignore[attr-defined]
