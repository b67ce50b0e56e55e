"""Only registered types start (CVE-2023-48022, CVE-2024-24590, CVE-2024-37052)."""

from __future__ import annotations

import ast
import json
import re
import shutil
import sys
import uuid
from pathlib import Path

import pytest

import gymdash_core
import gymdash_server
from gymdash_core.meta import LaunchRecord
from gymdash_core.project import RunFolder
from gymdash_server.settings import Settings
from live_servers import MISBEHAVING, TOKEN


@pytest.mark.parametrize(
    "key",
    [
        "os:system",
        "subprocess:Popen",
        "gymdash_core.simulations.custom_control:CustomControlSimulation",
        "misbehaving:Quiet",
        str(MISBEHAVING),
        "../misbehaving.py",
        "custom_control;id",
        "$(id)",
        "Custom_Control",
        "",
    ],
)
def test_an_import_string_a_path_or_a_command_is_no_key(shared, key):
    before = set(shared.context.project.sims.iterdir())
    for path in ("/simulations", "/simulations/batch"):
        answer = shared.http.post(path, json={"key": key})
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert set(shared.context.project.sims.iterdir()) == before


@pytest.mark.parametrize(
    "body",
    [
        {"target": "os:system"},
        {"file": "/tmp/x.py"},
        {"interpreter": "/bin/sh"},
        {"executor": {"name": "process", "interpreter": "/bin/sh"}},
        {"executor": {"name": "process", "options": {"interpreter": "/bin/sh"}}},
        {"executor": {"name": "process", "options": {"command": ["/bin/sh"]}}},
        {"executor": "gymdash_core.executors.process:ProcessExecutor"},
    ],
)
def test_a_start_says_nothing_about_what_is_loaded(shared, body):
    before = set(shared.context.project.sims.iterdir())
    assert shared.http.post("/simulations", json={"key": "custom_control", **body}).status_code in {404, 422}
    assert set(shared.context.project.sims.iterdir()) == before


@pytest.fixture(scope="module")
def stopped(shared):
    """The id of an ended run that has a checkpoint."""
    run = shared.start("Walker")
    shared.eventually(lambda: (shared.get(f"/simulations/{run}")["progress"] or {}).get("current"))
    shared.post(f"/simulations/{run}/stop", {"save": True})
    assert shared.ended(run)["state"] == "stopped"
    assert shared.get(f"/simulations/{run}/checkpoints")["items"]
    return run


def forged(server, source, change, *, queued=False):
    """A run directory that came from elsewhere: a copy of an ended run with a changed ``config.json``."""
    project = server.context.project
    run, hidden = RunFolder(project.sims / str(uuid.uuid4())), RunFolder(project.path / "copy")
    shutil.copytree(project.sims / source, hidden.path)
    config = json.loads(hidden.config.read_text())
    change(config)
    hidden.config.write_text(json.dumps(config))
    if queued:
        meta = json.loads(hidden.meta.read_text())
        hidden.meta.write_text(json.dumps(meta | {"queued": LaunchRecord("server").as_json(), "launches": []}))
        for file in (hidden.state, hidden.exit, hidden.attempts, hidden.signals):
            file.unlink(missing_ok=True)
    hidden.path.rename(run.path)
    server.eventually(lambda: server.http.get(f"/simulations/{run.id}").status_code == 200)
    return run


def evil(tmp_path):
    """A class that leaves a trace where it is imported."""
    module, trace = tmp_path / "evil.py", tmp_path / "trace"
    module.write_text(
        f"from gymdash_core import Simulation\nopen({str(trace)!r}, 'w').close()\n\n"
        "class Evil(Simulation):\n    def _run(self, **kwargs):\n        pass\n\n"
        "    def save_checkpoint(self, folder, step):\n        pass\n"
    )
    return {"target": "evil:Evil", "file": str(module), "sys_path": [str(tmp_path)]}, trace


@pytest.mark.parametrize("key", ["Evil", "Walker", "custom_control"])
@pytest.mark.parametrize("command", ["resume", "restart", "branch"])
def test_a_run_that_names_a_class_of_its_own_is_not_started(shared, stopped, tmp_path, key, command):
    target, trace = evil(tmp_path)
    run = forged(shared, stopped, lambda config: config.update(key=key, target=target))
    before = set(shared.context.project.sims.iterdir())
    answer = shared.http.post(f"/simulations/{run.id}/{command}")
    if command == "resume" or key == "Evil":
        assert answer.status_code in {404, 409, 422}
        assert set(shared.context.project.sims.iterdir()) == before
        assert shared.state(run.id) == "stopped"
    elif answer.status_code == 201:  # a new run is of the registered class, whatever the old one said
        shared.until(answer.json()["id"], "running", "succeeded")
        shared.post(f"/simulations/{answer.json()['id']}/kill")
        assert "Evil" not in (shared.context.project.sims / answer.json()["id"] / "config.json").read_text()
    assert not trace.exists()


def test_a_queue_entry_in_a_run_from_elsewhere_starts_nothing(shared, stopped, tmp_path):
    target, trace = evil(tmp_path)
    run = forged(shared, stopped, lambda config: config.update(key="Evil", target=target), queued=True)
    shared.context.service.resume_queue([run])
    shared.eventually(lambda: "Evil" in shared.get(f"/simulations/{run.id}")["reason"])
    assert shared.state(run.id) == "queued"
    assert not trace.exists()
    assert shared.post(f"/simulations/{run.id}/stop")["state"] == "stopped"


def test_the_server_refuses_executors_of_its_own_process(shared):
    before = set(shared.context.project.sims.iterdir())
    for executor in ("thread", {"name": "thread"}, {"name": "thread", "options": {}}):
        answer = shared.http.post("/simulations", json={"key": "custom_control", "executor": executor})
        assert answer.status_code == 409
        assert "survives_parent" in answer.json()["detail"]
    assert set(shared.context.project.sims.iterdir()) == before
    offered = {item["name"]: item["available"] for item in shared.get("/executors")["items"]}
    assert offered["thread"] is False
    assert offered["process"] is True


@pytest.mark.parametrize("command", ["resume", "restart", "branch"])
def test_a_thread_run_of_a_script_does_not_go_on_in_the_server(shared, stopped, command):
    run = forged(shared, stopped, lambda config: config.update(executor={"name": "thread", "options": {}}))
    answer = shared.http.post(f"/simulations/{run.id}/{command}")
    assert answer.status_code == 409
    assert "survives_parent" in answer.json()["detail"]
    assert shared.state(run.id) == "stopped"


@pytest.mark.parametrize("package", [gymdash_core, gymdash_server], ids=lambda package: package.__name__)
def test_nothing_is_unpickled_anywhere(package):
    forbidden = {
        "pickle",
        "cPickle",
        "_pickle",
        "dill",
        "cloudpickle",
        "joblib",
        "shelve",
        "marshal",
        "multiprocessing",
    }
    for file in Path(package.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, (ast.Import, ast.ImportFrom)) else []
            module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
            roots = {name.partition(".")[0] for name in (*names, module)}
            assert not roots & forbidden, f"{file}:{node.lineno}"
            if isinstance(node, ast.Call):
                text = ast.unparse(node)
                assert "allow_pickle=True" not in text, f"{file}:{node.lineno}"
                assert not re.match(r"(?:np|numpy)\.load\(|(?:eval|exec)\(|os\.system\(|yaml\.load\(", text), (
                    f"{file}:{node.lineno}"
                )
                assert "shell=True" not in text, f"{file}:{node.lineno}"


def test_the_server_imports_no_module_of_a_user(tmp_path, serve_at):
    source = tmp_path / "of_a_user.py"
    source.write_text(
        "from gymdash_core import Simulation\nclass Mine(Simulation):\n    def _run(self): self.log('x', 1)"
    )
    with serve_at(Settings(project=tmp_path / "project", port=0, token=TOKEN, load=(str(source),))) as server:
        run = server.start("Mine")
        server.ended(run)
        assert server.get(f"/simulations/{run}/points", key="x")["total"] == 1
        assert "Mine" in [item["key"] for item in server.get("/simulation-types")["items"]]
    assert str(source) not in {getattr(module, "__file__", None) for module in list(sys.modules.values())}
