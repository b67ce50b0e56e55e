"""What is told of runs beside their curves: what they use, their lists, their end, their last values."""

from __future__ import annotations

import re

from playwright.sync_api import expect

#: How long something took; on a busy machine that may be more than a minute.
TIME = r"(\d+ min )?\d+ s"


def test_what_a_run_has_used_is_drawn_from_its_beginning_and_goes_on(pages, server, screenshots):
    run = server.start("Learner", steps=100_000)
    server.eventually(lambda: server.get(f"/simulations/{run}/usage")["total"] > 4)
    page = pages.open(f"/runs/{run}?tab=usage")
    samples = page.get_by_test_id("samples")
    expect(samples).to_have_text(re.compile(r"^\d+ samples since "))
    before = count(samples)
    assert before > 4
    expect(page.get_by_role("img", name="Memory, MiB")).to_be_visible()
    expect(samples).not_to_have_text(re.compile(rf"^{before} "))
    page.screenshot(path=screenshots / "usage-history-light.png")
    server.post(f"/simulations/{run}/kill")
    server.ended(run)
    page.reload()
    expect(samples).to_be_visible()
    assert count(samples) > before


def test_lists_of_a_run_grow_as_they_are_looked_at(pages, server):
    run = server.start("Goer")
    server.until(run, "running")
    page = pages.open(f"/runs/{run}?tab=checkpoints")
    expect(page.get_by_text("No checkpoints")).to_be_visible()
    server.post(f"/simulations/{run}/query", {"channels": {"checkpoint": None}})
    expect(page.get_by_role("button", name="Branch")).to_have_count(1)
    server.post(f"/simulations/{run}/query", {"channels": {"checkpoint": None}})
    expect(page.get_by_role("button", name="Branch")).to_have_count(2)
    page.get_by_role("tab", name="interventions").click()
    expect(page.get_by_role("cell", name="Save a checkpoint")).to_have_count(2)
    server.post(f"/simulations/{run}/pause")
    expect(page.get_by_role("row", name=re.compile("Paused"))).to_be_visible()
    server.post(f"/simulations/{run}/kill")
    server.ended(run)
    expect(page.get_by_role("heading", name="Goer").locator("..")).to_contain_text("killed")


def test_a_run_shows_what_it_has_logged_last_and_its_defaults(pages, server, screenshots):
    run = server.start("Learner", steps=300)
    page = pages.open(f"/runs/{run}")
    latest = page.get_by_role("region", name="Latest values")
    expect(latest.get_by_role("row", name=re.compile(r"^train.reward [\d.]+ step \d+$"))).to_be_visible()
    server.ended(run)
    expect(latest.get_by_role("row", name=re.compile(r"^train.reward [\d.]+ step 299$"))).to_be_visible()
    expect(page.get_by_role("row", name="steps 300", exact=True)).to_be_visible()
    expect(page.get_by_role("row", name="seed 0 (default)", exact=True)).to_be_visible()
    page.screenshot(path=screenshots / "overview-light.png")


def test_the_time_of_a_run_is_that_of_all_its_attempts(pages, server):
    run = server.start("Goer")
    server.until(run, "running")
    for command in ("stop", "resume", "stop"):
        if command == "stop":
            server.post(f"/simulations/{run}/stop", {"save": True})
            server.ended(run)
        else:
            server.post(f"/simulations/{run}/resume")
            server.until(run, "running")
    page = pages.open()
    expect(page.get_by_role("columnheader", name="Total time")).to_be_visible()
    expect(page.get_by_role("cell").and_(page.get_by_title(re.compile(rf"^{TIME} in 2 attempts$")))).to_be_visible()
    page.get_by_role("table", name="Runs").get_by_role("link", name="Goer").click()
    expect(page.get_by_text(re.compile(rf"· {TIME} in 2 attempts"))).to_be_visible()
    rows = page.get_by_role("row").filter(has_text="stopped")
    expect(rows.get_by_role("cell", name=re.compile(rf"^{TIME}$"))).to_have_count(2)


def test_the_end_of_a_run_that_is_controlled_complains_of_nothing(pages, server):
    run = server.start("Goer", steps=30)
    page = pages.open(f"/control?runs={run}")
    expect(page.get_by_role("article", name="Control of Goer")).to_be_visible()
    server.ended(run)
    assert server.get(f"/simulations/{run}/channels")["items"] == []
    expect(page.get_by_role("option", name=re.compile("Goer succeeded"))).to_be_visible()


def test_last_values_are_columns_that_sort_and_live(pages, server, screenshots):
    some_with_values(server)
    page = pages.open("/")
    choose_columns(page, "distance", "odd")
    table = page.get_by_role("table", name="Runs")
    expect(row(table, "far")).to_contain_text("399")
    expect(row(table, "near")).to_contain_text("119")
    table.get_by_role("button", name="distance").click()
    expect(table.get_by_role("row").nth(1)).to_contain_text("near")
    table.get_by_role("button", name=re.compile("distance")).click()
    expect(table.get_by_role("row").nth(1)).to_contain_text("far")
    expect(table.get_by_role("row").nth(3)).to_contain_text("odd")
    slow = {"pause_s": 0.1}  # its distance has three digits for more than a minute
    live = server.post("/simulations", {"key": "Goer", "name": "going", "kwargs": slow})["id"]
    server.until(live, "running")
    cell = row(table, "going").get_by_role("cell").filter(has_text=re.compile(r"^\d{3}$"))
    expect(cell).to_be_visible()
    before = cell.inner_text()
    expect(cell).not_to_have_text(before)
    for scheme in pages.schemes(page):
        page.screenshot(path=screenshots / f"last-values-{scheme}.png")


def test_chosen_columns_are_remembered_and_stand_for_those_that_come_by_themselves(pages, server):
    some_with_values(server)
    page = pages.open("/")
    choose_columns(page, "distance")
    page.reload()
    table = page.get_by_role("table", name="Runs")
    expect(row(table, "far")).to_contain_text("399")
    expect(table.get_by_role("columnheader", name="pause_s")).to_be_visible()  # it has come by itself
    choose_columns(page, "steps")
    expect(table.get_by_role("columnheader", name="steps")).to_be_visible()
    expect(table.get_by_role("columnheader", name="pause_s")).to_have_count(0)


def test_runs_are_found_by_arguments_and_by_what_they_have_reached(pages, server):
    some_with_values(server)
    page = pages.open("/")
    table = page.get_by_role("table", name="Runs")
    names = table.get_by_role("link")
    for typed, found in (
        ("steps<100", ["near"]),
        ("steps>=20 steps!=20", ["far"]),
        ("distance>200", ["far"]),
        ("distance>200 near", []),
        ("far", ["far"]),  # with a letter that is in no id
    ):
        page.get_by_label("Filter runs").fill(typed)
        expect(names).to_have_text(found)
    page.get_by_label("Filter runs").fill("distance>150 pause_s=0.01")
    expect(names).to_have_text([])
    live = server.post("/simulations", {"key": "Goer", "name": "going", "kwargs": {"pause_s": 0.01}})["id"]
    expect(names).to_have_text(["going"])  # once it has come so far
    server.post(f"/simulations/{live}/kill")
    page.reload()
    expect(names).to_have_text(["going"])


def some_with_values(server):
    """Run to their end what has a last distance, and what has none."""
    high = server.post("/simulations", {"key": "Goer", "name": "far", "kwargs": {"steps": 300, "pause_s": 0.0}})["id"]
    low = server.post("/simulations", {"key": "Goer", "name": "near", "kwargs": {"steps": 20, "pause_s": 0.0}})["id"]
    odd = server.post("/simulations", {"key": "Odd", "name": "odd"})["id"]
    for run in (high, low, odd):
        server.ended(run)


def choose_columns(page, *names):
    """Choose columns of the table of runs."""
    page.get_by_label("Columns of arguments and of last values").first.click()
    for name in names:
        page.get_by_role("option", name=name, exact=True).first.click()
    page.keyboard.press("Escape")


def row(table, name):
    return table.get_by_role("row").filter(has=table.page.get_by_role("link", name=name, exact=True))


def count(place):
    """Return the number that a text begins with."""
    return int(re.match(r"[\d,]+", place.inner_text())[0].replace(",", ""))
