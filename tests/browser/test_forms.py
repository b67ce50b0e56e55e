"""What the server refuses stands beside the field that it is about: of a start, a control, an action, an answer."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect


@pytest.fixture
def refusing(pages):
    """Pages whose consoles tell of the refusals."""
    pages.expected = ("422",)
    return pages


def test_what_is_refused_of_nested_arguments_stands_beside_each_field(refusing, server, screenshots):
    page = refusing.open("/start?type=Nested")
    fill_in_wrongly(page)
    page.get_by_role("button", name="Start", exact=True).click()
    refused = {
        "net.width": "Input should be greater than or equal to 1",
        "optimizer.lr": "Input should be greater than 0",
        "layers.0.width": "Input should be greater than or equal to 1",
        "sizes.0": "Input should be a valid integer",
        "limits": "a: Input should be a valid integer, unable to parse string as an integer",
        "rate": "Input should be greater than or equal to 1",
        "seed": "Input should be greater than or equal to 0",
    }
    for name, text in refused.items():
        expect(field(page, name)).to_have_attribute("aria-invalid", "true")
        expect(beside(page, name)).to_contain_text(text)
    expect(page.locator("[aria-invalid=true]")).to_have_count(len(refused) + 1)  # also the choice of what a rate is
    summary = page.get_by_role("alert").filter(has_text="Nothing was started")
    expect(summary.get_by_role("listitem")).to_have_count(len(refused) + 1)  # each choice of a rate says why not
    page.screenshot(path=screenshots / "refused-light.png", full_page=True)
    summary.get_by_role("button", name="net / Width").click()
    expect(field(page, "net.width")).to_be_focused()
    summary.get_by_role("button", name="Optimizer / Lr").click()
    expect(field(page, "optimizer.lr")).to_be_focused()
    assert server.get("/simulations")["items"] == []


def test_what_is_refused_of_seeds_and_grid_stands_there(refusing, server):
    page = refusing.open("/start?type=Learner")
    page.get_by_role("button", name="Several runs at once").click()
    page.get_by_label("Grid").fill("learning_rate = 7, 0.1\nnope = 1")
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_label("Grid")).to_have_attribute("aria-invalid", "true")
    summary = page.get_by_role("alert").filter(has_text="Nothing was started")
    expect(summary).to_contain_text("nope: unknown argument")
    expect(summary).to_contain_text("learning_rate: Input should be less than or equal to 1")
    summary.get_by_role("button", name="Grid").click()
    expect(page.get_by_label("Grid")).to_be_focused()
    expect(page.get_by_label("Learning Rate")).not_to_have_attribute("aria-invalid", "true")
    assert server.get("/simulations")["items"] == []


def test_what_is_refused_of_an_answer_a_control_and_an_action_stands_beside_them(refusing, server, screenshots):
    run = server.start("Nested")
    server.until(run, "waiting")
    page = refusing.open(f"/control?runs={run}")
    question = page.get_by_role("article", name="Question of Nested")
    question.get_by_label("Seed").fill("-1")
    question.get_by_label("Lr").fill("0")
    question.get_by_role("button", name="Answer").click()
    expect(question.get_by_role("alert")).to_contain_text("Optimizer / Lr: Input should be greater than 0")
    expect(question.get_by_label("Seed")).to_have_attribute("aria-invalid", "true")
    refuse_to_control(page.get_by_role("article", name="Control of Nested"))
    page.screenshot(path=screenshots / "refused-control-light.png", full_page=True)
    question.get_by_label("Seed").fill("1")
    question.get_by_label("Lr").fill("0.5")
    question.get_by_role("button", name="Answer").click()
    server.ended(run)


def fill_in_wrongly(page):
    """Fill in every field of `Nested` so that it is refused."""
    field(page, "net__anyof_select").click()
    page.get_by_role("option", name="Net").click()
    field(page, "net.width").fill("0")
    field(page, "optimizer.lr").fill("0")
    field(page, "layers__add").click()
    field(page, "layers.0.width").fill("-4")
    field(page, "sizes__add").click()  # nothing is no number
    field(page, "limits").fill('{"a": "x", "b": 1}')
    field(page, "rate").fill("0")
    field(page, "seed").fill("-1")


def refuse_to_control(control):
    """Send a control, an action and a query that are refused."""
    control.get_by_label("Net", exact=True).fill('{"width": 0, "activation": 3}')
    control.get_by_role("button", name="Apply").click()
    expect(control.get_by_label("Net", exact=True)).to_have_attribute("aria-invalid", "true")
    expect(control.get_by_role("alert")).to_have_text(
        "width: Input should be greater than or equal to 1; activation: Input should be a valid string"
    )
    control.get_by_label("Width").fill("0")
    control.get_by_role("button", name="Add a layer").click()
    expect(control.get_by_text("It was not sent")).to_be_visible()
    expect(control.get_by_label("Width")).to_have_attribute("aria-invalid", "true")
    control.get_by_role("button", name="Custom query").click()
    control.get_by_label("custom_query").fill("[1]")
    control.get_by_role("button", name="Send").click()
    expect(control.get_by_text("expected an object or null, not list")).to_be_visible()


def field(page, name):
    return page.locator(f'[id="start.{name}"]')


def beside(page, name):
    """Return what an input and its label, its description and its errors stand in."""
    return page.locator(".mantine-InputWrapper-root").filter(has=field(page, name)).last
