"""Queries of a live run in a process of its own, against a bare socket round trip, under three kinds of loops."""

from __future__ import annotations

import socket
import statistics
import tempfile
import threading
import time
from collections.abc import Callable

from benchmarks import loops
from benchmarks.measure import Table
from gymdash_core import SimulationTracker

COUNT = 200
LIMITS_MS = {"Sleeping": 1.0, "Numeric": 1.0, "Burning": 10.0}


def main() -> None:
    """Print the median time of a progress query under each loop."""
    floor = _median_ms(_echo())
    table = Table("progress answered by the control thread, median")
    table.row("bare socket round trip between threads", f"{floor:.3f} ms")
    with tempfile.TemporaryDirectory() as folder, SimulationTracker(folder) as tracker:
        for name, limit in LIMITS_MS.items():
            tracker.register(getattr(loops, name))
            run = tracker.start(name)
            tracker.query(run, {"progress": None}, 60)
            handle = tracker._talk.live(tracker.project.run(run), "be queried")
            try:
                bare = _median_ms(lambda handle=handle: handle.query({"progress": None}, 5.0))
                whole = _median_ms(lambda run=run: tracker.query(run, {"progress": None}, 5.0))
            finally:  # process runs outlive the script that started them
                tracker.kill(run)
                tracker.wait(run)
            table.row(f"{name.lower()} loop", f"{bare:.3f} ms", f"{bare / floor:.0f} x the round trip")
            table.row(f"{name.lower()} loop, through the tracker", f"{whole:.3f} ms", "judges the run's state first")
            table.limit(f"{name.lower()} loop", bare, limit, "ms")


def _median_ms(call: Callable[[], object]) -> float:
    taken = []
    for _ in range(COUNT):
        began = time.perf_counter()
        call()
        taken.append(time.perf_counter() - began)
        time.sleep(0.001)
    return statistics.median(taken) * 1000


def _echo() -> Callable[[], object]:
    """Return a call that sends a line to a thread and reads it back."""
    here, there = socket.socketpair()

    def serve() -> None:
        while data := there.recv(4096):
            there.sendall(data)

    threading.Thread(target=serve, daemon=True).start()

    def call() -> None:
        here.sendall(b"x" * 200)
        here.recv(4096)

    return call
