"""Rules of `gymdash_core.watch`: nobody waits for what has come, whoever saw it first."""

from __future__ import annotations

import threading

from gymdash_core import Simulation, watch
from gymdash_core.runview import read_run
from gymdash_core.testing import start_simulation


class Ticking(Simulation):
    def _run(self, **kwargs):
        while True:
            self.tick()


def test_a_change_that_was_read_while_somebody_else_read_what_was_before_is_not_lost(monkeypatch):
    with start_simulation(Ticking) as run:
        run.wait_for("running")
        folder = run.tracker.project.run(run.id)
        before = read_run(folder)
        run.tracker.pause(run.id)
        run.wait_for("paused")
        has_read = threading.Event()

        def read_before(_):
            has_read.set()
            return before

        monkeypatch.setattr(watch, "read_run", read_before)  # the one who waits began to read later, and saw less
        found = []
        waiter = threading.Thread(target=lambda: found.append(run.tracker.wait_for(run.id, "paused", 30)))
        waiter.start()
        assert has_read.wait(30)
        run.tracker._watch._on_change(folder, read_run(folder), 0.0)  # as the monitor, which tells a change once
        waiter.join()
        assert found == [True]
