"""From the start of a server to its first answer, its memory, and lists of runs, beside imports and a bare route."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.measure import Table
from benchmarks.servers import BenchServer, make_ended_runs, p50_p95, serving, timed_ms

ROUNDS = 5
RUNS = 1000
EMPTY_S, FULL_S, MEMORY_MB, LIST_MS = 1.5, 3.0, 150.0, 30.0
_FLOOR = "import fastapi, uvicorn, sqlmodel, numpy, pydantic_settings, watchfiles, psutil"


def main() -> None:
    """Print start-up time and memory with no runs and with many, and how quickly those are listed."""
    with tempfile.TemporaryDirectory() as folder:
        empty, full = Path(folder, "empty"), Path(folder, "full")
        make_ended_runs(full, RUNS)
        with serving(full) as server:
            first_s = server.started_s
        floor, bare, many, memory = [], [], [], []
        for _ in range(ROUNDS):
            floor.append(_seconds([sys.executable, "-c", _FLOOR]))
            with serving(empty) as server:
                bare.append(server.started_s)
            with serving(full) as server:
                many.append(server.started_s)
                _use(server)
                memory.append(server.memory_mb)
        table = Table(f"start of a server to its first answer, medians of {ROUNDS} alternating runs")
        base = statistics.median(floor)
        table.row("python with the same packages alone", f"{base:.2f} s")
        for name, values, limit in (("empty project", bare, EMPTY_S), (f"{RUNS} ended runs", many, FULL_S)):
            table.row(
                name, f"{statistics.median(values):.2f} s", f"{statistics.median(values) / base:.2f} x the imports"
            )
            table.limit(name, statistics.median(values), limit, "s")
        table.row(
            f"{RUNS} ended runs, index made anew", f"{first_s:.2f} s", f"{first_s / statistics.median(many):.1f} x"
        )
        table.row("memory then, after use", f"{statistics.median(memory):.0f} MB")
        table.limit("memory then, after use", statistics.median(memory), MEMORY_MB, "MB")
        with serving(full) as server:
            _lists(server)


def _use(server: BenchServer) -> None:
    """Read every list once, as a first page load does, and the points of some runs."""
    items = server.http.get("/simulations", params={"limit": RUNS}).json()["items"]
    for item in items[:20]:
        for part in ("stats", "points?key=loss", "statuses", "logs"):
            server.http.get(f"/simulations/{item['id']}/{part}").raise_for_status()


def _lists(server: BenchServer) -> None:
    table = Table(f"GET /simulations of {RUNS} runs, 100 a page")
    http, cursors = server.http, [None]
    while len(cursors) < RUNS // 100 and (cursor := _page(server, cursors[-1]).get("next_cursor")):
        cursors.append(cursor)
    turns = iter([cursors[n % len(cursors)] for n in range(400)])
    floor = p50_p95(timed_ms(lambda: http.get("/health"), 200))
    listed = p50_p95(timed_ms(lambda: _page(server, next(turns)), 300))
    found = p50_p95(timed_ms(lambda: http.get("/simulations", params={"q": "run 99 t1", "sort": "name"}), 100))
    table.row("the smallest route, p50 / p95", f"{floor[0]:.1f} / {floor[1]:.1f} ms")
    for name, values in (("a page, p50 / p95", listed), ("a search, p50 / p95", found)):
        table.row(name, f"{values[0]:.1f} / {values[1]:.1f} ms", f"{values[0] / floor[0]:.1f} x the smallest route")
        table.limit(name.removesuffix("p50 / p95") + "p95", values[1], LIST_MS, "ms")


def _page(server: BenchServer, cursor: str | None) -> dict[str, str]:
    params = {"limit": "100", **({"cursor": cursor} if cursor else {})}
    found: dict[str, str] = server.http.get("/simulations", params=params).json()
    return found


def _seconds(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True)
    return time.perf_counter() - began
