"""Nothing that was acknowledged is forgotten: SIGKILL at any moment, and an index made anew."""

from __future__ import annotations

import contextlib
import json
import random
import threading
from pathlib import Path

import httpx
import pytest

from gymdash_core.locks import holder
from gymdash_core.project import RunFolder
from live_servers import FINAL, WAIT_S, database_of


class Busy:
    """A client that keeps a server busy and remembers what it has acknowledged."""

    def __init__(self, chance):
        self.chance = chance
        self.runs, self.names, self.stopped, self.answers, self.points = set(), {}, set(), {}, {}
        self.unanswered = {}  # names that a server may have written before it was killed
        self.done = 0

    def work(self, server, stop):
        with contextlib.suppress(httpx.TransportError):
            while not stop.is_set():
                self.chance.choice([self.start, self.start, self.rename, self.stop, self.answer, self.read])(server)
                self.done += 1

    def some(self):
        return self.chance.choice(sorted(self.runs)) if self.runs else None

    def start(self, server):
        live = server.get("/simulations", state=["queued", "starting", "running", "waiting"], limit=100)["items"]
        if len(live) < 5:
            kwargs = self.chance.choice([{"steps": 400}, {"ask_at": 20, "steps": 300}, {"steps": 10**6}])
            self.runs.add(server.start("Walker", **kwargs))

    def rename(self, server):
        run, name = self.some(), f"name {self.chance.random()}"
        if not run:
            return
        self.unanswered[run] = name
        if server.http.patch(f"/simulations/{run}", json={"name": name}).status_code == 200:
            self.names[run] = name
        del self.unanswered[run]

    def stop(self, server):
        run = self.some()
        if run and self.chance.random() < 0.3:
            answer = server.http.post(f"/simulations/{run}/stop", json={"grace_s": 5})
            if answer.status_code == 202 and answer.json()["state"] not in FINAL:
                self.stopped.add(run)

    def answer(self, server):
        for asked in server.get("/control-requests", open=True)["items"]:
            answer = server.http.post(f"/control-requests/{asked['id']}/answer", json={"go": True})
            assert answer.status_code in {200, 409}
            if answer.status_code == 200:
                self.answers[asked["id"]] = {"go": True}

    def read(self, server):
        run = self.some()
        answer = server.http.get(f"/simulations/{run}/points", params={"key": "height"}) if run else None
        if answer is not None and answer.status_code == 200:
            self.points[run] = answer.json()

    def check(self, server):
        """Hold a server to all that was acknowledged before."""
        for run in self.runs:
            folder = RunFolder(Path(server.context["project"]) / "sims" / run)
            found = server.get(f"/simulations/{run}")
            if found["state"] not in {"queued", "starting", "stopping", *FINAL} and holder(folder.worker_lock) is None:
                found = server.ended(run)  # just now
            if found["state"] in FINAL:
                assert found["state"] in {"succeeded", "stopped"}, found
            if run in self.names:
                assert found["name"] in {self.names[run], self.unanswered.get(run)}
            if run in self.stopped:
                assert found["state"] in {"stopping", *FINAL}
                done = server.get(f"/simulations/{run}/interventions", limit=1000)["items"]
                assert "stop" in [item["event"] for item in done] or found["attempt"] == 0
        kept = {item["id"]: item for item in server.get("/control-requests", limit=1000)["items"]}
        for request, answer in self.answers.items():
            assert (kept[request]["state"], kept[request]["answer"]) == ("answered", answer)
        for run, before in self.points.items():
            now = server.get(f"/simulations/{run}/points", key="height")
            assert now["series"] == before["series"]
            assert now["step"][: before["total"]] == before["step"]
            assert now["step"] == list(range(now["total"]))


def everything(server):
    """All that an index made anew must say in the same words, as the bytes of the answers."""
    answers = [server.http.get("/simulations", params={"limit": 1000, "sort": sort}) for sort in ("created", "-name")]
    answers.append(server.http.get("/simulations", params={"limit": 1000, "trashed": True}))
    answers.append(server.http.get("/control-requests", params={"limit": 1000}))
    for run in [item["id"] for answer in answers[:3:2] for item in answer.json()["items"]]:
        parts = ("", "/statuses", "/interventions", "/attempts", "/checkpoints")
        answers += [server.http.get(f"/simulations/{run}{part}", params={"limit": 1000}) for part in parts]
    assert {answer.status_code for answer in answers} == {200}
    return {str(answer.url).partition("/api/")[2]: answer.content for answer in answers}


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.timeout(300)
def test_a_server_killed_at_random_moments_forgets_nothing(spawn, seed):
    chance, busy = random.Random(seed), Busy(random.Random(seed))
    for _ in range(4):
        server, stop = spawn(max_running=3), threading.Event()
        busy.check(server)
        worker = threading.Thread(target=busy.work, args=(server, stop))
        enough = busy.done + chance.randint(2, 60)
        worker.start()
        server.eventually(lambda enough=enough: busy.done >= enough, WAIT_S)
        server.kill()
        stop.set()
        worker.join(80)
        assert not worker.is_alive()
    server = spawn(max_running=8)
    busy.check(server)
    busy.answer(server)
    runs = {item["id"] for item in server.get("/simulations", limit=1000)["items"]}
    assert runs >= busy.runs  # and starts that were carried out, but not acknowledged any more
    for run in runs:
        if server.state(run) not in FINAL:
            server.post(f"/simulations/{run}/stop")
    for run in runs:
        assert server.ended(run)["state"] in {"succeeded", "stopped"}
    busy.check(server)
    before = everything(server)
    server.kill()
    for file in database_of(server.context["project"]).parent.glob("simulations.db*"):
        file.unlink()
    after = everything(spawn())
    assert {name: json.loads(text) for name, text in after.items()} == {n: json.loads(t) for n, t in before.items()}
    assert after == before


def test_an_index_made_anew_says_the_same_byte_for_byte(spawn):
    server = spawn()
    twice = server.start("Walker", ask_at=5)
    server.until(twice, "waiting")
    server.post(
        f"/simulations/{twice}/query", {"channels": {"gain": 2.0, "mark": None, "checkpoint": None}, "timeout_s": 0}
    )
    (asked,) = server.get("/control-requests", open=True)["items"]
    server.post(f"/control-requests/{asked['id']}/answer", {"go": True})
    server.eventually(lambda: server.get(f"/simulations/{twice}/checkpoints")["items"])
    for grace_s in (600, 300, 200):
        server.post(f"/simulations/{twice}/stop", {"grace_s": grace_s})
    server.ended(twice)
    server.post(f"/simulations/{twice}/resume")
    server.until(twice, "running")
    server.post(f"/simulations/{twice}/query", {"channels": {"twice": 3}})
    server.post(f"/simulations/{twice}/pause")
    server.post(f"/simulations/{twice}/kill")
    assert server.ended(twice)["state"] == "killed"
    server.post(f"/simulations/{twice}/resume")
    server.until(twice, "running")
    server.post(f"/simulations/{twice}/stop")
    server.ended(twice)
    left_open = server.start("Walker", ask_at=3)
    server.until(left_open, "waiting")
    server.post(f"/simulations/{left_open}/kill")
    for key in ("FailsInRun", "Segfaults", "Exits", "LogsStrangeNumbers"):
        server.ended(server.start(key))
    for name in ("branch", "restart"):
        made = server.post(f"/simulations/{twice}/{name}")["id"]
        server.until(made, "running", "waiting")
        server.post(f"/simulations/{made}/stop")
        server.ended(made)
    batch = server.post("/simulations/batch", {"key": "Walker", "grid": {"gain": [1, 2]}, "kwargs": {"steps": 2}})
    for run in batch["items"]:
        server.ended(run["id"])
    server.http.patch(f"/simulations/{twice}", json={"name": "ä\u0000\U0001f600", "tags": ["b", "a"], "notes": "x\n"})
    server.http.delete(f"/simulations/{left_open}")
    before = everything(server)
    server.process.terminate()
    server.process.wait(WAIT_S)
    for file in database_of(server.context["project"]).parent.glob("simulations.db*"):
        file.unlink()
    after = everything(spawn())
    assert {name: json.loads(text) for name, text in after.items()} == {n: json.loads(t) for n, t in before.items()}
    assert after == before
