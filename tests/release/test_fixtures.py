"""What the tests of a release stand on: an index that may be out of reach, a folder that processes share."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NEEDS_INDEX = "tests/release/test_distributions.py::test_the_page_is_in_the_wheel_of_the_server"
SHARING = """
import os
from pathlib import Path

def test_first(shared):
    (shared / "made").touch()

def test_of_a_process_that_comes_when_the_first_has_ended(request, eventually):
    eventually(lambda: list(Path(os.environ["ENDED"]).iterdir()))
    assert (request.getfixturevalue("shared") / "made").exists()
"""
ENDING = """
import os
from pathlib import Path

def pytest_sessionfinish(session):
    if hasattr(session.config, "workerinput"):
        Path(os.environ["ENDED"], session.config.workerinput["workerid"]).touch()
"""


def suite(*arguments, cwd=ROOT, **more):
    """Run tests, and return the exit code and what was printed."""
    ours = ("PYTEST", "PYTHON", "GYMDASH", "PIP")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(ours) and name != "CI"}
    command = (sys.executable, "-m", "pytest", "-ra", "-p", "no:cacheprovider", "-p", "no:randomly", *arguments)
    done = subprocess.run(command, cwd=cwd, env={**clean, **more}, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


@pytest.mark.parametrize(("more", "code", "word"), [({}, 0, "SKIPPED"), ({"CI": "1"}, 1, "ERROR")])
def test_without_an_index_they_are_skipped_with_a_reason_and_fail_in_ci(tmp_path, more, code, word):
    unreachable = {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull}
    found, told = suite(NEEDS_INDEX, "--basetemp", tmp_path / "base", **unreachable, **more)
    assert found == code
    assert re.search(rf"^{word}.*pip reaches no package index", told, re.MULTILINE), told


def test_what_is_shared_is_removed_after_the_last_process_and_not_before(tmp_path):
    (tmp_path / "conftest.py").write_text((ROOT / "tests/conftest.py").read_text())
    (tmp_path / "test_sharing.py").write_text(SHARING)
    (tmp_path / "ending.py").write_text(ENDING)
    ended = tmp_path / "ended"
    ended.mkdir()
    options = ("-n", "2", "--dist", "load", "-p", "ending", "--basetemp", tmp_path / "base", "--rootdir", tmp_path)
    code, told = suite(*options, cwd=tmp_path, PYTHONPATH=str(tmp_path), ENDED=str(ended))
    assert code == 0, told
    assert (tmp_path / "base").exists()
    assert not (tmp_path / "base" / "shared").exists()


@pytest.mark.parametrize("then", ["sys.exit(1)", "os.close(1), signal.pause()"], ids=["dies", "hangs"])
def test_a_server_that_does_not_serve_is_ended_and_says_why(serving, tmp_path, then):
    saying = "import os, signal, sys; signal.signal(15, signal.SIG_IGN); print('why,', os.getpid(), file=sys.stderr)"
    command = [sys.executable, "-u", "-c", f"{saying}; {then}"]
    with pytest.raises(AssertionError, match="why") as failed, serving(command, tmp_path, {}, grace_s=0.1):
        pytest.fail("it serves")
    (pid,) = re.findall(r"why, (\d+)", str(failed.value))
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)
