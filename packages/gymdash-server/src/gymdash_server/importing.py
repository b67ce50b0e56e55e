"""Taking in logs that another program has written: each folder that holds some becomes a finished run.

A streamer type says with its patterns which files it reads. A folder that directly holds such files is a run, as it is
for TensorBoard; other files, and folders without such files, go with the nearest run above them. Each type that finds
files in a run reads its whole copied folder. Symbolic links to folders are not followed.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gymdash_core.creation import RunRequest, create_run
from gymdash_core.errors import CorruptFileError, NotSupportedError, ProjectAccessError
from gymdash_core.journal import append_line, read_json, write_json
from gymdash_core.plugins import build_plugin_manager
from gymdash_core.project import Project, RunFolder
from gymdash_core.registry import Registered, Registry
from gymdash_core.simulation import Simulation
from gymdash_core.status import SimStatus, SimStatusCode, iso
from gymdash_core.types import SimulationType
from gymdash_server.errors import NothingToImportError
from gymdash_server.runs import IMPORTED
from gymdash_server.survey import survey_run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from gymdash_core.types import StreamerType

#: Key of imported runs; no type of that name is registered, so that none is started or resumed.
KEY = IMPORTED
_FOLDER = "imported"


class ImportedRun(Simulation):
    """What stands in the place of the program that has written the logs."""

    def _run(self, **kwargs: Any) -> None:
        raise NotSupportedError("an imported run", "run", "It shows what another program has written.")


@dataclass(frozen=True)
class _Found:
    """A folder that becomes a run.

    Attributes:
        source: The folder.
        place: Its path relative to the folder that is imported.
        files: Paths relative to it.
        readers: Names of the streamer types whose patterns match some.
    """

    source: Path
    place: Path
    files: Sequence[Path]
    readers: Sequence[str]


def import_folder(
    project: str | os.PathLike[str] | None,
    folder: str | os.PathLike[str],
    name: str = "",
    tags: Iterable[str] = (),
    registry: Registry | None = None,
) -> list[RunFolder]:
    """Copy folders of logs into a project as finished runs.

    Nothing is created where nothing can be read. A disk that refuses leaves the runs that were whole by then.

    Args:
        project: The project folder.
        folder: What is copied; each folder in it, and it itself, that directly holds files that some streamer type
            reads becomes a run.
        name: What people call the run, or what stands in front of each folder where there are several; by default runs
            are named after their folders.
        tags: Words for finding them.
        registry: Knows the streamer types; None loads the installed plugins.

    Returns:
        The runs, in the order of their folders.

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
    if not found:
        raise NothingToImportError(source, {reader: item.patterns for reader, item in types.items()})
    before = _imported_before(target)
    named = [(item, _name(item, name, alone=len(found) == 1), before.get(str(item.source), ())) for item in found]
    requests = [_request(item, called, tuple(tags), types, earlier) for item, called, earlier in named]
    return [create_run(target, request) for request in requests]


def _name(item: _Found, name: str, *, alone: bool) -> str:
    place = item.place.as_posix()
    if place == ".":
        return name or item.source.name or KEY
    return name if name and alone else f"{name}/{place}" if name else place


def _imported_before(project: Project) -> dict[str, list[str]]:
    """Return the ids of the runs that have been made of each folder."""
    found: dict[str, list[str]] = {}
    for run in project.runs():
        with contextlib.suppress(CorruptFileError, OSError, LookupError, TypeError):  # it is told of elsewhere
            config = read_json(run.config) or {}
            if config.get("key") == KEY:
                found.setdefault(str(config["kwargs"]["folder"]), []).append(run.id)
    return found


def _request(
    found: _Found, name: str, tags: tuple[str, ...], types: Mapping[str, StreamerType], earlier: Sequence[str]
) -> RunRequest:
    """Return what is to be created: a run that has ended, with the folder's files."""
    entry = Registered(SimulationType(KEY, f"{__name__}:{ImportedRun.__name__}"), "gymdash", "gymdash-server")
    executor = {"name": "process", "options": {}}

    def fill(path: Path) -> None:
        _fill(RunFolder(path), found, types, earlier)

    return RunRequest(entry, name, {"folder": str(found.source)}, executor, tags=tags, fill=fill)


def _look_into(folder: Path, types: Mapping[str, StreamerType], project: Path) -> list[_Found]:
    """Return the folders that become runs."""
    files = sorted(_files_in(folder, project))
    readers: dict[Path, list[str]] = {}
    for name, item in types.items():
        globs = [pattern.split("/") for pattern in item.patterns]
        for place in {path.parent for path in files if any(_matches(path.parts, glob) for glob in globs)}:
            readers.setdefault(place, []).append(name)
    owned: dict[Path, list[Path]] = {place: [] for place in sorted(readers)}
    for path in files:
        owner = next((parent for parent in path.parents if parent in owned), None)
        if owner is not None:
            owned[owner].append(path.relative_to(owner))
    return [_Found(folder / place, place, items, readers[place]) for place, items in owned.items()]


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


def _fill(run: RunFolder, found: _Found, types: Mapping[str, StreamerType], earlier: Sequence[str]) -> None:
    """Write a run's files as if a worker had run and ended well."""
    for path in found.files:
        target = run.path / _FOLDER / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(found.source / path, target)
    streamers = [
        {"name": name, "class": "", "type": name, "folder": _FOLDER, "options": {}, "media": False, "stats": []}
        for name in found.readers
    ]
    write_json(run.streams, {"version": 1, "streamers": streamers})
    survey = survey_run(run, types)
    times = survey.times or [(run.path / _FOLDER / path).stat().st_mtime for path in found.files]
    _write_end(run, _iso(min(times)), _iso(max(times)))
    done = SimStatus(SimStatusCode.SUCCESS, details=f"Imported from {found.source}.")
    again = [f"The same folder was imported before, as {', '.join(sorted(earlier))}."] if earlier else []
    for status in (done, *(SimStatus(SimStatusCode.INFO, details=text) for text in (*again, *survey.faults))):
        append_line(run.statuses, {**status.as_json(), "attempt": 1})


def _write_end(run: RunFolder, began: str, ended: str) -> None:
    """Write down that the only attempt has ended well."""
    launch = {"by": "import", "attempt": 1, "time": began, "resume_from": None, "start_kwargs": {}}
    write_json(run.meta, {**(read_json(run.meta) or {}), "launches": [launch]})
    state = {"version": 1, "attempt": 1, "state": "succeeded", "started": began, "ended": ended}
    write_json(run.state, {**state, "updated": ended, "reason": "", "progress": None, "published": {}})
    append_line(run.attempts, {"attempt": 1, "event": "started", "time": began, "resume_from": None})
    append_line(run.attempts, {"attempt": 1, "event": "ended", "time": ended, "state": "succeeded", "reason": ""})


def _iso(time: float) -> str:
    return iso(datetime.fromtimestamp(time, UTC))
