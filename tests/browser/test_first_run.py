"""What the first tutorial lets somebody do in the browser can be done there, by the names that it uses."""

from __future__ import annotations

import re

from playwright.sync_api import expect


def test_a_training_is_started_watched_steered_stopped_and_resumed(pages, server):
    pages.expected = ("422",)
    page = pages.open("/start")
    start_after_a_mistake(page)
    page.get_by_role("link", name="Analyze").first.click()
    loss = page.get_by_role("article", name="loss/train")
    expect(loss.get_by_test_id("points-shown")).to_have_text(re.compile(r"^[1-9][\d,]* of [1-9][\d,]* points$"))
    expect(loss.locator(".mark").first).to_be_visible()
    page.get_by_role("link", name="Control").first.click()
    control = page.get_by_role("article", name="Control of tutorial")
    control.get_by_label("Learning rate").fill("0.0005")
    control.get_by_role("button", name="Apply").first.click()
    expect(control).to_contain_text(re.compile(r"Applied at step \d+"))
    control.get_by_role("button", name="Pause").click()
    control.get_by_role("button", name="Go on").click()
    expect(control.get_by_text("running", exact=True)).to_be_visible()
    control.get_by_role("button", name="Stop").click()
    expect(control.get_by_text("stopped", exact=True)).to_be_visible()
    control.get_by_role("button", name="Go on").click()
    expect(control.get_by_text("running", exact=True)).to_be_visible()
    (run,) = server.get("/simulations")["items"]
    assert run["attempt"] == 2


def start_after_a_mistake(page):
    """Fill in the form with an optimizer that there is not, mend it, and start."""
    page.get_by_role("button", name=re.compile(r"Machine Learning \(PyTorch\)")).click()
    page.get_by_label("Name", exact=True).fill("tutorial")
    page.get_by_role("combobox", name="Dataset").click()
    page.get_by_role("option", name="digits").click()
    page.get_by_label("Epochs").fill("500")
    page.get_by_label("Optimizer", exact=True).fill("adamm")
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was started")
    expect(page.get_by_text("Did you mean 'adam'").first).to_be_visible()
    page.get_by_label("Optimizer", exact=True).fill("adam")
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_role("heading", name="tutorial")).to_be_visible()
