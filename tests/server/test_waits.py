"""Requests that wait for runs: they hold up nobody, and at the end of the server they end in words while runs go on."""

from __future__ import annotations

import signal
import threading
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from pathlib import Path

import pytest

from gymdash_core.executors.process import ProcessHandle
from gymdash_core.locks import FileLock, holder
from gymdash_core.meta import read_meta
from gymdash_core.project import RunFolder
from gymdash_server.settings import Settings
from live_servers import MISBEHAVING, TOKEN

#: A type that can be kept from being described: by a file ``hold`` beside it, to which it replies with ``held``.
HELD = """
import time
from pathlib import Path
from pydantic import BaseModel
from gymdash_core import Simulation

folder = Path(__file__).parent
while (folder / "hold").exists():
    (folder / "held").touch()
    time.sleep(0.01)

class Held(Simulation):
    class Params(BaseModel):
        x: int = 1

    def _run(self, **kwargs):
        while not self.was_cancelled():
            self.tick()
            time.sleep(0.01)
"""


@pytest.fixture
def settings(tmp_path):
    return Settings(project=tmp_path / "project", port=0, token=TOKEN, load=(str(MISBEHAVING),))


@pytest.fixture
def background():
    """Run calls on threads."""
    with ThreadPoolExecutor(100) as pool:
        yield pool.submit


def refusal(answer):
    assert answer.status_code == 503, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.json()["detail"]


def has_unanswered_query(server, run):
    return any(item["pending"] for item in server.get(f"/simulations/{run}/channels")["items"])


def ask_in_vain(server, run, background):
    """Send a query that nobody answers and return its future answer, once it waits."""
    query = {"channels": {"custom_query": {}}, "timeout_s": 60}
    asked = background(server.http.post, f"/simulations/{run}/query", json=query)
    server.eventually(lambda: has_unanswered_query(server, run))
    return asked


def test_a_query_that_waits_ends_with_its_server_and_its_run_goes_on(spawn, background):
    server = spawn()
    run = server.start("Quiet")
    server.until(run, "running")
    asked = ask_in_vain(server, run, background)
    server.process.send_signal(signal.SIGTERM)
    assert "ending" in refusal(asked.result(50))
    assert server.process.wait(50) == 0
    folder = RunFolder(Path(server.context["project"]) / "sims" / run)
    assert holder(folder.worker_lock) is not None
    assert spawn().state(run) == "running"


def test_a_start_that_is_being_validated_ends_with_its_server_and_creates_nothing(spawn, background, tmp_path):
    source = tmp_path / "held.py"
    source.write_text(HELD)
    server = spawn(load=[str(source)])
    (tmp_path / "hold").touch()
    asked = background(server.http.post, "/simulations", json={"key": "Held", "kwargs": {"x": 2}})
    server.eventually((tmp_path / "held").exists)
    server.process.send_signal(signal.SIGINT)
    assert "ending" in refusal(asked.result(50))
    assert server.process.wait(50) == 0
    assert not list((Path(server.context["project"]) / "sims").iterdir())


@pytest.fixture
def unheard(monkeypatch):
    """Have messages of a name wait before they are sent; return how many wait, and the event that lets them go on."""
    waiting, go_on = threading.Semaphore(0), threading.Event()

    def hold(name):
        send = getattr(ProcessHandle, name)

        def held(handle, *arguments, **more):
            waiting.release()
            assert go_on.wait(60)
            return send(handle, *arguments, **more)

        monkeypatch.setattr(ProcessHandle, name, held)
        return waiting, go_on

    yield hold
    go_on.set()


def ask_question(server):
    """Start a run that asks and return the address for the answer."""
    server.until(server.start("Walker", ask_at=3), "waiting")
    (asked,) = server.get("/control-requests", open=True)["items"]
    return f"/control-requests/{asked['id']}/answer"


def test_an_answer_that_waits_ends_with_its_server_and_the_question_stays_open(server, background, unheard):
    waiting, go_on = unheard("answer")
    address = ask_question(server)
    asked = background(server.http.post, address, json={"go": True})
    assert waiting.acquire(timeout=60)
    server.context.hang_up()
    go_on.set()
    assert "ending" in refusal(asked.result(50))
    assert server.get("/control-requests", open=True)["items"]


def test_answers_that_wait_hold_up_nothing_else_and_no_connection_of_the_database(server, background, unheard):
    waiting, go_on = unheard("answer")
    address = ask_question(server)
    asked = [background(server.http.post, address, json={"go": True}) for _ in range(90)]
    for _ in asked:
        assert waiting.acquire(timeout=60)
    assert len(server.get("/simulations")["items"]) == 1
    assert server.get("/health")["status"] == "ok"
    assert server.context.engine.pool.checkedout() < 5
    go_on.set()
    statuses = [item.result(60).status_code for item in asked]
    assert sorted(set(statuses)) == [200, 409]
    assert statuses.count(200) == 1


def test_queries_that_wait_hold_up_no_answer(server, background, monkeypatch):
    monkeypatch.setattr("gymdash_server.api.waits.MOST_WAITING", 1)
    run = server.start("Quiet")
    server.until(run, "running")
    asked = ask_in_vain(server, run, background)
    assert server.post(ask_question(server), {"go": True})["state"] == "answered"
    assert not asked.done()
    server.post(f"/simulations/{run}/stop")
    assert asked.result(60).json()["channels"]["custom_query"]["reason"] == "ended"


def test_pauses_that_wait_hold_up_nothing_else(server, background, unheard):
    waiting, go_on = unheard("pause")
    run = server.start("Quiet")
    server.until(run, "running")
    asked = [background(server.http.post, f"/simulations/{run}/pause") for _ in range(60)]
    for _ in asked:
        assert waiting.acquire(timeout=60)
    assert server.get("/simulations")["items"][0]["id"] == run
    go_on.set()
    assert {item.result(60).status_code for item in asked} == {202}
    assert server.until(run, "paused")


def test_a_resume_that_waits_for_an_earlier_attempt_ends_with_its_server_and_begins_nothing(spawn, background):
    server = spawn()
    run = server.start("Saver")
    assert server.ended(run)["state"] == "succeeded"
    folder = RunFolder(Path(server.context["project"]) / "sims" / run)
    with FileLock(folder.supervisor_lock).acquire_wait(50):  # as a supervisor that is still cleaning up
        asked = [background(server.http.post, f"/simulations/{run}/resume") for _ in range(2)]
        refused, waiting = wait(asked, 50, FIRST_COMPLETED)  # one is told that the other is at it, which thus waits
        assert [item.result().status_code for item in refused] == [409]
        server.process.send_signal(signal.SIGTERM)
        assert "ending" in refusal(waiting.pop().result(50))
        assert server.process.wait(50) == 0
    second = spawn()
    assert second.get(f"/simulations/{run}")["attempt"] == 1
    second.post(f"/simulations/{run}/resume")
    assert second.until(run, "succeeded")["attempt"] == 2


def test_a_queued_resume_that_waits_for_an_earlier_attempt_is_left_to_the_next_server(spawn):
    server = spawn(max_running=1)
    ended = server.start("Saver")
    server.ended(ended)
    holding = server.start("Quiet")
    server.until(holding, "running")
    folder = RunFolder(Path(server.context["project"]) / "sims" / ended)
    server.post(f"/simulations/{ended}/resume")
    assert server.state(ended) == "queued"
    with FileLock(folder.supervisor_lock).acquire_wait(50):
        server.post(f"/simulations/{holding}/stop")
        server.ended(holding)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(50) == 0
        assert read_meta(folder)["queued"]
    assert spawn(max_running=1).until(ended, "succeeded")["attempt"] == 2
