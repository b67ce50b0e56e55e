"""Runs side by side: what they were given, what is a default, and the newest values that they have logged."""

from __future__ import annotations

import re

from playwright.sync_api import expect


def test_what_a_run_was_not_given_is_told_as_a_default(pages, server):
    runs = [server.start("Wide", stats=2, points=1), server.start("Wide", stats=1), server.start("Odd")]
    for run in runs:
        server.ended(run)
    page = pages.open(f"/?runs={','.join(runs)}")
    page.get_by_role("button", name="Compare 3").click()
    table = page.get_by_role("dialog").get_by_role("table")
    cells = row_of(table, "stats").get_by_role("cell")
    expect(cells).to_have_text(["default", "1", "2"])  # the newest is of another type, and comes first
    expect(row_of(table, "points").get_by_role("cell")).to_have_text(["default", "50 (default)", "1"])


def test_selected_runs_of_the_same_name_are_told_apart(pages, server):
    runs = [server.start("Goer", steps=60, pause_s=0) for _ in range(2)]
    for run in runs:
        server.ended(run)
    names = [f"Goer ({run[:8]})" for run in reversed(runs)]
    page = pages.open(f"/analyze?runs={','.join(runs)}")
    expect(page.get_by_role("list", name="Runs that are shown").get_by_role("listitem")).to_have_text(names)
    for run in runs:
        expect(page.get_by_role("option", name=f"Goer {run[:8]}")).to_be_visible()
    area = (
        page.get_by_role("article", name="distance").get_by_role("img", name=re.compile("detail$")).locator(".u-over")
    )
    area.hover()
    tip = page.locator(".chart-tip").first
    for name in names:
        expect(tip).to_contain_text(name)
    page.get_by_role("link", name="Runs", exact=True).click()
    page.get_by_role("button", name="Compare 2").click()
    heads = page.get_by_role("dialog").get_by_role("columnheader")
    expect(heads).to_have_text(["Argument", *names])
    page.get_by_role("dialog").get_by_role("button").first.click()
    page.get_by_role("option", name=f"Goer {runs[0][:8]}").click()
    expect(page.get_by_role("option", name=runs[1][:8])).to_have_count(0)  # alone it needs no id


def test_newest_values_are_compared_below_the_arguments(pages, server, screenshots):
    runs = [server.start("Goer", steps=steps, pause_s=0) for steps in (5, 9)] + [server.start("Odd")]
    for run in runs:
        server.ended(run)
    page = pages.open(f"/?runs={','.join(runs)}")
    page.get_by_role("button", name="Compare 3").click()
    table = page.get_by_role("dialog").get_by_role("table")
    expect(table.get_by_role("rowheader", name="Newest values")).to_be_visible()
    expect(row_of(table, "distance").get_by_role("cell")).to_have_text(["", "108", "104"])
    expect(row_of(table, "infinite").get_by_role("cell")).to_have_text(["∞", "", ""])
    expect(row_of(table, "<b>markup</b>")).to_have_count(0)  # it is no number
    for scheme in pages.schemes(page):
        page.screenshot(path=screenshots / f"compare-values-{scheme}.png")


def test_of_many_newest_values_the_first_are_compared(pages, server):
    runs = [server.start("Wide", stats=43, points=1) for _ in range(2)]
    for run in runs:
        server.ended(run)
    page = pages.open(f"/?runs={','.join(runs)}")
    page.get_by_role("button", name="Compare 2").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("No argument differs.")).to_be_visible()
    expect(dialog.get_by_role("rowheader", name=re.compile(r"^s.\d+$"))).to_have_count(40)
    dialog.get_by_role("link", name="3 more in Analyze").click()
    expect(page.get_by_role("list", name="Runs that are shown").get_by_role("listitem")).to_have_count(2)


def row_of(table, argument):
    return table.get_by_role("row").filter(has=table.page.get_by_role("rowheader", name=argument, exact=True))
