"""Arguments of runs side by side: what was given, and what is a default."""

from __future__ import annotations

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


def row_of(table, argument):
    return table.get_by_role("row").filter(has=table.page.get_by_role("rowheader", name=argument, exact=True))
