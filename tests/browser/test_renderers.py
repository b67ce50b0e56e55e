"""Renderers of plugins in a real browser: a sound one draws, a broken one has a notice in its place, the page lives."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect

ROOT = Path(__file__).parents[2]
SITE = Path(__file__).with_name("drawn")


@pytest.fixture
def server(own_server):
    """A server that starts when the package is on the path."""
    return own_server


@pytest.fixture(autouse=True)
def plugin(monkeypatch, request):
    """The plugin of ``drawn/``, on the path of the server that the test starts."""
    assert not {"own_server", "_shared_server"} & set(request.fixturenames[: request.fixturenames.index("plugin")])
    monkeypatch.syspath_prepend(SITE)
    yield
    forget("gymdash_drawn")


@pytest.fixture
def written(tmp_path, monkeypatch):
    """The package of the how-to page, written and on the path."""
    text = (ROOT / "docs" / "how-to" / "draw-a-stat-kind.md").read_text()
    for path, body in re.findall(r"^```(?:python|js)\n(?:#|//) src/(\S+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        (tmp_path / "site" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "site" / path).write_text(body)
    info = tmp_path / "site" / "gymdash_tracks-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: gymdash-tracks\nVersion: 0.1.0\n")
    (info / "entry_points.txt").write_text("[gymdash]\ntracks = gymdash_tracks.plugin\n")
    monkeypatch.syspath_prepend(tmp_path / "site")
    yield
    forget("gymdash_tracks")


def forget(package):
    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        del sys.modules[name]


def faults():
    spec = importlib.util.spec_from_file_location("drawn_plugin", SITE / "gymdash_drawn" / "plugin.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.FAULTS


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_renderer_draws_the_points_of_all_shown_runs(pages, server, screenshots, scheme):
    runs = [server.start("drawing", steps=3), server.start("drawing", steps=30)]
    for run in runs:
        assert server.ended(run)["state"] == "succeeded"
    page = pages.open(f"/analyze?runs={','.join(runs)}", scheme)
    card = page.get_by_role("article", name="route")
    drawn = r"drawing \(\w{8}\): (3|30)"
    expect(card.get_by_text(re.compile(rf"^route of .*{drawn}, {drawn}; step null$"))).to_be_visible()
    element = card.locator("drawn-path")
    expect(element).to_have_attribute("data-theme", scheme)
    expect(element.locator("polyline")).to_have_count(2)
    page.screenshot(path=screenshots / f"renderers-{scheme}.png", full_page=True)
    page.get_by_role("button", name=re.compile("Dark|Light|theme", re.IGNORECASE)).first.click()
    expect(element).to_have_attribute("data-theme", "dark" if scheme == "light" else "light")


def test_an_element_tells_a_step_and_asks_for_points(pages, server):
    run = server.start("drawing", steps=3)
    server.ended(run)
    page = pages.open(f"/analyze?runs={run}")
    element = page.locator("drawn-path")
    expect(element).to_have_attribute("data-asked", "[1]")
    element.get_by_role("button", name="Point out").click()
    expect(element).to_contain_text("; step 2")
    page.get_by_role("button", name=re.compile("^Step 2 is pointed out")).click()
    expect(element).to_contain_text("; step null")


def test_a_renderer_is_told_what_comes(pages, server):
    run = server.start("drawing", steps=100_000, pause_s=0.05)
    server.until(run, "running")
    page = pages.open(f"/analyze?runs={run}")
    told = page.locator("drawn-path output")
    expect(told).to_contain_text("route of drawing")
    before = told.inner_text()
    expect(told).not_to_have_text(before)


def test_broken_renderers_have_a_notice_in_their_place_and_the_page_lives(pages, server, screenshots):
    run = server.start("drawing", steps=3)
    assert server.ended(run)["state"] == "succeeded"
    page = pages.open(f"/analyze?runs={run}")
    expect(page.locator("drawn-path output")).to_contain_text("route of drawing: 3")
    for kind, reason in faults().items():
        card = page.get_by_role("article", name=f"stat {kind}")
        card.scroll_into_view_if_needed()
        notice = card.get_by_role("alert")
        expect(notice).to_contain_text(f"{kind} are not drawn: the renderer of plugin drawn is broken")
        expect(notice).to_contain_text(reason)
    page.get_by_role("article", name="stat throws_at_data").scroll_into_view_if_needed()
    page.screenshot(path=screenshots / "renderers-broken-light.png")
    page.get_by_role("heading", name="Analyze").scroll_into_view_if_needed()
    expect(page.locator("drawn-path output")).to_contain_text("route of drawing: 3")
    expect(page.get_by_role("article", name="length").get_by_test_id("points-shown")).to_have_text("3 of 3 points")


def test_a_module_of_the_page_offers_a_renderer_and_a_broken_one_is_told(pages, server):
    run = server.start("drawing", steps=1)
    server.ended(run)
    page = pages.open(f"/analyze?runs={run}")
    card = page.get_by_role("article", name="stat offered")
    card.scroll_into_view_if_needed()
    expect(card).to_contain_text("offered for stat offered")
    page.goto(f"{server.url}/plugins")
    shown = page.get_by_role("article", name="drawn")
    expect(shown).to_contain_text("page module static/offers.mjs")
    expect(shown).to_contain_text("page module static/raises_at_import.js: meant to break at import")


def test_the_renderer_of_the_documentation_draws(written, server, pages, screenshots):
    run = server.start("spiral", steps=5)
    assert server.ended(run)["state"] == "succeeded"
    page = pages.open(f"/analyze?runs={run}")
    element = page.locator("gymdash-tracks")
    expect(element).to_have_attribute("title", "step 5")
    element.click()
    expect(page.get_by_role("button", name=re.compile("^Step 5 is pointed out"))).to_be_visible()
    page.screenshot(path=screenshots / "renderer-of-the-page-light.png")
