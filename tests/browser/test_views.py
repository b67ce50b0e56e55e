"""Each view, light and dark: no serious violation of accessibility rules, no complaint, and a picture of it.

One page goes through all views; that each address opens its view by itself is what the other modules rely on.
"""

from __future__ import annotations

import json
import re

from playwright.sync_api import expect

from gymdash_server.app import STATIC

AXE = STATIC.parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
SERIOUS = {"serious", "critical"}
#: Colours are all that differs between light and dark, so that in the dark contrast alone is looked at.
RULES = {
    "light": {"resultTypes": ["violations"]},
    "dark": {"resultTypes": ["violations"], "runOnly": {"type": "rule", "values": ["color-contrast"]}},
}
VIEWS = {
    "runs": ("/", "Runs"),
    "start": ("/start?type=Learner", "Learner"),
    "control": ("/control?runs={run}", "Control"),
    "analyze": ("/analyze?runs={run},{ended}", "eval/score"),
    "run": ("/runs/{run}?runs={run}", "rate 0.05"),
    "logs": ("/runs/{run}?tab=logs&runs={run}", "rate 0.05"),
    "statuses": ("/runs/{failed}?tab=statuses&runs={failed}", "odd values"),
    "provenance": ("/runs/{ended}?tab=provenance&runs={ended}", "rate 0.2"),
    "usage": ("/runs/{run}?tab=usage&runs={run}", "rate 0.05"),
    "plugins": ("/plugins", "Plugins"),
    "settings": ("/settings", "Settings"),
}
#: Views that are shown to their end.
LONG = {"control"}


def test_every_view_can_be_read_by_everybody(pages, server, screenshots):
    shown = some_runs(server)
    page = pages.open()
    page.evaluate(AXE.read_text())
    found = {}
    for name, (path, heading) in VIEWS.items():
        page.evaluate("(path) => history.pushState(null, '', path)", path.format(**shown))
        expect(page.get_by_role("heading", name=heading, exact=True).first).to_be_visible()
        expect(page.get_by_label(re.compile("^Loading"))).to_have_count(0)
        if name == "analyze":
            expect(page.locator(".mark").first).to_be_visible()
        for scheme, rules in RULES.items():
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            expect(page.locator(f"html[data-mantine-color-scheme={scheme}]")).to_be_attached()
            page.screenshot(path=screenshots / f"{name}-{scheme}.png", full_page=name in LONG)
            broken = page.evaluate("(options) => axe.run(options).then((found) => found.violations)", rules)
            found[f"{name}, {scheme}"] = [told(rule) for rule in broken if rule["impact"] in SERIOUS]
    assert {name: rules for name, rules in found.items() if rules} == {}


def test_a_narrow_screen_has_the_list_behind_a_button(pages, server, screenshots):
    run = start(server, "Learner", "learner", steps=200)
    server.until(start(server, "custom_control", "asks", interactive=True), "waiting")
    page = pages.open(f"/analyze?runs={run}")
    page.evaluate(AXE.read_text())
    views = page.get_by_role("navigation", name="Views")
    expect(views.get_by_label("1 open question")).to_be_visible()
    for width in (390, 320):
        page.set_viewport_size({"width": width, "height": 800})
        for link in views.get_by_role("link").all():
            expect(link).to_be_in_viewport(ratio=1)
        assert views.evaluate("nav => nav.scrollWidth <= nav.clientWidth")
    expect(views.get_by_role("link", name="Settings")).to_have_accessible_name("Settings")
    found = page.evaluate("axe.run('header').then((found) => found.violations)")
    assert [told(rule) for rule in found if rule["impact"] in SERIOUS] == []
    page.set_viewport_size({"width": 390, "height": 800})
    page.get_by_role("button", name="Show the list of runs").click()
    page.get_by_role("option", name="learner").click()
    expect(page.get_by_role("article", name="eval/score")).to_be_visible()
    page.screenshot(path=screenshots / "narrow-light.png")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_views_are_reached_by_keys(pages):
    page = pages.open()
    expect(page.get_by_text("There are no runs yet")).to_be_visible()  # before, it may not listen yet
    page.keyboard.press("Alt+2")
    expect(page.get_by_role("heading", name="Start", exact=True)).to_be_visible()
    page.keyboard.press("Alt+1")
    expect(page.get_by_text("There are no runs yet")).to_be_visible()


def some_runs(server):
    """Start runs of every sort and return the ids of those that views name."""
    ended = start(server, "Learner", "rate 0.2", steps=400, learning_rate=0.2, pause_s=0)
    failed = start(server, "Odd", "odd values")
    asking = start(server, "custom_control", "asks first", interactive=True)
    run = start(server, "Learner", "rate 0.05", steps=2_000)
    server.ended(ended)
    server.ended(failed)
    server.until(run, "running")
    server.until(asking, "waiting")
    server.get("/simulation-types")
    return {"run": run, "ended": ended, "failed": failed}


def start(server, key, name, **kwargs):
    return server.post("/simulations", {"key": key, "name": name, "kwargs": kwargs})["id"]


def told(rule):
    return f"{rule['id']}: {json.dumps([node['html'][:160] for node in rule['nodes'][:3]])}"
