"""What people do in their first five minutes, in a real browser."""

from __future__ import annotations

import re

from playwright.sync_api import expect


def test_somebody_starts_answers_watches_and_stops_a_run(pages, server):
    page = pages.open()
    page.get_by_role("link", name="Start the first one").first.click()
    page.get_by_role("button", name=re.compile("Custom control")).click()
    page.get_by_label("Name", exact=True).fill("my first run")
    page.get_by_label("Interactive").check()
    page.get_by_label("Poll Period").fill("0.05")
    page.get_by_label("Total Runtime").fill("600")
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_role("heading", name="my first run")).to_be_visible()
    page.get_by_role("link", name="See its question").click()
    question = page.get_by_role("article", name="Question of my first run")
    expect(question).to_contain_text("Send a custom_query with 'continue' to begin.")
    question.get_by_role("button", name="Answer").click()
    expect(page.get_by_text("No run asks anything")).to_be_visible()
    page.get_by_role("link", name="Analyze").first.click()
    plot = page.get_by_role("article", name="my_number")
    expect(plot.get_by_test_id("points-shown")).to_have_text(re.compile(r"^\d\d+ of \d\d+ points$"))
    before = plot.get_by_test_id("points-shown").inner_text()
    expect(plot.get_by_test_id("points-shown")).not_to_have_text(before)
    page.get_by_role("link", name="Control").first.click()
    control = page.get_by_role("article", name="Control of my first run")
    control.get_by_role("button", name="Custom query").click()
    control.get_by_label("custom_query").fill('{"anything": 1}')
    control.get_by_role("button", name="Stop").click()
    expect(control.get_by_text("stopped", exact=True)).to_be_visible()
    assert server.get("/simulations")["items"][0]["state"] == "stopped"


def test_a_control_is_changed_and_says_when_it_was_applied(pages, server):
    run = server.start("Learner", steps=100_000)
    server.until(run, "running")
    page = pages.open(f"/control?runs={run}")
    control = page.get_by_role("article", name="Control of Learner")
    expect(control).to_contain_text("now 0.05")
    control.get_by_label("Learning rate").fill("0.2")
    control.get_by_role("button", name="Apply").click()
    expect(control).to_contain_text(re.compile(r"now 0\.2.*Applied at step \d+"))
    control.get_by_role("button", name="Evaluate now").click()
    expect(control).to_contain_text('"score"')
    control.get_by_role("button", name="Stop").click()
    expect(control.get_by_text("stopped", exact=True)).to_be_visible()
    page.goto(f"{server.url}/runs/{run}?tab=checkpoints")
    expect(page.get_by_role("button", name="Branch")).to_be_visible()  # saved first, as is the default


def test_two_pages_see_the_same(pages, server):
    run = server.start(interactive=True, poll_period=0.05, total_runtime=600)
    server.until(run, "waiting")
    one, other = pages.open("/control"), pages.open("/control")
    for page in (one, other):
        expect(page.get_by_role("article", name=re.compile("Question of"))).to_be_visible()
    one.get_by_role("button", name="Answer").click()
    for page in (one, other):
        expect(page.get_by_text("No run asks anything")).to_be_visible()
    other.get_by_role("button", name="Kill").click()
    for page in (one, other):
        expect(page.get_by_role("option", name=re.compile("custom_control killed"))).to_be_visible()


def test_nothing_is_missing_after_a_lost_connection(pages, server):
    run = server.start("Learner", steps=150)
    page = pages.open(f"/analyze?runs={run}")
    shown = page.get_by_role("article", name="eval/score").get_by_test_id("points-shown")
    expect(shown).to_be_visible()
    pages.expected = ("net::ERR_",)
    page.context.set_offline(True)
    server.context.hub.close()  # the streams end, as when a server goes
    expect(page.get_by_role("alert").filter(has_text="The connection to the server is lost")).to_be_visible()
    server.ended(run)
    server.context.hub._closed = False
    page.context.set_offline(False)
    expect(page.get_by_role("status", name="Connection: Live")).to_be_visible()
    expect(shown).to_have_text("150 of 150 points")


def test_what_the_server_refuses_stands_beside_the_field(pages, server):
    pages.expected = ("422",)
    page = pages.open("/start?type=Learner")
    page.get_by_label("Learning Rate").fill("0")
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was started")
    expect(page.get_by_text("Input should be greater than 0", exact=True)).to_be_visible()
    assert server.get("/simulations")["items"] == []


def test_several_seeds_are_started_and_compared(pages, server):
    page = pages.open("/start?type=Learner")
    page.get_by_label("Steps").fill("60")
    page.get_by_role("button", name=re.compile("Several runs at once")).click()
    page.get_by_label("Seeds").fill("1-2")
    page.get_by_role("button", name="Start", exact=True).click()
    for key in ("eval/score", "train/loss", "train/reward"):  # each moves those that come after it
        plot = page.get_by_role("article", name=key)
        expect(plot.get_by_test_id("points-shown")).to_have_text("120 of 120 points")
    detail = plot.get_by_role("img", name="train/reward, detail")
    detail.scroll_into_view_if_needed()
    box = detail.bounding_box()
    page.mouse.move(box["x"] + 150, box["y"] + 80)
    page.mouse.down()
    page.mouse.move(box["x"] + 300, box["y"] + 80, steps=5)
    page.mouse.up()
    expect(plot.get_by_role("button", name="See everything")).to_be_visible()
    page.mouse.dblclick(box["x"] + 200, box["y"] + 80)
    expect(plot.get_by_role("button", name="See everything")).to_have_count(0)
    plot.get_by_role("button", name=re.compile("^Open ")).first.click()
    expect(page.get_by_role("dialog").get_by_role("img").first).to_be_visible()
