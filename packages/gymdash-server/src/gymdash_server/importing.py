"""Taking in logs that another program has written: a folder becomes a finished run.

A streamer type says with its patterns which files it reads; each type that finds some reads the whole copied folder.
Symbolic links to folders are not followed.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gymdash_core.creation import RunRequest, create_run
from gymdash_core.errors import NotSupportedError, ProjectAccessError
from gymdash_core.journal import append_line, read_json, write_json
from gymdash_core.plugins import build_plugin_manager
from gymdash_core.project import Project, RunFolder
from gymdash_core.registry import Registered, Registry
from gymdash_core.simulation import Simulation
from gymdash_core.status import SimStatus, SimStatusCode, iso
from gymdash_core.types import SimulationType
from gymdash_server.errors import NothingToImportError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from gymdash_core.types import StreamerType

#: Key of imported runs; no type of that name is registered, so that none is started or resumed.
KEY = "imported"
_FOLDER = "imported"


class ImportedRun(Simulation):
    """What stands in the place of the program that has written the logs."""

    def _run(self, **kwargs: Any) -> None:
        raise NotSupportedError("an imported run", "run", "It shows what another program has written.")


@dataclass(frozen=True)
class _Found:
    """The files of a folder, and who reads them.

    Attributes:
        files: Paths relative to the folder.
        readers: Names of the streamer types whose patterns match some.
        began: Time of the oldest file.
        ended: Time of the newest.
    """

    files: Sequence[Path]
    readers: Sequence[str]
    began: str
    ended: str


def import_folder(
    project: str | os.PathLike[str] | None,
    folder: str | os.PathLike[str],
    name: str = "",
    tags: Iterable[str] = (),
    registry: Registry | None = None,
) -> RunFolder:
    """Copy a folder into a project as a finished run; nothing is created where anything is wrong.

    Args:
        project: The project folder.
        folder: What is copied.
        name: What people call the run; the folder's name where it is empty.
        tags: Words for finding it.
        registry: Knows the streamer types; None loads the installed plugins.

    Raises:
        NothingToImportError: No streamer type reads any of its files.
        ProjectAccessError: The folder cannot be read, or the project cannot be written.
    """
    source = Path(folder).resolve()
    known = registry if registry is not None else Registry(build_plugin_manager())
    types = {entry_name: entry.item for entry_name, entry in known.streamers.items()}
    target = Project(project)
    try:
        found = _look_into(source, types, target.path)
    except OSError as error:
        raise ProjectAccessError(source, error) from error
    if not found.readers:
        raise NothingToImportError(source, {reader: item.patterns for reader, item in types.items()})
    return create_run(target, _request(source, name or source.name or KEY, tuple(tags), found))


def _request(source: Path, name: str, tags: tuple[str, ...], found: _Found) -> RunRequest:
    """Return what is to be created: a run that has ended, with the folder's files."""
    entry = Registered(SimulationType(KEY, f"{__name__}:{ImportedRun.__name__}"), "gymdash", "gymdash-server")
    executor = {"name": "process", "options": {}}

    def fill(path: Path) -> None:
        _fill(RunFolder(path), source, found)

    return RunRequest(entry, name, {"folder": str(source)}, executor, tags=tags, fill=fill)


def _look_into(folder: Path, types: Mapping[str, StreamerType], project: Path) -> _Found:
    files = sorted(_files_in(folder, project))
    readers = [
        name
        for name, item in types.items()
        if any(_matches(path.parts, pattern.split("/")) for pattern in item.patterns for path in files)
    ]
    times = [(folder / path).stat().st_mtime for path in files] or [0.0]
    return _Found(files, readers, _iso(min(times)), _iso(max(times)))


def _files_in(folder: Path, project: Path) -> Iterator[Path]:
    """Yield the regular files of a folder as relative paths; a project inside of it is none of the logs."""
    for parent, folders, names in os.walk(folder, onerror=_raise):
        folders[:] = [name for name in folders if Path(parent, name) != project]
        for name in names:
            path = Path(parent, name)
            if path.is_file():
                yield path.relative_to(folder)


def _raise(error: OSError) -> None:
    raise error


def _matches(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    """Whether a path matches a glob, in which ``**`` stands for any folders, none included."""
    if not pattern:
        return not parts
    if pattern[0] == "**":
        return any(_matches(parts[at:], pattern[1:]) for at in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], pattern[0]) and _matches(parts[1:], pattern[1:])


def _fill(run: RunFolder, source: Path, found: _Found) -> None:
    """Write a run's files as if a worker had run and ended well."""
    for path in found.files:
        target = run.path / _FOLDER / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source / path, target)
    streamers = [
        {"name": name, "class": "", "type": name, "folder": _FOLDER, "options": {}, "media": False, "stats": []}
        for name in found.readers
    ]
    write_json(run.streams, {"version": 1, "streamers": streamers})
    launch = {"by": "import", "attempt": 1, "time": found.began, "resume_from": None, "start_kwargs": {}}
    write_json(run.meta, {**(read_json(run.meta) or {}), "launches": [launch]})
    state = {"version": 1, "attempt": 1, "state": "succeeded", "started": found.began, "ended": found.ended}
    write_json(run.state, {**state, "updated": found.ended, "reason": "", "progress": None, "published": {}})
    append_line(run.attempts, {"attempt": 1, "event": "started", "time": found.began, "resume_from": None})
    append_line(run.attempts, {"attempt": 1, "event": "ended", "time": found.ended, "state": "succeeded", "reason": ""})
    status = SimStatus(SimStatusCode.SUCCESS, details=f"Imported from {source}.")
    append_line(run.statuses, {**status.as_json(), "attempt": 1})


def _iso(time: float) -> str:
    return iso(datetime.fromtimestamp(time, UTC))
