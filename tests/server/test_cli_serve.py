"""Serving from the command line, and what keeps it from doing so."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from importlib import metadata

import httpx
import pytest

from gymdash_core.project import Project
from gymdash_core.runview import read_run
from live_servers import WAIT_S


def get(address, **more):
    return httpx.get(address, timeout=WAIT_S, **more)


def test_one_line_tells_the_address_with_the_token(gymdash):
    gymdash.environment["GYMDASH_TOKEN"] = "told"
    process = gymdash.begin("serve", "--port", 0, "--no-browser")
    address = process.stdout.readline().strip()
    assert address.endswith("/?token=told")
    assert get(address).status_code == 200
    assert gymdash("list", "--url", address).stderr == "No runs.\n"
    assert "token" in gymdash("list", "--url", address.partition("?")[0], "--token", "wrong", code=1).stderr
    process.terminate()
    rest, _ = process.communicate(timeout=WAIT_S)
    assert rest == ""
    assert process.returncode == 0


def test_options_reach_the_server(gymdash, eventually):
    database = f"sqlite:///{gymdash.folder}/elsewhere.db"
    options = ("--project", "p", "--max-running", 1, "--database", database, "--allow-host", "other.example")
    process = gymdash.begin("serve", "--port", 0, "--no-browser", "--json", *options)
    told = json.loads(process.stdout.readline())
    assert get(told["address"], headers={"Host": "other.example"}).status_code == 200
    assert (gymdash.folder / "elsewhere.db").exists()
    runs = [
        gymdash("start", "custom_control", "-p", "total_runtime=600", "--project", "p").stdout.strip() for _ in range(2)
    ]
    eventually(lambda: gymdash.json("show", runs[1], "--project", "p")["state"] == "queued")
    gymdash("kill", *runs, "--project", "p")
    gymdash("wait", *runs, "--project", "p", code=1)
    process.terminate()
    process.communicate(timeout=WAIT_S)


def test_two_servers_on_one_project(served):
    line = served("serve", "--no-browser", "--port", 0, code=1).stderr
    assert line.count("\n") == 1
    assert served.url in line
    assert str(served.process.pid) in line


def test_a_port_in_use(gymdash):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        line = gymdash("serve", "--no-browser", "--port", taken.getsockname()[1], code=1).stderr
    assert line.count("\n") == 1
    assert "--port" in line


def test_a_page_and_clients_go_on_after_a_restart_until_a_new_token_is_made(gymdash):
    def begun(*more):
        process = gymdash.begin("serve", "--port", port, "--no-browser", "--json", *more)
        return process, json.loads(process.stdout.readline())

    def knocks(told, token):
        return get(f"{told['url']}/api/v1/health", headers={"Cookie": f"gymdash-{port}={token}"}).status_code

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    first, before = begun()
    first.kill()
    first.communicate(timeout=WAIT_S)
    second, after = begun()
    assert (after["address"], knocks(after, before["token"])) == (before["address"], 200)
    second.terminate()
    second.communicate(timeout=WAIT_S)
    third, renewed = begun("--new-token")
    assert (knocks(renewed, before["token"]), knocks(renewed, renewed["token"])) == (401, 200)
    third.terminate()
    third.communicate(timeout=WAIT_S)


def test_a_file_with_the_token_that_others_can_read_is_refused_in_one_line(gymdash):
    project = Project(gymdash.folder / ".gymdash")
    project.create()
    project.token.write_text("known-to-everybody\n")
    project.token.chmod(0o644)
    line = gymdash("serve", "--no-browser", "--port", 0, code=1).stderr
    assert line.count("\n") == 1
    assert "server.token can be used by other users (mode 644)" in line
    assert "--new-token" in line


def test_other_machines_need_a_token(gymdash):
    line = gymdash("serve", "--no-browser", "--port", 0, "--host", "0.0.0.0", code=1).stderr
    assert line.count("\n") == 1
    assert "--token" in line


@pytest.mark.parametrize(
    ("names", "said"), [((), "--allow-host"), (("--allow-host", "box.example"), "http://box.example:{port}")]
)
def test_a_server_on_all_addresses_announces_one_that_it_answers_to(gymdash, names, said):
    process = gymdash.begin(
        "serve", "--no-browser", "--json", "--port", 0, "--host", "0.0.0.0", "--token", "told", *names
    )
    told = json.loads(process.stdout.readline())
    assert get(told["address"]).status_code == 200
    assert get(f"{told['url']}/api/v1/health", headers={"Host": "0.0.0.0"}).status_code == 421
    assert gymdash("list").stderr == "No runs.\n"
    process.terminate()
    assert said.format(port=told["url"].rpartition(":")[2]) in process.communicate(timeout=WAIT_S)[1]


@pytest.mark.parametrize(
    "arguments", [("--port", "70000"), ("--max-running", "0"), ("--nonsense",), ("--token", "t", "--new-token")]
)
def test_wrong_options_are_wrong_usage(gymdash, arguments):
    gymdash("serve", *arguments, code=2)


def test_wrong_variables_are_wrong_usage(gymdash):
    gymdash.environment["GYMDASH_PORT"] = "many"
    assert "port" in gymdash("serve", code=2).stderr


def test_an_unknown_executor_is_refused_in_one_line(gymdash):
    assert gymdash("serve", "--no-browser", "--port", 0, "--executor", "none", code=1).stderr.count("\n") == 1


def test_a_file_in_the_place_of_the_project(gymdash):
    (gymdash.folder / ".gymdash").write_text("in the way")
    line = gymdash("serve", "--no-browser", "--port", 0, code=1).stderr
    assert line.count("\n") == 1
    assert str(gymdash.folder / ".gymdash") in line


@pytest.mark.skipif(sys.platform != "linux", reason="a place that not even root may write")
def test_a_project_where_nobody_may_write(gymdash):
    for command in (("serve", "--no-browser", "--port", 0), ("project", "reindex"), ("doctor",)):
        done = gymdash(*command, "--project", "/proc/1/gymdash", code=1)
        assert "/proc/1" in done.stdout + done.stderr
        assert done.stderr.count("\n") <= 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_project(gymdash):
    Project(gymdash.folder / ".gymdash").create()
    (gymdash.folder / ".gymdash").chmod(0o500)
    assert gymdash("serve", "--no-browser", "--port", 0, code=1).stderr.count("\n") == 1


@pytest.mark.timeout(400)  # two trainings begin at once, on a machine that may be busy
def test_the_demonstration_starts_three_runs_and_stops_them_when_it_ends(gymdash, eventually):
    process = gymdash.begin("demo", "--port", 0, "--no-browser", "--json")
    assert json.loads(process.stdout.readline())["address"]
    project, wanted = Project(gymdash.folder / "gymdash-demo"), ["running", "running", "waiting"]
    eventually(lambda: sorted(str(read_run(run).state) for run in project.runs()) == wanted, 240)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=WAIT_S)
    assert process.returncode == 0
    assert "go on without the server" not in said
    assert said.splitlines()[-1] in {"Stopped 3 runs.", "3 runs told to stop; not all have come to it yet."}
    runs = list(project.runs())
    eventually(lambda: [str(read_run(run).state) for run in runs] == ["stopped"] * 3)
    assert {read_run(run).key for run in runs} == {"stable_baselines", "example_ml", "custom_control"}


def test_the_command_is_installed():
    (entry,) = [e for e in metadata.entry_points(group="console_scripts") if e.name == "gymdash"]
    assert entry.value == "gymdash_server.cli.main:main"


def test_help_loads_neither_web_framework_nor_database_nor_numpy(gymdash):
    gymdash.environment["PYTHONPROFILEIMPORTTIME"] = "1"
    loaded = {line.rpartition("|")[2].strip() for line in gymdash("--help").stderr.splitlines()}
    assert "click" in loaded
    assert not loaded & {"fastapi", "sqlmodel", "sqlalchemy", "numpy", "httpx", "uvicorn", "rich"}


def test_exit_codes_are_in_the_help(gymdash):
    text = gymdash("--help").stdout
    assert all(f"\n    {code}  " in text for code in range(5))
