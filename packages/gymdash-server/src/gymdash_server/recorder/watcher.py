"""Notification of changed files in the folders of live runs, by the system where it can, by looking where it cannot."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

import watchfiles

if TYPE_CHECKING:
    from collections.abc import Callable

    from gymdash_core.project import RunFolder

logger = logging.getLogger(__name__)

#: Changes within this time are told once, milliseconds.
_GATHER_MS = 60
_STEP_MS = 30
_CLOSE_MS = 500
_END_S = 1.0
#: What an error says where all that the system has for notifications is taken (EMFILE, ENFILE, ENOSPC).
_EXHAUSTED = ("os error 24", "os error 23", "os error 28")
#: How often a folder is looked at where the system tells nothing.
_LOOK_S = 0.1


class FileWatcher:
    """Tell when something in the folder of a run has changed.

    Thread safety: all methods may be called from any thread. Each run has a thread, which `unwatch` and `close` end.

    Args:
        tell: Told the run's id; at once or a few times too often, never too seldom.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._lock = threading.Lock()
        self._stops: dict[str, threading.Event] = {}
        self._threads: set[threading.Thread] = set()
        self._is_told = False

    def watch(self, run: RunFolder) -> None:
        """Begin to watch a run; watching it already, do nothing."""
        with self._lock:
            if run.id in self._stops:
                return
            stop = self._stops[run.id] = threading.Event()
            name = f"gymdash-watch-{run.id[:8]}"
            thread = threading.Thread(target=self._work, args=(run, stop), name=name, daemon=True)
            self._threads.add(thread)
        thread.start()

    def unwatch(self, run_id: str) -> None:
        """Stop watching a run."""
        with self._lock:
            stop = self._stops.pop(run_id, None)
        if stop is not None:
            stop.set()

    def close(self) -> None:
        """Stop watching all runs, and wait for the threads for a while."""
        with self._lock:
            stops, self._stops = list(self._stops.values()), {}
            threads = list(self._threads)
        for stop in stops:
            stop.set()
        deadline = time.monotonic() + _END_S
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _work(self, run: RunFolder, stop: threading.Event) -> None:
        try:
            self._follow(run, stop)
        finally:
            with self._lock:
                self._threads.discard(threading.current_thread())

    def _follow(self, run: RunFolder, stop: threading.Event) -> None:
        try:
            changes = watchfiles.watch(
                run.path,
                watch_filter=None,
                debounce=_GATHER_MS,
                step=_STEP_MS,
                stop_event=stop,
                rust_timeout=_CLOSE_MS,
                raise_interrupt=False,
            )
            for _ in changes:
                self._tell(run.id)
        except (OSError, RuntimeError) as error:
            if run.path.is_dir() and not stop.is_set():
                self._warn(run, error)
        while not stop.wait(_LOOK_S) and run.path.is_dir():
            self._tell(run.id)

    def _warn(self, run: RunFolder, error: Exception) -> None:
        """Say that a run is looked at instead; once, where the system has given out all that it has for any run."""
        if not any(sign in str(error) for sign in _EXHAUSTED):
            logger.warning("run %s: no notification of changed files (%s); it is looked at instead", run.id, error)
            return
        with self._lock:
            is_told, self._is_told = self._is_told, True
        if not is_told:
            logger.warning(
                "the system tells of no more changed files (%s); runs are looked at instead, ten times a second each. "
                "Raise fs.inotify.max_user_instances and fs.inotify.max_user_watches (sysctl) to spare that",
                error,
            )
