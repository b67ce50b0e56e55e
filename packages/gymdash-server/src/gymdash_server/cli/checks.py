"""What ``gymdash doctor`` looks at. Each check changes nothing and never raises for what it finds."""

from __future__ import annotations

import os
import platform
import shutil
import sqlite3
import sys
import tempfile
from contextlib import closing
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from gymdash_core.errors import GymDashError
from gymdash_core.locks import FileLock, holder
from gymdash_core.plugins import build_plugin_manager
from gymdash_core.project import Project
from gymdash_core.worker.control import runtime_folder
from gymdash_server import hookspecs
from gymdash_server.client import Client
from gymdash_server.db.engine import HEAD, file_of, version_at
from gymdash_server.db.owner import place_of
from gymdash_server.errors import NoServerError
from gymdash_server.usage.probe import GpuProbe

if TYPE_CHECKING:
    from collections.abc import Iterator

_LEAST_PYTHON = (3, 11)
_LEAST_FREE_BYTES = 1 << 30
_REINDEX = "`gymdash project reindex` makes it anew"


@dataclass(frozen=True)
class Finding:
    """Something that was looked at.

    Attributes:
        what: What it is.
        ok: Whether GymDash can work with it.
        details: What was found, with a remedy where it is wrong.
    """

    what: str
    ok: bool
    details: str


def examine(folder: str | None) -> list[Finding]:
    """Look at this machine and a project folder.

    Args:
        folder: The project; the default one where it is None.
    """
    project = Project(folder)
    return [*_program(), *_project(project), *_server(project), *_plugins(), _disk(project), _gpu(), _sockets()]


def _program() -> Iterator[Finding]:
    fits = sys.version_info >= _LEAST_PYTHON
    yield Finding("Python", fits, f"{platform.python_version()}, {sys.executable}")
    versions = {name: metadata.version(name) for name in ("gymdash-core", "gymdash-server")}
    text = ", ".join(f"{name} {version}" for name, version in versions.items())
    same = len(set(versions.values())) == 1
    yield Finding("GymDash", same, text if same else f"{text}; install versions that fit")


def _project(project: Project) -> Iterator[Finding]:
    path = project.path
    if not path.exists():
        parent = next(parent for parent in path.parents if parent.exists())
        fits = parent.is_dir() and os.access(parent, os.W_OK | os.X_OK)
        yield Finding("project", fits, f"{path} is made when it is needed" if fits else f"{parent} is not writable")
        return
    try:
        with tempfile.NamedTemporaryFile(dir=path, prefix=".doctor-") as file, FileLock(Path(file.name)):
            file.write(b"x")
            file.flush()
        yield Finding("project", True, f"{path} is writable, with {sum(1 for _ in project.runs())} runs")
    except (OSError, GymDashError) as error:
        yield Finding("project", False, f"{path}: {error}")


def _server(project: Project) -> Iterator[Finding]:
    """Look at the lock; the server that holds it is asked, else its database is opened."""
    try:
        pid = holder(project.server_lock)
    except OSError as error:
        yield Finding("server", False, f"its lock cannot be read: {error}")
        return
    if pid is None:
        yield Finding("server", True, "none serves the project")
        yield _database(project)
        return
    try:
        with Client(project=project.path) as client:
            health = client.health()
            yield Finding("server", True, f"process {pid} serves the project at {client.url}")
            yield Finding("database", True, f"in use by the server, with {health.simulations} runs")
    except (NoServerError, GymDashError) as error:
        yield Finding("server", False, f"process {pid} serves the project and does not answer: {error}")


def _database(project: Project) -> Finding:
    url = os.environ.get("GYMDASH_DATABASE_URL") or f"sqlite:///{project.database}"
    try:
        file = file_of(url)
        version = None if file else version_at(url)
    except GymDashError as error:
        return Finding("database", False, str(error))
    if file is not None and file.exists():
        return _database_file(file, project)
    if version is not None and version > HEAD:
        return Finding("database", False, f"it is of version {version}, newer than this GymDash; {_REINDEX}")
    return Finding("database", True, "it can be opened" if version else "it is made when a server starts")


def _database_file(file: Path, project: Project) -> Finding:
    # Without a journal beside it a file is opened as one that nobody writes: SQLite would leave a journal.
    how = "mode=ro" if file.with_name(f"{file.name}-wal").exists() else "mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?{how}", uri=True, timeout=1)) as connection:
            (result,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            (version,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            owner = connection.execute("SELECT place FROM projects").fetchone() if version == HEAD else None
    except (sqlite3.Error, TypeError) as error:
        return Finding("database", False, f"{file}: {error}; {_REINDEX}")
    if version > HEAD:
        result = f"it is of version {version}, newer than this GymDash"
    place, own = place_of(f"sqlite:///{file}", project.path)
    if owner is not None and owner[0] != place and not own:
        result = f"it is the index of the project {owner[0]}: unset GYMDASH_DATABASE_URL, or where that one has moved"
    fits = result == "ok"
    return Finding("database", fits, f"{file} is sound" if fits else f"{file}: {result}; {_REINDEX}")


def _plugins() -> Iterator[Finding]:
    manager = build_plugin_manager()
    manager.add_hookspecs(hookspecs)
    for row in manager.report:
        name = f"{row.name} of {row.distribution} {row.version}"
        if not row.ok and row.traceback:
            yield Finding("plugin", False, f"{name}: {row.error}; `gymdash plugins` has the traceback")
        else:
            yield Finding("plugin", not row.clashes, "; ".join([name, *row.clashes]))


def _disk(project: Project) -> Finding:
    place = next(path for path in (project.path, *project.path.parents) if path.exists())
    free = shutil.disk_usage(place).free
    fits = free >= _LEAST_FREE_BYTES
    return Finding("disk", fits, f"{free / (1 << 30):.1f} GiB free" + ("" if fits else "; runs may fill it"))


def _gpu() -> Finding:
    found = GpuProbe().read()
    names = ", ".join(str(gpu.get("name") or "unnamed") for gpu in found)
    return Finding("GPU", True, names or "none that NVML shows; runs use the CPU")


def _sockets() -> Finding:
    try:
        return Finding("sockets", True, str(runtime_folder()))
    except (OSError, GymDashError) as error:
        return Finding("sockets", False, str(error))
