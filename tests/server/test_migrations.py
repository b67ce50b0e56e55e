"""Rules of `gymdash_server.db`: migrations lead to the tables, both ways, and what cannot be opened says why."""

from __future__ import annotations

import sqlite3

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text
from sqlmodel import SQLModel

from gymdash_core.project import Project
from gymdash_server.db import tables
from gymdash_server.db.engine import HEAD, migration_config, open_database
from gymdash_server.db.owner import claim_database
from gymdash_server.errors import DatabaseError


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/db/x.db"


def test_head_is_the_newest_script_of_one_line():
    scripts = ScriptDirectory.from_config(migration_config())
    assert scripts.get_heads() == [HEAD]
    assert [script.revision for script in scripts.walk_revisions()][-1] == scripts.get_base()


def migrate(url, *steps):
    engine, config = create_engine(url), migration_config()
    for go, version in steps:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            go(config, version)
    return engine


def shape(engine):
    """Return all that a database says of its tables."""
    found = inspect(engine)
    return {
        name: (
            [(c["name"], str(c["type"]), c["nullable"], c["primary_key"]) for c in found.get_columns(name)],
            sorted((i["name"], i["column_names"], i["unique"]) for i in found.get_indexes(name)),
            sorted((k["referred_table"], k["constrained_columns"], k["options"]) for k in found.get_foreign_keys(name)),
        )
        for name in found.get_table_names()
    }


def test_migrated_schema_is_that_of_the_tables_and_of_a_new_index(tmp_path, url):
    migrated = migrate(f"sqlite:///{tmp_path}/migrated.db", (command.upgrade, "head"))
    with migrated.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []
    made = open_database(url)
    assert shape(made) == shape(migrated)
    assert len(tables.TABLES) == len(shape(made)) - 1
    for engine in (made, migrated):
        engine.dispose()


def test_migrations_lead_back_to_nothing_and_up_again(url):
    open_database(url).dispose()
    engine = migrate(url, (command.downgrade, "base"))
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}
    engine.dispose()
    migrate(url, (command.upgrade, "head")).dispose()
    open_database(url).dispose()


def test_index_that_a_kill_left_half_made_is_made_whole(tmp_path, url):
    engine = open_database(url)
    whole = shape(engine)
    engine.dispose()
    for statement in ("DROP TABLE alembic_version", "DELETE FROM alembic_version", "DROP TABLE interventions"):
        with sqlite3.connect(tmp_path / "db" / "x.db") as connection:
            connection.execute("DROP TABLE alembic_version") if "interventions" in statement else None
            connection.execute(statement)
        connection.close()
        engine = open_database(url)
        assert shape(engine) == whole
        engine.dispose()


def test_opening_twice_keeps_what_is_there(url):
    engine = open_database(url)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO groups (id, created) VALUES ('g', 't')"))
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
    engine.dispose()
    engine = open_database(url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT COUNT(*) FROM groups")).scalar() == 1
    engine.dispose()


def test_index_of_a_newer_version_is_refused(url):
    engine = open_database(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(DatabaseError, match="newer"):
        open_database(url)


def test_file_that_is_no_database_is_refused_with_the_remedy(tmp_path, url):
    (tmp_path / "db").mkdir()
    (tmp_path / "db" / "x.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(DatabaseError, match="reindex"):
        open_database(url)


def test_index_without_tables_is_refused(tmp_path, url):
    open_database(url).dispose()
    with sqlite3.connect(tmp_path / "db" / "x.db") as connection:
        connection.execute("DROP TABLE simulations")
    connection.close()
    with pytest.raises(DatabaseError):
        open_database(url)


@pytest.mark.parametrize("wrong", ["", "nonsense", "nothing://x", "sqlite:////proc/none/x.db"])
def test_url_that_leads_nowhere_is_refused(wrong):
    with pytest.raises(DatabaseError):
        open_database(wrong)


def test_password_is_not_shown():
    with pytest.raises(DatabaseError) as caught:
        open_database("nothing://me:secret@host/x")
    assert "secret" not in str(caught.value)


def test_index_of_the_first_version_keeps_its_rows_and_gets_its_owner(tmp_path, url):
    (tmp_path / "db").mkdir()
    engine = migrate(url, (command.upgrade, "0001"))
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO groups (id, created) VALUES ('g', 't')"))
    engine.dispose()
    engine = open_database(url)
    claim_database(engine, url, Project(tmp_path))
    with engine.connect() as connection:
        assert connection.execute(text("SELECT id FROM groups")).scalar() == "g"
        assert connection.execute(text("SELECT place FROM projects")).scalar() == str(tmp_path.resolve())
    engine.dispose()


def test_runs_of_an_index_that_does_not_say_how_long_they_took_are_read_anew(tmp_path):
    url = f"sqlite:///{tmp_path}/x.db"
    engine = migrate(url, (command.upgrade, "0002"))
    row = (
        "INSERT INTO simulations (id, name, key, state, reason, created, attempt, notes, fingerprint, told_started, "
        "told_finished) VALUES ('{0}', '', 'k', 'succeeded', '', 't', {1}, '', 'f', 0, 0)"
    )
    with engine.begin() as connection:
        for identity, attempt in (("a", 0), ("b", 1)):
            connection.execute(text(row.format(identity, attempt)))
    engine.dispose()
    engine = open_database(url)
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT id, fingerprint, ran_s FROM simulations ORDER BY id")).all()
    assert list(map(tuple, rows)) == [("a", "f", 0.0), ("b", "", 0.0)]
    engine.dispose()
