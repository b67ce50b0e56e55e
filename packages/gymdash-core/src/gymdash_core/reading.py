"""Reading a project: every run of it, live or ended, whoever started it; nothing is changed and nothing consumed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from gymdash_core.checkpoints import Checkpoint, CheckpointStore
from gymdash_core.describe import Describer
from gymdash_core.errors import RunNotFoundError, StreamersFailedError, UnknownStatError
from gymdash_core.groups import TrackedSimulation
from gymdash_core.journal import read_json
from gymdash_core.logs import LogChunk, read_log
from gymdash_core.project import Project, RunFolder
from gymdash_core.registry import Registry
from gymdash_core.restore import restore_simulation
from gymdash_core.runview import RunView, read_run, read_statuses
from gymdash_core.simulation import Simulation
from gymdash_core.stats.kinds import StatPoint
from gymdash_core.stats.reader import RunStats
from gymdash_core.status import RunState, SimStatus
from gymdash_core.targets import TargetSpec, load_target

if TYPE_CHECKING:
    AnyId = UUID | str | TrackedSimulation


class ProjectReader:
    """Look at the runs of a project.

    A run is named by its id, a unique prefix of 4 or more characters, or its unique name.

    Thread safety: all methods may be called from any thread.

    Args:
        project: The project.
        registry: Knows streamer types and simulation classes.
    """

    def __init__(self, project: Project, registry: Registry) -> None:
        self.project = project
        self.registry = registry
        self._describer = Describer(project.type_cache)

    def view(self, run_id: AnyId) -> RunView:
        """Return a run as it is now.

        Raises:
            RunNotFoundError: No such run in this project.
        """
        return read_run(self._run(run_id))

    def state(self, run_id: AnyId) -> RunState:
        """Return a run's state.

        Raises:
            RunNotFoundError: No such run in this project.
        """
        return self.view(run_id).state

    def views(self) -> list[RunView]:
        """Return all runs of the project, oldest first; also those of other trackers and servers."""
        found = []
        for run in self.project.runs():
            with contextlib.suppress(RunNotFoundError):  # just deleted, or a stray folder
                found.append(read_run(run))
        return sorted(found, key=lambda view: (view.created, view.id))

    def statuses(self, run_id: AnyId) -> list[SimStatus]:
        """Return the statuses of a run, oldest first."""
        return read_statuses(self._run(run_id))

    def stats(self, run_id: AnyId) -> RunStats:
        """Return the stats of a run, live or ended."""
        return RunStats(self._run(run_id), {name: e.item for name, e in self.registry.streamers.items()}, load_target)

    def points(self, run_id: AnyId, key: str, kind: str | None = None) -> list[StatPoint]:
        """Return all points of a stat, in the order in which they were written.

        What the run's files alone cannot tell (a streamer of no registered type, media that a dead worker had not
        indexed) is read by a helper process with the run's `_create_streamers`.

        Raises:
            UnknownStatError: No such stat, or the key exists in several kinds.
            StreamersFailedError: `_create_streamers` raised, and nothing else has the stat.
        """
        run, stats = self._run(run_id), self.stats(run_id)
        view = read_run(run)
        unindexed = view.state.is_final and not stats.is_media_indexed(view.attempt)
        try:
            points = stats.points(key, kind)
        except UnknownStatError as error:
            if error.kinds or not (unindexed or stats.unread):
                raise
            return self._points_of_helper(run, key, kind)
        if unindexed and any(point.path is not None for point in points):
            with contextlib.suppress(UnknownStatError, StreamersFailedError):
                return max(points, self._points_of_helper(run, key, kind), key=len)
        return points

    def _points_of_helper(self, run: RunFolder, key: str, kind: str | None) -> list[StatPoint]:
        spec = TargetSpec.from_json((read_json(run.config) or {})["target"])
        answer = self._describer.read_streamers(spec, run, (key, kind))
        if "unknown" in answer:
            raise UnknownStatError(key, answer["unknown"], [name for name, _ in answer["stats"]])
        return [StatPoint(**point) for point in answer["points"]]

    def load(self, run_id: AnyId) -> Simulation:
        """Return a simulation object restored from disk, for looking; starting it raises.

        Raises:
            TargetError: Its class cannot be loaded.
            StreamersFailedError: `_create_streamers` raised.
        """
        run = self._run(run_id)
        config = read_json(run.config) or {}
        entry = self.registry.simulations.get(str(config.get("key")))
        cls = entry.cls if entry is not None and entry.cls else load_target(TargetSpec.from_json(config["target"]))
        return restore_simulation(run, cls)

    def log(self, run_id: AnyId, stream: str = "stdout", offset: int | None = None) -> LogChunk:
        """Return a piece of the captured output of a run; see `gymdash_core.logs.read_log`.

        Args:
            run_id: The run.
            stream: ``"stdout"`` or ``"stderr"``.
            offset: Where to begin, in bytes; None reads the last 64 KiB.

        Raises:
            UnknownKeyError: There is no such stream.
        """
        return read_log(self._run(run_id), stream, offset)

    def checkpoints(self, run_id: AnyId) -> list[Checkpoint]:
        """Return the checkpoints of a run, oldest first."""
        return CheckpointStore(self._run(run_id)).list()

    def _run(self, run_id: AnyId) -> RunFolder:
        return self.project.run(run_id.id if isinstance(run_id, TrackedSimulation) else run_id)

    def _runs(self, ids: AnyId | Iterable[AnyId]) -> list[RunFolder]:
        if isinstance(ids, (UUID, str, TrackedSimulation)):
            return [self._run(ids)]
        return [self._run(run_id) for run_id in ids]
