"""The library: the points indexes of all runs, opened when they are asked for.

An ended run is read to its end at the first question about its points. What only the run's own code can read (streamers
of no registered type, media that a dead worker had not indexed) is read by a helper process then. That takes as long as
the run's imports do, so whoever follows several runs does it elsewhere (`PointsLibrary.finish`).
"""

from __future__ import annotations

import contextlib
import logging
import shutil
import threading
import weakref
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from gymdash_core.errors import CorruptFileError, GymDashError
from gymdash_core.journal import read_json
from gymdash_core.stats.kinds import StatPoint
from gymdash_core.stats.reader import RunStats
from gymdash_core.targets import TargetSpec
from gymdash_server.points.index import PointsIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from gymdash_core.describe import Describer
    from gymdash_core.project import Project, RunFolder
    from gymdash_core.registry import Registry
    from gymdash_core.runview import RunView
    from gymdash_server.points.model import NewPoints

    Told = Callable[[NewPoints], None]

logger = logging.getLogger(__name__)

_OPEN = 128


class PointsLibrary:
    """Open the points of runs.

    Thread safety: all methods may be called from any thread.

    Args:
        project: The project.
        registry: Knows the streamer types.
        describer: Asks helper processes.
    """

    def __init__(self, project: Project, registry: Registry, describer: Describer) -> None:
        self._project, self._registry, self._describer = project, registry, describer
        self._lock = threading.Lock()
        self._open: OrderedDict[str, PointsIndex] = OrderedDict()
        self._used: weakref.WeakValueDictionary[str, PointsIndex] = weakref.WeakValueDictionary()

    def open(self, run: RunFolder) -> PointsIndex:
        """Return the index of a run as it is; while anybody uses it, everybody is given the same one."""
        with self._lock:
            index = self._open.get(run.id) or self._used.get(run.id)
            if index is None:
                index = self._used[run.id] = PointsIndex(self._project.points_index / run.id, run, self._reader)
            self._open[run.id] = index
            self._open.move_to_end(run.id)
            while len(self._open) > _OPEN:
                self._open.popitem(last=False)
            return index

    def peek(self, run: RunFolder) -> PointsIndex:
        """Return the index of a run for reading what is in it; one that nobody uses is not kept open."""
        with self._lock:
            index = self._open.get(run.id) or self._used.get(run.id)
        return index or PointsIndex(self._project.points_index / run.id, run, self._reader)

    def current(self, run: RunFolder, view: RunView, told: Told | None = None) -> PointsIndex:
        """Return the index of a run, read to the end where the run has ended.

        Args:
            run: The run.
            view: How it stands.
            told: Told points that nobody was told yet; None where those of this run are no news.

        Raises:
            OSError: The index cannot be written.
        """
        index = self.open(run)
        if view.state.is_final and index.complete_attempt < view.attempt:
            self.finish(run, view, told)
        elif not view.state.is_final and not index.is_read:
            index.update(told)
        return index

    def finish(self, run: RunFolder, view: RunView, told: Told | None = None, *, patient: bool = True) -> bool:
        """Read an ended run to its end.

        Args:
            run: The run.
            view: How it has ended.
            told: Told points that nobody was told yet; None where those of this run are no news.
            patient: Also ask a helper process, where that is needed.

        Returns:
            Whether it was read to its end: False where a helper process is needed and the caller was not patient.

        Raises:
            OSError: The index cannot be written.
        """
        index = self.open(run)
        if not index.finishing.acquire(blocking=patient):
            return False
        try:
            return self._finish(index, run, view, told, patient=patient)
        finally:
            index.finishing.release()

    def _finish(self, index: PointsIndex, run: RunFolder, view: RunView, told: Told | None, *, patient: bool) -> bool:
        index.update(told, thorough=True)
        if index.complete_attempt >= view.attempt:
            return True
        needs_helper = view.attempt > 0 and index.needs_helper(view.attempt)
        if needs_helper and not patient:
            return False
        index.complete(view.attempt, told, kept=not needs_helper or self._ask_helper(run, index))
        if told is None:
            index.hush()
        return True

    def _ask_helper(self, run: RunFolder, index: PointsIndex) -> bool:
        """Take in what only the code of an ended run can read; return whether that went well."""
        try:
            spec = TargetSpec.from_json((read_json(run.config) or {})["target"])
            for key, kind in self._describer.read_streamers(spec, run)["stats"]:
                answer = self._describer.read_streamers(spec, run, (key, kind))
                index.add_odd(key, kind, [StatPoint(**point) for point in answer["points"]], "helper")
        except (GymDashError, CorruptFileError, KeyError) as error:
            logger.info("run %s: a part of its stats cannot be read: %s", run.id, error)
            return False
        return True

    def forget(self, run: RunFolder) -> None:
        """Drop the index of a run that was deleted."""
        with self._lock:
            index = self._open.pop(run.id, None) or self._used.get(run.id)
        if index is not None:
            index.drop()
        shutil.rmtree(self._project.points_index / run.id, ignore_errors=True)

    def prune(self, present: Collection[str]) -> None:
        """Remove the indexes of runs that are not there any more."""
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            for folder in list(self._project.points_index.iterdir()):
                if folder.name not in present:
                    shutil.rmtree(folder, ignore_errors=True)

    def drop_all(self) -> None:
        """Drop the indexes of all runs; they are made anew, under new series ids, when they are asked for."""
        with self._lock:
            for index in list(self._used.values()):
                index.drop()
            self._open.clear()
            self._used.clear()
        shutil.rmtree(self._project.points_index, ignore_errors=True)

    def _reader(self, run: RunFolder) -> RunStats:
        types: dict[str, Any] = {name: entry.item for name, entry in self._registry.streamers.items()}
        return RunStats(run, types)
