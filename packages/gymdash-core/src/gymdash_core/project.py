"""The project folder: the only module that knows the names of its folders and files.

A project holds runs; a run is a directory ``sims/<uuid>/``. The run directory is the truth: everything that a run
produced is a file there, and whoever wants to know something about a run reads those files.

A run appears whole or not at all: `Project.create_run` writes ``config.json`` and ``meta.json`` into a hidden folder
and renames it.
"""

from __future__ import annotations

import os
import shutil
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gymdash_core.errors import ProjectAccessError, RunNotFoundError
from gymdash_core.journal import read_json, write_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from uuid import UUID

#: Project folder where nothing else is said, relative to the working directory.
DEFAULT_PROJECT = ".gymdash"
#: File inside a checkpoint's folder that says what it is.
CHECKPOINT_INFO = ".checkpoint.json"
#: Folder of the checkpoint that a branch begins from.
CHECKPOINT_ORIGIN = "0000-origin"
_MIN_PREFIX = 4


class RunFolder:
    """Paths of one run's files. Holds no state and touches no disk.

    Args:
        path: The run's folder; made absolute.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow links

    def __repr__(self) -> str:
        return f"RunFolder({str(self.path)!r})"

    @property
    def id(self) -> str:
        """The run's UUID as text, from the folder's name."""
        return self.path.name

    @property
    def project_path(self) -> Path:
        """The project that the run belongs to."""
        return self.path.parent.parent

    @property
    def config(self) -> Path:
        """What was asked for; written once by the creator."""
        return self.path / "config.json"

    @property
    def meta(self) -> Path:
        """Name, tags, launches; written by any controller under `meta_lock`."""
        return self.path / "meta.json"

    @property
    def meta_lock(self) -> Path:
        """Lock of `meta` and `signals`."""
        return self.path / "meta.lock"

    @property
    def signals(self) -> Path:
        """One line before each stop, kill or signal; written by any controller under `meta_lock`."""
        return self.path / "signals.jsonl"

    @property
    def state(self) -> Path:
        """State, progress, heartbeat; replaced atomically by the worker."""
        return self.path / "state.json"

    @property
    def statuses(self) -> Path:
        """Statuses of all attempts; worker."""
        return self.path / "statuses.jsonl"

    @property
    def requests(self) -> Path:
        """Control requests, opened, answered and withdrawn; worker."""
        return self.path / "requests.jsonl"

    @property
    def interventions(self) -> Path:
        """Queries, control changes and answers from outside; worker."""
        return self.path / "interventions.jsonl"

    @property
    def attempts(self) -> Path:
        """Start, first step and end of each attempt; worker."""
        return self.path / "attempts.jsonl"

    @property
    def streams(self) -> Path:
        """What is needed to rebuild the streamers; worker."""
        return self.path / "streams.json"

    @property
    def media_index(self) -> Path:
        """Media files with their stat, step and time; worker."""
        return self.path / "media.jsonl"

    @property
    def stats(self) -> Path:
        """Folder of the file-backed series; worker."""
        return self.path / "stats"

    @property
    def tensorboard(self) -> Path:
        """Folder for TensorBoard event files; worker."""
        return self.path / "tb"

    @property
    def media(self) -> Path:
        """Folder of media files; worker."""
        return self.path / "media"

    @property
    def checkpoints(self) -> Path:
        """Folder of published checkpoints; worker."""
        return self.path / "checkpoints"

    @property
    def provenance(self) -> Path:
        """Code, packages and machine of the latest attempt; worker."""
        return self.path / "provenance.json"

    @property
    def worker_lock(self) -> Path:
        """Held while the worker lives."""
        return self.path / "worker.lock"

    @property
    def exit(self) -> Path:
        """Exit code or signal; written by the supervisor."""
        return self.path / "exit.json"

    @property
    def supervisor_lock(self) -> Path:
        """Held from before the worker starts until `exit` is in place."""
        return self.path / "supervisor.lock"

    @property
    def logs(self) -> Path:
        """Folder of the captured output; supervisor."""
        return self.path / "logs"

    def log(self, stream: str) -> Path:
        """Return the file of ``stdout`` or ``stderr``."""
        return self.logs / f"{stream}.log"

    @property
    def log_offsets(self) -> Path:
        """First offset still kept of each log; supervisor."""
        return self.logs / "offsets.json"

    @property
    def supervisor_log(self) -> Path:
        """What the supervisor itself had to say; almost always empty."""
        return self.logs / "supervisor.log"

    @property
    def usage(self) -> Path:
        """CPU, memory and GPU samples; server."""
        return self.path / "usage.jsonl"

    @property
    def ballast(self) -> Path:
        """A few KiB that the worker gives back when the disk is full, to write down how the run ended."""
        return self.path / ".ballast"


class Project:
    """A project folder.

    Args:
        path: The folder, default ``./.gymdash``; created when something is written.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        self.path = Path(os.path.abspath(path or DEFAULT_PROJECT))  # noqa: PTH100 - resolve() would follow links

    def __repr__(self) -> str:
        return f"Project({str(self.path)!r})"

    @property
    def sims(self) -> Path:
        """Folder of the runs."""
        return self.path / "sims"

    @property
    def resources(self) -> Path:
        """Shared data sets and pretrained models."""
        return self.path / "resources"

    @property
    def database(self) -> Path:
        """The server's index."""
        return self.path / "db" / "simulations.db"

    @property
    def points_index(self) -> Path:
        """Folder of the server's index of points, one folder a run."""
        return self.path / "db" / "points"

    @property
    def server(self) -> Path:
        """Address and token of the running server."""
        return self.path / "server.json"

    @property
    def token(self) -> Path:
        """Random token of the project's servers, for its owner alone."""
        return self.path / "server.token"

    @property
    def server_lock(self) -> Path:
        """Decides which server serves the project."""
        return self.path / "server.lock"

    @property
    def type_cache(self) -> Path:
        """Cached descriptions of simulation types."""
        return self.path / "cache" / "types.json"

    @property
    def trash(self) -> Path:
        """Where runs are moved to on their way out, so that half a deletion is never taken for a run."""
        return self.path / ".trash"

    def create(self) -> None:
        """Create the folders that every project has.

        Raises:
            ProjectAccessError: The place is read-only, full, or a file stands in the way.
        """
        try:
            self.sims.mkdir(parents=True, exist_ok=True)
            self.resources.mkdir(exist_ok=True)
        except OSError as error:
            raise ProjectAccessError(self.path, error) from error

    def create_run(
        self,
        config: Mapping[str, Any],
        meta: Mapping[str, Any],
        *,
        run_id: UUID | None = None,
        fill: Callable[[Path], object] = lambda _: None,
    ) -> RunFolder:
        """Create a run with its ``config.json`` and ``meta.json``, whole or not at all.

        Args:
            config: Content of ``config.json``.
            meta: Content of ``meta.json``.
            run_id: The run's id; a new random one by default.
            fill: Writes more into the folder, before the run appears.

        Raises:
            ProjectAccessError: The disk is full or read-only; nothing is left behind.
        """
        self.create()
        run = RunFolder(self.sims / str(run_id or uuid.uuid4()))
        try:
            self._fill_run(run, config, meta, fill)
        except OSError as error:
            raise ProjectAccessError(self.path, error) from error
        return run

    def _fill_run(
        self, run: RunFolder, config: Mapping[str, Any], meta: Mapping[str, Any], fill: Callable[[Path], object]
    ) -> None:
        hidden = RunFolder(self.sims / f".{run.id}.new")
        hidden.path.mkdir()
        try:
            write_json(hidden.config, dict(config), fsync=True)
            write_json(hidden.meta, dict(meta), fsync=True)
            fill(hidden.path)
            hidden.path.rename(run.path)
        except BaseException:
            shutil.rmtree(hidden.path, ignore_errors=True)
            raise

    def remove_run(self, run: RunFolder) -> None:
        """Remove a run for good: it vanishes at once, by a rename, and its files after that.

        Raises:
            ProjectAccessError: The project is read-only; the run stays.
        """
        try:
            self.trash.mkdir(exist_ok=True)
            run.path.rename(self.trash / f"{run.id}-{uuid.uuid4().hex[:8]}")
        except OSError as error:
            raise ProjectAccessError(self.path, error) from error
        self.empty_trash()

    def empty_trash(self) -> None:
        """Remove the files of runs that were removed, also what an earlier process did not come to."""
        shutil.rmtree(self.trash, ignore_errors=True)

    def runs(self) -> Iterator[RunFolder]:
        """Yield all runs, in no particular order.

        Raises:
            ProjectAccessError: A file stands where the project should be, or it cannot be read.
        """
        try:
            names = self._run_names()
        except FileNotFoundError:
            return
        except OSError as error:
            raise ProjectAccessError(self.path, error) from error
        for name in names:
            yield RunFolder(self.sims / name)

    def _run_names(self) -> list[str]:
        with os.scandir(self.sims) as entries:
            return [entry.name for entry in entries if _is_uuid(entry.name)]

    def run(self, run_id: UUID | str) -> RunFolder:
        """Return a run by its id, a unique prefix of 4 or more characters, or its unique name.

        Raises:
            RunNotFoundError: There is none, or several match.
        """
        text = str(run_id)
        exact = RunFolder(self.sims / text)
        if _is_uuid(text) and exact.config.is_file():
            return exact
        runs = list(self.runs())
        found = [run for run in runs if len(text) >= _MIN_PREFIX and run.id.startswith(text.lower())]
        if not found:
            found = [run for run in runs if (read_json(run.meta) or {}).get("name") == text]
        if len(found) != 1:
            raise RunNotFoundError(text, sorted(run.id for run in found))
        return found[0]


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False
