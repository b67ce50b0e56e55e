"""Whoever works with keys stays where they are: after a refusal at the field, else at the button or in its card."""

from __future__ import annotations

import re

from playwright.sync_api import expect

IN_CARD = "(card) => card.contains(document.activeElement)"


def test_a_refused_answer_leads_to_its_field(pages, server):
    run = server.start("Nested")
    server.until(run, "waiting")
    pages.expected = ("422",)
    page = pages.open(f"/control?runs={run}")
    question = page.get_by_role("article", name="Question of Nested")
    seed, answer = question.get_by_label("Seed"), question.get_by_role("button", name="Answer")
    seed.fill("-1")
    answer.press("Enter")
    expect(question.get_by_role("alert").first).to_contain_text("greater than or equal to 0")
    expect(seed).to_be_focused()
    question.get_by_label("Lr").fill("0")
    answer.press("Enter")
    expect(question.get_by_role("alert").first).to_contain_text("Optimizer / Lr")
    expect(question.get_by_label("Lr")).to_be_focused()
    question.get_by_label("Lr").fill("0.5")
    seed.fill("1")  # typing does not lead away
    expect(seed).to_be_focused()
    seed.press("Enter")  # sends the form as its button does
    expect(question).to_have_count(0)
    page.wait_for_function("() => document.querySelector('main').contains(document.activeElement)")


def test_who_takes_runs_back_stays_in_the_trash(pages, server):
    for run in (server.start("Plain"), server.start("Plain")):
        server.post(f"/simulations/{run}/kill")
        server.ended(run)
        server.http.delete(f"/simulations/{run}").raise_for_status()
    page = pages.open("/")
    page.get_by_role("button", name="Trash").click()
    trash = page.get_by_role("dialog", name="Trash")
    for left in (1, 0):
        trash.get_by_role("button", name="Restore").first.press("Enter")
        expect(trash.get_by_role("button", name="Restore")).to_have_count(left)
        page.wait_for_function("() => document.querySelector('[role=dialog]').contains(document.activeElement)")


def test_refused_plain_values_and_json_lead_to_their_fields(pages, server):
    run = server.start("Plain")
    server.until(run, "waiting")
    pages.expected = ("422",)
    page = pages.open(f"/control?runs={run}")
    problem = {"title": "Refused", "status": 422, "detail": "It was refused.", "errors": [{"loc": [], "message": "no"}]}
    page.route("**/query", lambda route: route.fulfill(status=422, json=problem))
    control = page.get_by_role("article", name="Control of Plain")
    skip = control.locator("form").filter(has_text="Skip")
    skip.get_by_label("Skip").fill("3")
    skip.get_by_role("button", name="Send").press("Enter")
    expect(skip.get_by_role("alert")).to_have_text("no")
    expect(skip.get_by_label("Skip")).to_be_focused()
    control.get_by_role("button", name="Custom query").press("Enter")
    control.get_by_role("button", name="Send").last.press("Enter")
    expect(control.get_by_label("custom_query")).to_be_focused()


def test_a_button_that_is_busy_keeps_the_focus(pages, server, hold_back):
    run = server.start("Learner", steps=100_000)
    server.until(run, "running")
    page = pages.open(f"/control?runs={run}")
    held = hold_back(page, "**/query")
    control = page.get_by_role("article", name="Control of Learner")
    control.get_by_label("Learning rate").fill("0.2")
    apply = control.get_by_role("button", name="Apply")
    apply.press("Enter")
    expect(apply).to_be_disabled()
    expect(apply).to_be_focused()
    page.keyboard.press("Enter")  # once is enough
    control.get_by_label("Learning rate").press("Enter")
    apply.focus()
    held.let_go()
    expect(control).to_contain_text(re.compile(r"now 0\.2 .*Applied at step \d+"))
    assert held.count == 1
    expect(apply).to_be_focused()


def test_after_a_stop_the_focus_is_in_the_card_of_the_run(pages, server):
    run = server.start("Learner", steps=100_000)
    server.until(run, "running")
    page = pages.open(f"/control?runs={run}")
    control = page.get_by_role("article", name="Control of Learner")
    control.get_by_role("button", name="Stop").press("Enter")
    server.ended(run)
    expect(control.get_by_role("button", name="Go on")).to_be_visible()
    page.wait_for_function(f"() => ({IN_CARD})(document.querySelector('[aria-label=\"Control of Learner\"]'))")
