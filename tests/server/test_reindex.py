"""Rules of `gymdash_server.reindex`: only what is damaged is put aside, and what cannot be cured is said."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import ArgumentError, OperationalError

from gymdash_core.project import Project
from gymdash_server import reindex as module
from gymdash_server.db.engine import open_database
from gymdash_server.errors import DatabaseError
from gymdash_server.reindex import reindex
from gymdash_server.settings import Settings


@pytest.fixture
def project(tmp_path):
    made = Project(tmp_path / "project")
    made.create()
    return made


@pytest.fixture
def failing(monkeypatch):
    """Have every reading of the runs fail with an error."""

    def fail(error):
        def reconcile(*_, **__):
            raise error

        monkeypatch.setattr("gymdash_server.reindex.Recorder.reconcile", reconcile)

    return fail


def test_a_database_that_stays_bad_when_it_is_made_anew_is_named(project, failing):
    failing(OperationalError("SELECT", {}, Exception("database disk image is malformed")))
    with pytest.raises(DatabaseError, match="malformed"):
        reindex(Settings(project=project.path))
    assert [file.name for file in project.database.parent.glob("*.damaged")] == ["simulations.db.damaged"]


@pytest.mark.parametrize("error", [OperationalError("SELECT", {}, Exception("x")), ArgumentError("x")])
def test_the_password_of_a_database_that_fails_is_not_shown(project, tmp_path, monkeypatch, failing, error):
    failing(error)
    monkeypatch.setattr(module, "open_database", lambda _: open_database(f"sqlite:///{tmp_path}/x.db"))
    with pytest.raises(DatabaseError) as caught:
        reindex(Settings(project=project.path, database="postgresql://me:secret@host/x"))
    assert "secret" not in str(caught.value)
    assert "me:***@host" in str(caught.value)
