"""Databases that are damaged, newer, incomplete or locked."""

from __future__ import annotations

import contextlib
import random
import sqlite3

import pytest

from gymdash_server.db.engine import open_database
from gymdash_server.errors import DatabaseError
from live_servers import WAIT_S, database_of


def test_a_corrupt_database_is_named_with_the_way_to_make_it_anew(refused, tmp_path):
    file = database_of(tmp_path / "project")
    file.parent.mkdir(parents=True)
    file.write_bytes(b"this is no database" * 1000)
    said = refused()
    assert said.startswith("DatabaseError: ")
    assert "gymdash project reindex" in said
    assert said.count("\n") == 0


def test_a_database_with_damaged_pages_is_named_with_the_way_to_make_it_anew(spawn, refused, tmp_path):
    first = spawn()
    for _ in range(3):
        first.ended(first.start("Walker", steps=2))
    first.process.terminate()
    first.process.wait(WAIT_S)
    file = database_of(tmp_path / "project")
    data = bytearray(file.read_bytes())
    data[4096:] = bytes(random.Random(1).randbytes(len(data) - 4096))
    file.write_bytes(data)
    said = refused()
    assert said.startswith("DatabaseError: ")
    assert "gymdash project reindex" in said
    assert said.count("\n") == 0


def test_a_database_of_a_newer_version_is_left_alone(refused, tmp_path):
    file = database_of(tmp_path / "project")
    open_database(f"sqlite:///{file}").dispose()
    with contextlib.closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    before = file.read_bytes()
    said = refused()
    assert said.startswith("DatabaseError: ")
    assert "9999" in said
    assert "newer" in said
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    "damage", ["DROP TABLE statuses", "DROP TABLE simulations", "ALTER TABLE tags RENAME TO others"]
)
def test_a_database_without_a_table_is_named(refused, tmp_path, damage):
    file = database_of(tmp_path / "project")
    open_database(f"sqlite:///{file}").dispose()
    with contextlib.closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(damage)
    assert "gymdash project reindex" in refused()


def test_a_password_in_the_address_of_the_database_is_not_shown():
    with pytest.raises(DatabaseError) as caught:
        open_database("mysql+nothing://user:secret@localhost/x")
    assert "secret" not in str(caught.value)


@contextlib.contextmanager
def locked(file):
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")
        yield
        connection.execute("ROLLBACK")


def test_a_locked_database_is_named_at_the_start(refused, tmp_path):
    file = database_of(tmp_path / "project")
    open_database(f"sqlite:///{file}").dispose()
    with locked(file):
        said = refused()
    assert said.startswith("DatabaseError: ")
    assert "locked" in said


def test_a_locked_database_holds_up_neither_starts_nor_stops(server, monkeypatch):
    run = server.start("custom_control", total_runtime=600)
    server.until(run, "running")
    with contextlib.closing(sqlite3.connect(server.context.project.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert server.get(f"/simulations/{run}")["state"] == "running"
        assert server.post(f"/simulations/{run}/stop")["state"] in {"stopping", "stopped"}
        second = server.post("/simulations", {"key": "custom_control", "kwargs": {"total_runtime": 600}})
        assert second["state"] in {"created", "queued", "starting", "running"}
        assert server.get(f"/simulations/{second['id']}")["id"] == second["id"]
        assert server.http.patch(f"/simulations/{run}", json={"name": "renamed"}).json()["name"] == "renamed"
        other.execute("ROLLBACK")  # all of it was answered before
    assert server.ended(run)["name"] == "renamed"
    server.until(second["id"], "running")
