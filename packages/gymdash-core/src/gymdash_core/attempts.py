"""The attempts of a run, from what outlives the next attempt: when each began, when and how it ended.

The files of `state.json` and `exit.json` are those of the last attempt alone, which `runview` judges; here is what the
line files say of all of them, and how those before the last ended by the launches that followed them.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gymdash_core.journal import read_lines
from gymdash_core.meta import SignalStep, last_attempt, read_signals
from gymdash_core.status import RunState, from_iso, iso

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from gymdash_core.project import RunFolder


@dataclass(frozen=True)
class Attempt:
    """One attempt; None is what nobody has said.

    Attributes:
        attempt: Its number, from 1.
        started: When its worker began.
        ended: When it ended.
        first_step: Step of its first tick or point.
        state: Its final state.
        reason: Why it ended so; one line.
        resume_from: Folder of the checkpoint that it began with, relative to the run.
    """

    attempt: int
    started: str | None = None
    ended: str | None = None
    first_step: int | None = None
    state: str | None = None
    reason: str | None = None
    resume_from: str | None = None


def read_attempts(run: RunFolder, meta: Mapping[str, Any]) -> list[Attempt]:
    """Return the attempts of a run that its worker has told of, in order.

    An attempt that could say nothing of its end ended, once another one was launched, as that launch has written down;
    where it has not, with the hardest signal that was sent to it.

    Args:
        run: The run.
        meta: Its ``meta.json``.
    """
    found: dict[int, Attempt] = {}
    for _, line in read_lines(run.attempts):
        number = line.get("attempt")
        if isinstance(number, int):
            found[number] = replace(found.get(number) or Attempt(number), **_told(line))
    ends = {launch["attempt"]: launch.get("end") for launch in meta.get("launches") or ()}
    last = max([last_attempt(meta), *found])
    return [
        _with_end(run, attempt, ends.get(number)) if number < last else attempt
        for number, attempt in sorted(found.items())
    ]


def seconds_of(attempts: Iterable[Attempt]) -> float:
    """Return how long attempts took together, in seconds; one of which nobody knows when it ended counts nothing."""
    return sum(seconds_between(_time(each.started), _time(each.ended)) for each in attempts)


def seconds_between(began: datetime | None, ended: datetime | None) -> float:
    """Return the seconds between two times; none where one is not known, or where the clock was set back."""
    return 0.0 if began is None or ended is None else max(0.0, (ended - began).total_seconds())


def signalled_end(run: RunFolder, attempt: int) -> tuple[RunState, datetime] | None:
    """Return the state in which the hardest signal that was sent to an attempt left it, and when; None without one."""
    sent = read_signals(run, attempt)
    for step, state in ((SignalStep.KILL, RunState.KILLED), (SignalStep.TERM, RunState.STOPPED)):
        times = [signal.time for signal in sent if signal.step is step]
        if times:
            return state, times[-1]
    return None


def _told(line: dict[str, Any]) -> dict[str, Any]:
    event, time = line.get("event"), line.get("time")
    if event == "started":
        return {"started": time, "resume_from": line.get("resume_from")}
    if event == "first_step":
        return {"first_step": line.get("step")}
    if event == "ended":
        return {"ended": time, "state": line.get("state"), "reason": line.get("reason")}
    return {}


def _with_end(run: RunFolder, attempt: Attempt, end: Mapping[str, Any] | None) -> Attempt:
    if attempt.ended is not None:
        return attempt
    if end is not None:
        return replace(attempt, ended=end.get("ended"), state=end.get("state"), reason=end.get("reason"))
    signalled = signalled_end(run, attempt.attempt)
    return attempt if signalled is None else replace(attempt, state=str(signalled[0]), ended=iso(signalled[1]))


def _time(text: object) -> datetime | None:
    """A time of a line that may be damaged: whatever it holds, the run is to be shown."""
    with contextlib.suppress(ValueError, TypeError):
        return from_iso(text) if isinstance(text, str) else None
    return None
