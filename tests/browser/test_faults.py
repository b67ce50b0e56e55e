"""Bad input and faults: each is shown sensibly, and none breaks the page."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

EMPTY = {
    "/": "There are no runs yet",
    "/control": "No run asks anything",
    "/analyze": "There is nothing to see yet",
}
MARKUP = "<img src=x onerror=alert(1)>"
MANY = 1_000_000
#: Until so many points are written and read, on a machine that is busy.
LONG_S = 240


@pytest.mark.parametrize("view", EMPTY)
def test_an_empty_project_says_so_in_every_view(view, pages):
    page = pages.open(view)
    expect(page.get_by_text(EMPTY[view])).to_be_visible()
    expect(page.get_by_text("No runs yet", exact=True)).to_be_visible()


def test_names_texts_and_errors_are_shown_as_they_are(pages, server):
    run = odd_run(server, MARKUP)
    page = pages.open(f"/analyze?runs={run}")
    expect(page.get_by_text("<script>document.title")).to_be_visible()
    for view in ("/", f"/control?runs={run}"):
        page.goto(server.url + view)
        expect(page.get_by_role("link", name=MARKUP)).to_be_visible()
    page.goto(f"{server.url}/runs/{run}?tab=statuses")
    expect(page.get_by_role("heading", name=MARKUP)).to_be_visible()
    page.get_by_text("Traceback").first.click()
    expect(page.get_by_text("RuntimeError: <script>").first).to_be_visible()
    page.get_by_role("tab", name="logs").click()
    expect(page.get_by_label(re.compile("stdout of"))).to_contain_text("onerror")
    expect(page.locator("img[src=x], [onerror]")).to_have_count(0)
    assert page.title() == "GymDash"


def test_long_arguments_and_names_stay_within_the_page(pages, server):
    run, other = odd_run(server, "x" * 200, "y" * 5000), odd_run(server, "short", "z")
    page = pages.open("/")
    for view in ("/", f"/runs/{run}", f"/analyze?runs={run}", f"/control?runs={run}", f"/start?type=Odd&from={run}"):
        page.goto(server.url + view)
        expect(page.get_by_role("option", name="short failed")).to_be_visible()
        expect(page.get_by_label(re.compile("^Loading"))).to_have_count(0)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), view
    page.goto(f"{server.url}/runs/{run}")
    expect(page.get_by_role("cell", name=re.compile("^y{5000}$"))).to_be_visible()
    page.goto(f"{server.url}/?runs={run},{other}")
    page.get_by_role("button", name="Compare 2").click()
    expect(page.get_by_role("dialog")).to_contain_text("yyyy")


def test_values_that_are_no_numbers_are_gaps_and_one_point_is_a_dot(pages, server):
    page = pages.open(f"/analyze?runs={odd_run(server)}")
    for key, text in (("odd", "5 of 5 points"), ("single", "1 of 1 point"), ("infinite", "1 of 1 point")):
        expect(plot(page, key).get_by_test_id("points-shown")).to_have_text(text)
    for choose in ("Symlog", "Log", "EMA", "Linear"):
        page.get_by_text(choose, exact=True).click()
        for key in ("single", "odd"):  # the latter has 1.0 and 2.0, apart
            server.eventually(lambda key=key: coloured(page, key))
    assert not coloured(page, "infinite")


def test_of_a_million_points_only_some_are_loaded_and_more_on_zoom(pages, server):
    run = server.start("Many", count=MANY)
    server.eventually(lambda: server.state(run) == "succeeded", LONG_S)
    stats = f"/simulations/{run}/stats"
    server.eventually(lambda: [stat["count"] for stat in server.get(stats)["items"]] == [MANY], LONG_S)
    page = pages.open("/")
    loaded = []
    page.on("response", lambda answer: "/points?" in answer.url and loaded.append(answer))
    page.goto(f"{server.url}/analyze?runs={run}")
    shown = plot(page, "many").get_by_test_id("points-shown")
    expect(shown).to_have_text(re.compile(r"^[12],\d{3} of (1,000,000|1 M) points$"))
    detail = page.get_by_role("img", name="many, detail")
    box = detail.bounding_box()
    page.mouse.move(box["x"] + 200, box["y"] + 80)
    page.mouse.down()
    page.mouse.move(box["x"] + 260, box["y"] + 80, steps=4)
    page.mouse.up()
    expect(shown).to_have_text(re.compile(r"^[234],\d{3} of (1,000,000|1 M) points$"))
    counts = [len(answer.json()["step"]) for answer in loaded]
    assert len(counts) >= 2
    assert 0 < max(counts) <= 4000, counts


def test_a_run_that_is_thrown_away_in_another_tab_is_shown_as_such(pages, server):
    run = odd_run(server, "gone soon")
    table, curves, own = (pages.open(path) for path in ("/", f"/analyze?runs={run}", f"/runs/{run}"))
    expect(plot(curves, "odd")).to_be_visible()
    expect(own.get_by_role("heading", name="gone soon")).to_be_visible()
    other = pages.open(f"/runs/{run}")
    other.get_by_role("button", name="More").click()
    other.get_by_role("menuitem", name="Move to the trash").click()
    for page in (table, other):
        expect(page.get_by_text("There are no runs yet")).to_be_visible()
    expect(curves.get_by_text("There is nothing to see yet")).to_be_visible()
    own.get_by_role("button", name="Take it back").click()
    expect(table.get_by_role("link", name="gone soon")).to_be_visible()
    pages.expected = ("404",)
    server.http.delete(f"/simulations/{run}", params={"purge": True}).raise_for_status()
    expect(own.get_by_role("alert")).to_contain_text(f"no run '{run}'")


def test_an_answer_that_comes_second_is_told_so(pages, server):
    run = server.start(interactive=True, total_runtime=600)
    server.until(run, "waiting")
    page = pages.open("/control")
    pages.expected = ("409",)

    def be_slower(route):
        request = route.request.url.split("/")[-2]
        server.post(f"/control-requests/{request}/answer", {"continue": True})
        route.continue_()

    page.route("**/answer", be_slower)
    page.get_by_role("button", name="Answer").click()
    expect(page.get_by_text("The answer was not taken")).to_be_visible()
    expect(page.get_by_text("No run asks anything")).to_be_visible()


def test_that_an_answer_was_not_taken_is_said_once(pages, server):
    run = server.start(interactive=True, total_runtime=600)
    server.until(run, "waiting")
    page = pages.open("/control")
    pages.expected = ("409",)
    problem = {"title": "Closed", "status": 409, "detail": "It was answered before."}
    page.route("**/answer", lambda route: route.fulfill(status=409, json=problem))
    with page.expect_response(re.compile(r"/control-requests\?")):  # it looks anew, and its question is still there
        page.get_by_role("button", name="Answer").click()
    expect(page.locator(".mantine-Notification-root")).to_contain_text("It was answered before.")
    expect(page.get_by_role("main").get_by_role("alert")).to_have_count(0)


def test_a_medium_that_was_removed_is_named_and_the_others_are_shown(pages, server):
    run = server.start("Learner", steps=60, pause_s=0)
    server.ended(run)
    assert len(server.get(f"/simulations/{run}/points", key="rollout")["points"]) == 2
    next(Path(server.context.project.run(run).path, "media").rglob("*.png")).unlink()
    pages.expected = ("404",)
    page = pages.open(f"/analyze?runs={run}")
    expect(page.get_by_text("the file is not there any more")).to_have_count(1)
    expect(page.get_by_role("img", name="rollout at step")).to_have_count(1)


def test_a_type_that_is_still_being_loaded_is_shown_as_such_and_then_as_what_it_is(pages, server):
    page = pages.open("/")
    late = server.get("/simulation-types")
    late["items"] = [{**item, "late": True, "error": "timed out", "description": ""} for item in late["items"]]
    loaded = []
    page.route("**/simulation-types", lambda route: route.continue_() if loaded else route.fulfill(json=late))
    page.goto(f"{server.url}/start?type=Learner")
    expect(page.get_by_role("button", name="Learner is being loaded")).to_be_visible()
    expect(page.get_by_label("Loading the type")).to_be_visible()
    loaded.append(True)
    expect(page.get_by_label("Learning Rate")).to_be_visible()
    expect(page.get_by_text("is being loaded")).to_have_count(0)


def odd_run(server, name="Odd", text=""):
    run = server.post("/simulations", {"key": "Odd", "name": name, "kwargs": {"text": text}})["id"]
    server.ended(run)
    return run


def coloured(page, key):
    """Return how many pixels of a plot are not grey: those of a line or of a dot."""
    picture = Image.open(io.BytesIO(page.get_by_role("img", name=f"{key}, detail").screenshot()))
    return sum(max(pixel) - min(pixel) > 60 for pixel in picture.convert("RGB").getdata())


def plot(page, key):
    return page.get_by_role("article", name=key, exact=True)
