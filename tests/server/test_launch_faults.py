"""Rules of starts whose launch cannot be written down: what is refused leaves nothing, what is kept goes on."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from gymdash_core import holdups, launcher, starter
from gymdash_core.journal import read_json
from gymdash_core.locks import FileLock
from gymdash_core.meta import last_attempt, read_meta, record_launch
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
    monkeypatch.setattr(holdups, "_AGAIN_S", 0.05)
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


@pytest.fixture
def held(tmp_path, serve_at, monkeypatch):
    """A server, and a run of it whose resume has waited for a slot and waits for a supervisor that does not go."""
    monkeypatch.setattr(holdups, "_GONE_S", 0.05)
    monkeypatch.setattr(holdups, "_AGAIN_S", 0.05)
    with serve_at(made(tmp_path, max_running=1)) as server:
        run = server.start("Saver")
        server.ended(run)
        busy = server.start("Steps")
        server.until(busy, "running")
        server.post(f"/simulations/{run}/resume")
        with FileLock(server.context.project.run(run).supervisor_lock).acquire_wait(50) as lock:
            server.post(f"/simulations/{busy}/kill")
            server.eventually(lambda: "held by process" in server.get(f"/simulations/{run}")["reason"])
            yield server, run, lock


def test_queued_resume_whose_earlier_attempt_does_not_go_stays_queued_until_it_has(held):
    server, run, lock = held
    folder = server.context.project.run(run)
    assert (server.state(run), last_attempt(read_meta(folder))) == ("queued", 1)
    assert read_json(folder.exit)["attempt"] == 1
    lock.release()
    resumed = server.until(run, "succeeded")
    assert (resumed["attempt"], "waits_for" in read_meta(folder)) == (2, False)


def test_queued_resume_whose_earlier_attempt_does_not_go_is_called_off_and_gives_its_slot(held):
    server, run, _ = held
    server.post(f"/simulations/{run}/stop")
    assert server.ended(server.start("Quick", count=1))["state"] == "succeeded"
    assert (server.state(run), server.get(f"/simulations/{run}")["attempt"]) == ("succeeded", 1)


# --- batches that a kill of the server cuts short ---------------------------------------------------------------------


class CutShortError(BaseException):
    """Stands for a SIGKILL: nothing is cleaned up."""


def cut_short(monkeypatch, server, after):
    """Have the server die while it writes a batch, after so many runs."""
    create, take_back, written = starter.create_run, starter.Starter._take_back, []

    def write(project, request):
        if len(written) == after:
            raise CutShortError
        written.append(create(project, request))
        return written[-1]

    monkeypatch.setattr(starter, "create_run", write)
    monkeypatch.setattr(starter.Starter, "_take_back", lambda *_: None)
    with pytest.raises(CutShortError):
        server.context.service.start_batch("Quick", {}, {"count": [1, 2, 3]}, None, "")
    monkeypatch.setattr(starter, "create_run", create)
    monkeypatch.setattr(starter.Starter, "_take_back", take_back)
    return [run.id for run in written]


def test_batch_that_was_half_written_when_the_server_was_killed_is_removed(serving, monkeypatch):
    with serving() as server:
        other = server.start("Quick", count=1)
        server.ended(other)
        assert len(cut_short(monkeypatch, server, 2)) == 2
    with serving() as server:
        assert [item["id"] for item in server.get("/simulations")["items"]] == [other]
        assert folders(server) == [other]


@pytest.fixture
def dying(monkeypatch):
    """Return `dying(server, batch)`: the server dies when it has launched the first run of a batch."""
    launch_all = launcher.Launcher.launch_all

    def die_after_the_first(self, orders):
        launch_all(self, orders[:1])
        raise CutShortError

    def start(server, key, grid):
        with monkeypatch.context() as patch:
            patch.setattr(launcher.Launcher, "launch_all", die_after_the_first)
            patch.setattr(starter.Starter, "_take_back", lambda *_: None)
            with pytest.raises(CutShortError):
                server.context.service.start_batch(key, {}, grid, None, "")

    return start


def test_batch_that_was_whole_when_the_server_was_killed_goes_on(serving, dying):
    with serving() as server:
        dying(server, "Quick", {"count": [1, 2, 3]})
    with serving() as server:
        items = server.get("/simulations")["items"]
        assert {server.ended(item["id"])["state"] for item in items} == {"succeeded"}
        assert len(items) == 3


def running(server):
    return server.get("/simulations", state="running")["items"]


def test_rest_of_a_batch_waits_on_when_its_first_run_is_gone(serving, tmp_path, dying):
    chosen = made(tmp_path, max_running=1)
    with serving(chosen) as server:
        dying(server, "Steps", {"steps": [100_001, 100_002, 100_003]})
    with serving(chosen) as server:
        (first,) = server.eventually(lambda: [item["id"] for item in running(server)])
        server.post(f"/simulations/{first}/kill")
        server.ended(first)
        server.http.delete(f"/simulations/{first}", params={"purge": True})
        server.eventually(lambda: running(server))
    with serving(chosen) as server:
        assert sorted(item["state"] for item in server.get("/simulations")["items"]) == ["queued", "running"]
