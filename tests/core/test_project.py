"""The project folder."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

import pytest

from gymdash_core.errors import ProjectAccessError, RunNotFoundError
from gymdash_core.project import Project, RunFolder

CONFIG, META = {"name": "x", "key": "k"}, {"name": "x"}


def test_a_run_appears_whole(tmp_path):
    project = Project(tmp_path / "p")
    run = project.create_run(CONFIG, META)
    assert {path.name for path in run.path.iterdir()} == {"config.json", "meta.json"}
    assert project.run(run.id).path == run.path
    assert [found.id for found in project.runs()] == [run.id]


def test_a_run_that_cannot_be_filled_leaves_nothing(tmp_path):
    project = Project(tmp_path / "p")

    def fail(folder):
        raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        project.create_run(CONFIG, META, fill=fail)
    assert os.listdir(project.sims) == []


def test_a_run_is_found_by_id_prefix_and_name(tmp_path):
    project = Project(tmp_path)
    first = project.create_run(CONFIG, {"name": "first"}, run_id=uuid.UUID("aaaa1111-0000-4000-8000-000000000000"))
    project.create_run(CONFIG, {"name": "second"}, run_id=uuid.UUID("aaaa2222-0000-4000-8000-000000000000"))
    assert project.run("aaaa1").id == first.id
    assert project.run("first").id == first.id
    assert project.run(uuid.UUID(first.id)).id == first.id
    with pytest.raises(RunNotFoundError, match="names 2 runs"):
        project.run("aaaa")
    for unknown in ("aaa", "third", str(uuid.uuid4())):
        with pytest.raises(RunNotFoundError, match="no run"):
            project.run(unknown)


def test_strange_names_in_the_folder_are_no_runs(tmp_path):
    project = Project(tmp_path)
    project.create()
    (project.sims / ".x.new").mkdir()
    (project.sims / "notes").mkdir()
    assert list(project.runs()) == []


def test_paths_are_absolute_and_below_the_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = RunFolder(Path("p/sims/id"))
    names = [name for name, value in vars(RunFolder).items() if isinstance(value, property)]
    paths = [getattr(run, name) for name in names if name not in ("id", "project_path")]
    assert len(paths) > 20
    assert all(path.is_absolute() and path.is_relative_to(run.path) for path in paths)
    assert run.project_path == tmp_path / "p"


def test_a_file_in_the_way_is_an_error_and_nothing_is_created(tmp_path):
    (tmp_path / "p").write_text("")
    with pytest.raises(ProjectAccessError, match="name another folder"):
        Project(tmp_path / "p").create_run(CONFIG, META)


def test_a_file_in_the_place_of_the_project_has_no_runs_and_says_so(tmp_path):
    (tmp_path / "p").write_text("")
    with pytest.raises(ProjectAccessError, match="Not a directory"):
        list(Project(tmp_path / "p").runs())
    assert list(Project(tmp_path / "none").runs()) == []
