"""The dashboard in a headless Chromium: its first view, many live plots, and from a worker's write to the screen.

``GYMDASH_BENCH_MINUTES`` says for how long the live plots are watched; 1 is the default, the limit is for 10.
"""

from __future__ import annotations

import gzip
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from benchmarks.measure import Table
from benchmarks.pages import LIVE, Meter, Spent, address, chromium, page_of
from benchmarks.servers import LOOPS, BenchServer, make_ended_runs, p50_p95, serving

SCRIPT_KB, PAINT_S, UPDATE_MS, GROWTH, SEEN_MS = 250.0, 1.5, 50.0, 1.1, 500.0
RUNS, LOADS = 1000, 7
PLOTS, LINES, POINTS, HERTZ = 20, 10, 2000, 4
SCREEN = (1920, 1080)
POINTS_SEEN = 300
TENSORBOARD_MS = 35_000

#: The settings of a browser in which somebody has chosen small plots.
SMALL_PLOTS = """localStorage.setItem("gymdash-plots", '{"size": "small"}');"""

#: When the first row of the table has been painted: the second frame after it came into the document.
FIRST_ROW = """
new MutationObserver((_, observer) => {
    if (!document.querySelector("[role=table] [role=row] a")) return;
    observer.disconnect();
    requestAnimationFrame(() => requestAnimationFrame(() => { window.painted = performance.now(); }));
}).observe(document, {childList: true, subtree: true});
"""

#: When a card first says that it shows so many points, and the frame with their line has been painted. The card's text
#: and its canvas change in one turn of the page; the next frame shows both, and the one after that proves it.
SEEN = """(key) => {
    window.seen = [];
    const text = document.querySelector(`[aria-label="${key}"] [data-testid=points-shown]`);
    new MutationObserver(() => {
        const count = Number.parseInt(text.textContent.replaceAll(/[^0-9 ]/g, ""));
        requestAnimationFrame(() => requestAnimationFrame(() => window.seen.push([count, Date.now()])));
    }).observe(text, {childList: true, characterData: true, subtree: true});
}"""


def main() -> None:
    """Print size and speed of the first view, cost of live plots, and latency from end to end."""
    with chromium() as browser:
        with tempfile.TemporaryDirectory() as folder:
            make_ended_runs(Path(folder), RUNS)
            with serving(folder) as server:
                _first_view(browser, server)
        with tempfile.TemporaryDirectory() as folder, serving(folder, LOOPS) as server:
            _seen(browser, server)
        with tempfile.TemporaryDirectory() as folder, serving(folder, LOOPS, max_running=LINES) as server:
            _live_plots(browser, server)


def _first_view(browser: Browser, server: BenchServer) -> None:
    floor, paints, sizes = [], [], [0.0]
    for turn in range(LOADS + 1):
        bare, painted, size = _bare(browser, server), *_load(browser, server)
        if turn:
            floor.append(bare)
            paints.append(painted)
            sizes.append(size)
    table = Table(f"first view of a project with {RUNS} runs, an empty cache, medians of {LOADS} loads")
    base, paint = statistics.median(floor), statistics.median(paints)
    table.limit("its scripts, gzipped", max(sizes), SCRIPT_KB, "kB")
    table.row("a bare picture of the same server", f"{base:.2f} s")
    table.row("first row painted, median / worst", f"{paint:.2f} / {max(paints):.2f} s", f"{paint / base:.1f} x that")
    table.limit("first row painted", paint, PAINT_S, "s")


def _bare(browser: Browser, server: BenchServer) -> float:
    """Return the seconds until a page without any script is loaded."""
    with page_of(browser, server) as page:
        page.goto(address(server, "/icon.svg"))
        return float(page.evaluate("performance.timing.loadEventEnd - performance.timing.navigationStart")) / 1000


def _load(browser: Browser, server: BenchServer) -> tuple[float, float]:
    """Return the seconds until the first row is painted, and the kilobytes of the scripts that came until then."""
    scripts: list[Any] = []
    with page_of(browser, server) as page:
        page.on("response", lambda answer: answer.url.endswith(".js") and scripts.append(answer))
        page.add_init_script(FIRST_ROW)
        page.goto(address(server))
        painted = page.wait_for_function("() => window.painted").json_value()
        return float(painted) / 1000, sum(len(gzip.compress(answer.body())) for answer in scripts) / 1000


def _seen(browser: Browser, server: BenchServer) -> None:
    run = server.start("Stamps")
    with page_of(browser, server) as page:
        page.goto(address(server, f"/analyze?runs={run}"))
        page.wait_for_selector("[data-testid=points-shown]")
        page.evaluate(SEEN, "stamp")
        page.wait_for_function("(count) => window.seen.at(-1)?.[0] > count", arg=POINTS_SEEN, timeout=120_000)
        seen = page.evaluate("window.seen")
    server.http.post(f"/simulations/{run}/kill")
    stamps = server.http.get(f"/simulations/{run}/points", params={"key": "stamp"}).json()["value"]
    taken = _latencies(seen, stamps)
    p50, p95 = p50_p95(taken)
    table = Table("from the write in a worker to the painted plot")
    note = f"{len(taken)} points in {len(seen)} frames"
    table.row("a point, p50 / p95 / worst", f"{p50:.0f} / {p95:.0f} / {max(taken):.0f} ms", note)
    table.row("TensorBoard's reload and poll, by default", f"{TENSORBOARD_MS} ms", f"{TENSORBOARD_MS / p95:.0f} x that")
    table.limit("a point, p95", p95, SEEN_MS, "ms")


def _latencies(seen: list[tuple[int, float]], stamps: list[float]) -> list[float]:
    """Return the milliseconds of each point from its stamp to the first frame that had it."""
    taken, known = [], seen[0][0]
    for count, painted_ms in seen[1:]:
        taken += [painted_ms - stamp * 1000 for stamp in stamps[known:count]]
        known = max(known, count)
    return taken


def _live_plots(browser: Browser, server: BenchServer) -> None:
    seconds = float(os.environ.get("GYMDASH_BENCH_MINUTES", "1")) * 60
    runs = [server.start("Crowd", stats=PLOTS, first=POINTS, hertz=HERTZ) for _ in range(LINES)]
    while any(stat["count"] < POINTS for run in runs for stat in _stats(server, run)):
        time.sleep(0.2)
    with page_of(browser, server, SCREEN) as page:
        page.add_init_script(SMALL_PLOTS)
        page.goto(address(server, f"/analyze?runs={','.join(runs)}"))
        page.wait_for_selector(LIVE)
        _until_drawn(page)
        time.sleep(3)
        readings, updates = _watch(page, seconds)
        _until_drawn(page)  # they still are
        points = page.locator("[data-testid=points-shown]").first.inner_text()
    _tell(readings, updates, points, seconds)


def _watch(page: Page, seconds: float) -> tuple[list[Spent], float]:
    """Return ten readings over some time and one from before, and how many updates there were."""
    meter = Meter(page)
    readings, began = [meter.read()], time.monotonic()
    for part in range(1, 11):
        time.sleep(max(0, began + seconds * part / 10 - time.monotonic()))
        readings.append(meter.read())
    return readings, HERTZ * (time.monotonic() - began)


def _tell(readings: list[Spent], updates: float, points: str, seconds: float) -> None:
    first, last = readings[0], readings[-1]
    table = Table(f"{PLOTS} plots x {LINES} runs x {POINTS} points, {HERTZ} updates a second, {seconds / 60:g} minutes")
    script, task = ((b - a) / updates * 1000 for a, b in ((first.script_s, last.script_s), (first.task_s, last.task_s)))
    note = f"time of the processor; {SCREEN[0]} x {SCREEN[1]}, small plots, all drawn"
    table.row("script / main thread, an update", f"{script:.1f} / {task:.1f} ms", note)
    table.limit("script, an update", script, UPDATE_MS, "ms")
    heaps = [reading.heap_mb for reading in readings]
    heap = f"{first.heap_mb:.0f} / {max(heaps):.0f} / {last.heap_mb:.0f} MB"
    table.row("live objects, first / most / last", heap, points)
    table.limit("live objects, last to first", last.heap_mb / first.heap_mb, GROWTH, "x")


def _stats(server: BenchServer, run: str) -> list[dict[str, int]]:
    found: list[dict[str, int]] = server.http.get(f"/simulations/{run}/stats").json()["items"]
    return found if len(found) == PLOTS else [{"count": 0}]


def _until_drawn(page: Page) -> None:
    """Wait until all cards are on the screen, whole, and have the points of all runs."""
    page.wait_for_function(
        """([plots, points]) => {
            const cards = [...document.querySelectorAll("article")];
            const total = (text) => Number.parseInt(text.split(" of ")[1].replaceAll(",", ""));
            return cards.length === plots && cards.every((card) => {
                const { top, bottom } = card.getBoundingClientRect();
                const text = card.querySelector("[data-testid=points-shown]")?.textContent;
                return top >= 0 && bottom <= innerHeight && text && total(text) >= points;
            });
        }""",
        arg=[PLOTS, LINES * POINTS],
        timeout=120_000,
    )
