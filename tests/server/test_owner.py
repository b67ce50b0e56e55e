"""Rules of `gymdash_server.db.owner`: no project removes the rows of another."""

from __future__ import annotations

import pytest
from sqlmodel import Session

from gymdash_core import SimulationTracker
from gymdash_server.cli.checks import examine
from gymdash_server.context import Context
from gymdash_server.db.engine import open_database
from gymdash_server.db.owner import claim_database, place_of
from gymdash_server.db.repositories import SimulationRepository
from gymdash_server.errors import DatabaseTakenError, ProjectServedError
from gymdash_server.reindex import reindex
from gymdash_server.settings import Settings


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/shared.db"


def project_at(folder, url=None):
    """Settings of a project with one run."""
    with SimulationTracker(folder) as tracker:
        tracker.create_simulation("custom_control")
    return Settings(project=folder, database=url)


def rows_in(settings):
    engine = open_database(settings.database_url)
    with Session(engine) as session:
        count = SimulationRepository(session).count()
    engine.dispose()
    return count


def test_a_second_project_is_refused_by_both_names_and_removes_nothing(tmp_path, url):
    one, other = (project_at(tmp_path / name, url) for name in ("one", "other"))
    Context(one).close()
    with pytest.raises(DatabaseTakenError) as caught:
        Context(other)
    for said in (str(tmp_path / "one"), str(tmp_path / "other"), "GYMDASH_DATABASE_URL", "--database", "reindex"):
        assert said in str(caught.value)
    assert rows_in(one) == 1
    Context(one).close()


def test_a_refused_project_can_be_served_at_once_with_another_database(tmp_path, url):
    one, other = (project_at(tmp_path / name, url) for name in ("one", "other"))
    Context(one).close()
    with pytest.raises(DatabaseTakenError):
        Context(other)
    Context(Settings(project=tmp_path / "other")).close()


def test_reindex_makes_a_database_the_index_of_a_project_that_has_moved(tmp_path, url):
    Context(project_at(tmp_path / "one", url)).close()
    (tmp_path / "one").rename(tmp_path / "moved")
    moved = Settings(project=tmp_path / "moved", database=url)
    with pytest.raises(DatabaseTakenError):
        Context(moved)
    assert reindex(moved).put_aside is None
    Context(moved).close()
    assert rows_in(moved) == 1


def test_reindex_takes_no_database_from_a_project_that_is_being_served(tmp_path, url):
    one, other = (project_at(tmp_path / name, url) for name in ("one", "other"))
    with Context(one):
        with pytest.raises(ProjectServedError, match="one"):
            reindex(other)
        assert rows_in(one) == 1
    reindex(other)
    assert rows_in(other) == 1
    with pytest.raises(DatabaseTakenError):
        Context(one)


def test_a_database_in_the_project_folder_moves_with_it(tmp_path):
    Context(project_at(tmp_path / "one")).close()
    (tmp_path / "one").rename(tmp_path / "moved")
    moved = Settings(project=tmp_path / "moved")
    Context(moved).close()
    assert rows_in(moved) == 1


def test_the_same_folder_under_another_spelling_is_the_same_project(tmp_path, url):
    Context(project_at(tmp_path / "one", url)).close()
    (tmp_path / "link").symlink_to(tmp_path / "one")
    Context(Settings(project=tmp_path / "link", database=url)).close()


def test_on_a_database_server_the_machine_counts_and_no_password_is_shown(tmp_path, url):
    settings = project_at(tmp_path / "one")
    server = "postgresql://me:secret@host/x"
    assert place_of(server, tmp_path)[0].endswith(f":{tmp_path.resolve()}")
    engine = open_database(url)
    claim_database(engine, url, settings.project_folder)
    with pytest.raises(DatabaseTakenError) as caught:
        claim_database(engine, server, settings.project_folder)
    assert "secret" not in str(caught.value)
    engine.dispose()


def test_the_doctor_names_the_owner_of_a_database(tmp_path, url, monkeypatch):
    Context(project_at(tmp_path / "one", url)).close()
    project_at(tmp_path / "other")
    monkeypatch.setenv("GYMDASH_DATABASE_URL", url)
    findings = {name: {item.what: item for item in examine(str(tmp_path / name))} for name in ("one", "other")}
    assert findings["one"]["database"].ok
    assert not findings["other"]["database"].ok
    assert str(tmp_path / "one") in findings["other"]["database"].details
