"""The watch: what one tracker has seen of its runs, who waits for them, and whom to call."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from gymdash_core.errors import ProjectError, RunNotFoundError
from gymdash_core.events import END_RUN, START_RUN, Countdown, Dispatcher
from gymdash_core.monitor import RunMonitor
from gymdash_core.project import RunFolder
from gymdash_core.runview import RunView, read_run


@dataclass(frozen=True)
class _Seen:
    """A view, and the monotonic time from which on it was true."""

    as_of: float
    view: RunView


class RunWatch:
    """Follow runs to their end.

    Thread safety: all methods may be called from any thread. Callbacks run on a thread of their own.

    Args:
        on_end: Told each run that has ended, and the number of the attempt.
        on_linger: Told each run whose process outlives its end for too long.
    """

    def __init__(self, on_end: Callable[[RunFolder, int], None], on_linger: Callable[[RunFolder], None]) -> None:
        self._on_end = on_end
        self._dispatcher = Dispatcher()
        self._monitor = RunMonitor(self._on_change, on_linger, self._on_gone)
        self._changed = threading.Condition()
        self._views: dict[str, _Seen] = {}
        self._steps: dict[str, set[tuple[int, str]]] = {}
        self._callbacks: dict[str, list[tuple[str, Callable[[], object]]]] = {}
        self._countdowns: list[tuple[str, Countdown]] = []
        self._gone: set[str] = set()
        self._closed = False

    def close(self) -> None:
        """Look once more, call what is waiting to be called, and let everybody who waits go."""
        self._monitor.close()
        self._closed = True
        self._dispatcher.close()
        with self._changed:
            self._changed.notify_all()

    def watch(self, run: RunFolder) -> None:
        """Follow a run until it ends."""
        self._monitor.watch(run)

    def wait(self, runs: Iterable[RunFolder], reached: Callable[[RunView], bool], timeout_s: float | None) -> bool:
        """Wait until runs have reached a point; return whether they have.

        Raises:
            RunNotFoundError: A run was deleted meanwhile.
            ProjectError: The tracker is closed.
        """
        self._require_open()
        waiting = {run.id for run in runs if not reached(self._observe(run))}
        with self._changed:

            def done() -> bool:
                waiting.difference_update([i for i in waiting if i in self._views and reached(self._views[i].view)])
                return self._closed or not waiting or bool(waiting & self._gone)

            self._changed.wait_for(done, timeout_s)
            if waiting & self._gone:
                raise RunNotFoundError(min(waiting & self._gone))
        return not waiting

    def add_callback(self, run: RunFolder, event: str, fn: Callable[[], object]) -> None:
        """Call a function at a step of a run; at once where the attempt has taken it.

        Raises:
            ProjectError: The tracker is closed.
        """
        self._require_open()
        attempt = read_run(run).attempt
        with self._changed:
            late = (attempt, event) in self._steps.get(run.id, ())
            self._callbacks.setdefault(run.id, []).append((event, fn))
        if late:
            self._dispatcher.call(fn)
        self._monitor.watch(run)

    def countdown(self, runs: Iterable[RunFolder], step: str) -> Countdown:
        """Return what calls functions once all of several runs have taken a step.

        Raises:
            ProjectError: The tracker is closed.
        """
        self._require_open()
        runs = list(runs)
        countdown = Countdown(self._dispatcher, {run.id for run in runs})
        with self._changed:
            self._countdowns.append((step, countdown))
        for run in runs:
            if step in _steps(self._observe(run)):
                countdown.arrive(run.id)
        return countdown

    def _require_open(self) -> None:
        if self._closed:
            remedy = "Wait and watch inside its `with` block, or make a new tracker: the runs are in the project."
            raise ProjectError("this tracker is closed", remedy)

    def _observe(self, run: RunFolder) -> RunView:
        """Return a run as it is now, and keep following it until it ends."""
        as_of, view = time.monotonic(), read_run(run)
        with self._changed:
            known = self._views.get(run.id)
            if known is None or known.as_of < as_of:
                self._views[run.id] = _Seen(as_of, view)
        is_doubtful = not view.state.is_final if known is None else known.view != view
        if is_doubtful:  # what the monitor has told meanwhile may be newer, although it began to read earlier
            self._monitor.watch(run)
        return view

    def _on_gone(self, run: RunFolder) -> None:
        """Let those go who wait for a run that was deleted: it will not reach anything any more."""
        with self._changed:
            self._gone.add(run.id)
            countdowns = [countdown for _, countdown in self._countdowns]
            self._changed.notify_all()
        for countdown in countdowns:
            countdown.arrive(run.id)

    def _on_change(self, run: RunFolder, view: RunView, as_of: float) -> None:
        with self._changed:
            seen = self._steps.setdefault(run.id, set())
            new = tuple(step for step in _steps(view) if (view.attempt, step) not in seen)
            seen.update((view.attempt, step) for step in new)
            callbacks = [fn for event, fn in self._callbacks.get(run.id, ()) if event in new]
            countdowns = [countdown for step, countdown in self._countdowns if step in new]
            known = self._views.get(run.id)
            if known is None or known.as_of < as_of:
                self._views[run.id] = known = _Seen(as_of, view)
            self._changed.notify_all()
        if known.view != view:  # somebody began to read later: which of the two has seen more nobody knows
            self._monitor.watch(run)
        for fn in callbacks:
            self._dispatcher.call(fn)
        for countdown in countdowns:
            countdown.arrive(run.id)
        if view.state.is_final:
            self._on_end(run, view.attempt)


def _steps(view: RunView) -> tuple[str, ...]:
    """Steps of the life cycle that a run has taken.

    The end of the run counts once everything can be read, and however it came.
    """
    steps = [step for step in view.events if step != END_RUN]
    if view.state.is_final:
        steps += [step for step in (START_RUN, END_RUN) if step not in steps]
    return tuple(steps)
