"""The Control view: what is selected comes first, what cannot be is said at once, what was done is said in words."""

from __future__ import annotations

import re

from playwright.sync_api import expect

#: The theme's colour of borders.
BORDERS = {"light": "rgb(206, 212, 218)", "dark": "rgb(65, 71, 79)"}


def test_a_value_that_is_out_of_bounds_is_refused_beside_its_field_and_not_sent(pages, server):
    run = server.start("Learner", steps=100_000)
    server.until(run, "running")
    page = pages.open(f"/control?runs={run}")
    sent = []
    page.on("request", lambda request: sent.append(request.url) if request.url.endswith("/query") else None)
    control = page.get_by_role("article", name="Control of Learner")
    field, apply = control.get_by_label("Learning rate"), control.get_by_role("button", name="Apply")
    for draft, refusal in (
        ("2", "Too large: it takes numbers above 0, up to 1"),
        ("0", "Too small: it takes numbers above 0, up to 1"),
        ("", "Not a number: it takes numbers above 0, up to 1"),
    ):
        field.fill(draft)
        expect(control.get_by_role("alert")).to_have_text(refusal)
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(apply).to_be_disabled()
        field.press("Enter")
    assert sent == []
    field.fill("0.2")
    expect(control.get_by_role("alert")).to_have_count(0)
    field.press("Enter")
    expect(control).to_contain_text(re.compile(r"now 0\.2 .*Applied at step \d+"))
    assert len(sent) == 1


def test_an_action_that_takes_one_value_has_a_field_for_it(pages, server):
    run = server.start("Plain")
    server.until(run, "waiting")
    page = pages.open(f"/control?runs={run}")
    sent = []
    page.route("**/query", lambda route: (sent.append(route.request.post_data_json["channels"]), route.abort()))
    pages.expected = ("ERR_FAILED",)
    control = page.get_by_role("article", name="Control of Plain")
    skip = control.locator("form").filter(has_text="Skip")
    expect(skip.get_by_role("button", name="Send")).to_be_disabled()
    expect(skip).to_contain_text("from 1 to 9")
    skip.get_by_label("Skip").fill("10")
    expect(skip.get_by_role("alert")).to_have_text("Too large: it takes whole numbers from 1 to 9")
    skip.get_by_label("Skip").fill("3")
    skip.get_by_role("button", name="Send").click()
    say = control.locator("form").filter(has_text="Say")
    say.get_by_label("Say").fill("hello")
    say.get_by_label("Say").press("Enter")
    dim = control.locator("form").filter(has_text="Dim")
    dim.get_by_label("Dim").press("Space")  # a click would miss where what was refused above moves it
    expect(dim.get_by_label("Dim")).to_be_checked()
    with page.expect_event("requestfailed"):
        dim.get_by_role("button", name="Send").click()
    assert sent == [{"skip": 3}, {"say": "hello"}, {"dim": True}]


def test_what_the_server_refuses_is_still_said(pages, server):
    run = server.start("Learner", steps=100_000)
    server.until(run, "running")
    page = pages.open(f"/control?runs={run}")
    pages.expected = ("422",)
    problem = {"title": "Refused", "status": 422, "detail": "It was refused.", "errors": [{"loc": [], "message": "no"}]}
    page.route("**/query", lambda route: route.fulfill(status=422, json=problem))
    control = page.get_by_role("article", name="Control of Learner")
    control.get_by_label("Learning rate").fill("0.3")
    control.get_by_role("button", name="Apply").click()
    expect(control.get_by_role("alert")).to_have_text("no")
    control.get_by_label("Learning rate").fill("0.4")
    expect(control.get_by_role("alert")).to_have_count(0)  # it was said of another value


def test_what_was_done_is_said_in_words(pages, server):
    run = server.start("Learner", steps=100_000)
    server.until(run, "running")
    for channels in ({"learning_rate": 0.0005}, {"evaluate": None}):
        server.post(f"/simulations/{run}/query", {"channels": channels})
    page = pages.open(f"/control?runs={run}")
    page.get_by_role("article", name="Control of Learner").get_by_role("button", name="Stop").click()
    server.ended(run)
    lately = page.get_by_role("list", name="Lately done to Learner").get_by_role("listitem")
    for words in (
        r"^Stop asked, saving first · the run stopped at step [\d,]+.* via dashboard$",
        r"^Evaluate now · done at step [\d,]+",
        r"^Learning rate set to 0\.0005 · applied at step [\d,]+",
    ):
        expect(lately.filter(has_text=re.compile(words))).to_have_count(1)
    page.goto(f"{server.url}/runs/{run}?tab=interventions")
    expect(page.get_by_role("cell", name="Learning rate set to 0.0005")).to_be_visible()


def test_what_is_selected_comes_before_the_questions_of_other_runs(pages, server):
    asking = server.start(interactive=True, total_runtime=600)
    run = server.start("Learner", steps=100_000)
    server.until(asking, "waiting")
    page = pages.open(f"/control?runs={run}")
    headings = page.get_by_role("main").get_by_role("heading", level=2)
    expect(headings).to_have_text(["Control", "Questions of other runs"])
    page.get_by_role("link", name="Another run asks something").press("Enter")
    expect(page.get_by_role("article", name="Question of custom_control")).to_be_in_viewport()
    page.get_by_role("option", name=re.compile("custom_control")).click()
    expect(headings).to_have_text(["Questions", "Control"])
    page.get_by_role("button", name="Answer").click()
    expect(page.get_by_text("No run asks anything")).to_be_visible()


def test_a_picture_of_a_question_is_framed(pages, server, screenshots):
    run = server.start("White")
    server.until(run, "waiting")
    page = pages.open(f"/control?runs={run}")
    picture = page.get_by_role("article", name="Question of White").get_by_role("img", name="white.png")
    expect(picture).to_have_js_property("naturalWidth", 80)
    for scheme in pages.schemes(page):
        expect(picture).to_have_css("border", f"1px solid {BORDERS[scheme]}")
        page.screenshot(path=screenshots / f"framed-{scheme}.png")
