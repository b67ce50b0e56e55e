"""Whose index a database is: one project's, since each brings all rows up to date with its own run directories.

A database in the project folder moves and is copied with it, so it is the project's in any case.
"""

from __future__ import annotations

import platform
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from gymdash_core.locks import holder
from gymdash_core.project import Project
from gymdash_server.db.engine import database_error, file_of, shown
from gymdash_server.db.tables import ProjectTable
from gymdash_server.errors import DatabaseTakenError, ProjectServedError

if TYPE_CHECKING:
    from sqlalchemy import Engine


def claim_database(engine: Engine, url: str, project: Project, *, take: bool = False) -> None:
    """Make a database the index of a project.

    Args:
        engine: An engine on it.
        url: Its URL.
        project: The project.
        take: Take it over from another one, whose rows were dropped.

    Raises:
        DatabaseTakenError: It is the index of another project.
        ProjectServedError: It is to be taken over from one that is being served.
        DatabaseError: It cannot be written.
    """
    place, own = place_of(url, project.path)
    try:
        with Session(engine) as session:
            row = session.get(ProjectTable, 1)
            if row is not None and row.place == place:
                return
            if row is not None and not (own or take):
                raise DatabaseTakenError(shown(url), row.place, place)
            if row is not None and not own:
                _require_unserved(Path(row.place))
            session.merge(ProjectTable(id=1, place=place))
            session.commit()
    except SQLAlchemyError as error:
        raise database_error(url, error) from error


def place_of(url: str, project: Path) -> tuple[str, bool]:
    """Return what is written down of a project in a database, and whether that is in the project's folder.

    Args:
        url: URL of the database.
        project: The project's folder.

    Raises:
        DatabaseError: It is no URL.
    """
    folder, file = project.resolve(), file_of(url)
    if file is None:
        return f"{platform.node()}:{folder}", False
    return str(folder), file.resolve().is_relative_to(folder)


def _require_unserved(folder: Path) -> None:
    pid = holder(Project(folder).server_lock) if folder.is_dir() else None
    if pid is not None:
        raise ProjectServedError(folder, pid, "")
