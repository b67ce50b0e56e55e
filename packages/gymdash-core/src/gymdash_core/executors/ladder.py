"""The stop ladder: ask, wait, SIGTERM, wait, SIGKILL, each step on the disk before it is taken."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

from gymdash_core.errors import GymDashError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    _Step = tuple[Callable[[], None], float]

logger = logging.getLogger(__name__)

#: How long a worker may take between SIGTERM and SIGKILL.
TERM_S = 5.0


class StopLadder:
    """Climb from an accepted stop to the run's end on a thread of its own.

    A second `climb` only shortens the grace of one that is under way.

    Thread safety: all methods may be called from any thread.

    Args:
        run: Id of the run, for messages.
        wait: Waits for the end for some seconds and returns whether it came.
        steps: What to do after the grace, each with the seconds to wait behind it.
    """

    def __init__(self, run: str, wait: Callable[[float], bool], steps: Sequence[_Step]) -> None:
        self._run = run
        self._wait = wait
        self._steps = steps
        self._lock = threading.Lock()
        self._deadline = float("inf")
        self._sooner = threading.Event()
        self._thread: threading.Thread | None = None

    def climb(self, grace_s: float, done: int = 0) -> None:
        """Begin, or shorten the grace of a climb that is under way.

        Args:
            grace_s: How long to wait for the end before the next step.
            done: How many steps somebody has taken before.
        """
        with self._lock:
            over = self._thread is None or not self._thread.is_alive()
            deadline = time.monotonic() + grace_s
            self._deadline = deadline if over else min(self._deadline, deadline)
            self._sooner.set()
            if over:
                steps = self._steps[done:]
                self._thread = threading.Thread(
                    target=self._climb, args=(steps,), name="gymdash-stop-ladder", daemon=True
                )
                self._thread.start()

    def join(self, timeout_s: float | None) -> None:
        """Wait until a climb that is under way is over."""
        thread = self._thread
        if thread is not None:
            thread.join(timeout_s)

    def _climb(self, steps: Sequence[_Step]) -> None:
        try:
            self._take_steps(steps)
        except (GymDashError, OSError) as error:
            logger.warning("run %s: the stop ladder ended: %s", self._run, error)

    def _take_steps(self, steps: Sequence[_Step]) -> None:
        if self._wait_grace():
            return
        for action, seconds in steps:
            try:
                action()
            except (GymDashError, OSError) as error:  # a full disk refuses the record of SIGTERM: go on to SIGKILL
                logger.warning("run %s: a step of the stop ladder failed: %s", self._run, error)
            if self._wait(seconds):
                return

    def _wait_grace(self) -> bool:
        while (left := self._deadline - time.monotonic()) > 0:
            self._sooner.clear()
            if self._wait(min(left, 0.5)):
                return True
        return self._wait(0)
