"""Strangers' packages are found, checked, run and served: installed as such, in an environment of its own."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from environments import install, make_environment
from gymdash_core.project import Project
from gymdash_server.client import Client
from live_servers import TOKEN, WAIT_S, end_everything

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
#: Each example package and how many tests it has.
PACKAGES = {"gymdash-countdown": 7, "gymdash-notify": 13, "gymdash-pendulum": 17}

SCRIPT = """
import json, sys
from gymdash_core import Registry, SimulationTracker, build_plugin_manager

if __name__ == "__main__":
    manager = build_plugin_manager()
    (report,) = [row for row in manager.report if row.name == "countdown"]
    heavy = "gymdash_countdown.simulation" in sys.modules
    with SimulationTracker(sys.argv[1], registry=Registry(manager)) as tracker:
        run = tracker.start("countdown", total=3, period=0.01)
        tracker.wait(run, 60)
        print(json.dumps({
            "ok": report.ok, "distribution": report.distribution, "imported": heavy,
            "state": tracker.state(run), "status": tracker.statuses(run)[-1].details,
            "plugin": json.loads(tracker.project.run(run).config.read_text())["plugin"],
        }))
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """The interpreter of an environment with the packages installed; their dependencies come from this one."""
    interpreter = make_environment(tmp_path_factory.mktemp("stranger") / "venv")
    install(interpreter, "--no-deps", *(EXAMPLES / name for name in PACKAGES))
    yield interpreter
    for name in PACKAGES:
        for made in ("build", f"src/{name.replace('-', '_')}.egg-info"):
            assert not (EXAMPLES / name / made).exists(), "installing left something in the source"


def strangers_environment(**more):
    ours = ("PYTEST", "PYTHON", "GYMDASH")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)} | more


def run(python, *arguments, cwd, **environment):
    done = subprocess.run(
        [python, *arguments],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=strangers_environment(**environment),
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_is_found_by_entry_point_and_runs_in_a_process(python, tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)
    seen = json.loads(run(python, "script.py", str(tmp_path / "project"), cwd=tmp_path))
    assert seen["ok"]
    assert not seen["imported"], "finding the plugin imported its simulation"
    assert (seen["state"], seen["status"]) == ("succeeded", "Simulation successfully run.")
    assert (seen["distribution"], seen["plugin"]["distribution"]) == ("gymdash-countdown", "gymdash-countdown")


@pytest.mark.parametrize(("name", "count"), PACKAGES.items())
def test_its_own_tests_pass_in_its_environment(python, tmp_path, name, count):
    tests = EXAMPLES / name / "tests"
    options = ["-q", "-W", "error", "-p", "no:cacheprovider", "-p", "no:randomly"]
    options += ["--rootdir", str(tests), "-c", os.devnull]
    assert f"{count} passed" in run(python, "-m", "pytest", *options, str(tests), cwd=tmp_path)


class Webhook(ThreadingHTTPServer):
    """A web server on the loopback that keeps what is posted to it."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Receiver)
        self.posted = queue.Queue()

    @property
    def environment(self):
        return {"GYMDASH_NOTIFY_URL": f"http://127.0.0.1:{self.server_port}/hook"}

    def told_of(self, run):
        """Wait for what is posted of a run; what is posted of others meanwhile belongs to other tests."""
        while (message := self.posted.get(timeout=WAIT_S)).get("run", {}).get("id") != run:
            pass
        return message


class _Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        self.server.posted.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def webhook():
    with Webhook() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def client(python, webhook, tmp_path_factory):
    """A client of a server that runs in the strangers' environment."""
    folder = tmp_path_factory.mktemp("served")
    command = [python, "-m", "gymdash_server", "serve", "--port", "0", "--no-browser", "--json"]
    environment = strangers_environment(GYMDASH_TOKEN=TOKEN, **webhook.environment)
    with contextlib.ExitStack() as stack:
        log = stack.enter_context((folder / "log").open("w"))
        server = stack.enter_context(
            subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=log, text=True)
        )
        stack.callback(server.kill)
        stack.callback(end_everything, Project(folder / ".gymdash"))
        line = server.stdout.readline()
        assert line, (folder / "log").read_text()
        yield stack.enter_context(Client(json.loads(line)["url"], TOKEN))


def test_a_stat_kind_is_listed_and_its_renderer_is_served(client):
    (kind,) = [row for row in client.stat_kinds() if row.name == "trajectory"]
    assert kind.plugin == "pendulum"
    assert set(kind.point_schema["properties"]) == {"x", "y", "extent"}
    address = client.url + kind.renderer_module.url
    module = httpx.get(address, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=WAIT_S)
    assert module.headers["Content-Type"].startswith("text/javascript")
    assert module.text == (EXAMPLES / "gymdash-pendulum/src/gymdash_pendulum" / kind.renderer).read_text()


def test_a_run_is_steered_and_its_stat_kind_read_back(client):
    run = client.start("pendulum", name="steered", steps=1_000_000, every=1)
    assert client.wait_for(run, "running", timeout=WAIT_S)
    assert client.query(run, {"gravity": 1.62}, timeout_s=30)["gravity"].value == 1.62
    client.stop(run)
    assert client.wait(run, timeout=WAIT_S)
    drawn = client.points(run, "way", "trajectory")
    assert drawn.value
    assert len(drawn.value[-1]["x"]) == len(drawn.value) + 1
    client.delete(run, purge=True)


def test_a_webhook_is_told_of_a_run_that_has_ended(client, webhook):
    run = client.start("pendulum", name="told", steps=3, real_time=False)
    message = webhook.told_of(run.id)
    assert message["text"].startswith("told (pendulum) succeeded after")
    assert message["run"]["state"] == "succeeded"
    assert client.get(run).ended == message["run"]["ended"]


def test_a_command_of_a_plugin_is_listed_and_works(python, webhook, tmp_path):
    gymdash = [python, "-m", "gymdash_server"]
    assert "Post a trial message to the webhook." in run(*gymdash, "--help", cwd=tmp_path)
    said = run(*gymdash, "notify", cwd=tmp_path, **webhook.environment)
    assert said == "The webhook has taken the message.\n"
    while "trial" not in webhook.posted.get(timeout=WAIT_S)["text"]:
        pass
