"""Disks that are full or turn read-only under a server."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from live_servers import MISBEHAVING

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
import contextlib, functools, json, logging, runpy, shutil, subprocess, sys, threading
from pathlib import Path
import httpx
from gymdash_core.errors import GymDashError
from gymdash_server.context import Context
from gymdash_server.serving import listening, make_server
from gymdash_server.settings import Settings

project, load = sys.argv[1:]
until = functools.partial(runpy.run_path(str(Path(load).parents[1] / "conftest.py"))["_eventually"], timeout_s=60)
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
            thread.join(60)
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
