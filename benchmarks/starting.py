"""From `start` to `running` against the interpreter with pydantic alone; memory of supervisor and workers."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from uuid import UUID

import psutil

from benchmarks.measure import Table
from gymdash_core import SimulationTracker
from gymdash_core.journal import read_json
from gymdash_core.locks import holder

ROUNDS = 9
LIMIT_MS = 300.0
SUPERVISOR_MB = 15.0
WORKERS = 100


def main() -> None:
    """Print start-up time, memory, and that a hundred idle workers fit."""
    with tempfile.TemporaryDirectory() as folder, SimulationTracker(folder) as tracker:
        tracker.start("custom_control", total_runtime=0)  # fills caches
        floor, ours = [], []
        for _ in range(ROUNDS):
            floor.append(_time_ms([sys.executable, "-c", "import pydantic; pydantic.TypeAdapter(int)"]))
            ours.append(_start_ms(tracker))
        table = Table("from start to running, medians of alternating runs")
        table.row("python with pydantic alone", f"{statistics.median(floor):.0f} ms")
        ratio = statistics.median(ours) / statistics.median(floor)
        table.row("start to running", f"{statistics.median(ours):.0f} ms", f"{ratio:.2f} x")
        table.limit("start to running", statistics.median(ours), LIMIT_MS, "ms")
        _many(tracker)


def _start_ms(tracker: SimulationTracker) -> float:
    began = time.perf_counter()
    run = tracker.start("custom_control", total_runtime=60)
    state = tracker.project.run(run).state
    while (read_json(state) or {}).get("state") != "running":
        time.sleep(0.002)
    taken = (time.perf_counter() - began) * 1000
    tracker.kill(run)
    tracker.wait(run)
    return taken


def _time_ms(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True)
    return (time.perf_counter() - began) * 1000


def _many(tracker: SimulationTracker) -> None:
    began = time.perf_counter()
    runs = [tracker.start("custom_control", interactive=True) for _ in range(WORKERS)]
    try:
        _measure_idle(tracker, runs, began)
    finally:  # process runs outlive the script that started them
        tracker.kill(runs)
        tracker.wait(runs)


def _measure_idle(tracker: SimulationTracker, runs: list[UUID], began: float) -> None:
    for run in runs:
        tracker.wait_for(run, ["waiting"], 120)
    table = Table(f"{WORKERS} idle workers at once")
    folders = [tracker.project.run(run) for run in runs]
    workers = [psutil.Process(pid) for folder in folders if (pid := holder(folder.worker_lock))]
    supervisors = [psutil.Process(pid) for folder in folders if (pid := holder(folder.supervisor_lock))]
    table.row("all waiting after", f"{time.perf_counter() - began:.1f} s", f"{len(workers)} alive")
    own = sum(p.memory_full_info().uss for p in (*workers, *supervisors)) / 2**30
    total = psutil.virtual_memory().total / 2**30
    table.row("memory of their own", f"{own:.2f} GiB", f"{own / total:.1%} of this machine's {total:.0f} GiB")
    resident = statistics.median(p.memory_info().rss for p in supervisors) / 2**20
    table.row("supervisor, resident", f"{resident:.1f} MiB")
    table.limit("supervisor, resident", resident, SUPERVISOR_MB, "MiB")
    table.row("worker, resident", f"{statistics.median(p.memory_info().rss for p in workers) / 2**20:.1f} MiB")
    before = sum(sum(p.cpu_times()[:2]) for p in (*workers, *supervisors))
    time.sleep(5)
    busy = sum(sum(p.cpu_times()[:2]) for p in (*workers, *supervisors)) - before
    table.row("processor time while idle", f"{busy / 5:.2f} cores", f"{busy / 5 / WORKERS:.2%} of a core each")
