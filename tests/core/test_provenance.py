"""Provenance: all that can be known, never a secret, never a failure."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from pydantic import BaseModel, Field

from gymdash_core import Simulation, provenance
from gymdash_core.commands import limited_output
from gymdash_core.journal import write_json
from gymdash_core.processes import await_end
from gymdash_core.project import Project, RunFolder
from gymdash_core.provenance import Provenance, collect_provenance, record_provenance
from gymdash_core.revision import DIFF_LIMIT, read_revision
from gymdash_core.testing import run_simulation

IDENTITY = ["-c", "user.name=Tester", "-c", "user.email=tester@example.org", "-c", "commit.gpgsign=false"]


@pytest.fixture
def git(tmp_path, monkeypatch):
    """Run git in a new repository, untouched by the user's configuration; call it with arguments."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    folder = tmp_path / "repository"
    folder.mkdir()

    def call(*arguments):
        line = ["git", "-C", str(folder), *IDENTITY, *arguments]
        return subprocess.run(line, check=True, capture_output=True, text=True).stdout.strip()

    call.folder = folder
    call("init", "--quiet", "--initial-branch=trunk")
    (folder / "model.py").write_text("rate = 1\n")
    call("add", "model.py")
    call("commit", "--quiet", "--message", "first")
    return call


@pytest.fixture
def fake_program(tmp_path, monkeypatch):
    """Put a shell script in front of PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)

    def make(name, script):
        path = folder / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    return make


def test_a_clean_repository_is_named_by_its_commit(git):
    found, notes = read_revision([git.folder])
    assert (found.commit, found.branch, found.root) == (git("rev-parse", "HEAD"), "trunk", str(git.folder.resolve()))
    assert (found.dirty, found.diff, found.diff_cut, found.untracked, notes) == (False, "", False, [], {})


def test_changes_and_new_files_are_recorded(git):
    (git.folder / "model.py").write_text("rate = 2\n")
    (git.folder / "new file.py").write_text("")
    (git.folder / "sub").mkdir()
    found, _ = read_revision([git.folder / "sub"])
    assert found.dirty
    assert "-rate = 1\n+rate = 2\n" in found.diff
    assert found.untracked == ["new file.py"]


def test_a_long_diff_is_cut_and_says_so(git):
    (git.folder / "model.py").write_text("x = 1\n" * DIFF_LIMIT)
    found, notes = read_revision([git.folder])
    assert (len(found.diff), found.diff_cut) == (DIFF_LIMIT, True)
    assert "cut" in notes["git.diff"]


def test_reading_changes_nothing_in_the_repository(git):
    (git.folder / "model.py").write_text("rate = 2\n")
    before = {path: path.stat().st_mtime_ns for path in git.folder.rglob("*")}
    read_revision([git.folder])
    assert {path: path.stat().st_mtime_ns for path in git.folder.rglob("*")} == before


def test_external_diffs_and_variables_of_another_repository_are_ignored(git, tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", "false")
    found, _ = read_revision([git.folder])
    assert found.branch == "trunk"


def test_a_detached_head_has_no_branch(git):
    git("checkout", "--quiet", "--detach")
    found, _ = read_revision([git.folder])
    assert (found.commit, found.branch) == (git("rev-parse", "HEAD"), None)


def test_a_repository_without_commits_has_none(git):
    shutil.rmtree(git.folder / ".git")
    git("init", "--quiet", "--initial-branch=trunk")
    found, notes = read_revision([git.folder])
    assert (found.commit, found.diff, found.dirty, found.untracked) == (None, None, True, ["model.py"])
    assert "git.commit" in notes


def test_the_first_folder_in_a_repository_wins(git, tmp_path):
    found, _ = read_revision([tmp_path, git.folder])
    assert found.branch == "trunk"


def test_outside_of_a_repository_the_reason_is_noted(git, tmp_path):
    found, notes = read_revision([tmp_path])
    assert found is None
    assert "not a git repository" in notes["git"]


def test_without_git_the_reason_is_noted(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert read_revision([tmp_path]) == (None, {"git": "git is not installed"})


def test_a_git_that_hangs_is_given_up_with_its_children(fake_program, tmp_path):
    fake_program("git", f"sleep 600 & echo $! > {tmp_path}/pid; wait")
    found, notes = read_revision([tmp_path], timeout_s=1.0)
    assert (found, notes) == (None, {"git": "git rev-parse took too long"})
    pid = int((tmp_path / "pid").read_text())
    assert await_end(pid, 30)


def test_output_of_a_command_is_cut_at_its_limit():
    endless = [sys.executable, "-I", "-S", "-c", "while True: print('y' * 1000)"]
    output, cut = limited_output(endless, timeout_s=60, limit_bytes=5000)
    assert (len(output), cut) == (5000, True)


def test_a_command_that_fails_says_why():
    with pytest.raises(subprocess.CalledProcessError) as caught:
        limited_output([sys.executable, "-I", "-S", "-c", "raise SystemExit('no way')"], timeout_s=60, limit_bytes=9)
    assert caught.value.stderr == b"no way\n"


def test_all_parts_are_collected_and_are_json(git):
    found = collect_provenance(7, git.folder)
    data = json.loads(json.dumps(found.model_dump(mode="json"), allow_nan=False))
    assert Provenance.model_validate(data) == found
    assert (found.seed, found.cwd, found.git.branch) == (7, str(git.folder), "trunk")
    assert found.python == ".".join(map(str, sys.version_info[:3]))
    assert {"pydantic", "psutil", "pluggy"} <= found.packages.keys()
    assert list(found.packages) == sorted(found.packages, key=str.lower)
    assert found.memory_bytes > 0
    assert found.cpu_count >= 1
    assert found.cpu_model
    assert found.argv == sys.orig_argv


def test_the_repository_of_the_code_goes_before_that_of_the_working_directory(git, tmp_path):
    found = collect_provenance(cwd=tmp_path, target_file=git.folder / "model.py")
    assert found.git.root == str(git.folder.resolve())


def test_only_listed_variables_are_recorded(monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    monkeypatch.setenv("SLURM_JOB_ID", "4711")
    found = collect_provenance(cwd=tmp_path)
    assert found.environment["OMP_NUM_THREADS"] == "2"
    assert found.environment["SLURM_JOB_ID"] == "4711"
    assert "hunter2" not in found.model_dump_json()


@pytest.mark.parametrize("seed", [True, "7", 1.5, [1, 2]])
def test_a_seed_that_is_no_integer_is_noted(seed, tmp_path):
    found = collect_provenance(seed, tmp_path)
    assert found.seed is None
    assert repr(seed) in found.notes["seed"]


def test_a_part_that_fails_is_none_with_the_reason(monkeypatch, tmp_path):
    def fail():
        raise KeyError("getpwuid(): uid not found: 4711")

    monkeypatch.setattr(provenance.getpass, "getuser", fail)
    found = collect_provenance(cwd=tmp_path)
    assert found.user is None
    assert "4711" in found.notes["user"]
    assert found.python is not None


def test_gpus_are_named_by_the_tool_of_their_vendor(fake_program, tmp_path):
    fake_program("nvidia-smi", "echo 'NVIDIA H200'; echo 'NVIDIA A100 80GB'")
    assert collect_provenance(cwd=tmp_path).gpus == ["NVIDIA H200", "NVIDIA A100 80GB"]


def test_a_broken_gpu_tool_is_noted(fake_program, tmp_path):
    fake_program("nvidia-smi", "echo 'driver mismatch' >&2; exit 9")
    found = collect_provenance(cwd=tmp_path)
    assert found.gpus is None
    assert "exit status 9" in found.notes["gpus"]


def test_without_the_tool_there_are_no_gpus(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    found = collect_provenance(cwd=tmp_path)
    assert found.gpus == []
    assert "gpus" not in found.notes


def test_a_run_gets_its_provenance_file(tmp_path):
    run = RunFolder(tmp_path)
    write_json(run.config, {"kwargs": {"seed": 3}, "target": {"target": "json.decoder:JSONDecoder", "file": None}})
    record_provenance(run)
    assert Provenance.model_validate_json(run.provenance.read_text()).seed == 3


SCRIPT = """
import sys
from pydantic import BaseModel
from gymdash_core import Simulation, SimulationStartConfig, SimulationTracker

class Walk(Simulation):
    class Params(BaseModel):
        seed: int = 11

    def _run(self, **kwargs):
        pass

def local():
    class Local(Walk):
        pass
    return Local

with SimulationTracker(sys.argv[1], executor="thread") as tracker:
    for cls in (Walk, local()):
        run = tracker.start(cls(SimulationStartConfig()))
        assert tracker.wait(run, 60)
        print(tracker.project.run(run).provenance.exists())
"""


@pytest.mark.parametrize("named", [True, False], ids=["script", "prompt"])
def test_objects_of_a_script_or_a_prompt_get_their_provenance(named, tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)
    how = [str(tmp_path / "script.py")] if named else ["-c", SCRIPT]
    line = [sys.executable, *how, str(tmp_path / "project")]
    done = subprocess.run(line, check=True, capture_output=True, text=True, cwd=tmp_path)
    assert done.stdout.split() == ["True", "True"], done.stderr
    files = [run.provenance for run in Project(tmp_path / "project").runs()]
    assert [Provenance.model_validate_json(file.read_text()).seed for file in files] == [11, 11]


class Seeded(Simulation):
    class Params(BaseModel):
        seed: int | None = 5

    def _run(self, **kwargs):
        pass


class Random(Seeded):
    class Params(BaseModel):
        seed: int = Field(default_factory=lambda: 4)


@pytest.mark.parametrize(
    ("cls", "kwargs", "seed"),
    [(Seeded, {}, 5), (Seeded, {"seed": 6}, 6), (Seeded, {"seed": None}, None), (Random, {}, 4)],
)
def test_the_seed_in_force_is_recorded_also_where_it_was_not_asked_for(cls, kwargs, seed):
    run = run_simulation(cls, kwargs)
    assert Provenance.model_validate_json((run.path / "provenance.json").read_text()).seed == seed


def test_a_module_without_a_spec_is_no_hindrance(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "homeless", ModuleType("homeless"))
    run = RunFolder(tmp_path)
    write_json(run.config, {"kwargs": {"seed": 3}, "target": {"target": "homeless:Walk"}})
    record_provenance(run)
    assert Provenance.model_validate_json(run.provenance.read_text()).seed == 3


def test_recording_never_raises(tmp_path, caplog):
    run = RunFolder(tmp_path)
    run.config.write_text("torn")
    record_provenance(run)
    assert not run.provenance.exists()
    assert "not JSON" in caplog.text
    record_provenance(RunFolder(Path(tmp_path / "deleted")))
