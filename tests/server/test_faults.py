"""What goes wrong around a server: disks, databases, ports, clients that do not read, and SIGKILL at any moment."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import psutil
import pytest

from gymdash_core.locks import holder
from gymdash_core.meta import LaunchRecord, SignalStep, record_launch, record_signal
from gymdash_core.project import RunFolder
from gymdash_server.db.engine import open_database
from gymdash_server.errors import DatabaseError
from gymdash_server.settings import Settings

TOKEN = "a-token-of-the-tests"
MISBEHAVING = Path(__file__).parents[1] / "integration" / "misbehaving.py"
WAIT_S = 60
FINAL = {"succeeded", "failed", "stopped", "killed", "lost"}


# --- starting --------------------------------------------------------------------------------------------------------


def test_a_second_server_of_a_project_refuses_in_one_line(spawn, refused, tmp_path):
    first = spawn()
    said = refused()
    assert said.count("\n") == 0
    assert said.startswith("ProjectServedError: ")
    assert str(tmp_path / "project") in said
    assert first.url in said
    assert str(first.process.pid) in said
    assert first.get("/health")["status"] == "ok"


def test_a_second_server_on_the_same_port_says_that_the_project_is_served(spawn, refused):
    first = spawn()
    assert refused(port=int(first.url.rpartition(":")[2])).startswith("ProjectServedError: ")


def test_a_port_in_use_is_named_with_a_way_out(refused, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = refused(port=port)
    assert said.startswith("PortTakenError: ")
    assert f"127.0.0.1:{port}" in said
    assert "--port" in said
    assert said.count("\n") == 0
    assert not (tmp_path / "project" / "server.json").exists()


def test_an_address_of_another_machine_is_no_port_in_use_but_refused_alike(refused):
    assert refused(host="192.0.2.1").startswith("PortTakenError: ")


def test_the_lock_of_a_killed_server_is_free(spawn):
    first = spawn()
    first.kill()
    assert json.loads((Path(first.context["project"]) / "server.json").read_text())["pid"] == first.process.pid
    second = spawn()
    assert json.loads((Path(first.context["project"]) / "server.json").read_text())["pid"] == second.process.pid


def test_a_file_in_the_projects_place_is_named(refused, tmp_path):
    (tmp_path / "project").write_text("")
    said = refused()
    assert said.startswith("ProjectAccessError: ")
    assert said.count("\n") == 0


READ_ONLY = """
import subprocess, sys
subprocess.run(["mount", "-o", "remount,ro", sys.argv[1]], check=True)
sys.argv = [sys.argv[0], sys.argv[2]]
"""


def mounting():
    """The command that runs a shell in a mount namespace of its own."""
    for command in (["unshare", "-m"], ["unshare", "-rm"]):
        attempt = [*command, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
        if subprocess.run(attempt, capture_output=True, check=False).returncode == 0:
            return command
    if os.environ.get("CI"):
        pytest.fail("this machine allows no mount namespace; CI must")
    pytest.skip("needs root, or user namespaces, to mount a small disk")


def on_disk(tmp_path, script, size="8m"):
    """Run a script over a project on a small disk of its own and return what it prints."""
    disk, program = tmp_path / "disk", tmp_path / "program.py"
    disk.mkdir()
    program.write_text(script)
    shell = f'mount -t tmpfs -o size={size} tmpfs "$1" && exec "$2" "$3" "$1" "$4"'
    done = subprocess.run(
        [*mounting(), "sh", "-c", shell, "sh", disk, sys.executable, program, MISBEHAVING],
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


SERVER_ON_DISK = """
import contextlib, json, logging, shutil, subprocess, sys, threading, time
from pathlib import Path
import httpx
from gymdash_core.errors import GymDashError
from gymdash_server.context import Context
from gymdash_server.serving import listening, make_server
from gymdash_server.settings import Settings

project, load = sys.argv[1:]
settings = Settings(project=project, port=0, token="t", load=(load,), usage_period_s=0.1)
mount = lambda *options: subprocess.run(["mount", *options, project], check=True)
sys.path.insert(0, str(Path(load).parent))

@contextlib.contextmanager
def serving():
    with listening(settings) as listener, Context(settings) as context:
        server = make_server(context)
        server.install_signal_handlers = lambda: None
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/api/v1"
        with httpx.Client(base_url=url, headers={"Authorization": "Bearer t"}, timeout=60) as http:
            until(lambda: server.started)
            yield http
            server.should_exit = True
            thread.join(10)

def until(true):
    deadline = time.monotonic() + 60
    while not (found := true()):
        assert time.monotonic() < deadline, true
        time.sleep(0.02)
    return found
"""

TURNED_READ_ONLY = """
    with serving() as http:
        run = http.post("/simulations", json={"key": "Walker", "kwargs": {"steps": 5}}).json()["id"]
        until(lambda: http.get(f"/simulations/{run}").json()["state"] == "succeeded")
        until(lambda: http.get(f"/simulations/{run}/points", params={"key": "height"}).status_code == 200)
        before = http.get("/simulations").json()
        mount("--bind", project)  # what is open stays writable, the database too
        mount("-o", "remount,bind,ro")
        answers = {
            "health": http.get("/health"),
            "list": http.get("/simulations"),
            "points": http.get(f"/simulations/{run}/points", params={"key": "height"}),
            "start": http.post("/simulations", json={"key": "Walker"}),
            "batch": http.post("/simulations/batch", json={"key": "Walker", "seeds": None}),
            "rename": http.patch(f"/simulations/{run}", json={"name": "other"}),
            "trash": http.delete(f"/simulations/{run}"),
            "purge": http.delete(f"/simulations/{run}", params={"purge": True}),
            "stop": http.post(f"/simulations/{run}/stop"),
        }
        same = http.get("/simulations").json() == before
        subprocess.run(["umount", project], check=True)
        renamed = until(lambda: http.patch(f"/simulations/{run}", json={"name": "other"}).status_code == 200)
        left = sorted(path.name for path in Path(project, "sims").iterdir())
    mount("-o", "remount,ro")
    try:
        with serving():
            refused = ""
    except GymDashError as error:
        refused = f"{type(error).__name__}: {error}"
    print(json.dumps({
        "statuses": {name: answer.status_code for name, answer in answers.items()},
        "types": sorted({answer.headers["content-type"] for answer in answers.values() if answer.status_code >= 400}),
        "details": [answer.json().get("detail", "") for answer in answers.values() if answer.status_code >= 400],
        "same": same, "renamed": renamed, "left": left == [run], "refused": refused,
    }))
"""


def in_main(script):
    return SERVER_ON_DISK + '\nif __name__ == "__main__":' + script


def test_a_disk_that_turns_read_only_is_named_and_what_is_there_can_be_read(tmp_path):
    seen = on_disk(tmp_path, in_main(TURNED_READ_ONLY))
    reads = {"health": 200, "list": 200, "points": 200, "stop": 202}
    writes = dict.fromkeys(("start", "batch", "rename", "trash", "purge"), 507)
    assert seen["statuses"] == reads | writes
    assert seen["types"] == ["application/problem+json"]
    assert all("Read-only" in detail or "read-only" in detail for detail in seen["details"])
    assert seen["same"]
    assert seen["renamed"]
    assert seen["left"]
    assert "Read-only" in seen["refused"] or "readonly" in seen["refused"]


FULL = """
    from misbehaving import fill
    with serving() as http:
        run = http.post("/simulations", json={"key": "FillsTheDisk"}).json()["id"]
        until(lambda: (Path(project, "sims", run) / "exit.json").exists())  # written with the room that was kept for it
        fill(project + "/more")
        answers = {
            "health": http.get("/health"),
            "list": http.get("/simulations"),
            "run": http.get(f"/simulations/{run}"),
            "stats": http.get(f"/simulations/{run}/stats"),
            "start": http.post("/simulations", json={"key": "Walker"}),
            "logs": http.get(f"/simulations/{run}/logs"),
        }
        Path(project, "sims", run, "big").unlink()
        Path(project, "more").unlink()
        until(lambda: http.get(f"/simulations/{run}").json()["state"] == "failed")
        ended = http.get(f"/simulations/{run}").json()
        points = http.get(f"/simulations/{run}/points", params={"key": "x"})
        after = http.post("/simulations", json={"key": "Walker", "kwargs": {"steps": 3}})
        until(lambda: http.get(f"/simulations/{after.json()['id']}").json()["state"] == "succeeded")
    print(json.dumps({
        "statuses": {name: answer.status_code for name, answer in answers.items()},
        "detail": answers["start"].json()["detail"],
        "reason": ended["reason"],
        "steps": points.json()["step"][:10],
        "after": after.status_code,
    }))
"""


def test_a_full_disk_is_named_and_when_there_is_room_the_server_goes_on(tmp_path):
    seen = on_disk(tmp_path, in_main(FULL))
    statuses = seen["statuses"]
    assert statuses["health"] == statuses["list"] == statuses["run"] == statuses["logs"] == 200
    assert statuses["start"] == 507
    assert statuses["stats"] in {200, 507}
    assert "No space left" in seen["detail"]
    assert "No space left" in seen["reason"]
    assert seen["steps"] == list(range(10))
    assert seen["after"] == 201


# --- the database ----------------------------------------------------------------------------------------------------


def database_of(project):
    return Path(project) / "db" / "simulations.db"


def test_a_corrupt_database_is_named_with_the_way_to_make_it_anew(refused, tmp_path):
    file = database_of(tmp_path / "project")
    file.parent.mkdir(parents=True)
    file.write_bytes(b"this is no database" * 1000)
    said = refused()
    assert said.startswith("DatabaseError: ")
    assert "gymdash project reindex" in said
    assert said.count("\n") == 0


def test_a_database_with_damaged_pages_is_named_with_the_way_to_make_it_anew(spawn, refused, tmp_path):
    first = spawn()
    for _ in range(3):
        first.ended(first.start("Walker", steps=2))
    first.process.terminate()
    first.process.wait(20)
    file = database_of(tmp_path / "project")
    data = bytearray(file.read_bytes())
    data[4096:] = bytes(random.Random(1).randbytes(len(data) - 4096))
    file.write_bytes(data)
    said = refused()
    assert said.startswith("DatabaseError: ")
    assert "gymdash project reindex" in said
    assert said.count("\n") == 0


def test_a_database_of_a_newer_version_is_left_alone(refused, tmp_path):
    file = database_of(tmp_path / "project")
    open_database(f"sqlite:///{file}").dispose()
    with contextlib.closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    before = file.read_bytes()
    said = refused()
    assert said.startswith("DatabaseError: ")
    assert "9999" in said
    assert "newer" in said
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    "damage", ["DROP TABLE statuses", "DROP TABLE simulations", "ALTER TABLE tags RENAME TO others"]
)
def test_a_database_without_a_table_is_named(refused, tmp_path, damage):
    file = database_of(tmp_path / "project")
    open_database(f"sqlite:///{file}").dispose()
    with contextlib.closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(damage)
    assert "gymdash project reindex" in refused()


def test_a_password_in_the_address_of_the_database_is_not_shown():
    with pytest.raises(DatabaseError) as caught:
        open_database("mysql+nothing://user:secret@localhost/x")
    assert "secret" not in str(caught.value)


@contextlib.contextmanager
def locked(file):
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")
        yield
        connection.execute("ROLLBACK")


def test_a_locked_database_is_named_at_the_start(refused, tmp_path):
    file = database_of(tmp_path / "project")
    open_database(f"sqlite:///{file}").dispose()
    with locked(file):
        said = refused()
    assert said.startswith("DatabaseError: ")
    assert "locked" in said


def test_a_locked_database_holds_up_neither_starts_nor_stops(server, monkeypatch):
    run = server.start("custom_control", total_runtime=600)
    server.until(run, "running")
    with contextlib.closing(sqlite3.connect(server.context.project.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        assert server.get(f"/simulations/{run}")["state"] == "running"
        assert server.post(f"/simulations/{run}/stop")["state"] in {"stopping", "stopped"}
        second = server.post("/simulations", {"key": "custom_control", "kwargs": {"total_runtime": 600}})
        assert second["state"] in {"created", "queued", "starting", "running"}
        assert server.http.patch(f"/simulations/{run}", json={"name": "renamed"}).json()["name"] == "renamed"
        assert time.monotonic() - began < 20
        other.execute("ROLLBACK")
    assert server.ended(run)["name"] == "renamed"
    server.until(second["id"], "running")


# --- clients that do not read ----------------------------------------------------------------------------------------


@pytest.fixture
def narrow(tmp_path, serve_at):
    """A server that keeps little for a slow client."""
    settings = Settings(project=tmp_path / "project", port=0, token=TOKEN, client_bytes=64 << 10, usage_period_s=0.2)
    with serve_at(settings) as made:
        yield made


def test_a_client_that_never_reads_disturbs_nobody_and_is_told_to_read_anew(narrow):
    hub, port = narrow.context.hub, int(narrow.url.rpartition(":")[2])
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.connect(("127.0.0.1", port))
    request = f"GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\n\r\n"
    deaf.sendall(request.encode())
    narrow.eventually(lambda: hub.clients == 1)
    memory = psutil.Process().memory_info().rss
    with narrow.events(event=["log"]) as other:
        text = "x" * 10_000
        for number in range(900):
            hub.publish("log", {"number": number, "text": text}, None)
            if number % 4 == 3:  # 40 KB at a time: who reads has no reason to fall behind
                narrow.eventually(lambda number=number: len(other.of("log")) == number + 1)
        assert [event["number"] for event in other.of("log")] == list(range(900))
        assert not other.of("resync")
    assert psutil.Process().memory_info().rss - memory < 100 << 20
    (slow,) = [item for item in hub._subscriptions if item._size]
    assert slow._size <= 64 << 10
    narrow.eventually(
        lambda: (hub.publish("log", {"text": text}), hub.clients == 1)[1]
    )  # who has left is seen at a write
    deaf.settimeout(10)
    found = b""
    while b"event: resync" not in found[-200_000:]:
        found += deaf.recv(65536)
    assert b"this client was too slow" in found
    deaf.close()
    narrow.eventually(lambda: (hub.publish("log", {"text": text}), hub.clients == 0)[1])


def test_a_server_with_a_client_that_never_reads_ends_in_time(spawn):
    server = spawn()
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2]))) as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        request = f"GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\n\r\n"
        deaf.sendall(request.encode())
        run = server.start("PrintsALot")
        server.ended(run)
        began = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(20) == 0
        assert time.monotonic() - began < 6


def test_a_request_that_never_comes_to_its_end_holds_up_nobody(server):
    port = int(server.url.rpartition(":")[2])
    with contextlib.ExitStack() as stack:
        for _ in range(60):
            half = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            half.sendall(
                f"POST /api/v1/simulations HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\n"
                "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{".encode()
            )
        began = time.monotonic()
        assert server.get("/health")["status"] == "ok"
        assert time.monotonic() - began < 5


# --- damaged runs ----------------------------------------------------------------------------------------------------


DAMAGE = {
    "meta is no JSON": ("meta.json", b"{"),
    "meta is a list": ("meta.json", b"[]"),
    "meta is empty": ("meta.json", b"{}"),
    "meta has no times": ("meta.json", b'{"created": "yesterday", "launches": [{}]}'),
    "meta has strange types": ("meta.json", b'{"created": 1, "launches": {"a": 1}, "tags": 5}'),
    "config is no JSON": ("config.json", b"\xff"),
    "config has no key": ("config.json", b"{}"),
    "kwargs are no object": ("config.json", b'{"key": "Walker", "kwargs": 5, "executor": "x"}'),
    "state is no JSON": ("state.json", b"{"),
    "state is unknown": ("state.json", b'{"attempt": 1, "state": "happy"}'),
    "exit is a list": ("exit.json", b"[1]"),
    "signals are strange": ("signals.jsonl", b'{"step": "ask"}\n{"step": "kill", "attempt": 1}\nx\n'),
    "statuses are strange": ("statuses.jsonl", b'{"time": "x"}\n[]\n{"time": 1, "code": "x", "attempt": "x"}\n'),
    "requests are strange": ("requests.jsonl", b'{"id": 1}\n{"id": null, "channel": {}}\n'),
    "interventions are strange": ("interventions.jsonl", b'{"event": "asked", "step": 1e999, "attempt": "x"}\n'),
    "a step is huge": ("interventions.jsonl", b'{"event": "asked", "id": "1", "step": 99999999999999999999}\n'),
    "a text is no text": ("interventions.jsonl", b'{"event": "asked", "id": "\\ud800", "time": "\\udfff"}\n'),
    "a name is no text": ("meta.json", b'{"created": "2026-11-26T10:00:00+00:00", "name": "\\ud800", "launches": []}'),
    "attempts are strange": ("attempts.jsonl", b'{"event": "ended", "attempt": [1]}\n'),
    "a folder in the place of a file": ("statuses.jsonl", None),
}


def test_no_content_of_a_run_keeps_the_server_from_starting_and_from_serving_the_others(spawn):
    first = spawn()
    source, other = first.start("Walker", steps=5), first.start("Walker", steps=5)
    first.ended(source)
    first.ended(other)
    first.process.terminate()
    first.process.wait(20)
    sims = Path(first.context["project"]) / "sims"
    damaged = {}
    for number, (what, (name, data)) in enumerate(DAMAGE.items()):
        run = RunFolder(sims / f"00000000-0000-4000-8000-{number:012d}")
        shutil.copytree(sims / source, run.path)
        (run.path / name).unlink(missing_ok=True)
        if data is None:
            (run.path / name).mkdir()
        else:
            (run.path / name).write_bytes(data)
        damaged[run.id] = what
    second = spawn()
    assert second.get(f"/simulations/{other}")["state"] == "succeeded"
    assert second.get(f"/simulations/{other}/points", key="height")["total"] == 5
    second.ended(second.start("Walker", steps=2))
    document = second.get("/openapi.json")
    for run, what in damaged.items():
        for path, operations in document["paths"].items():
            if "get" in operations and "{simulation_id}" in path:
                address = path.removeprefix("/api/v1").format(simulation_id=run, media_id="0" * 32)
                answer = second.http.get(address, params={"key": "height"} if path.endswith("points") else {})
                assert answer.status_code < 500 or "defect" not in answer.text, (what, path, answer.text)


# --- SIGKILL of the server -------------------------------------------------------------------------------------------


def signals_of(server, run):
    lines = (Path(server.context["project"]) / "sims" / run / "signals.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def deaf_run(server, key="Deaf"):
    """A live run that never looks whether it is to stop."""
    run = server.start(key)
    server.eventually((Path(server.context["project"]) / "sims" / run / "deaf").exists, WAIT_S)
    return run


def test_a_stop_goes_on_where_a_killed_server_has_left_it(spawn):
    first = spawn()
    run = deaf_run(first)
    first.post(f"/simulations/{run}/stop", {"grace_s": 4})
    asked = time.time()
    first.kill()
    second = spawn()
    found = second.ended(run)
    assert found["state"] == "stopped"
    assert (Path(first.context["project"]) / "sims" / run / "cleaned").exists(), "it was not unwound"
    assert 3.5 < time.time() - asked < 12, "the grace is what is left of it"
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


def test_a_launch_that_was_written_down_alone_is_carried_out(spawn):
    first = spawn(max_running=1)
    holding = first.start("Quiet")
    queued = first.start("Walker", steps=5)
    first.until(holding, "running")
    assert first.state(queued) == "queued"
    first.kill()
    run = RunFolder(Path(first.context["project"]) / "sims" / queued)
    record_launch(run, LaunchRecord("server"), allowed=lambda _: None)
    second = spawn(max_running=2)
    found = second.ended(queued)
    assert (found["state"], found["attempt"]) == ("succeeded", 1)
    assert second.state(holding) == "running"


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


class Busy:
    """A client that keeps a server busy and remembers what it has acknowledged."""

    def __init__(self, chance):
        self.chance = chance
        self.runs, self.names, self.stopped, self.answers, self.points = set(), {}, set(), {}, {}

    def work(self, server, stop):
        with contextlib.suppress(httpx.TransportError):
            while not stop.is_set():
                self.chance.choice([self.start, self.start, self.rename, self.stop, self.answer, self.read])(server)

    def some(self):
        return self.chance.choice(sorted(self.runs)) if self.runs else None

    def start(self, server):
        live = server.get("/simulations", state=["queued", "starting", "running", "waiting"], limit=100)["items"]
        if len(live) < 5:
            kwargs = self.chance.choice([{"steps": 400}, {"ask_at": 20, "steps": 300}, {"steps": 10**6}])
            self.runs.add(server.start("Walker", **kwargs))

    def rename(self, server):
        run, name = self.some(), f"name {self.chance.random()}"
        if run and server.http.patch(f"/simulations/{run}", json={"name": name}).status_code == 200:
            self.names[run] = name

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
            found = server.get(f"/simulations/{run}")
            folder = RunFolder(Path(server.context["project"]) / "sims" / run)
            if found["state"] in FINAL:
                assert found["state"] in {"succeeded", "stopped"}, found
            elif found["state"] not in {"queued", "starting", "stopping"}:
                assert holder(folder.worker_lock) is not None, found
            if run in self.names:
                assert found["name"] == self.names[run]
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
        worker.start()
        time.sleep(chance.uniform(0.2, 2.5))
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


# --- an index made anew ----------------------------------------------------------------------------------------------


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
    server.process.wait(20)
    for file in database_of(server.context["project"]).parent.glob("simulations.db*"):
        file.unlink()
    after = everything(spawn())
    assert {name: json.loads(text) for name, text in after.items()} == {n: json.loads(t) for n, t in before.items()}
    assert after == before
