"""The monitor: one thread that watches the files of a tracker's runs and tells when a run has changed."""

from __future__ import annotations

import logging
import os
import threading
import time
from typing import TYPE_CHECKING

from gymdash_core.errors import GymDashError, RunNotFoundError
from gymdash_core.runview import RunView, read_run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gymdash_core.project import RunFolder

logger = logging.getLogger(__name__)

#: How often files are looked at: one `stat` per file, about a microsecond each.
WATCH_S = 0.02
#: How often a run is judged although no file has changed: a process may have died without a word.
JUDGE_S = 0.5
#: How long a process may live after its run has said how it ended.
LINGER_S = 10.0


class RunMonitor:
    """Watch runs until they end.

    Thread safety: `watch` and `close` may be called from any thread; `on_change` is called on the monitor's thread.

    Args:
        on_change: Told a run's view when it has changed, and the monotonic time from which on it is true; the last one
            is final.
        on_linger: Told a run whose process outlives its end for too long.
        on_gone: Told a run that was deleted.
    """

    def __init__(
        self,
        on_change: Callable[[RunFolder, RunView, float], None],
        on_linger: Callable[[RunFolder], None] = lambda _: None,
        on_gone: Callable[[RunFolder], None] = lambda _: None,
    ) -> None:
        self._on_change = on_change
        self._on_linger = on_linger
        self._on_gone = on_gone
        self._lock = threading.Lock()
        self._watched: dict[str, _Watched] = {}
        self._wake = threading.Event()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="gymdash-monitor", daemon=True)

    def watch(self, run: RunFolder) -> None:
        """Watch a run until it ends; watching it already, judge it anew."""
        with self._lock:
            self._watched[run.id] = _Watched(run)
            if not self._thread.is_alive() and not self._closed:
                self._thread.start()
        self._wake.set()

    def close(self) -> None:
        """Look at every run once more, so that no end that is there stays untold; then stop watching."""
        self._closed = True
        self._wake.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()

    def _work(self) -> None:
        while True:
            last = self._closed
            with self._lock:
                watched = list(self._watched.values())
            for item in watched:
                self._look(item)
            if last:
                return
            self._wake.wait(WATCH_S if watched else None)
            self._wake.clear()

    def _look(self, item: _Watched) -> None:
        try:
            view = item.changed()
            if item.lingers():
                self._on_linger(item.run)
            if view is None:
                return
            if view.state.is_final:
                self._forget(item)
            self._on_change(item.run, view, item.judged)
        except RunNotFoundError:
            self._forget(item)
            self._on_gone(item.run)
        except (GymDashError, OSError) as error:
            logger.warning("run %s: %s", item.run.id, error)
        except Exception:  # all runs are watched by this one thread: a defect of one must not end it
            logger.exception("run %s cannot be watched", item.run.id)

    def _forget(self, item: _Watched) -> None:
        with self._lock:
            if self._watched.get(item.run.id) is item:
                del self._watched[item.run.id]


class _Watched:
    """One run with what was seen of it last."""

    def __init__(self, run: RunFolder) -> None:
        self.run = run
        self._files = (run.state, run.exit, run.meta, run.signals, run.statuses)
        self._seen: tuple[tuple[int, int, int] | None, ...] | None = None
        self.judged = 0.0
        self._view: RunView | None = None
        self._lingers_since: float | None = None

    def changed(self) -> RunView | None:
        """Return the run's view when it differs from the last one."""
        seen = tuple(_mark(path) for path in self._files)
        if seen == self._seen and time.monotonic() - self.judged < JUDGE_S:
            return None
        self._seen, self.judged = seen, time.monotonic()
        view = read_run(self.run)
        if view == self._view:
            return None
        self._view = view
        return view

    def lingers(self) -> bool:
        """Return, once, that the process has outlived its run's end for too long."""
        if self._view is None or not self._view.lingers:
            return False
        if self._lingers_since is None:
            self._lingers_since = time.monotonic()
        if time.monotonic() - self._lingers_since < LINGER_S:
            return False
        self._lingers_since = float("inf")
        return True


def _mark(path: Path) -> tuple[int, int, int] | None:
    try:
        status = os.stat(path)  # noqa: PTH116 - the quicker call, made very often
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size
