"""A server's start, memory, lists of runs and end, beside imports, a bare route and a server that nobody uses."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.measure import Table
from benchmarks.servers import LOOPS, BenchServer, make_ended_runs, p50_p95, serving, timed_ms

ROUNDS = 5
RUNS = 1000
EMPTY_S, FULL_S, MEMORY_MB, LIST_MS, END_S = 1.5, 3.0, 150.0, 30.0, 5.0
STREAMS = 5
_FLOOR = "import fastapi, uvicorn, sqlmodel, numpy, pydantic_settings, watchfiles, psutil"


def main() -> None:
    """Print start-up time and memory with no runs and with many, how quickly those are listed, and how it ends."""
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
        _ends(Path(folder, "used"))


def _ends(folder: Path) -> None:
    with serving(folder) as server:
        unused_s = server.end_s()
    with serving(folder, LOOPS) as server, ThreadPoolExecutor() as pool:
        runs = [server.start("Sleeping") for _ in range(2)]
        for _ in range(STREAMS):
            pool.submit(_listen, server)
        for run in runs:
            query = {"channels": {"custom_query": {}}, "timeout_s": 60}
            pool.submit(server.http.post, f"/simulations/{run}/query", json=query)
            while not any(item["pending"] for item in server.http.get(f"/simulations/{run}/channels").json()["items"]):
                time.sleep(0.01)
        used_s = server.end_s()
    with serving(folder, LOOPS):
        pass  # ends the runs
    table = Table("end of a server by SIGTERM")
    table.row("without requests", f"{unused_s:.2f} s")
    name = f"with {STREAMS} streams, {len(runs)} runs, a query to each"
    table.row(name, f"{used_s:.2f} s", f"{used_s / unused_s:.1f} x")
    table.limit(name, used_s, END_S, "s")


def _listen(server: BenchServer) -> None:
    with server.http.stream("GET", "/events") as answer:
        for _ in answer.iter_lines():
            pass


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
