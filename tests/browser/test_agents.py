"""The story of the dashboard's purpose on a real agent: start, watch, steer, answer and stop, with two pages open."""

from __future__ import annotations

import re

from playwright.sync_api import expect

SMALL = '{"n_steps": 128, "batch_size": 64, "n_epochs": 1}'
CURVE = "rollout/ep_rew_mean"


def test_an_agent_is_started_watched_steered_and_stopped_while_another_page_looks_on(pages, server, screenshots):
    mine, theirs = pages.open("/start"), pages.open("/analyze")
    start_agent(mine)
    theirs.get_by_role("option", name="cart pole").click()
    for page in (mine, theirs):
        page.get_by_role("link", name="Analyze").first.click()
        sees_it_learn(page)
    watches_an_episode(theirs)
    change_the_learning_rate(mine)
    theirs.get_by_role("link", name="Control").first.click()
    expect(theirs.get_by_role("article", name="Control of cart pole")).to_contain_text(re.compile(r"now 0\.005"))
    answer_a_question_of_another_run(theirs, mine)
    mine.get_by_role("option", name="cart pole").click()
    control(mine).get_by_role("button", name="Stop").click()
    expect(control(mine).get_by_text("stopped", exact=True)).to_be_visible()
    expect(theirs.get_by_role("option", name="cart pole stopped")).to_be_visible()
    leaves_its_traces(theirs)
    mine.get_by_role("link", name="Analyze").first.click()
    expect(mine.get_by_role("article", name=CURVE).locator(".mark").first).to_be_visible()
    expect(mine.get_by_text(re.compile(r"^\s*0 of 0 points"))).to_have_count(0)  # all curves are drawn
    mine.screenshot(path=screenshots / "agent-light.png")


def start_agent(page):
    page.get_by_label("Find a simulation").fill("gymnasium")
    page.get_by_role("button", name=re.compile("Stable Baselines")).click()
    page.get_by_label("Name", exact=True).fill("cart pole")
    page.get_by_label("Num Steps").fill("1000000")
    page.get_by_label("Episode Trigger").fill("5")
    page.get_by_label("Algorithm Kwargs").fill(SMALL)
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_role("heading", name="cart pole")).to_be_visible()


def sees_it_learn(page):
    shown = page.get_by_role("article", name=CURVE).get_by_test_id("points-shown")
    expect(shown).to_have_text(re.compile(r"^\d+ of \d+ points$"))
    before = shown.inner_text()
    expect(shown).not_to_have_text(before)


def watches_an_episode(page):
    plot = page.get_by_role("article", name=CURVE)
    plot.get_by_role("button", name=re.compile(r"^Open .*videos")).first.click()
    video = page.get_by_role("dialog").locator("video").first
    expect(video).to_be_visible()
    page.wait_for_function("() => document.querySelector('[role=dialog] video').videoWidth > 0")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def change_the_learning_rate(page):
    page.get_by_role("link", name="Control").first.click()
    control(page).get_by_label("Learning rate").fill("0.005")
    control(page).get_by_role("button", name="Apply").first.click()
    expect(control(page)).to_contain_text(re.compile(r"now 0\.005.*Applied at step [\d,.k]+"))


def answer_a_question_of_another_run(asker, other):
    asker.get_by_role("link", name="Start").first.click()
    asker.get_by_role("button", name=re.compile("Custom control")).click()
    asker.get_by_label("Name", exact=True).fill("asks first")
    asker.get_by_label("Interactive").check()
    asker.get_by_role("button", name="Start", exact=True).click()
    expect(other.get_by_label("1 open question")).to_be_visible()
    question = other.get_by_role("article", name="Question of asks first")
    question.get_by_role("button", name="Answer").click()
    for page in (asker, other):
        expect(page.get_by_label(re.compile("open questions?"))).to_have_count(0)
    expect(asker.get_by_text("It waits for an answer")).to_have_count(0)


def leaves_its_traces(page):
    page.get_by_role("option", name="cart pole").click()
    page.get_by_role("tab", name="interventions").click()
    expect(page.get_by_role("tabpanel")).to_contain_text("Learning rate set to 0.005")
    page.get_by_role("tab", name="checkpoints").click()
    expect(page.get_by_role("button", name="Branch")).to_be_visible()  # its model was saved first


def control(page):
    return page.get_by_role("article", name="Control of cart pole")
