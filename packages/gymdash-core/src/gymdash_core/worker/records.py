"""The records of an attempt: the files of a run that only grow, as its worker writes them.

Statuses, questions, interventions and ``attempts.jsonl``. A record that is made after the attempt has ended is dropped
with a warning: threads that the user's code has left behind may still report.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from gymdash_core.journal import JsonLines
from gymdash_core.status import SimStatus, iso, utc_now
from gymdash_core.worker.ballast import Ballast

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from gymdash_core.interaction.requests import ControlRequest
    from gymdash_core.project import RunFolder

logger = logging.getLogger(__name__)


class RunRecords:
    """What one attempt records.

    Thread safety: all methods may be called from any thread.

    Attributes:
        recorded: The statuses of this attempt so far.
        ballast: Makes room for what must not be lost.

    Args:
        run: The run's files.
        attempt: Number of the attempt.
        shield: Entered around our writes, so that no signal unwinds inside.
    """

    def __init__(self, run: RunFolder, attempt: int, shield: AbstractContextManager[Any]) -> None:
        self.recorded: list[SimStatus] = []
        self.ballast = Ballast(run)
        self._run_id = run.id
        self._attempt = attempt
        self._shield = shield
        self._statuses = JsonLines(run.statuses)
        self._requests = JsonLines(run.requests)
        self._interventions = JsonLines(run.interventions)
        self._attempts = JsonLines(run.attempts)
        self._first_step: int | None = None
        self._closed = False

    def status(self, status: SimStatus) -> None:
        """Record a status, also on a disk that is full.

        Raises:
            OSError: Not even the ballast made room.
        """
        self.recorded.append(status)
        line = status.as_json() | {"attempt": self._attempt}
        self.ballast.write(lambda: self._append(self._statuses, line))

    def request(self, request: ControlRequest) -> None:
        """Record a new state of a question, forced to the disk.

        Raises:
            OSError: The disk is full or read-only.
        """
        self._append(self._requests, request.as_json(), fsync=True)

    def intervention(self, event: dict[str, Any]) -> None:
        """Record what came from outside.

        Raises:
            OSError: The disk is full or read-only.
        """
        self._append(self._interventions, {"time": iso(utc_now()), "attempt": self._attempt, **event})

    def first_step(self, step: int) -> None:
        """Record the first step of the attempt; later calls do nothing.

        Raises:
            OSError: The disk is full or read-only.
        """
        if self._first_step is None:
            self._first_step = step
            self.attempt("first_step", step=step)

    def attempt(self, event: str, **fields: Any) -> None:
        """Record an event of the attempt itself; its end is forced to the disk.

        Raises:
            OSError: The disk is full or read-only.
        """
        self._append(self._attempts, {"attempt": self._attempt, "event": event, **fields}, fsync=event == "ended")

    def close(self) -> None:
        """Let go of the files: nothing is recorded from now on."""
        self._closed = True
        for lines in (self._statuses, self._requests, self._interventions, self._attempts):
            lines.close()

    def _append(self, lines: JsonLines, data: dict[str, Any], *, fsync: bool = False) -> None:
        with self._shield:
            if self._closed:
                logger.warning("run %s has ended; not recorded: %s", self._run_id, data)
            else:
                lines.append(data, fsync=fsync)
