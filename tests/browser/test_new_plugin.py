"""What `gymdash new-plugin --renderer` writes draws in a real browser, before anybody has changed it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from environments import installed
from gymdash_server.cli.scaffold import create_plugin


@pytest.fixture
def server(own_server):
    """A server that starts when the package is on the path."""
    return own_server


@pytest.fixture(autouse=True)
def plugin(tmp_path, request):
    """A new plugin, on the path of the server that the test starts."""
    assert not {"own_server", "_shared_server"} & set(request.fixturenames[: request.fixturenames.index("plugin")])
    made = create_plugin("long-stroll", tmp_path / "made", renderer=True)
    with installed(made.folder, tmp_path / "site"):
        yield


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_new_plugin_draws_the_ways_of_its_runs(pages, server, screenshots, scheme):
    runs = [server.start("long_stroll", steps=steps, seed=steps, pause_s=0) for steps in (35, 120)]
    for run in runs:
        assert server.ended(run)["state"] == "succeeded"
    page = pages.open(f"/analyze?runs={','.join(runs)}", scheme)
    told = r"long_stroll \(\w{8}\) at step \d+"
    drawing = page.get_by_role("img", name=re.compile(rf"^way: {told}, {told}$"))
    expect(drawing).to_be_visible()
    ways = drawing.locator("polyline")
    expect(ways).to_have_count(2)
    places = sorted(len(way.get_attribute("points").split(" ")) for way in ways.all())
    assert places == [36, 121]
    drawing.scroll_into_view_if_needed()
    page.screenshot(path=screenshots / f"new-plugin-{scheme}.png")
    page.locator("gymdash-long-stroll-ways").evaluate(
        "element => { element.data = { key: 'way', step: 20, series: [] } }"
    )
    expect(page.get_by_role("img", name="way: nothing yet")).to_be_visible()
