"""Rules of starts whose launch cannot be written down: what is refused leaves nothing, what is kept goes on."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from gymdash_core import launcher
from gymdash_core.meta import read_meta, record_launch
from gymdash_server.settings import Settings

REHEARSALS = Path(__file__).with_name("rehearsals.py")
MISBEHAVING = Path(__file__).parents[1] / "integration" / "misbehaving.py"


@pytest.fixture
def settings(tmp_path):
    return made(tmp_path)


def made(folder, **more):
    load = (str(REHEARSALS), str(MISBEHAVING))
    return Settings(project=folder / "project", port=0, token="a-token-of-the-tests", load=load, **more)


@pytest.fixture
def full(monkeypatch):
    """Return `full(*numbers)`: the launches of these numbers, from 1 on, find the disk full."""
    count = 0

    def fill(*numbers):
        def record(run, record, *, allowed):
            nonlocal count
            count += 1
            if count in numbers:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return record_launch(run, record, allowed=allowed)

        monkeypatch.setattr(launcher, "record_launch", record)
        return lambda: count

    return fill


def folders(server):
    return [path.name for path in server.context.project.sims.iterdir()]


def test_start_that_the_disk_refuses_leaves_nothing(server, full):
    full(1)
    answer = server.http.post("/simulations", json={"key": "Quick"})
    assert (answer.status_code, "No space left" in answer.json()["detail"]) == (507, True)
    assert folders(server) == []
    assert server.ended(server.start("Quick", count=1))["state"] == "succeeded"
    assert len(server.get("/simulations")["items"]) == 1


def test_batch_of_which_the_disk_refuses_one_leaves_nothing_and_starts_nothing(server, full):
    full(2)
    batch = {"key": "Quick", "grid": {"count": [1, 2, 3]}}
    answer = server.http.post("/simulations/batch", json=batch)
    assert answer.status_code == 507
    assert folders(server) == []
    assert server.context.service._launcher._slots == {}
    made = server.post("/simulations/batch", batch)
    assert {server.ended(item["id"])["state"] for item in made["items"]} == {"succeeded"}


@pytest.mark.parametrize("command", ["restart", "branch"])
def test_new_run_of_another_that_the_disk_refuses_leaves_nothing(server, full, command):
    run = server.start("Walker", steps=100_000)
    server.until(run, "running")
    server.post(f"/simulations/{run}/stop", {"save": True})
    server.ended(run)
    full(1)
    assert server.http.post(f"/simulations/{run}/{command}").status_code == 507
    assert folders(server) == [run]


def test_queued_run_whose_turn_finds_the_disk_full_keeps_its_turn_until_there_is_room(
    tmp_path, serve_at, full, monkeypatch
):
    monkeypatch.setattr(launcher, "_ROOM_S", 0.05)
    tried = full(2, 3, 4)
    with serve_at(made(tmp_path, max_running=1)) as server:
        first, second = server.start("Steps"), server.start("Quick", count=1)
        server.until(first, "running")
        server.post(f"/simulations/{first}/stop")
        assert server.ended(second)["state"] == "succeeded"
    assert tried() == 5


def test_queued_run_that_waits_for_room_waits_for_the_next_server_too(tmp_path, serving, full, monkeypatch):
    tried = full(*range(2, 1000))
    with serving(made(tmp_path, max_running=1)) as server:
        first, second = server.start("Steps"), server.start("Quick", count=1)
        server.until(first, "running")
        server.post(f"/simulations/{first}/stop")
        server.eventually(lambda: tried() > 1)
        project = server.context.project
    assert read_meta(project.run(second))["queued"]
    monkeypatch.undo()
    with serving(made(tmp_path, max_running=1)) as server:
        assert server.ended(second)["state"] == "succeeded"
