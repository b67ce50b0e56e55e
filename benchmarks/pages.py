"""A headless Chromium for the benchmarks of the dashboard."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.servers import TOKEN, BenchServer

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
LIVE = "[aria-label='Connection: Live']"


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Run a browser: the one that ``GYMDASH_CHROMIUM`` names, one of the machine, or Playwright's own."""
    with sync_playwright() as playwright:
        named = os.environ.get("GYMDASH_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
        browser = playwright.chromium.launch(executable_path=named, args=list(FLAGS))
        yield browser
        browser.close()


@contextlib.contextmanager
def page_of(browser: Browser, server: BenchServer, screen: tuple[int, int] = (1360, 860)) -> Iterator[Page]:
    """Open a page in a browser profile of its own, which has the server's cookie and an empty cache."""
    width, height = screen
    context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
    cookie = {"name": f"gymdash-{server.port}", "value": TOKEN, "url": address(server)}
    context.add_cookies([cookie])  # type: ignore[list-item] # a typed dictionary with these keys
    yield context.new_page()
    context.close()


def address(server: BenchServer, path: str = "/") -> str:
    """Return the address of a view."""
    return f"http://127.0.0.1:{server.port}{path}"


@dataclass(frozen=True)
class Spent:
    """What a page has spent since it began.

    Attributes:
        script_s: Seconds of the processor in scripts.
        task_s: Seconds of the processor in all of the main thread: scripts, layout, painting.
        heap_mb: Megabytes of live objects, after a collection.
    """

    script_s: float
    task_s: float
    heap_mb: float


class Meter:
    """Reads what a page spends, by Chromium's own counters.

    Args:
        page: The page.
    """

    def __init__(self, page: Page) -> None:
        self._session = page.context.new_cdp_session(page)
        self._session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def read(self) -> Spent:
        """Collect garbage and read the counters; what the collection takes is in them."""
        self._session.send("HeapProfiler.collectGarbage")
        metrics = self._session.send("Performance.getMetrics")["metrics"]
        found = {item["name"]: float(item["value"]) for item in metrics}
        return Spent(found["ScriptDuration"], found["TaskDuration"], found["JSHeapUsedSize"] / 1e6)
