"""Each package alone in an empty environment: what comes with it, that it can be imported whole, and that it works."""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import time
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

CORE = {
    "annotated-types",
    "gymdash-core",
    "pluggy",
    "psutil",
    "pydantic",
    "pydantic-core",
    "typing-extensions",
    "typing-inspection",
}
#: Each package of ours, with the siblings that it brings.
SIBLINGS = {
    "gymdash-core": set(),
    "gymdash-server": {"gymdash-core"},
    "gymdash-tensorboard": {"gymdash-core"},
    "gymdash-sb3": {"gymdash-core", "gymdash-tensorboard"},
    "gymdash-torch": {"gymdash-core", "gymdash-tensorboard"},
}
#: What optional parts import; each is asked for by an extra.
OPTIONAL = {"gymdash-core": {"pytest"}}
WALK = """
import importlib, pkgutil, sys
found = importlib.import_module(sys.argv[1])
for module in pkgutil.walk_packages(found.__path__, found.__name__ + "."):
    if module.name.rpartition(".")[2] in ("__main__", "env") or ".versions" in module.name:
        continue
    try:
        importlib.import_module(module.name)
    except ModuleNotFoundError as error:
        print(error.name)
"""
TRAINING = """
import json, sys
from gymdash_core import SimulationTracker

if __name__ == "__main__":
    with SimulationTracker(sys.argv[1]) as tracker:
        run = tracker.start(sys.argv[2], kwargs=json.loads(sys.argv[3]))
        tracker.wait(run, 300)
        details = [status.details for status in tracker.statuses(run)]
        seen = {key: len(tracker.points(run, key)) for key in sys.argv[4:]}
        print(json.dumps({"state": tracker.state(run), "details": details, "seen": seen}))
"""
EVENTS = """
import sys
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter
from gymdash_tensorboard import TensorboardStreamer

writer = EventFileWriter(sys.argv[1])
for step in range(3):
    summary = Summary(value=[Summary.Value(tag="loss", simple_value=step / 2)])
    writer.add_event(Event(step=step, wall_time=1.0, summary=summary))
writer.close()
streamer = TensorboardStreamer(sys.argv[1])
streamer.refresh()
print([(point.step, point.value) for point in streamer.stat("loss").read()[0]])
"""
ROUNDS = 3


def trained(environment, folder, key, kwargs, *keys):
    """Run a simulation to its end and return how many points each of some stats has."""
    script = folder / "script.py"
    script.write_text(TRAINING)
    arguments = (str(folder / "project"), key, json.dumps(kwargs), *keys)
    told = json.loads(environment.run("script.py", *arguments, cwd=folder).splitlines()[-1])
    assert told["state"] == "succeeded", told
    return told["seen"]


def test_its_siblings_come_with_it_and_no_others(alone, package):
    ours = {name for name in alone(package).distributions() if name.startswith("gymdash")}
    assert ours == SIBLINGS[package] | {package}


def test_core_brings_no_web_no_database_and_no_numpy(alone):
    assert alone("gymdash-core").distributions() == CORE


def test_server_brings_nothing_that_trains(alone):
    heavy = {"torch", "torchvision", "tensorboard", "gymnasium", "stable-baselines3", "scikit-learn", "pillow"}
    assert not heavy & alone("gymdash-server").distributions()


def test_tensorboard_brings_neither_torch_nor_a_server(alone):
    assert not {"torch", "fastapi", "sqlmodel"} & alone("gymdash-tensorboard").distributions()


def test_each_of_its_modules_finds_what_it_imports(alone, package, tmp_path):
    missing = alone(package).run("-I", "-c", WALK, package.replace("-", "_"), cwd=tmp_path).split()
    assert set(missing) <= OPTIONAL.get(package, set())


def test_core_alone_runs_a_simulation_in_a_process(alone, tmp_path):
    kwargs = {"total_runtime": 0.1, "poll_period": 0.05}
    assert trained(alone("gymdash-core"), tmp_path, "custom_control", kwargs, "my_number")["my_number"] >= 2


def test_server_alone_serves_its_page_and_runs_a_simulation(alone, serving, tmp_path):
    python = alone("gymdash-server").python
    gymdash = python.with_name("gymdash")
    command = [gymdash, "serve", "--port", "0", "--no-browser", "--json"]
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "GYMDASH_TOKEN": "of-the-tests"}
    with serving(command, tmp_path, environment) as told:
        url = json.loads(told)["url"]
        page = read(url, "/", environment["GYMDASH_TOKEN"])
        (script,) = re.findall(r'src="([^"]+)"', page)
        assert read(url, "/" + script.lstrip("./"), environment["GYMDASH_TOKEN"])
        start = ("start", "custom_control", "-p", "total_runtime=0.1", "--follow")
        subprocess.run([gymdash, *start], cwd=tmp_path, env=environment, capture_output=True, check=True)
        listed = subprocess.run(
            [gymdash, "list", "--json"], cwd=tmp_path, env=environment, capture_output=True, check=True
        )
        (run,) = json.loads(listed.stdout)["items"]
        assert (run["key"], run["state"]) == ("custom_control", "succeeded")


def read(url, path, token):
    """Return the text that a server answers a browser with."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=30)
    connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    text = answer.read().decode()
    connection.close()
    return text


def test_tensorboard_alone_reads_an_event_file(alone, tmp_path):
    told = alone("gymdash-tensorboard").run("-c", EVENTS, str(tmp_path / "tb"), cwd=tmp_path)
    assert told.splitlines()[-1] == "[(0, 0.0), (1, 0.5), (2, 1.0)]"


def test_sb3_alone_trains_an_agent(alone, tmp_path):
    kwargs = {"num_steps": 128, "device": "cpu", "algorithm_kwargs": {"n_steps": 64, "batch_size": 32, "n_epochs": 1}}
    key = "rollout/ep_rew_mean"
    assert trained(alone("gymdash-sb3"), tmp_path, "stable_baselines", kwargs, key)[key] == 2


def test_torch_alone_trains_a_network(alone, tmp_path):
    kwargs = {"dataset": "digits", "train_kwargs": {"epochs": 1, "device": "cpu"}}
    assert trained(alone("gymdash-torch"), tmp_path, "example_ml", kwargs, "loss/train")["loss/train"] > 0


def test_it_is_imported_and_how_long_that_takes_is_told(alone, package, tmp_path, record_property):
    module, environment = package.replace("-", "_"), alone(package)
    compiled = environment.run("-I", "-c", f"import {module}; print({module}.__file__)", cwd=tmp_path)
    assert environment.folder in Path(compiled.strip()).parents
    nothing, imported = (median_s(environment, code, tmp_path) for code in ("pass", f"import {module}"))
    told = f"import {module}: {imported * 1000:.0f} ms, {imported / nothing:.1f} times a bare interpreter"
    record_property("measured", told)


def median_s(environment, code, folder):
    """Return the median of some starts of an interpreter, in seconds."""
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        environment.run("-I", "-c", code, cwd=folder)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)
