"""The list of runs: what it says of progress, and how runs are selected by pointer and by keys."""

from __future__ import annotations

import re

from playwright.sync_api import expect


def test_progress_that_nobody_knows_looks_like_no_amount(pages, server, screenshots):
    asking = server.start("Nested")
    server.until(asking, "waiting")
    run = server.start("Goer", steps=10_000)  # it goes on until the page has been looked at
    page = pages.open(f"/?runs={run}")
    unknown = page.get_by_role("listbox").get_by_role("progressbar", name="Progress of Nested")
    expect(unknown).to_have_attribute("aria-valuetext", "not known")
    assert unknown.get_attribute("aria-valuenow") is None
    known = page.get_by_role("listbox").get_by_role("progressbar", name="Progress of Goer")
    expect(known).to_have_attribute("aria-valuenow", re.compile(r"^\d"))
    expect(page.get_by_role("option", name=re.compile("Goer"))).to_contain_text(
        re.compile(r"\d+ % · (\d+ min )?\d+ s left")
    )
    for scheme in pages.schemes(page):
        page.screenshot(path=screenshots / f"progress-{scheme}.png")


def test_runs_are_selected_by_click_control_shift_and_drag(pages, server):
    page, items = listed(pages, server, 5)
    items[1].click()
    expect(page).to_have_url(re.compile(r"/runs/"))
    are_selected(page, [1])
    items[3].click(modifiers=["ControlOrMeta"])
    are_selected(page, [1, 3])
    items[1].click()
    items[3].click(modifiers=["Shift"])
    are_selected(page, [1, 2, 3])
    for start, end, expected in ((4, 2, [2, 3, 4]), (0, 1, [0, 1])):  # not from where a click was last
        items[start].hover()
        page.mouse.down()
        items[end].hover()
        page.mouse.up()
        are_selected(page, expected)


def test_keys_lead_through_the_list_which_is_one_stop_of_the_tabulator(pages, server):
    page, items = listed(pages, server, 4)
    page.get_by_label("Find runs").focus()
    page.keyboard.press("Tab")
    expect(items[0]).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+ArrowDown")
    expect(items[2]).to_be_focused()
    are_selected(page, [1, 2])
    page.keyboard.press("End")
    expect(items[3]).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/runs/"))
    are_selected(page, [3])
    page.keyboard.press("Tab")
    expect(page.get_by_role("listbox").locator(":focus")).to_have_count(0)


def test_shift_and_keys_select_a_range_that_grows_and_shrinks(pages, server):
    page, items = listed(pages, server, 5)
    items[1].click()
    for keys, at, expected in (
        ("Shift+End", 4, [1, 2, 3, 4]),
        ("Shift+ArrowUp", 3, [1, 2, 3]),
        ("Shift+Home", 0, [0, 1]),
        ("ArrowDown", 1, [0, 1]),
        ("Shift+PageDown", 4, [1, 2, 3, 4]),
    ):
        page.keyboard.press(keys)
        expect(items[at]).to_be_focused()
        are_selected(page, expected)


def listed(pages, server, count):
    """Open a page whose list has so many runs that have ended; return it with their items."""
    runs = [server.start("Odd") for _ in range(count)]
    for run in runs:
        server.ended(run)
    page = pages.open("/")
    found = page.get_by_role("option")
    expect(found).to_have_count(count)
    expect(page.get_by_role("option", name="Odd failed")).to_have_count(count)
    return page, [found.nth(at) for at in range(count)]


def are_selected(page, places):
    """Wait until the items at these places are selected, and no others."""
    for at, item in enumerate(page.get_by_role("option").all()):
        expect(item).to_have_attribute("aria-selected", str(at in places).lower())
