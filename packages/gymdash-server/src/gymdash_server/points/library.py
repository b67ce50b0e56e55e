"""The library: the points indexes of all runs, opened when they are asked for.

An ended run is read to its end at the first question about its points. What only the run's own code can read (streamers
of no registered type, media that a dead worker had not indexed) is read by a helper process then.
"""

from __future__ import annotations

import logging
import shutil
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from gymdash_core.errors import CorruptFileError, GymDashError
from gymdash_core.journal import read_json
from gymdash_core.stats.kinds import StatPoint
from gymdash_core.stats.reader import RunStats
from gymdash_core.targets import TargetSpec
from gymdash_server.points.index import PointsIndex

if TYPE_CHECKING:
    from gymdash_core.describe import Describer
    from gymdash_core.project import Project, RunFolder
    from gymdash_core.registry import Registry
    from gymdash_core.runview import RunView

logger = logging.getLogger(__name__)

_OPEN = 64


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

    def open(self, run: RunFolder) -> PointsIndex:
        """Return the index of a run as it is."""
        with self._lock:
            index = self._open.get(run.id)
            if index is None:
                index = self._open[run.id] = PointsIndex(self._project.points_index / run.id, run, self._reader)
            self._open.move_to_end(run.id)
            while len(self._open) > _OPEN:
                self._open.popitem(last=False)
            return index

    def current(self, run: RunFolder, view: RunView) -> PointsIndex:
        """Return the index of a run, read to the end where the run has ended.

        Raises:
            OSError: The index cannot be written.
        """
        index = self.open(run)
        if view.state.is_final and index.complete_attempt < view.attempt:
            index.update(complete=view.attempt)
            self.complete(run, view)
        return index

    def complete(self, run: RunFolder, view: RunView) -> None:
        """Take in what only the code of an ended run can read."""
        index = self.open(run)
        if not index.problems and not index.lacks_media(view.attempt):
            return
        try:
            spec = TargetSpec.from_json((read_json(run.config) or {})["target"])
            for key, kind in self._describer.read_streamers(spec, run)["stats"]:
                answer = self._describer.read_streamers(spec, run, (key, kind))
                index.add_odd(key, kind, [StatPoint(**point) for point in answer["points"]], "helper")
        except (GymDashError, CorruptFileError, KeyError) as error:
            logger.info("run %s: a part of its stats cannot be read: %s", run.id, error)

    def forget(self, run: RunFolder) -> None:
        """Drop the index of a run that was deleted."""
        with self._lock:
            self._open.pop(run.id, None)
        shutil.rmtree(self._project.points_index / run.id, ignore_errors=True)

    def drop_all(self) -> None:
        """Drop the indexes of all runs; they are made anew, under new series ids, when they are asked for."""
        with self._lock:
            self._open.clear()
        shutil.rmtree(self._project.points_index, ignore_errors=True)

    def _reader(self, run: RunFolder) -> RunStats:
        types: dict[str, Any] = {name: entry.item for name, entry in self._registry.streamers.items()}
        return RunStats(run, types)
