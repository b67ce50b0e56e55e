"""Rules of `gymdash_server.recorder.telling`: what cannot be read or told now costs itself alone, never a run's end."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from gymdash_server.settings import Settings

REHEARSALS = Path(__file__).with_name("rehearsals.py")


@pytest.fixture
def settings(tmp_path):
    folder, load = tmp_path / "project", (str(REHEARSALS),)
    return Settings(project=folder, port=0, token="a-token-of-the-tests", load=load, usage_period_s=60, max_running=1)


def end_of(client, run):
    return [event for event in client.of("simulation") if (event.get("id"), event.get("state")) == (run, "stopped")]


def test_output_that_cannot_be_read_costs_neither_the_end_nor_the_slot(server):
    with server.events() as client:
        run, following = server.start("Steps"), server.start("Quick", count=1)
        server.until(run, "running")
        log = server.context.project.run(run).log("stdout")
        log.unlink()
        log.mkdir()
        server.post(f"/simulations/{run}/stop")
        server.eventually(lambda: end_of(client, run))
        server.ended(following)


def test_end_that_could_not_be_told_is_told_again_and_holds_no_slot(server, monkeypatch):
    publish, failures = server.context.hub.publish, []

    def fail_once(name, data, simulation=None):
        if not failures and data.get("state") == "stopped":
            failures.append(name)
            raise OSError("this event cannot be told")
        publish(name, data, simulation)

    monkeypatch.setattr(server.context.hub, "publish", fail_once)
    with server.events() as client:
        run = server.start("Steps")
        server.until(run, "running")
        folder = server.context.project.run(run)
        server.context.service._talk.stop(folder, 30.0, save=False)
        server.eventually(lambda: failures)
        server.eventually(lambda: not server.context.service._launcher._slots)
        server.eventually(lambda: end_of(client, run))
    assert failures == ["simulation"]


def test_stats_that_are_gone_while_a_run_is_told_are_told_next(server, monkeypatch):
    recorder, publish, gone = server.context.recorder, server.context.hub.publish, []

    def publish_while_stats_go(name, data, simulation=None):
        publish(name, data, simulation)
        if name == "simulation" and data.get("state") == "stopped" and not gone:
            gone.append(data["id"])
            recorder._hear_of_gone(server.context.project.run(data["id"]), SimpleNamespace(take_gone=lambda: True))

    with server.events() as client:
        run = server.start("Steps")
        server.until(run, "running")
        monkeypatch.setattr(server.context.hub, "publish", publish_while_stats_go)
        server.post(f"/simulations/{run}/stop")
        server.eventually(lambda: [event for event in end_of(client, run) if "stats" in event["news"]])


def test_published_values_that_cannot_be_read_are_left_out(server):
    with server.events() as client:
        run = server.start("Steps")
        server.until(run, "running")
        teller, folder = server.context.recorder._teller, server.context.project.run(run)
        state = folder.state
        server.post(f"/simulations/{run}/stop")
        server.eventually(lambda: end_of(client, run))
        state.unlink()
        state.mkdir()
        teller.tell_published(folder, server.context.recorder._memory.get(run))
