"""A real Chromium that drives the page of a real server with real runs.

The browser is Debian's, another of the machine, or Playwright's own; ``GYMDASH_CHROMIUM`` names one. Where there is
none the tests are skipped, and fail where ``CI`` is set. Playwright is started for each module: while it runs, no other
event loop can run on its thread.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect, sync_playwright

from gymdash_server.app import STATIC
from gymdash_server.settings import Settings
from known_types import types_kept

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, Page, Route

ROOT = Path(__file__).parents[2]
LOAD = str(Path(__file__).with_name("simulations.py"))
SCREENSHOTS = ROOT / "screenshots"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
#: For what is expected of a page: a run that it starts may import torch first, on a machine that is busy.
PATIENCE_MS = 60_000
#: For one test, which waits many times.
LONG_S = 600


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.timeout(LONG_S))


def _server_conftest() -> Any:
    name = "gymdash_server_conftest"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, ROOT / "tests" / "server" / "conftest.py")
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


#: The fixture `spawn`: a server in a process of its own.
spawn = _server_conftest().spawn


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not (STATIC / "index.html").is_file():
        pytest.fail("the dashboard is not built; `make frontend` builds it")
    with sync_playwright() as playwright:
        named = os.environ.get("GYMDASH_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
        path = named or playwright.chromium.executable_path
        if not Path(path).exists():
            message = "no Chromium: install Debian's `chromium`, or run `playwright install chromium`"
            pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
        expect.set_options(timeout=PATIENCE_MS)
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@contextlib.contextmanager
def _serving(folder: Path, eventually: Any, known_types: Path) -> Iterator[Any]:
    """Run a server over a new project, with the simulations of this folder."""
    conftest = _server_conftest()
    settings = Settings(project=folder, port=0, token=conftest.TOKEN, usage_period_s=0.5, load=(LOAD,))
    with types_kept(folder, known_types), conftest.running(settings, eventually) as live:
        yield live


@pytest.fixture(scope="module")
def _shared_server(tmp_path_factory, eventually, known_types) -> Iterator[Any]:
    with _serving(tmp_path_factory.mktemp("shared") / "project", eventually, known_types) as live:
        yield live


@pytest.fixture
def server(_shared_server) -> Iterator[Any]:
    """A running server without runs; the tests of a module share it, and it forgets what each has started."""
    yield _shared_server
    runs = [run for trashed in (False, True) for run in _runs_of(_shared_server, trashed)]
    for run in runs:
        _shared_server.http.post(f"/simulations/{run}/kill")  # no effect on one that has ended
    for run in runs:
        _shared_server.ended(run)
        _shared_server.http.delete(f"/simulations/{run}", params={"purge": True}).raise_for_status()


def _runs_of(server: Any, trashed: bool) -> list[str]:
    return [run["id"] for run in server.get("/simulations", trashed=trashed, limit=500)["items"]]


@pytest.fixture
def own_server(tmp_path, eventually, known_types) -> Iterator[Any]:
    """A server of the test alone, for one that changes what servers find when they start."""
    with _serving(tmp_path / "project", eventually, known_types) as live:
        yield live


@dataclass
class Pages:
    """Opens pages of the server, and keeps what their consoles complain about.

    Attributes:
        expected: Parts of complaints that a test causes on purpose; a browser tells each failed request.
    """

    browser: Browser
    server: Any
    complaints: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = ()
    contexts: list[BrowserContext] = field(default_factory=list)

    def open(self, path: str = "", scheme: str = "light", **options: Any) -> Page:
        """Open a view in a browser of its own that has the server's cookie; without one, the printed address."""
        context = self.browser.new_context(
            viewport={"width": 1360, "height": 860}, color_scheme=scheme, reduced_motion="reduce", **options
        )
        self.contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", self._refuse)
        page.on("crash", lambda _: self.complaints.append("the page has crashed"))
        token = _server_conftest().TOKEN
        if path:
            name = f"gymdash-{self.server.url.rpartition(':')[2]}"
            context.add_cookies([{"name": name, "value": token, "url": self.server.url}])
        page.goto(self.server.url + (path or f"/?token={token}"))
        expect(page.get_by_role("status", name="Connection: Live")).to_be_visible()
        return page

    def schemes(self, page: Page) -> Iterator[str]:
        """Show a page in each scheme in turn, and say which that is; colours are all that changes."""
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            expect(page.locator(f"html[data-mantine-color-scheme={scheme}]")).to_be_attached()
            yield scheme

    def _hear(self, message: Any) -> None:
        if message.type in {"error", "warning"} and not any(part in message.text for part in self.expected):
            self.complaints.append(message.text)

    def _refuse(self, dialog: Any) -> None:
        self.complaints.append(f"a dialog: {dialog.message}")  # the page has none; a run's name may try
        dialog.dismiss()

    def close(self) -> None:
        for context in self.contexts:
            context.close()


@pytest.fixture
def pages(browser, server) -> Iterator[Pages]:
    """Opens pages; at the end no console has complained."""
    found = Pages(browser, server)
    yield found
    found.close()
    assert found.complaints == []


class Held:
    """Requests of a page that wait until they are let go; what comes behind that does not wait.

    Attributes:
        count: How many have come.
    """

    def __init__(self, page: Page, pattern: str | re.Pattern[str]) -> None:
        self.count = 0
        self._waiting: list[Route] | None = []
        page.route(pattern, self._take)

    def _take(self, route: Route) -> None:
        self.count += 1
        if self._waiting is None:
            route.continue_()
        else:
            self._waiting.append(route)

    def let_go(self) -> None:
        waiting, self._waiting = self._waiting or [], None
        for route in waiting:
            route.continue_()


@pytest.fixture
def hold_back() -> type[Held]:
    """Call it with a page and a pattern of addresses to let requests wait."""
    return Held


@pytest.fixture
def screenshots() -> Path:
    """The folder of pictures, which git ignores."""
    SCREENSHOTS.mkdir(exist_ok=True)
    return SCREENSHOTS
