"""A stranger's renderer in a real browser: installed by pip, it draws what its simulation has logged."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from environments import installed

PENDULUM = Path(__file__).parents[2] / "docs" / "examples" / "gymdash-pendulum"


@pytest.fixture
def server(own_server):
    """A server that starts when the package is on the path."""
    return own_server


@pytest.fixture(autouse=True)
def plugin(tmp_path, request):
    """The example package in a folder of its own, on the path of the server that the test starts."""
    assert not {"own_server", "_shared_server"} & set(request.fixturenames[: request.fixturenames.index("plugin")])
    with installed(PENDULUM, tmp_path / "site"):
        yield


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_trajectories_are_drawn_in_the_colours_of_their_runs(pages, server, screenshots, scheme):
    runs = [server.start("pendulum", steps=steps, real_time=False, damping=0) for steps in (60, 120)]
    for run in runs:
        assert server.ended(run)["state"] == "succeeded"
    page = pages.open(f"/analyze?runs={','.join(runs)}", scheme)
    card = page.get_by_role("article", name="way")
    drawing = card.get_by_role(
        "img", name=re.compile(r"^way: pendulum \(\w{8}\) at step \d+, pendulum \(\w{8}\) at step \d+$")
    )
    expect(drawing).to_be_visible()
    ways = [drawing.locator(f"g[data-run='{run}']") for run in runs]
    assert [len(way.locator("polyline").get_attribute("points").split(" ")) for way in ways] == [61, 121]
    assert len({way.get_attribute("stroke") for way in ways}) == 2
    drawing.scroll_into_view_if_needed()
    page.screenshot(path=screenshots / f"example-pendulum-{scheme}.png")


def test_a_click_points_a_step_out_and_another_step_is_drawn(pages, server):
    run = server.start("pendulum", steps=60, real_time=False)
    assert server.ended(run)["state"] == "succeeded"
    page = pages.open(f"/analyze?runs={run}")
    drawing = page.locator("gymdash-trajectory svg")
    expect(drawing).to_have_attribute("aria-label", "way: pendulum at step 60")  # before, a click points nothing out
    drawing.click()
    expect(page.get_by_role("button", name=re.compile("^Step 60 is pointed out"))).to_be_visible()
    page.locator("gymdash-trajectory").evaluate(
        "element => element.dispatchEvent(new CustomEvent('gymdash-step', { detail: { step: 35 } }))"
    )
    expect(drawing).to_have_attribute("aria-label", "way: pendulum at step 30")
