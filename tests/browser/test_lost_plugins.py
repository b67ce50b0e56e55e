"""A plugin that is uninstalled, or broken: its runs stay readable by the API and on the page, and the others go on."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from playwright.sync_api import expect

from environments import installed
from gymdash_server.settings import Settings
from live_servers import TOKEN, running

PENDULUM = Path(__file__).parents[2] / "docs" / "examples" / "gymdash-pendulum"


@pytest.fixture
def before(tmp_path, eventually):
    """What a server with the plugin told of a run, whose plugin is uninstalled now."""
    site = tmp_path / "site"
    settings = Settings(project=tmp_path / "project", port=0, token=TOKEN)
    with installed(PENDULUM, site), running(settings, eventually) as live:
        run = live.start("pendulum", steps=60, real_time=False)
        assert live.ended(run)["state"] == "succeeded"
        told = {path: live.http.get(path).json() for path in paths(run)}
    shutil.rmtree(site)
    return SimpleNamespace(run=run, told=told)


@pytest.fixture
def broken(tmp_path, monkeypatch):
    """A plugin that raises at import, on the path of the server that the test starts."""
    info = tmp_path / "broken" / "gymdash_broken-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: gymdash-broken\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[gymdash]\nbroken = gymdash_broken\n")
    (tmp_path / "broken" / "gymdash_broken.py").write_text("raise RuntimeError('meant to break')\n")
    monkeypatch.syspath_prepend(tmp_path / "broken")


@pytest.fixture
def server(before, tmp_path, broken, eventually):
    """A server that reads the project anew: no index, one plugin gone, and one broken."""
    shutil.rmtree(tmp_path / "project" / "db")
    with running(Settings(project=tmp_path / "project", port=0, token=TOKEN), eventually) as live:
        yield live


def paths(run):
    kept = ("", "/stats", "/statuses", "/attempts", "/provenance", "/logs", "/points?key=way", "/points?key=energy")
    return [f"/simulations/{run}{path}" for path in kept]


def without_series(answer):
    """Leave out what names the index, which was made anew."""
    items = [without_series(item) for item in answer["items"]] if "items" in answer else None
    kept = {name: value for name, value in answer.items() if name not in {"series", "cursor", "items"}}
    return {**kept, "items": items}


def test_its_runs_stay_readable(before, server):
    assert "pendulum" not in {known["key"] for known in server.get("/simulation-types")["items"]}
    for path, told in before.told.items():
        answer = server.http.get(path)
        assert answer.status_code == 200, path
        assert without_series(answer.json()) == without_series(told), path
    refused = server.post(f"/simulations/{before.run}/restart", status=404)
    assert "unknown simulation 'pendulum'" in refused["detail"]


def test_the_page_shows_its_curves_and_the_values_that_nobody_draws_any_more(before, server, pages, screenshots):
    page = pages.open(f"/analyze?runs={before.run}")
    expect(page.get_by_role("article", name="energy").get_by_test_id("points-shown")).to_have_text("60 of 60 points")
    values = page.get_by_role("figure").filter(has_text="way · step 60 · pendulum")
    expect(values).to_contain_text('"x": [')
    page.screenshot(path=screenshots / "uninstalled.png", full_page=True)
    page.goto(f"{server.url}/runs/{before.run}")
    expect(page.get_by_role("heading", name="pendulum")).to_be_visible()
    expect(page.get_by_role("row", name="steps 60")).to_be_visible()


def test_a_broken_plugin_is_named_with_its_traceback_and_the_others_go_on(server, pages):
    page = pages.open("/plugins")
    card = page.get_by_role("article", name="broken")
    expect(card).to_contain_text("broken: load")
    expect(card).to_contain_text("gymdash-broken 1.0")
    card.get_by_text("Traceback", exact=True).click()
    expect(card.locator("pre")).to_contain_text("RuntimeError: meant to break")
    expect(page.get_by_role("article", name="core")).to_contain_text("in use")
    run = server.start(total_runtime=0.1, poll_period=0.05)
    assert server.ended(run)["state"] == "succeeded"
