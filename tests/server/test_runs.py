"""Rules of the commands on runs: what is accepted holds, what is refused changes nothing."""

from __future__ import annotations

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest

from gymdash_core.errors import WorkerGoneError
from gymdash_core.locks import UNKNOWN_PID, holder
from gymdash_server import runs
from gymdash_server.api.routes import simulations as routes
from gymdash_server.settings import Settings

REHEARSALS = Path(__file__).with_name("rehearsals.py")
MISBEHAVING = Path(__file__).parents[1] / "integration" / "misbehaving.py"


@pytest.fixture
def settings(tmp_path):
    return made(tmp_path)


def made(folder, **more):
    load = (str(REHEARSALS), str(MISBEHAVING))
    return Settings(project=folder / "project", port=0, token="a-token-of-the-tests", load=load, **more)


def listed(server, **params):
    return [item["id"] for item in server.get("/simulations", **params)["items"]]


# --- queue ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def one_slot(tmp_path):
    return made(tmp_path, max_running=1)


@pytest.fixture
def narrow(one_slot, serving):
    with serving(one_slot) as server:
        yield server


def test_queue_keeps_its_order_says_what_it_waits_for_and_starts_as_slots_come_free(narrow):
    first, second, third = (narrow.start("Steps") for _ in range(3))
    narrow.until(first, "running")
    for run in (second, third):
        waiting = narrow.get(f"/simulations/{run}")
        assert (waiting["state"], waiting["attempt"]) == ("queued", 0)
        assert "slot" in waiting["reason"]
    narrow.post(f"/simulations/{first}/stop")
    narrow.ended(first)
    narrow.until(second, "running")
    assert narrow.state(third) == "queued"


def test_queued_run_is_stopped_at_once_and_gives_its_place(narrow):
    first, second, third = (narrow.start("Steps") for _ in range(3))
    stopped = narrow.post(f"/simulations/{second}/stop")
    assert (stopped["state"], stopped["attempt"], stopped["started"]) == ("stopped", 0, None)
    assert narrow.get(f"/simulations/{second}/stats")["items"] == []
    assert narrow.http.post(f"/simulations/{second}/query", json={"channels": {"progress": None}}).status_code == 409
    narrow.post(f"/simulations/{first}/kill")
    narrow.until(third, "running")
    assert narrow.state(second) == "stopped"


def test_queue_and_slots_survive_a_restart_in_order(serving, one_slot):
    with serving(one_slot) as server:
        first, second, third = (server.start("Steps") for _ in range(3))
        server.until(first, "running")
    with serving(one_slot) as server:
        assert [server.state(run) for run in (first, second, third)] == ["running", "queued", "queued"]
        assert list(server.context.service._launcher._slots) == [first]  # else the next would be on its way
        server.post(f"/simulations/{first}/stop")
        server.until(second, "running")
        assert server.state(third) == "queued"


def test_run_that_ended_while_no_server_was_there_gives_its_slot_to_the_next(serving, one_slot, eventually):
    with serving(one_slot) as server:
        first, second = server.start("Steps"), server.start("Steps")
        server.until(first, "running")
        folder = server.context.project.run(first)
    os.kill(holder(folder.worker_lock), signal.SIGKILL)
    eventually(lambda: holder(folder.supervisor_lock) is None)
    with serving(one_slot) as server:
        assert server.state(first) == "failed"
        server.until(second, "running")


def test_failing_start_gives_back_its_slot(narrow):
    failed = [narrow.start("FailsInInit"), narrow.start("Segfaults")]
    last = narrow.start("Quick")
    assert [narrow.ended(run)["state"] for run in failed] == ["failed", "failed"]
    assert narrow.ended(last)["state"] == "succeeded"


def test_a_run_whose_worker_has_just_ended_has_no_channels(server, eventually):
    run = server.start("Steps")
    server.until(run, "running")
    assert server.get(f"/simulations/{run}/channels")["items"]
    folder = server.context.project.run(run)
    supervisor = holder(folder.supervisor_lock)
    os.kill(supervisor, signal.SIGSTOP)  # it cannot write that the run has ended
    try:
        os.kill(holder(folder.worker_lock), signal.SIGKILL)
        eventually(lambda: holder(folder.worker_lock) is None)
        assert server.get(f"/simulations/{run}/channels")["items"] == []
    finally:
        os.kill(supervisor, signal.SIGCONT)
    assert server.ended(run)["state"] == "failed"


def test_a_worker_that_this_process_cannot_see_and_that_does_not_answer_has_not_ended(server, monkeypatch):
    run = server.start("Steps")
    server.until(run, "running")

    def be_silent(_):
        raise WorkerGoneError("the worker does not answer")

    monkeypatch.setattr(server.context.service._talk, "channels", be_silent)
    monkeypatch.setattr(runs, "holder", lambda _: UNKNOWN_PID)  # as of a worker in another container
    answer = server.http.get(f"/simulations/{run}/channels")
    assert (answer.status_code, "does not answer" in answer.text) == (409, True)


# --- describing -------------------------------------------------------------------------------------------------------


def test_changes_are_made_to_what_was_read_or_not_at_all(server):
    run = server.start("Quick", count=1)
    server.ended(run)
    read = server.http.get(f"/simulations/{run}")
    tag = read.headers["etag"]
    assert server.http.get(f"/simulations/{run}", headers={"If-None-Match": tag}).status_code == 304
    change = {"name": "new name", "tags": ["b", "a", "b"], "notes": "of note"}
    changed = server.http.patch(f"/simulations/{run}", json=change, headers={"If-Match": tag})
    assert changed.status_code == 200
    assert changed.json() == {**read.json(), "name": "new name", "tags": ["b", "a"], "notes": "of note"}
    assert server.http.patch(f"/simulations/{run}", json={"notes": "x"}, headers={"If-Match": tag}).status_code == 412
    assert server.http.get(f"/simulations/{run}", headers={"If-None-Match": tag}).status_code == 200
    assert server.get(f"/simulations/{run}") == changed.json()
    assert changed.headers["etag"] == server.http.get(f"/simulations/{run}").headers["etag"]
    assert (listed(server, tag="a"), listed(server, tag="c"), listed(server, q="of NOTE")) == ([run], [], [run])
    listing = server.http.get("/simulations")
    assert server.http.get("/simulations", headers={"If-None-Match": listing.headers["etag"]}).status_code == 304


def test_of_two_changes_at_the_same_time_to_what_was_read_one_is_made(server, monkeypatch):
    run = server.start("Quick", count=1)
    server.ended(run)
    tag = server.http.get(f"/simulations/{run}").headers["etag"]
    both_have_checked, check = threading.Barrier(2, timeout=60), routes.is_conditional

    def checked(*arguments):
        found = check(*arguments)
        both_have_checked.wait()
        return found

    monkeypatch.setattr(routes, "is_conditional", checked)

    def change(name):
        return server.http.patch(f"/simulations/{run}", json={"name": name}, headers={"If-Match": tag})

    with ThreadPoolExecutor(2) as pool:
        answers = {name: pool.submit(change, name) for name in ("one", "other")}
    statuses = {name: answer.result().status_code for name, answer in answers.items()}
    assert sorted(statuses.values()) == [200, 412]
    assert statuses[server.get(f"/simulations/{run}")["name"]] == 200


def test_runs_with_the_longest_names_are_paged_by_name(server):
    runs = [server.post("/simulations", {"key": "Quick", "name": "\U0001f600" * 499 + end})["id"] for end in "ab"]
    first = server.get("/simulations", sort="name", limit=1)
    second = server.get("/simulations", sort="name", limit=1, cursor=first["next_cursor"])
    assert [page["items"][0]["id"] for page in (first, second)] == runs


def test_trash_hides_restores_and_purges(server):
    run, other = server.start("Quick", count=1), server.start("Steps")
    server.ended(run)
    assert server.http.delete(f"/simulations/{other}").status_code == 409
    with server.events(event=["simulation"]) as client:
        assert server.http.delete(f"/simulations/{run}").json()["trashed"]
        assert (listed(server), listed(server, trashed=True)) == ([other], [run])
        assert server.post(f"/simulations/{run}/restore")["trashed"] is None
        assert sorted(listed(server)) == sorted([run, other])
        folder = server.context.project.run(run).path
        assert server.http.delete(f"/simulations/{run}", params={"purge": True}).status_code == 204
        server.eventually(lambda: [event for event in client.of("simulation") if event.get("deleted")])
    assert not folder.exists()
    assert not (server.context.project.points_index / run).exists()
    for path in ("", "/stats", "/statuses", "/logs", "/attempts"):
        assert server.http.get(f"/simulations/{run}{path}").status_code == 404
    assert server.http.delete(f"/simulations/{run}").status_code == 404


# --- starting several -------------------------------------------------------------------------------------------------


def test_batch_starts_all_or_none(server):
    wrong = {"key": "Validated", "kwargs": {"name": "x"}, "grid": {"total": [1, 0]}}
    refused = server.http.post("/simulations/batch", json=wrong)
    assert (refused.status_code, listed(server)) == (422, [])
    right = {"key": "Validated", "grid": {"total": [1, 2], "name": ["a", "b"]}, "name": "sweep"}
    made = server.post("/simulations/batch", right)
    assert len(made["items"]) == 4
    assert {item["group"] for item in made["items"]} == {made["group"]}
    assert sorted((i["kwargs"]["total"], i["kwargs"]["name"]) for i in made["items"]) == [
        (1, "a"),
        (1, "b"),
        (2, "a"),
        (2, "b"),
    ]
    assert all(item["name"].startswith("sweep") for item in made["items"])
    assert sorted(listed(server, group=made["group"])) == sorted(item["id"] for item in made["items"])
    for item in made["items"]:
        assert server.ended(item["id"])["state"] == "succeeded"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"key": "nothing"}, 404),
        ({"key": "Validated", "kwargs": {"total": 0}}, 422),
        ({"key": "Validated", "kwargs": {"totl": 1}}, 422),
        ({"key": "Validated", "executor": "thread"}, 409),
        ({"key": "Validated", "executor": "nothing"}, 404),
        ({"kwargs": {}}, 422),
    ],
)
def test_refused_start_creates_nothing(server, body, status):
    refused = server.http.post("/simulations", json=body)
    assert (refused.status_code, refused.headers["content-type"]) == (status, "application/problem+json")
    assert listed(server) == []
    assert list(server.context.project.runs()) == []


# --- going on ---------------------------------------------------------------------------------------------------------


def heights(client, run):
    return [event for event in client.of("points") if (event["simulation_id"], event["key"]) == (run, "height")]


def test_run_is_saved_stopped_resumed_restarted_and_branched(server):
    with server.events(event=["points"]) as client:
        run = server.start("Walker", steps=100_000)
        server.eventually(lambda: client.of("points"))
        server.post(f"/simulations/{run}/stop", {"save": True})
        assert server.ended(run)["state"] == "stopped"
        saved = server.get(f"/simulations/{run}/checkpoints")["items"]
        assert saved
        going = server.post(f"/simulations/{run}/resume", status=202)
        assert (going["id"], going["attempt"]) == (run, 2)
        server.until(run, "running")
        server.eventually(lambda: 2 in [attempt for event in client.of("points") for attempt in event["attempt"]])
        branch = server.post(f"/simulations/{run}/branch", {"kwargs": {"gain": 5.0}}, status=201)
        assert (branch["parent"], branch["kwargs"]["gain"]) == (run, 5.0)
        server.until(branch["id"], "running")
        for identity in (run, branch["id"]):
            server.post(f"/simulations/{identity}/stop")
            server.ended(identity)
        again = server.post(f"/simulations/{run}/restart", status=201)
        assert (again["parent"], again["kwargs"]) == (run, {"steps": 100_000})
        server.post(f"/simulations/{again['id']}/kill")
        assert server.ended(again["id"])["state"] == "killed"
        points = server.get(f"/simulations/{run}/points", key="height")
        server.eventually(lambda: heights(client, run)[-1]["to"] == points["total"])
        assert heights(client, run)[0]["from"] == 0
    attempts = server.get(f"/simulations/{run}/attempts")["items"]
    assert [(item["attempt"], item["state"]) for item in attempts] == [(1, "stopped"), (2, "stopped")]
    assert attempts[1]["resume_from"]
    assert server.get(f"/simulations/{run}")["ran_s"] == pytest.approx(sum(map(seconds_of, attempts)), abs=0.002)
    assert sorted(set(points["attempt"])) == [1, 2]
    first = points["attempt"].index(2)
    assert points["step"][first] == saved[-1]["step"]
    assert server.get(f"/simulations/{run}/provenance")["python"]
    events = [(item["event"], item["outcome"]) for item in server.get(f"/simulations/{run}/interventions")["items"]]
    assert events.count(("stop", "stopped")) == 2


def test_the_last_attempt_is_told_to_its_end_though_it_could_not_say_so_itself(server):
    run = server.start("Walker", steps=100_000)
    server.until(run, "running")
    server.post(f"/simulations/{run}/kill")
    ended = server.ended(run)
    attempt = server.get(f"/simulations/{run}/attempts")["items"][-1]
    assert (attempt["state"], attempt["ended"]) == ("killed", ended["ended"])


def test_the_end_of_an_attempt_that_nobody_asked_for_outlives_its_resume(server):
    run = server.start("Walker", steps=100_000)
    server.until(run, "running")
    server.post(f"/simulations/{run}/query", {"channels": {"checkpoint": None}})
    server.eventually(lambda: server.get(f"/simulations/{run}/checkpoints")["items"])
    os.kill(holder(server.context.project.run(run).worker_lock), signal.SIGKILL)  # as for want of memory
    ended = server.ended(run)
    server.post(f"/simulations/{run}/resume")
    resumed = server.until(run, "running")
    first = server.get(f"/simulations/{run}/attempts")["items"][0]
    assert (first["state"], first["ended"], first["reason"]) == ("failed", ended["ended"], ended["reason"])
    assert resumed["ran_s"] == pytest.approx(ended["ran_s"], abs=0.1)


def seconds_of(attempt):
    return (datetime.fromisoformat(attempt["ended"]) - datetime.fromisoformat(attempt["started"])).total_seconds()


def test_pause_holds_the_loop_and_resume_lets_it_go_on(server):
    run = server.start("Walker", steps=100_000)
    server.until(run, "running")
    server.post(f"/simulations/{run}/pause", status=202)
    server.until(run, "paused")
    server.post(f"/simulations/{run}/resume", status=202)
    server.until(run, "running")
    refused = server.http.post(f"/simulations/{run}/resume", json={"checkpoint": "x"})
    assert refused.status_code == 409


@pytest.mark.parametrize(("key", "command"), [("Quick", "resume"), ("Quick", "branch"), ("Quick", "pause")])
def test_what_a_type_or_a_state_does_not_allow_is_refused_by_name(server, key, command):
    run = server.start(key, count=1)
    server.ended(run)
    refused = server.http.post(f"/simulations/{run}/{command}")
    assert refused.status_code == 409
    assert run in refused.text or key in refused.text
    assert server.get(f"/simulations/{run}/attempts")["items"][-1]["attempt"] == 1


def test_ended_run_is_left_alone_by_stop_and_kill(server):
    run = server.start("Quick", count=1)
    before = server.ended(run)
    assert server.post(f"/simulations/{run}/stop", status=202) == before
    assert server.post(f"/simulations/{run}/kill", status=202) == before
    assert server.get(f"/simulations/{run}/interventions")["items"] == []


@pytest.mark.parametrize(
    ("key", "state"),
    [("FailsInSetup", "failed"), ("Exits", "failed"), ("KillsItself", "failed"), ("ExitsPolitely", "failed")],
)
def test_bad_ends_are_told_with_their_reason(server, key, state):
    run = server.start(key)
    ended = server.ended(run)
    assert ended["state"] == state
    assert ended["reason"] or ended["last_status"]["details"] or ended["last_status"]["error_trace"]
    assert ended["ended"]


def test_statuses_and_records_are_paged(server):
    run = server.start("FailsInRun")
    server.ended(run)
    whole = server.get(f"/simulations/{run}/statuses")["items"]
    assert "no run" in whole[-1]["error_trace"]
    pages, cursor = [], None
    while True:
        page = server.get(f"/simulations/{run}/statuses", limit=1, **({"cursor": cursor} if cursor else {}))
        pages += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert pages == whole
    assert server.http.get(f"/simulations/{run}/statuses", params={"cursor": "x"}).status_code == 422


def test_strange_numbers_come_back_as_they_were(server):
    run = server.start("LogsStrangeNumbers")
    server.ended(run)
    points = server.get(f"/simulations/{run}/points", key="strange")
    assert points["value"] == [1.0, "NaN", "Infinity", "-Infinity", -0.0, 1e308, 2.0, 3.0]
    assert points["step"] == [0, 1, 2, 3, 4, 5, 3, 1]
    window = server.get(f"/simulations/{run}/points", key="strange", start=1, end=3)
    assert (window["value"], window["total"]) == (["NaN", "Infinity", "-Infinity", 2.0, 3.0], 5)


# --- the record -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("agent", "by"),
    [
        ("curl/8.5.0", "curl"),
        ("gymdash-cli", "gymdash-cli"),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0", "dashboard"),
        ("<script>", "server"),
        ("", "server"),
        ("x" * 400, "x" * 40),
    ],
)
def test_the_record_says_what_a_command_was_sent_by(serving, settings, agent, by):
    with serving() as server:
        run = server.start(poll_period=0.01, total_runtime=600)
        server.until(run, "running")
        for command in ("pause", "resume", "stop"):
            server.http.post(f"/simulations/{run}/{command}", headers={"User-Agent": agent}).raise_for_status()
        server.ended(run)
        done = server.get(f"/simulations/{run}/interventions")["items"]
    assert [(item["event"], item["by"]) for item in done] == [(event, by) for event in ("pause", "resume", "stop")]
