"""The heartbeat of an attempt: once a second a thread keeps its files up to date, and sees whether they are wanted.

What it does at a beat is done once more at the end of the attempt, by the session, after the thread has ended.
"""

from __future__ import annotations

import logging
import os
import threading
from typing import TYPE_CHECKING

from gymdash_core.logs import is_unbounded
from gymdash_core.runview import read_statuses
from gymdash_core.stats.manifest import MediaIndexer, entries_of, write_streams
from gymdash_core.status import SimStatus, SimStatusCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from gymdash_core.project import RunFolder
    from gymdash_core.simulation import Simulation

logger = logging.getLogger(__name__)

BEAT_S = 1.0
#: How long a process goes on after its run was deleted, heartbeats.
ORPHAN_BEATS = 10
EXIT_ORPHANED = 75


class Upkeep:
    """Keep the files of an attempt up to date.

    Thread safety: `start` and `stop` belong to the thread that owns the session; `write_streams` may be called from any
    thread, since the streamer announces one registration at a time.

    Attributes:
        simulation: The simulation, once it is bound.

    Args:
        run: The run's files.
        attempt: Number of the attempt.
        ask_stop: Asks the simulation to stop; takes the reason.
        add_status: Records a status.
        more: Further steps of each beat, taken before those that may be slow.
        owns_process: Whether this process is the run's alone, and may be ended with it.
    """

    def __init__(
        self,
        run: RunFolder,
        attempt: int,
        ask_stop: Callable[[str], None],
        add_status: Callable[[SimStatus], None],
        more: tuple[Callable[[], None], ...],
        *,
        owns_process: bool,
    ) -> None:
        self.simulation: Simulation | None = None
        self._run = run
        self._ask_stop = ask_stop
        self._add_status = add_status
        self._owns_process = owns_process
        self._media = MediaIndexer(run, attempt)
        self._earlier_streams = entries_of(run)
        self._orphaned_beats = 0
        self._said_unbounded = False
        self._over = threading.Event()
        first = (self._check_folder, self._beat_interactor)
        self._steps: tuple[Callable[[], None], ...] = (*first, *more, self.refresh_media, self._check_logs)
        self._thread = threading.Thread(target=self._beat, name="gymdash-heartbeat", daemon=True)

    def start(self) -> None:
        """Begin to beat."""
        self._thread.start()

    def stop(self) -> None:
        """Beat no more; return when the last beat is over."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()

    @property
    def is_over(self) -> bool:
        """Whether `stop` was called."""
        return self._over.is_set()

    def refresh_media(self, *, final: bool = False) -> None:
        """Index media files that are new; at the end all that are there.

        Raises:
            OSError: The index cannot be written.
        """
        if self.simulation is not None:
            self._media.refresh(self.simulation.streamer, final=final)

    def write_streams(self, *, final: bool = False) -> None:
        """Write down which streamers are registered, until the end with those of the attempts before.

        A simulation registers them one after another, some as late as its environment is made: until then, what it has
        logged before is not gone.

        Raises:
            OSError: The disk is full or read-only.
        """
        if self.simulation is not None:
            write_streams(self._run, self.simulation.streamer, () if final else self._earlier_streams)

    def tell_faults(self) -> None:
        """Say once in the statuses, also over several attempts, what cannot be read of the files of streamers."""
        streamers = self.simulation.streamer.streamers().values() if self.simulation is not None else ()
        faults = [fault for streamer in streamers for fault in streamer.faults()]
        said = {status.details for status in read_statuses(self._run)} if faults else set()
        for fault in dict.fromkeys(faults):
            if fault not in said:
                self._add_status(SimStatus(SimStatusCode.INFO, details=fault))

    def _beat(self) -> None:
        """Take the steps until the attempt is over; none may end the thread."""
        while not self._over.wait(BEAT_S):
            for step in self._steps:
                try:
                    step()
                except Exception as error:  # noqa: BLE001 - streamers may be user code; the heart goes on
                    logger.warning("run %s: %s failed: %s", self._run.id, step.__name__, error)

    def _check_folder(self) -> None:
        """End where the run was deleted: nobody can reach it any more, and nothing of it is wanted."""
        if self._run.config.exists():
            return
        if self.simulation is not None and not self.simulation.interactor.stop_asked:
            logger.warning("run %s: its folder was deleted; it stops", self._run.id)
            self._ask_stop("its folder was deleted")
        elif self._owns_process and self._orphaned_beats >= ORPHAN_BEATS:
            os._exit(EXIT_ORPHANED)
        self._orphaned_beats += 1

    def _check_logs(self) -> None:
        if not self._said_unbounded and is_unbounded(self._run):
            self._said_unbounded = True
            details = "this file system cannot free the head of a file: the logs grow without bound"
            self._add_status(SimStatus(SimStatusCode.INFO, details=details))

    def _beat_interactor(self) -> None:
        if self.simulation is not None:
            self.simulation.interactor.ask_progress()
            self.simulation.interactor.settle()
