"""The tutorial about plugins, followed line by line: what it makes and installs draws its picture in a real browser."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace

import pytest
from playwright.sync_api import expect

from following import follow
from live_servers import TOKEN
from pages import PLUGIN_TUTORIAL, ROOT, blocks_of
from terminals import Terminal


@pytest.fixture
def terminal(tmp_path):
    """A terminal in which the tutorial was followed to its end."""
    found = Terminal(tmp_path)
    found.environment["GYMDASH_TOKEN"] = TOKEN
    try:
        follow(found, PLUGIN_TUTORIAL)
        yield found
    finally:
        found.close()


@pytest.fixture
def server(terminal):
    """The server that the tutorial has left running, for the fixture `pages`."""
    (server,) = terminal.served.values()
    assert server.poll() is None
    told = json.loads((terminal.folder / ".gymdash" / "server.json").read_text())
    return SimpleNamespace(url=told["url"])


def run_named(terminal, name):
    code, printed = terminal.run(f"gymdash show {name} --json")
    assert code == 0, printed
    return json.loads(printed)["id"]


def test_what_the_tutorial_makes_draws_its_picture(terminal, pages, screenshots):
    runs = [run_named(terminal, name) for name in ("first", "circles", "curves")]
    page = pages.open(f"/analyze?runs={','.join(runs[1:])}")
    card = page.get_by_role("article", name="way")
    drawing = card.get_by_role("img", name=re.compile(r"^way: .*circles at step 500"))
    expect(drawing).to_be_visible()
    expect(drawing.locator("circle")).to_have_count(2)
    ways = drawing.locator("polyline").all()
    assert len({way.get_attribute("stroke") for way in ways}) == len(ways) == 2
    drawing.scroll_into_view_if_needed()
    page.screenshot(path=screenshots / "tutorial-plugin.png")
    page = pages.open(f"/analyze?runs={runs[0]}")
    expect(page.get_by_role("img", name="way: first at step 200")).to_be_visible()


def test_the_tutorial_shows_what_the_command_writes(tmp_path):
    terminal = Terminal(tmp_path)
    code, printed = terminal.run("gymdash new-plugin walk --renderer")
    assert code == 0, printed
    shown = {block.path: block.text.partition("\n")[2] for block in blocks_of(ROOT / PLUGIN_TUTORIAL) if block.path}
    for path in ("src/gymdash_walk/plugin.py", "src/gymdash_walk/ways.py"):
        assert shown[path] == (terminal.folder / "gymdash-walk" / path).read_text()
