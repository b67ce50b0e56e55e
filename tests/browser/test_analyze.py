"""What the views show of runs: what they use, curves of groups, ranges, attempts, pictures, last values."""

from __future__ import annotations

import re

from playwright.sync_api import expect


def test_what_a_run_has_used_is_drawn_from_its_beginning_and_goes_on(pages, server, screenshots):
    run = server.start("Learner", steps=100_000)
    server.eventually(lambda: server.get(f"/simulations/{run}/usage")["total"] > 4)
    page = pages.open(f"/runs/{run}?tab=usage")
    samples = page.get_by_test_id("samples")
    expect(samples).to_have_text(re.compile(r"^\d+ samples since "))
    before = count(samples)
    assert before > 4
    expect(page.get_by_role("img", name="Memory, MiB")).to_be_visible()
    expect(samples).not_to_have_text(re.compile(rf"^{before} "))
    page.screenshot(path=screenshots / "usage-history-light.png")
    server.post(f"/simulations/{run}/kill")
    server.ended(run)
    page.reload()
    expect(samples).to_be_visible()
    assert count(samples) > before


def count(place):
    """Return the number that a text begins with."""
    return int(re.match(r"[\d,]+", place.inner_text())[0].replace(",", ""))
