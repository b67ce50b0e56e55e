"""The table of runs: what stays in sight, how rows are selected, and what is done to all that are."""

from __future__ import annotations

import json

from playwright.sync_api import expect

#: What is in front of a box or a name, from beside the corner of the card to the end of the name.
HIDDEN_BELOW = """(row) => {
    const [box, name, state] = row.children;
    const [{top, bottom, left}, {right}] = [row.getBoundingClientRect(), name.getBoundingClientRect()];
    const [first, second] = [box.getBoundingClientRect(), name.getBoundingClientRect()];
    const isOpaque = (cell) => !/, 0\\)|transparent/.test(getComputedStyle(cell).backgroundColor);
    const points = [];
    for (let x = Math.max(left, first.left) + 12; x < right; x += 3)
        for (let y = top + 1; y < bottom - 2; y += 3) points.push([x, y]);
    const isOwn = ([x, y]) => [box, name].some((cell) => cell.contains(document.elementFromPoint(x, y)));
    return {
        gap: second.left - first.right, others: points.filter((point) => !isOwn(point)), looked: points.length > 100,
        opaque: isOpaque(box) && isOpaque(name), under: state.getBoundingClientRect().left < right,
    };
}"""


def test_the_box_and_the_name_of_a_run_stay_where_the_table_is_scrolled(pages, server, screenshots):
    runs = some(server, "first", "second")
    page = pages.open(f"/?runs={runs['first']}")
    page.set_viewport_size({"width": 1400, "height": 700})
    widen(page)
    table = page.get_by_role("table", name="Runs")
    scroller = table.locator("..")
    for scheme in pages.schemes(page):
        scroller.evaluate("(element) => { element.scrollLeft = 320; }")
        for name in runs:  # the first is selected
            row = row_of(table, name)
            row.hover()
            page.screenshot(path=screenshots / f"table-scrolled-{name}-{scheme}.png")
            assert row.evaluate(HIDDEN_BELOW) == {
                "gap": 0,
                "others": [],
                "looked": True,
                "opaque": True,
                "under": True,
            }
    second = row_of(table, "second").get_by_role("checkbox")
    expect(second).to_be_in_viewport(ratio=1)
    second.check()
    expect(page.get_by_role("button", name="Compare 2")).to_be_enabled()


def test_shift_selects_all_rows_up_to_a_box(pages, server):
    some(server, "a", "b", "c", "d")
    page = pages.open()
    page.get_by_role("button", name="Name", exact=True).click()  # in the order of their names
    expect(page.get_by_role("table").get_by_role("link")).to_have_text(["a", "b", "c", "d"])
    box_of(page, "d").click()
    box_of(page, "b").click(modifiers=["Shift"])
    chosen(page, "b", "c", "d")
    box_of(page, "c").click()
    chosen(page, "b", "d")
    box_of(page, "a").click(modifiers=["Shift"])
    chosen(page, "a", "b", "c", "d")


def test_the_box_in_the_head_selects_what_the_filter_lets_through(pages, server):
    some(server, "apple", "apricot", "pear")
    page = pages.open()
    page.get_by_label("Filter runs").fill("ap")
    expect(page.get_by_role("table").get_by_role("link")).to_have_count(2)
    everything = page.get_by_role("checkbox", name="Select all that are shown")
    everything.click()
    chosen(page, "apple", "apricot")
    page.get_by_label("Filter runs").fill("")
    chosen(page, "apple", "apricot")
    expect(everything).to_be_checked(indeterminate=True)
    everything.click()
    chosen(page, "apple", "apricot", "pear")
    everything.click()
    chosen(page)


def test_selected_runs_are_tagged_and_each_that_fails_is_named(pages, server):
    runs = some(server, "a", "b", "c")
    server.http.patch(f"/simulations/{runs['a']}", json={"tags": ["old", "good"]}).raise_for_status()
    page = pages.open(f"/?runs={','.join(runs.values())}")
    pages.expected = ("500",)
    sent = []

    def answer(route):
        sent.append(route.request.post_data_json)
        problem = {"title": "Broken", "status": 500, "detail": "The disk is full."}
        route.continue_() if runs["b"] in route.request.url else route.fulfill(status=500, json=problem)

    page.route(lambda url: url.endswith((runs["b"], runs["c"])), answer)
    bulk(page, "Tag")
    page.get_by_role("dialog").get_by_label("Tag").fill(" good ")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="1 run tagged “good”; 1 run had it")).to_be_visible()
    expect(page.get_by_role("alert").filter(has_text="Not tagged")).to_contain_text("c: The disk is full.")
    expect(row_of(page.get_by_role("table"), "b")).to_contain_text("good")
    assert sent == [{"tags": ["good"]}] * 2
    assert [server.get(f"/simulations/{runs[name]}")["tags"] for name in "abc"] == [["old", "good"], ["good"], []]


def test_selected_runs_that_have_ended_are_thrown_away_and_the_others_left(pages, server, screenshots):
    some(server, "a", "b")
    live = server.post("/simulations", {"key": "Goer", "name": "going"})["id"]
    server.until(live, "running")
    page = pages.open()
    expect(page.get_by_role("button", name="More")).to_be_disabled()
    page.get_by_role("checkbox", name="Select all that are shown").click()
    page.get_by_role("button", name="More").click()
    page.screenshot(path=screenshots / "bulk-light.png")
    page.get_by_role("menuitem", name="Throw away").click()
    told = "2 runs moved to the trash; 1 run had not ended and was left"
    expect(page.get_by_role("alert").filter(has_text=told)).to_be_visible()
    expect(page.get_by_role("table").get_by_role("link")).to_have_text(["going"])
    chosen(page, "going")
    assert sorted(run["name"] for run in server.get("/simulations", trashed=True)["items"]) == ["a", "b"]


def bulk(page, what):
    page.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name=what).click()


def chosen(page, *names):
    """Expect these runs, of all in the table, to be selected."""
    boxes = page.get_by_role("table").get_by_role("cell").get_by_role("checkbox", checked=True)
    expect(boxes).to_have_count(len(names))
    for name in names:
        expect(box_of(page, name)).to_be_checked()


def box_of(page, name):
    return page.get_by_role("checkbox", name=f"Select {name}", exact=True)


def widen(page):
    """Add columns until the table is wider than the page."""
    columns = ["kwargs.steps", "kwargs.pause_s", "values.distance", "values.odd", "values.train/loss"]
    page.evaluate("(columns) => localStorage.setItem('gymdash-columns', columns)", json.dumps(columns))
    page.reload()


def some(server, *names, **kwargs):
    """Run some to their end; returns their ids by name."""
    given = {"steps": 3, "pause_s": 0.0} | kwargs
    runs = {name: server.post("/simulations", {"key": "Goer", "name": name, "kwargs": given})["id"] for name in names}
    for run in runs.values():
        server.ended(run)
    return runs


def row_of(table, name):
    return table.get_by_role("row").filter(has=table.page.get_by_role("link", name=name, exact=True))
