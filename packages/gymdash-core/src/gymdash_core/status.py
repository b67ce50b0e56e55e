"""Statuses that a simulation records, the states of a run, and the rule of how a run ended.

This module holds values and pure rules only; who stores them is `gymdash_core.worker` (writer) and
`gymdash_core.project` (files).
"""

from __future__ import annotations

import traceback
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


def utc_now() -> datetime:
    """Return the current time, aware, in UTC."""
    return datetime.now(UTC)


def iso(time: datetime) -> str:
    """Return a time as ISO 8601 in UTC with microseconds, for example ``2026-11-23T10:00:00.000000+00:00``."""
    return time.astimezone(UTC).isoformat(timespec="microseconds")


def from_iso(text: str) -> datetime:
    """Return the aware time that `iso` wrote.

    Raises:
        ValueError: The text is no ISO 8601 time.
    """
    time = datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=UTC)


class SimStatusCode(IntEnum):
    """What a status says about the run."""

    SUCCESS = 0
    FAIL = 1
    INFO = 2


class SimStatusSubcode(IntEnum):
    """Why, where the code alone does not say it."""

    NONE = 0
    ERROR = 1
    STOPPED = 2


@dataclass(frozen=True)
class SimStatus:
    """One remark of a run about itself.

    Args:
        code: Success, failure or mere information.
        subcode: Error or stopped, where that is the reason.
        details: One line for people.
        error_trace: Traceback text, empty where there is none.
        time: When it was made, aware; the default is now.
    """

    code: SimStatusCode
    subcode: SimStatusSubcode = SimStatusSubcode.NONE
    details: str = ""
    error_trace: str = ""
    time: datetime = field(default_factory=utc_now)

    @classmethod
    def from_exception(
        cls, error: BaseException, details: str = "", code: SimStatusCode = SimStatusCode.FAIL
    ) -> SimStatus:
        """Return an ERROR status that carries the traceback of an exception."""
        trace = "".join(traceback.format_exception(error))
        return cls(code, SimStatusSubcode.ERROR, details or f"{type(error).__name__}: {error}", trace)

    def as_json(self) -> dict[str, Any]:
        """Return the status as a JSON object with the fields ``time, code, subcode, details, error_trace``."""
        return {
            "time": iso(self.time),
            "code": int(self.code),
            "subcode": int(self.subcode),
            "details": self.details,
            "error_trace": self.error_trace,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> SimStatus:
        """Return the status that `as_json` wrote."""
        return cls(
            SimStatusCode(data["code"]),
            SimStatusSubcode(data.get("subcode", 0)),
            str(data.get("details", "")),
            str(data.get("error_trace", "")),
            from_iso(data["time"]),
        )


class RunState(StrEnum):
    """The state of a run; see `TRANSITIONS` for how one follows another."""

    CREATED = "created"
    QUEUED = "queued"
    STARTING = "starting"
    RUNNING = "running"
    WAITING = "waiting"
    PAUSED = "paused"
    STOPPING = "stopping"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    STOPPED = "stopped"
    KILLED = "killed"
    LOST = "lost"

    @property
    def is_final(self) -> bool:
        """Whether the attempt has ended."""
        return self in FINAL_STATES

    @property
    def is_live(self) -> bool:
        """Whether a worker exists, or is being started."""
        return self in LIVE_STATES


FINAL_STATES = frozenset(
    {RunState.SUCCEEDED, RunState.FAILED, RunState.STOPPED, RunState.KILLED, RunState.LOST},
)
LIVE_STATES = frozenset(
    {RunState.STARTING, RunState.RUNNING, RunState.WAITING, RunState.PAUSED, RunState.STOPPING},
)
_WORKING = frozenset({RunState.RUNNING, RunState.WAITING, RunState.PAUSED, RunState.STOPPING})
_UNDER_WAY = _WORKING | {RunState.STARTING}  # `_setup` may ask and pause too, and goes on as starting
_ABRUPT = frozenset({RunState.FAILED, RunState.STOPPED, RunState.KILLED, RunState.LOST})

#: Which states may follow which. A final state is left only by a new attempt. ``lost`` is a verdict on missing
#: evidence, so evidence that turns up later replaces it.
TRANSITIONS: dict[RunState, frozenset[RunState]] = {
    RunState.CREATED: frozenset({RunState.QUEUED, RunState.STARTING, RunState.STOPPED}),
    RunState.QUEUED: FINAL_STATES | {RunState.STARTING},  # a queued resume that is called off leaves the earlier end
    RunState.STARTING: _WORKING | FINAL_STATES,
    RunState.RUNNING: (_WORKING | FINAL_STATES) - {RunState.RUNNING},
    RunState.WAITING: (_UNDER_WAY | FINAL_STATES) - {RunState.WAITING},
    RunState.PAUSED: (_UNDER_WAY | FINAL_STATES) - {RunState.PAUSED},
    RunState.STOPPING: FINAL_STATES,
    RunState.SUCCEEDED: frozenset({RunState.QUEUED, RunState.STARTING}),
    RunState.FAILED: frozenset({RunState.QUEUED, RunState.STARTING}),
    RunState.STOPPED: frozenset({RunState.QUEUED, RunState.STARTING}),
    RunState.KILLED: frozenset({RunState.QUEUED, RunState.STARTING}),
    RunState.LOST: frozenset({RunState.QUEUED, RunState.STARTING}) | _ABRUPT | {RunState.SUCCEEDED},
}


def can_follow(before: RunState, after: RunState) -> bool:
    """Return whether a run may go from one state to another."""
    return after in TRANSITIONS[before]


@dataclass(frozen=True)
class Ending:
    """What is known when the user's code has returned or raised.

    Attributes:
        error: The exception that escaped, or None.
        stop_raised: The exception that escaped is a `StopSimException`.
        terminated: We sent SIGTERM in this attempt.
        cancelled: `Simulation.was_cancelled()`.
        meta_failed: `Simulation._meta_failed`.
        statuses: The statuses of this attempt, oldest first.
    """

    error: BaseException | None = None
    stop_raised: bool = False
    terminated: bool = False
    cancelled: bool = False
    meta_failed: bool = False
    statuses: Sequence[SimStatus] = ()


def resolve_ending(ending: Ending) -> RunState:
    """Return how a run ended; the first rule that matches decides.

    1. Another exception than `StopSimException` escaped: failed; after our SIGTERM: stopped.
    2. Cancelled, a `StopSimException`, or the last non-INFO status says STOPPED: stopped, even with ``_meta_failed``.
    3. ``_meta_failed``, or the last non-INFO status is FAIL: failed.
    4. Succeeded, also when a stop was asked for and not seen.
    """
    if ending.error is not None and not ending.stop_raised:
        return RunState.STOPPED if ending.terminated else RunState.FAILED
    last = next((s for s in reversed(ending.statuses) if s.code is not SimStatusCode.INFO), None)
    if ending.cancelled or ending.stop_raised or (last is not None and last.subcode is SimStatusSubcode.STOPPED):
        return RunState.STOPPED
    if ending.meta_failed or (last is not None and last.code is SimStatusCode.FAIL):
        return RunState.FAILED
    return RunState.SUCCEEDED
