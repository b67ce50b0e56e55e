"""The token that a project keeps."""

from __future__ import annotations

import os
import stat

import pytest

from gymdash_core.errors import ProjectAccessError
from gymdash_core.project import Project
from gymdash_server.errors import TokenFileError
from gymdash_server.secret import project_token
from gymdash_server.settings import Settings


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path / "project")


def test_a_project_keeps_its_token_for_its_owner_alone(project):
    token = project_token(project)
    assert len(token) >= 32
    assert project_token(project) == token
    assert project.token.read_text() == f"{token}\n"
    assert stat.S_IMODE(project.token.stat().st_mode) == 0o600


def test_a_new_token_is_made_where_that_is_wanted_or_the_file_was_deleted(project):
    tokens = [project_token(project), project_token(project, new=True)]
    project.token.unlink()
    tokens.append(project_token(project))
    assert len(set(tokens)) == 3
    assert project_token(project) == tokens[2]


def test_a_token_that_is_configured_is_not_written_down(project):
    assert Settings(project=project.path, token="configured").secret == "configured"
    assert not project.token.exists()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o610])
def test_a_file_that_others_can_use_is_refused(project, mode):
    project_token(project)
    project.token.chmod(mode)
    with pytest.raises(TokenFileError, match=f"mode {mode:o}.*--new-token"):
        project_token(project)
    assert project_token(project, new=True)
    assert project_token(project)


@pytest.mark.parametrize("content", ["", "short", "with spaces and so on", 'quoted"quoted"quoted'])
def test_a_file_without_a_token_is_refused(project, content):
    project_token(project)
    project.token.write_text(content)
    with pytest.raises(TokenFileError, match="holds no token"):
        project_token(project)


def test_what_is_no_file_of_the_project_is_not_taken_for_one(project, tmp_path):
    project.create()
    project.token.mkdir()
    with pytest.raises(TokenFileError, match="is no file"):
        project_token(project)
    project.token.rmdir()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("a-token-of-somebody-else")
    elsewhere.chmod(0o600)
    project.token.symlink_to(elsewhere)
    with pytest.raises(TokenFileError, match="is a link"):
        project_token(project)


def test_a_project_where_nobody_can_write_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ProjectAccessError, match="file"):
        project_token(Project(tmp_path / "file"))


def test_a_file_of_another_user_is_refused(project, monkeypatch):
    project_token(project)
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(TokenFileError, match="another user"):
        project_token(project)
