"""Reconciling: at the start of a server the index is brought up to date with all runs, many at once."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from sqlmodel import Session

from gymdash_core.errors import GymDashError
from gymdash_core.project import RunFolder
from gymdash_core.runview import RunView, read_run
from gymdash_core.status import FINAL_STATES
from gymdash_server.db.repositories import SimulationRepository
from gymdash_server.recorder.rows import fingerprint
from gymdash_server.recorder.writing import STRANGE_CONTENT, write_runs

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from sqlalchemy import Engine

    from gymdash_server.recorder.memory import Memory

logger = logging.getLogger(__name__)

_AT_ONCE = 100


class Reconciler:
    """Bring the index up to date with the run directories, and tell nobody: what happened before the start is no news.

    Args:
        engine: The index.
        memory: What is remembered of runs.
        conclude: Told each run that was written: its files, how it stands, its fingerprint, and when that was read.
    """

    def __init__(
        self, engine: Engine, memory: Memory, conclude: Callable[[RunFolder, RunView, str, float], object]
    ) -> None:
        self._engine, self._memory, self._conclude = engine, memory, conclude

    def reconcile(self, runs: Mapping[str, RunFolder], *, anew: bool, told: Callable[[int, int], None]) -> None:
        """Write the runs that have changed, and remove those that are gone.

        Args:
            runs: All runs that there are, by id.
            anew: Write every run, whatever the index says of it.
            told: Told how many runs are read, and how many are to be.
        """
        with Session(self._engine) as session:
            known = SimulationRepository(session).fingerprints()
        stale = [run for run in runs.values() if anew or not _is_known(known.get(run.id), run)]
        for begin in range(0, len(stale), _AT_ONCE):
            told(begin, len(stale))
            self._catch_up(stale[begin : begin + _AT_ONCE], known.keys())
        told(len(stale), len(stale))
        gone = known.keys() - runs.keys()
        if gone:
            with Session(self._engine) as session:
                SimulationRepository(session).remove(gone)
                session.commit()

    def _catch_up(self, runs: list[RunFolder], known: Collection[str]) -> None:
        read = list[tuple[RunFolder, RunView, str, float]]()
        for run in runs:
            mark, judged = fingerprint(run), time.monotonic()
            try:
                read.append((run, read_run(run), mark, judged))
            except (GymDashError, OSError) as error:
                logger.warning("run %s cannot be read: %s", run.id, error)
        try:
            write_runs(self._engine, self._memory, [(run, view, mark) for run, view, mark, _ in read], known)
        except STRANGE_CONTENT as error:  # of whatever files: one run must not keep a server from starting
            if len(runs) > 1:
                for run in runs:
                    self._catch_up([run], known)
            else:
                logger.warning("run %s cannot be recorded: %s", runs[0].id, error)
            return
        for run, view, mark, judged in read:
            self._conclude(run, view, mark, judged)


def _is_known(known: tuple[str, str] | None, run: RunFolder) -> bool:
    """Return whether the index is up to date with a run, which it says has ended."""
    return known is not None and known[0] in FINAL_STATES and known[1] == fingerprint(run)
