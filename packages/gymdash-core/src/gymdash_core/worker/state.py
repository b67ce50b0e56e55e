"""The worker's own view of its state, and the only writer of ``state.json``.

Several conditions hold at once (a stop was asked, the loop is held, a question is open); the state that others see is
the most telling one. A transition is written at once and forced to the disk; heartbeats in between are not.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from gymdash_core.errors import WrongStateError
from gymdash_core.interaction.channels import PROGRESS
from gymdash_core.journal import write_json
from gymdash_core.status import RunState, can_follow, iso, utc_now

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from gymdash_core.project import RunFolder
    from gymdash_core.worker.control import Address

_PAIR = 2
#: Conditions under which a loop usually stands still.
_IDLE = (RunState.PAUSED, RunState.WAITING)


class ProgressEstimate:
    """Estimate the time that is left from the mean speed of this attempt.

    Pauses are left out, and so is the time in which a question is open and the loop stands still; a loop may go on
    while its question is open.
    """

    def __init__(self) -> None:
        self._first: float | None = None
        self._last = (0.0, 0.0, 0.0)
        self._elapsed = 0.0

    def describe(self, value: Any, now: float, waited_s: float = 0.0) -> dict[str, Any] | None:
        """Return ``{current, total, eta_s}`` for a published progress value, or None where it is no pair.

        Args:
            value: ``[current, total]``; total may be None.
            now: Seconds of active time on any clock, waiting and pauses left out.
            waited_s: Seconds in which a question was open, pauses left out.
        """
        if not isinstance(value, (list, tuple)) or len(value) != _PAIR:
            return None
        current, total = value
        if not isinstance(current, (int, float)) or not isinstance(total, (int, float, type(None))):
            return None
        done = self._done(float(current), now, waited_s)
        left = None if total is None or done <= 0 else max(0.0, (total - current) * self._elapsed / done)
        return {"current": current, "total": total, "eta_s": left}

    def _done(self, current: float, now: float, waited_s: float) -> float:
        """Return how much was done since the first look, and count the time since the last one."""
        last, last_now, last_waited = self._last
        self._last = (current, now, waited_s)
        if self._first is None or current < self._first:
            self._first, self._elapsed = current, 0.0
        else:
            self._elapsed += now - last_now + (waited_s - last_waited if current > last else 0.0)
        return current - self._first


class _Stopwatch:
    """Adds up the time in which something holds."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._sum = 0.0

    def turn(self, *, on: bool) -> None:
        """Say whether it holds from now on."""
        now = time.monotonic()
        if self._since is not None:
            self._sum += now - self._since
        self._since = now if on else None

    def total(self, now: float) -> float:
        """Return for how many seconds it has held."""
        return self._sum + (0.0 if self._since is None else now - self._since)


class StateFile:
    """State machine of a running attempt, mirrored in ``state.json``.

    Thread safety: all methods may be called from any thread.

    Args:
        run: The run's files.
        attempt: Number of the attempt.
        shield: Entered around the lock and the write.
        address: Where the worker listens; None for a run without a process of its own.
    """

    def __init__(
        self, run: RunFolder, attempt: int, shield: AbstractContextManager[Any], address: Address | None = None
    ) -> None:
        self._run = run
        self._shield = shield
        self._lock = threading.RLock()
        self._phase = RunState.STARTING
        self._visible: RunState | None = None
        self._conditions: dict[RunState, bool] = {}
        self._reasons: dict[RunState, str] = {}
        self._progress = ProgressEstimate()
        self._paused, self._idle = _Stopwatch(), _Stopwatch()
        #: When the attempt began, as text.
        self.started = iso(utc_now())
        #: Supplies the published values as ``{key: {value, age_s, step}}``.
        self.published: Callable[[], dict[str, dict[str, Any]]] = dict
        self._data: dict[str, Any] = {
            "version": 1,
            "attempt": attempt,
            "pid": os.getpid(),
            "started": self.started,
            "ended": None,
            "reason": "",
            "control": address.as_json() if address else None,
            "channels": {},
            "events": {},
        }

    @property
    def state(self) -> RunState:
        """The state that others see."""
        for state in (RunState.STOPPING, RunState.WAITING, RunState.PAUSED):
            if self._conditions.get(state) and not self._phase.is_final:
                return state
        return self._phase

    def enter(self, phase: RunState, reason: str = "", ended: str | None = None) -> None:
        """Enter a phase: ``starting``, ``running`` or a final state, with the time at which the attempt ended.

        Raises:
            WrongStateError: The transition table does not allow it.
            OSError: The disk is full or read-only.
        """
        with self._shield, self._lock:
            self._data["ended"] = ended
            self._phase = phase
            self._reasons[phase] = reason
            self._data["reason"] = self._reasons.get(self.state, "")
            self._write_transition()

    def set_condition(self, state: RunState, *, holds: bool, reason: str = "") -> None:
        """Say whether ``waiting``, ``paused`` or ``stopping`` holds; a full disk is left for the next beat.

        Raises:
            WrongStateError: The transition table does not allow it.
        """
        with self._shield, self._lock:
            if self._conditions.get(state, False) == holds or self._phase.is_final:
                return
            self._conditions[state] = holds
            self._paused.turn(on=self._conditions.get(RunState.PAUSED, False))
            self._idle.turn(on=any(self._conditions.get(state, False) for state in _IDLE))
            self._reasons[state] = reason if holds else ""
            self._data["reason"] = self._reasons.get(self.state, "")
            if self.state is not self._visible:
                with contextlib.suppress(OSError):
                    self._write_transition()

    def set_channels(self, kinds: dict[str, str]) -> None:
        """Record the kinds of the channels, for controllers that get no reply."""
        with self._shield, self._lock:
            self._data["channels"] = kinds

    def mark(self, event: str) -> None:
        """Record the time of a step of the life cycle, such as ``start_run``."""
        with self._shield, self._lock:
            self._data["events"][event] = iso(utc_now())
            self.beat()

    def beat(self) -> None:
        """Write the state with fresh progress and published values; a full disk is left for the next beat.

        Nothing is written behind the final state: the file may be the next attempt's.
        """
        with self._shield, self._lock:
            if self._phase.is_final:
                return
            try:
                self._write(fsync=False)
            except OSError:
                return

    def _write_transition(self) -> None:
        state = self.state
        if self._visible is not None and state is not self._visible and not can_follow(self._visible, state):
            raise WrongStateError(self._run.id, self._visible, f"become {state}")
        self._visible = state
        self._write(fsync=True)

    def _write(self, *, fsync: bool) -> None:
        now = utc_now()
        values = {
            key: {"value": item["value"], "time": iso(now - timedelta(seconds=item["age_s"])), "step": item["step"]}
            for key, item in self.published().items()
        }
        progress = values.get(PROGRESS)
        if progress is not None:
            tick = time.monotonic()
            paused, idle = self._paused.total(tick), self._idle.total(tick)
            self._data["progress"] = self._progress.describe(progress["value"], tick - idle, idle - paused)
        data = self._data | {"state": str(self.state), "updated": iso(now), "published": values}
        data.setdefault("progress", None)
        write_json(self._run.state, data, fsync=fsync, mode=0o600)
