"""The newest values of many runs' scalars, for tables: what the index of points holds, remembered for ended runs.

A table of a thousand runs must not read a thousand runs to their ends. What is in the index is answered; ended runs
that nobody has read yet are read as far as the time of one answer goes, and the others with a later one.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from gymdash_core.errors import GymDashError
from gymdash_core.project import RunFolder
from gymdash_core.runview import read_run
from gymdash_core.stat_tags import SCALARS
from gymdash_core.status import FINAL_STATES

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from gymdash_core.project import Project
    from gymdash_server.points.library import PointsLibrary

logger = logging.getLogger(__name__)

#: How long one answer may read runs that nobody has read.
PATIENCE_S = 2.0
_REMEMBERED = 20_000


class LastValues:
    """Know the newest values of scalars.

    Thread safety: all methods may be called from any thread.

    Args:
        project: The project.
        library: The points of all runs.
    """

    def __init__(self, project: Project, library: PointsLibrary) -> None:
        self._project, self._library = project, library
        self._lock = threading.Lock()
        self._known: OrderedDict[str, tuple[int, dict[str, Any]]] = OrderedDict()

    def of(self, runs: Sequence[dict[str, Any]], keys: Collection[str] = ()) -> tuple[list[dict[str, Any]], int]:
        """Return values of some runs, in their order, and of how many there was no time to read them.

        Args:
            runs: The runs as clients see them.
            keys: Names of the scalars that are wanted; none for all.
        """
        until, found, waiting = time.monotonic() + PATIENCE_S, [], 0
        for run in runs:
            values, was_read = self._values(run, until)
            waiting += not was_read
            if keys:
                values = {key: value for key, value in values.items() if key in keys}
            found.append({"simulation_id": run["id"], "values": values})
        return found, waiting

    def _values(self, run: dict[str, Any], until: float) -> tuple[dict[str, Any], bool]:
        """Return what is known of a run, and whether a later answer can know no more."""
        run_id, attempt = run["id"], run["attempt"]
        is_final = run["state"] in FINAL_STATES
        with self._lock:
            known = self._known.get(run_id)
        if is_final and known is not None and known[0] == attempt:
            return known[1], True
        folder, has_time = RunFolder(self._project.sims / run_id), time.monotonic() < until
        try:
            index = self._library.peek(folder)
            is_whole = is_final and index.complete_attempt >= attempt
            if is_final and not is_whole and has_time:
                is_whole = self._library.finish(folder, read_run(folder), patient=False)
                index = self._library.peek(folder)
            values = {stat["key"]: stat["last_value"] for stat in index.stats() if stat["kind"] == SCALARS}
        except (GymDashError, OSError) as error:
            logger.debug("run %s: its last values cannot be read: %s", run_id, error)
            return {}, True
        if is_whole:
            self._remember(run_id, attempt, values)
        return values, has_time or is_whole or not is_final

    def _remember(self, run_id: str, attempt: int, values: dict[str, Any]) -> None:
        with self._lock:
            self._known[run_id] = (attempt, values)
            self._known.move_to_end(run_id)
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
