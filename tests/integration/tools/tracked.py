"""What tests of a tracker share: how long they wait, how a run ends, and a simulation of the test's own process."""

from __future__ import annotations

import threading
import time

from gymdash_core import Simulation

WAIT_S = 60


def end(tracker, run_id):
    assert tracker.wait(run_id, WAIT_S), tracker.view(run_id)
    return tracker.view(run_id)


class Local(Simulation):
    """Runs on a thread of the test's own process."""

    def _setup(self, **kwargs):
        self.setup_thread = threading.current_thread()

    def _run(self, **kwargs):
        self.run_thread, self.seen = threading.current_thread(), kwargs
        for step in range(self.config.kwargs.get("steps", 3)):
            self.log("x", step, step)
            self.tick(step)
            time.sleep(0.005)
