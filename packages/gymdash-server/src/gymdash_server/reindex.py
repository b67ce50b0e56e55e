"""Making the index anew from the run directories, while no server serves the project.

The index holds nothing of its own, so nothing is lost: rows and points are dropped and read again. A database file that
is damaged, or of a newer version, is put aside and a new one is made.
"""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from gymdash_core.describe import Describer
from gymdash_core.errors import ProjectAccessError
from gymdash_core.plugins import build_plugin_manager
from gymdash_core.registry import Registry
from gymdash_server.announcer import Announcer
from gymdash_server.context import lock_project
from gymdash_server.db.engine import database_error, file_of, open_database
from gymdash_server.db.owner import claim_database
from gymdash_server.db.tables import TABLES, ProjectTable
from gymdash_server.errors import DatabaseError
from gymdash_server.live.hub import Hub
from gymdash_server.points.library import PointsLibrary
from gymdash_server.recorder.recorder import Follow, Recorder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Engine

    from gymdash_server.settings import Settings

    Told = Callable[[int, int], None]

#: What SQLite says where the file is sound and only cannot be used now.
_NOT_DAMAGED = ("locked", "readonly", "unable to open", "disk is full", "disk I/O")


@dataclass(frozen=True)
class Reindexed:
    """What was done.

    Attributes:
        runs: How many runs are in the index now.
        put_aside: Where the damaged database is; None where it was sound.
    """

    runs: int
    put_aside: str | None


def reindex(settings: Settings, told: Told = lambda _done, _total: None) -> Reindexed:
    """Make the index of a project anew.

    Args:
        settings: Project and database.
        told: Told how many runs are done, and how many there are.

    Raises:
        ProjectServedError: A server serves the project, or the one whose database is taken over.
        ProjectAccessError: There is no such project, or it cannot be written.
        DatabaseError: The database cannot be used, and making a new file would not help.
    """
    project = settings.project_folder
    if not project.sims.is_dir():
        raise ProjectAccessError(project.path, OSError(errno.ENOENT, os.strerror(errno.ENOENT)))
    with lock_project(settings):
        try:
            return Reindexed(_read_all(settings, told), None)
        except DatabaseError as error:
            file = file_of(settings.database_url)
            if file is None or any(word in str(error) for word in _NOT_DAMAGED):
                raise
            put_aside = _put_aside(file)
        return Reindexed(_read_all(settings, told), str(put_aside))


def _read_all(settings: Settings, told: Told) -> int:
    project = settings.project_folder
    engine = open_database(settings.database_url)
    manager = build_plugin_manager()
    describer, announcer = Describer(project.type_cache), Announcer(manager)
    library = PointsLibrary(project, Registry(manager), describer)
    follow = Follow(lambda _run, _attempt: None, lambda _run: None, announcer)
    recorder = Recorder(project, engine, Hub(), library, follow)
    try:
        claim_database(engine, settings.database_url, project, take=True)
        _drop_rows(engine)
        library.drop_all()
        return recorder.reconcile(anew=True, told=told)
    except SQLAlchemyError as error:
        raise database_error(settings.database_url, error) from error
    finally:
        recorder.close()
        announcer.close()
        describer.close()
        engine.dispose()


def _drop_rows(engine: Engine) -> None:
    with Session(engine) as session:
        for table in reversed(TABLES):
            if table is not ProjectTable:
                session.execute(delete(table))
        session.commit()


def _put_aside(file: Path) -> Path:
    """Rename a database file, and drop what belongs to it; an earlier one that was put aside gives way."""
    aside = file.with_name(f"{file.name}.damaged")
    file.replace(aside)
    for suffix in ("-wal", "-shm", "-journal"):
        file.with_name(f"{file.name}{suffix}").unlink(missing_ok=True)
    return aside
