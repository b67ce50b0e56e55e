"""A server that is killed and started anew under open pages: they say so, come back, and miss nothing."""

from __future__ import annotations

import contextlib
import re
import socket
from pathlib import Path

import pytest
from playwright.sync_api import expect

LOAD = [str(Path(__file__).with_name("simulations.py"))]
#: Chromium has many names for requests whose server is gone, or goes meanwhile.
GONE = ("net::ERR_",)
STEPS = 400


@pytest.fixture
def server(spawn):
    """A server in a process of its own, which can be killed."""
    return spawn(load=LOAD)


def test_pages_come_back_when_their_server_does_and_miss_nothing(pages, server, spawn):
    run, asking = server.start("Learner", steps=STEPS), server.start(interactive=True, total_runtime=600)
    server.until(run, "running")
    server.until(asking, "waiting")
    curves, log, inbox = (
        pages.open(path) for path in (f"/analyze?runs={run}", f"/runs/{run}?tab=logs", f"/control?runs={asking}")
    )
    answer = inbox.get_by_role("article", name=re.compile("Question of")).get_by_role("button", name="Answer")
    expect(answer).to_be_visible()
    shown = curves.get_by_role("article", name="eval/score").get_by_test_id("points-shown")
    expect(shown).to_be_visible()
    pages.expected = GONE
    with killed(server) as port:
        for page in (curves, log, inbox):
            expect(lost(page)).to_be_visible()
        again = spawn(load=LOAD, port=port)
    for page in (curves, log, inbox):
        expect(page.get_by_role("status", name="Connection: Live")).to_be_visible()
        expect(page.get_by_role("alert")).to_have_count(0)
    again.ended(run)
    expect(curves.get_by_role("option", name="Learner succeeded")).to_be_visible()
    expect(shown).to_have_text(f"{STEPS} of {STEPS} points")
    expect(log.get_by_label(re.compile("stdout of"))).to_contain_text(f"step {STEPS - 1}")
    answer.click()
    expect(inbox.get_by_text("No run asks anything")).to_be_visible()


def test_a_view_that_is_opened_while_the_server_is_away_appears_when_it_is_back(pages, server, spawn):
    page = pages.open()
    pages.expected = GONE
    with killed(server) as port:
        expect(lost(page)).to_be_visible()
        page.get_by_role("link", name="Plugins").click()
        expect(page.get_by_label("Loading the view")).to_be_visible()
        spawn(load=LOAD, port=port)
    expect(page.get_by_role("heading", name="Plugins")).to_be_visible()


@contextlib.contextmanager
def killed(server):
    """Kill a server; its port, to which nobody listens then, is given to nobody but who asks for it."""
    port = int(server.url.rpartition(":")[2])
    server.kill()
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", port))
        yield port


def lost(page):
    """What says that the server is away; a request that it did not answer may be told of beside it."""
    return page.get_by_role("alert").filter(has_text="The connection to the server is lost")
