"""A stranger's package is found, checked and run: installed as one, in an environment of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "docs" / "examples" / "gymdash-countdown"

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
    """The interpreter of an environment with the package installed; its dependencies come from this one."""
    folder = tmp_path_factory.mktemp("stranger") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    interpreter = folder / "bin" / "python"
    site = next((folder / "lib").glob("python*/site-packages"))
    (site / "dependencies.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet"]
    pip = [sys.executable, "-m", "pip", "--python", interpreter, "install"]
    subprocess.run([*pip, *options, PACKAGE], check=True)
    yield interpreter
    for made in ("build", "src/gymdash_countdown.egg-info"):
        assert not (PACKAGE / made).exists(), "installing left something in the source"


def run(python, *arguments, cwd):
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "PYTHON"))}
    done = subprocess.run(
        [python, *arguments], capture_output=True, text=True, cwd=cwd, env=environment, timeout=100, check=False
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


def test_its_own_tests_pass_with_the_testing_kit_alone(python, tmp_path):
    tests = PACKAGE / "tests"
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:randomly", "--rootdir", str(tests), "-c", os.devnull]
    assert "7 passed" in run(python, "-m", "pytest", *options, str(tests), cwd=tmp_path)
