"""SIGKILL of a server: what it has left is carried on, once."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from gymdash_core.meta import LaunchRecord, SignalStep, record_launch, record_signal, update_meta
from gymdash_core.project import RunFolder
from gymdash_core.status import from_iso, iso
from live_servers import WAIT_S


def folder_of(server, run):
    return RunFolder(Path(server.context["project"]) / "sims" / run)


def signals_of(server, run):
    return [json.loads(line) for line in folder_of(server, run).signals.read_text().splitlines()]


def make_older(file, seconds):
    """Move the only line of a journal into the past."""
    (line,) = map(json.loads, file.read_text().splitlines())
    line["time"] = iso(from_iso(line["time"]) - timedelta(seconds=seconds))
    file.write_text(json.dumps(line) + "\n")


def deaf_run(server, key="Deaf"):
    """A live run that never looks whether it is to stop."""
    run = server.start(key)
    server.eventually((Path(server.context["project"]) / "sims" / run / "deaf").exists, WAIT_S)
    return run


def test_a_stop_goes_on_where_a_killed_server_has_left_it(spawn):
    first = spawn()
    run = deaf_run(first)
    first.post(f"/simulations/{run}/stop", {"grace_s": 600})
    first.kill()
    make_older(folder_of(first, run).signals, 599)
    second = spawn()  # the grace is what is left of it: all of it would be too long for this test
    found = second.ended(run)
    assert found["state"] == "stopped"
    assert (Path(first.context["project"]) / "sims" / run / "cleaned").exists(), "it was not unwound"
    assert [line["step"] for line in signals_of(second, run)] == ["ask", "term"]


def test_a_stop_that_was_left_after_sigterm_ends_with_sigkill(spawn):
    first = spawn()
    run = deaf_run(first, "IgnoresTerm")
    first.post(f"/simulations/{run}/stop", {"grace_s": 0})
    first.eventually(lambda: [line["step"] for line in signals_of(first, run)] == ["ask", "term"])
    first.kill()
    second = spawn()
    assert second.ended(run)["state"] == "killed"
    assert [line["step"] for line in signals_of(second, run)] == ["ask", "term", "kill"]


def test_a_kill_that_was_written_down_alone_is_carried_out(spawn):
    first = spawn()
    run = deaf_run(first)
    first.kill()
    record_signal(RunFolder(Path(first.context["project"]) / "sims" / run), SignalStep.KILL, "server")
    assert spawn().ended(run)["state"] == "killed"


def test_a_stop_without_hurry_is_not_hurried_by_a_restart(spawn):
    first = spawn()
    run = deaf_run(first)
    first.post(f"/simulations/{run}/stop", {"grace_s": 600})
    first.kill()
    second = spawn()
    assert second.state(run) == "stopping"
    assert [line["step"] for line in signals_of(second, run)] == ["ask"]
    second.post(f"/simulations/{run}/stop", {"grace_s": 0})
    assert second.ended(run)["state"] == "stopped"


def launch_later(run, **later):
    """Write down a launch of a time that has not come yet."""

    def date(meta):
        (launch,) = meta["launches"]
        launch["time"] = iso(from_iso(launch["time"]) + timedelta(**later))

    record_launch(run, LaunchRecord("server"), allowed=lambda _: None)
    update_meta(run, date)


def test_a_launch_that_was_written_down_alone_is_carried_out(spawn):
    first = spawn(max_running=1)
    holding = first.start("Quiet")
    queued = first.start("Walker", steps=5)
    first.until(holding, "running")
    assert first.state(queued) == "queued"
    first.kill()
    run = RunFolder(Path(first.context["project"]) / "sims" / queued)
    launch_later(run, minutes=2)  # a busy machine takes long to start a server, and a launch is given up in time
    second = spawn(max_running=2)
    found = second.ended(queued)
    assert (found["state"], found["attempt"]) == ("succeeded", 1)
    assert second.state(holding) == "running"


def test_a_launch_of_a_time_that_has_not_come_yet_is_carried_out(spawn):
    first = spawn(max_running=1)
    holding = first.start("Quiet")
    queued = first.start("Walker", steps=5)
    first.until(holding, "running")
    first.kill()
    run = folder_of(first, queued)
    launch_later(run, hours=1)
    assert spawn(max_running=2).until(queued, "succeeded")["attempt"] == 1


def test_the_queue_goes_on_in_its_order(spawn):
    first = spawn(max_running=1)
    holding = first.start("Walker")
    first.until(holding, "running")
    queued = [first.start("Walker", steps=3) for _ in range(3)]
    assert [first.state(run) for run in queued] == ["queued"] * 3
    first.kill()
    second = spawn(max_running=1)
    assert [second.state(run) for run in (holding, *queued)] == ["running", *["queued"] * 3]
    second.post(f"/simulations/{holding}/stop")
    ended = [second.ended(run) for run in queued]
    assert [run["state"] for run in ended] == ["succeeded"] * 3
    assert sorted(ended, key=lambda run: run["started"]) == ended


def test_a_question_outlives_its_server_and_is_answered_once(spawn):
    first = spawn()
    run = first.start("Walker", ask_at=3)
    first.until(run, "waiting")
    first.kill()
    second = spawn()
    assert second.state(run) == "waiting"
    (asked,) = second.get("/control-requests", open=True)["items"]
    address = f"/control-requests/{asked['id']}/answer"
    assert second.http.post(address, json={"go": "x"}).status_code == 422
    assert second.post(address, {"go": True})["state"] == "answered"
    second.kill()
    third = spawn()
    assert third.http.post(address, json={"go": False}).status_code == 409
    (kept,) = third.get("/control-requests", simulation=run)["items"]
    assert (kept["state"], kept["answer"]) == ("answered", {"go": True})


def test_points_keep_their_ordinals_over_a_killed_server(spawn):
    first = spawn()
    run = first.start("Walker", period=0.001)
    first.eventually(lambda: first.http.get(f"/simulations/{run}/points", params={"key": "height"}).status_code == 200)
    first.eventually(lambda: first.get(f"/simulations/{run}/points", key="height")["total"] > 100)
    before = first.get(f"/simulations/{run}/points", key="height")
    first.kill()
    second = spawn()
    second.eventually(lambda: second.get(f"/simulations/{run}/points", key="height")["total"] > before["total"] + 100)
    after = second.get(f"/simulations/{run}/points", key="height")
    assert after["series"] == before["series"]
    assert after["step"][: before["total"]] == before["step"]
    assert after["step"] == list(range(after["total"]))
    following = second.get(f"/simulations/{run}/points", key="height", cursor=before["cursor"])
    assert following["from"] == before["to"]


HOOKS = """
import pathlib
from gymdash_core import hookimpl

@hookimpl
def gymdash_run_started(run):
    note("started", run)

@hookimpl
def gymdash_run_finished(run):
    note("finished", run)

def note(event, run):
    with (pathlib.Path(__file__).parent / "told.txt").open("a") as file:
        file.write(f"{event} {run['id']}\\n")
"""


@pytest.fixture
def told(tmp_path, monkeypatch):
    """A plugin that notes what it is told; returns its notes."""
    site = tmp_path / "site"
    info = site / "notes-1.dist-info"
    info.mkdir(parents=True)
    (site / "notes_plugin.py").write_text(HOOKS)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: notes\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[gymdash]\nnotes = notes_plugin\n")
    monkeypatch.setenv("PYTHONPATH", str(site))
    notes = site / "told.txt"
    notes.touch()
    return lambda: notes.read_text().splitlines()


def test_plugins_are_told_each_start_and_end_once_over_a_killed_server(spawn, told):
    first = spawn()
    going, ended = first.start("Walker"), first.start("Walker", steps=3)
    first.ended(ended)
    first.until(going, "running")
    first.eventually(lambda: len(told()) == 3)
    first.kill()
    second = spawn()
    second.until(going, "running")
    second.post(f"/simulations/{going}/stop")
    second.ended(going)
    second.eventually(lambda: len(told()) == 4)
    second.kill()
    third = spawn()
    third.ended(third.start("Walker", steps=3))
    third.eventually(lambda: len(told()) >= 6)
    assert len(told()) == len(set(told())) == 6
