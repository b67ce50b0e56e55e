"""Each view, light and dark: no serious violation of accessibility rules, no complaint, and a picture of it."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from gymdash_server.app import STATIC

AXE = STATIC.parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
pytestmark = pytest.mark.timeout(300)  # two dozen views and checks of them, on a busy machine
SERIOUS = {"serious", "critical"}
VIEWS = {
    "runs": ("/", "Runs"),
    "start": ("/start?type=Learner", "Learner"),
    "control": ("/control?runs={run}", "Control"),
    "analyze": ("/analyze?runs={run},{ended}", "eval/score"),
    "run": ("/runs/{run}?runs={run}", "learner"),
    "logs": ("/runs/{run}?tab=logs&runs={run}", "learner"),
    "statuses": ("/runs/{failed}?tab=statuses&runs={failed}", "Odd"),
    "provenance": ("/runs/{ended}?tab=provenance&runs={ended}", "before"),
    "usage": ("/runs/{run}?tab=usage&runs={run}", "learner"),
    "plugins": ("/plugins", "Plugins"),
    "settings": ("/settings", "Settings"),
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_view_can_be_read_by_everybody(scheme, pages, server, screenshots):
    server.get("/simulation-types")
    ended = start(server, "Learner", "before", steps=200, pause_s=0)
    failed = start(server, "Odd", "Odd")
    server.ended(ended)
    server.ended(failed)
    run = start(server, "Learner", "learner", steps=100_000)
    asking = start(server, "custom_control", "asks first", interactive=True)
    server.until(run, "running")
    server.until(asking, "waiting")
    page = pages.open(scheme=scheme)
    found = {}
    for name, (path, heading) in VIEWS.items():
        page.goto(server.url + path.format(run=run, ended=ended, failed=failed))
        expect(page.get_by_role("heading", name=heading, exact=True).first).to_be_visible()
        expect(page.get_by_label("Loading")).to_have_count(0)
        if name == "analyze":
            expect(page.locator(".mark").first).to_be_visible()
        page.screenshot(path=screenshots / f"{name}-{scheme}.png")
        page.evaluate(AXE.read_text())
        rules = page.evaluate("axe.run().then((found) => found.violations)")
        found[name] = [told(rule) for rule in rules if rule["impact"] in SERIOUS]
    assert {name: rules for name, rules in found.items() if rules} == {}


def test_a_narrow_screen_has_the_list_behind_a_button(pages, server, screenshots):
    run = start(server, "Learner", "learner", steps=200)
    page = pages.open(f"/analyze?runs={run}")
    page.set_viewport_size({"width": 390, "height": 800})
    page.get_by_role("button", name="Show the list of runs").click()
    page.get_by_role("option", name="learner").click()
    expect(page.get_by_role("article", name="eval/score")).to_be_visible()
    page.screenshot(path=screenshots / "narrow-light.png")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_views_are_reached_by_keys(pages):
    page = pages.open()
    page.keyboard.press("Alt+2")
    expect(page.get_by_role("heading", name="Start", exact=True)).to_be_visible()
    page.keyboard.press("Alt+1")
    expect(page.get_by_text("There are no runs yet")).to_be_visible()


def start(server, key, name, **kwargs):
    return server.post("/simulations", {"key": key, "name": name, "kwargs": kwargs})["id"]


def told(rule):
    return f"{rule['id']}: {json.dumps([node['html'][:160] for node in rule['nodes'][:3]])}"
