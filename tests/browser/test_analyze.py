"""What Analyze shows of runs: curves of groups, ranges, attempts, pictures, tooltips, media."""

from __future__ import annotations

import re

from PIL import Image
from playwright.sync_api import expect


def test_runs_that_differ_by_their_seed_are_a_mean_with_a_band(pages, server, screenshots):
    batch = {"key": "Learner", "name": "learner", "kwargs": {"steps": 120, "pause_s": 0.0}, "seeds": [1, 2, 3]}
    runs = [run["id"] for run in server.post("/simulations/batch", batch)["items"]]
    runs.append(server.start("Learner", steps=120, pause_s=0.0, learning_rate=0.2))
    for run in runs:
        server.ended(run)
    page = pages.open(f"/analyze?runs={','.join(runs)}")
    plot = page.get_by_role("article", name="train/reward")
    expect(plot.get_by_test_id("points-shown")).to_have_text("480 of 480 points")
    hover(page, plot, 0.5)
    tip = plot.locator(".chart-tip").first
    expect(tip).to_contain_text(re.compile("learner.*learner.*learner"))
    page.get_by_text("Mean, min to max", exact=True).click()
    chips = page.get_by_role("list", name="Runs that are shown").get_by_role("listitem")
    expect(chips).to_have_text(["Learner", "learner · 3 seeds"])
    hover(page, plot, 0.6)
    expect(tip).to_contain_text(re.compile(r"learner, mean of 3[\d.,]+ \([\d.,]+ to [\d.,]+\)"))
    expect(tip).to_contain_text("Learner")
    for scheme in pages.schemes(page):
        page.screenshot(path=screenshots / f"seeds-{scheme}.png")
    page.get_by_text("Mean ± std", exact=True).click()
    hover(page, plot, 0.5)
    expect(tip).to_contain_text("mean of 3")
    page.reload()  # it is remembered
    expect(plot.get_by_test_id("points-shown")).to_have_text("480 of 480 points")
    hover(page, plot, 0.5)
    expect(tip).to_contain_text("mean of 3")


def test_ranges_of_the_axes_are_set_and_forgotten(pages, server, screenshots):
    run = server.start("Goer", steps=200, pause_s=0.0)
    server.ended(run)
    page = pages.open(f"/analyze?runs={run}")
    plot = page.get_by_role("article", name="distance")
    expect(plot.get_by_test_id("points-shown")).to_have_text("200 of 200 points")
    set_range(page, {"Steps from": "50", "Steps to": "150", "Values from": "0", "Values to": "1000"})
    expect(page.get_by_role("button", name="Range is set")).to_be_visible()
    tip = plot.locator(".chart-tip").first
    hover(page, plot, 0.5)
    expect(tip).to_contain_text(re.compile(r"step (99|100|101)\D"))
    hover(page, plot, 0.01)
    expect(tip).to_contain_text(re.compile(r"step 5[0-2]\D"))
    page.screenshot(path=screenshots / "ranges-light.png")
    page.get_by_role("button", name="Range is set").click()
    page.get_by_role("button", name="Show everything").click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Show everything")).to_have_count(0)
    hover(page, plot, 0.01)
    expect(tip).to_contain_text(re.compile(r"step [0-4]\D"))


def test_each_attempt_is_marked_at_its_first_step(pages, server, screenshots):
    run = server.start("Goer")
    server.until(run, "running")
    server.eventually(lambda: any(stat["count"] > 50 for stat in server.get(f"/simulations/{run}/stats")["items"]))
    server.post(f"/simulations/{run}/stop", {"save": True})
    server.ended(run)
    page = pages.open(f"/analyze?runs={run}")
    plot = page.get_by_role("article", name="distance")
    expect(plot.get_by_test_id("points-shown")).to_be_visible()
    server.post(f"/simulations/{run}/resume")
    server.eventually(lambda: server.get(f"/simulations/{run}/attempts")["items"][-1]["first_step"])
    first = server.get(f"/simulations/{run}/attempts")["items"][-1]["first_step"]
    stats = f"/simulations/{run}/stats"
    server.eventually(lambda: any(stat["last_step"] > first + 40 for stat in server.get(stats)["items"]))
    server.post(f"/simulations/{run}/kill")
    server.ended(run)
    set_range(page, {"Steps from": str(first - 40), "Steps to": str(first + 40)})
    hover(page, plot, 0.5)
    expect(plot.locator(".chart-tip").first).to_contain_text("attempt 2 of Goer")
    page.screenshot(path=screenshots / "attempts-light.png")
    hover(page, plot, 0.8)
    expect(plot.locator(".chart-tip").first).not_to_contain_text("attempt")


def test_a_plot_is_saved_as_a_picture(pages, server, screenshots):
    run = server.start("Goer", steps=200, pause_s=0.0)
    server.ended(run)
    page = pages.open(f"/analyze?runs={run}")
    plot = page.get_by_role("article", name="distance")
    expect(plot.get_by_test_id("points-shown")).to_have_text("200 of 200 points")
    colors = {"light": ("ffffff", "0b7285"), "dark": ("1d2125", "3bc9db")}
    for scheme in pages.schemes(page):
        with page.expect_download() as download:
            plot.get_by_role("button", name="Download distance as PNG").click()
        assert download.value.suggested_filename == "distance.png"
        path = screenshots / f"picture-{scheme}.png"
        download.value.save_as(path)
        with Image.open(path) as picture:
            assert picture.width > 400
            assert picture.height > 220
            found = {color for _, color in picture.convert("RGB").getcolors(1 << 20)}
        assert {tuple(bytes.fromhex(color)) for color in colors[scheme]} <= found


def test_twenty_small_plots_are_on_one_screen_and_the_size_is_remembered(pages, server, screenshots):
    run = server.start("Wide", stats=20)
    server.ended(run)
    page = pages.open(f"/analyze?runs={run}")
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.get_by_text("Small", exact=True).click()
    cards = page.get_by_role("article")
    expect(cards).to_have_count(20)
    for card in cards.all():
        expect(card.get_by_test_id("points-shown")).to_have_text("50 of 50 points")
        expect(card).to_be_in_viewport(ratio=1)
    page.screenshot(path=screenshots / "small-plots-light.png")
    page.reload()
    expect(cards).to_have_count(20)
    expect(cards.last).to_be_in_viewport(ratio=1)
    cards.first.hover()  # what can be done to a small plot comes with the pointer
    with page.expect_download():
        cards.first.get_by_role("button", name=re.compile("as CSV$")).click()
    page.get_by_text("Large", exact=True).click()
    expect(cards.nth(1)).to_be_visible()
    assert cards.first.bounding_box()["width"] > 700


def test_a_plot_without_a_finite_value_says_so(pages, server):
    run = server.start("Wide", stats=1, broken=True)
    server.ended(run)
    page = pages.open(f"/analyze?runs={run}")
    plot = page.get_by_role("article", name="s/00")
    expect(plot).to_contain_text("50 values, none finite: first NaN at step 0")
    expect(plot.get_by_role("img").filter(has_text="none finite")).to_have_count(0)  # what is in there is not read out


def test_the_tooltip_is_that_of_the_zoomed_plot_and_goes_with_the_pointer(pages, server):
    run = server.start("Wide", stats=1, points=1001)
    server.ended(run)
    page = pages.open(f"/analyze?runs={run}")
    plot = page.get_by_role("article", name="s/00")
    expect(plot.get_by_test_id("points-shown")).to_have_text("1,001 of 1,001 points")
    area = plot.get_by_role("img", name=re.compile("detail$")).locator(".u-over")
    box = area.bounding_box()
    x, y = (lambda part: box["x"] + box["width"] * part), box["y"] + 60
    tip = plot.locator(".chart-tip").first
    page.mouse.move(x(0.5), y)  # a single move
    expect(tip).to_contain_text(re.compile(r"^step 50[01]"))
    page.mouse.move(x(0.2), y)
    page.mouse.down()
    page.mouse.move(x(0.4), y, steps=4)
    page.mouse.up()
    expect(plot.get_by_role("button", name="See everything")).to_be_visible()
    expect(tip).to_contain_text(re.compile(r"^step 2[78]\d"))  # two fifths from 200 to 400, without a further move
    page.mouse.dblclick(x(0.4), y)
    expect(tip).to_contain_text(re.compile(r"^step (399|40[01])"))
    page.mouse.move(box["x"], box["y"] - 60)
    expect(tip).to_be_hidden()


def test_the_tooltip_goes_on_where_lines_are_added_under_a_resting_pointer(pages, server):
    runs = [server.start("Wide", stats=1, points=101) for _ in range(2)]
    for run in runs:
        server.ended(run)
    page = pages.open(f"/analyze?runs={runs[1]}")
    plot = page.get_by_role("article", name="s/00")
    expect(plot.get_by_test_id("points-shown")).to_have_text("101 of 101 points")
    hover(page, plot, 0.5)
    tip = plot.locator(".chart-tip").first
    expect(tip).to_contain_text(re.compile(r"^step (49|5[01])"))
    page.get_by_role("option").first.press("Shift+ArrowDown")
    expect(plot.get_by_test_id("points-shown")).to_have_text("202 of 202 points")
    expect(tip).to_contain_text(re.compile(f"^step (49|5[01])(?=.*{runs[0][:8]}).*{runs[1][:8]}"))
    expect(tip).to_be_visible()


def test_the_tooltip_tells_of_a_mark_that_is_read_under_a_resting_pointer(pages, server, hold_back):
    run = server.start("Goer")
    server.until(run, "running")
    server.eventually(lambda: any(stat["count"] > 50 for stat in server.get(f"/simulations/{run}/stats")["items"]))
    server.post(f"/simulations/{run}/pause")
    server.post(f"/simulations/{run}/kill")
    server.ended(run)
    (paused, *_) = server.get(f"/simulations/{run}/interventions")["items"]
    (stat,) = server.get(f"/simulations/{run}/stats")["items"]
    page = pages.open("/")
    held = hold_back(page, "**/interventions?*")
    page.goto(f"{server.url}/analyze?runs={run}")
    plot = page.get_by_role("article", name="distance")
    expect(plot.get_by_test_id("points-shown")).to_have_text(f"{stat['count']:,} of {stat['count']:,} points")
    hover(page, plot, min(0.995, (paused["acknowledged_step"] or paused["step"]) / stat["last_step"]))
    tip = plot.locator(".chart-tip").first
    expect(tip).to_contain_text("step")
    expect(tip).not_to_contain_text("Paused")
    held.let_go()
    expect(tip).to_contain_text("Paused")


def test_media_from_before_the_first_point_stand_at_the_edge(pages, server):
    run = server.start("Wide", stats=1, first_step=100, notes_at=[0, 40, 125])
    server.ended(run)
    page = pages.open(f"/analyze?runs={run}")
    plot = page.get_by_role("article", name="s/00")
    expect(plot.get_by_role("button", name=re.compile("^Open 1 . text: 125$"))).to_be_visible()
    early = plot.get_by_role("button", name=re.compile("^Open 2 . text: 0 to 40$"))
    area = plot.get_by_role("img", name=re.compile("detail$")).locator(".u-over").bounding_box()
    assert abs(early.bounding_box()["x"] - area["x"]) < 30
    early.click()
    expect(page.get_by_role("dialog")).to_contain_text("note 40")


def test_marks_of_media_that_are_read_late_move_nothing(pages, server, hold_back):
    run = server.start("Wide", stats=1, notes_at=[0])
    server.ended(run)
    page = pages.open("/")
    held = hold_back(page, re.compile(r"/points\?.*kind=text"))
    page.goto(f"{server.url}/analyze?runs={run}")
    plot = page.get_by_role("article", name="s/00")
    expect(plot.get_by_test_id("points-shown")).to_have_text("50 of 50 points")
    below = plot.get_by_role("img", name=re.compile("overview$"))
    expect(below).to_be_visible()
    before = below.bounding_box()
    expect(plot.locator(".mark")).to_have_count(0)
    held.let_go()
    expect(plot.locator(".mark")).to_be_visible()
    assert below.bounding_box() == before


def test_media_of_several_runs_stand_side_by_side(pages, server, screenshots):
    runs = [server.start("Learner", steps=101, pause_s=0, seed=seed) for seed in (1, 2)]
    for run in runs:
        server.ended(run)
    page = pages.open(f"/analyze?runs={','.join(runs)}")
    page.get_by_text("images", exact=True).click()
    page.get_by_role("switch", name="Side by side").check()
    table = page.get_by_role("region", name="Media side by side")
    expect(table.get_by_role("columnheader")).to_have_count(3)
    expect(table.get_by_role("row")).to_have_count(1 + 3)
    row = table.get_by_role("row").filter(has=page.get_by_role("rowheader", name="50"))
    expect(row.get_by_role("img", name="rollout at step 50")).to_have_count(2)
    table.scroll_into_view_if_needed()
    page.screenshot(path=screenshots / "side-by-side-light.png")


def hover(page, plot, fraction):
    """Move the pointer to a place of a plot's area, by the fraction of its width."""
    area = plot.get_by_role("img", name=re.compile("detail$")).locator(".u-over")
    box = area.bounding_box()
    for px in (0, 1):
        area.hover(position={"x": box["width"] * fraction + px / 2, "y": box["height"] / 2 + px})


def set_range(page, sides):
    """Type ranges of the axes."""
    page.get_by_role("button", name=re.compile("^Range")).click()
    for name, value in sides.items():
        page.get_by_label(name).fill(value)
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Show everything")).to_have_count(0)
