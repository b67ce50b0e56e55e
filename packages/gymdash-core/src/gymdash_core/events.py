"""How the tracker tells scripts that runs have begun or ended: callbacks, on a thread of their own."""

from __future__ import annotations

import logging
import queue
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

START_RUN = "start_run"
END_RUN = "end_run"


class Dispatcher:
    """Call callbacks in order on one thread, so that a slow or failing one disturbs nobody.

    Thread safety: `call` may be called from any thread.
    """

    def __init__(self) -> None:
        self._calls: queue.SimpleQueue[Callable[[], object] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="gymdash-callbacks", daemon=True)
        self._thread.start()

    def call(self, fn: Callable[[], object]) -> None:
        """Have a function called soon."""
        self._calls.put(fn)

    def close(self, timeout_s: float = 5.0) -> None:
        """Call what is waiting, then end."""
        self._calls.put(None)
        if self._thread is not threading.current_thread():
            self._thread.join(timeout_s)

    def _work(self) -> None:
        while (fn := self._calls.get()) is not None:
            try:
                fn()
            except Exception:
                logger.exception("a tracker callback failed")


class Countdown:
    """Call functions once, when all of several runs have reached a point.

    Args:
        dispatcher: Where they are called.
        runs: Ids of the runs.
    """

    def __init__(self, dispatcher: Dispatcher, runs: set[str]) -> None:
        self._dispatcher = dispatcher
        self._left = set(runs)
        self._functions: list[Callable[[], object]] = []
        self._lock = threading.Lock()

    @property
    def reached(self) -> bool:
        """Whether all runs have reached the point."""
        return not self._left

    def add(self, fn: Callable[[], object]) -> None:
        """Add a function; called at once where the point has been reached."""
        with self._lock:
            if self._left:
                self._functions.append(fn)
                return
        self._dispatcher.call(fn)

    def arrive(self, run: str) -> None:
        """Count a run as having reached the point."""
        with self._lock:
            self._left.discard(run)
            ready, self._functions = ([], self._functions) if self._left else (self._functions, [])
        for fn in ready:
            self._dispatcher.call(fn)
