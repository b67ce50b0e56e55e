"""What controllers write about a run: its name, its launches, and the signals that were sent to it.

Any controller (tracker, server, CLI) may write ``meta.json`` and ``signals.jsonl``, one at a time, under ``meta.lock``.
A signal is on the disk before it is sent, so that whoever reads the run later knows who ended it.
"""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gymdash_core.errors import LockHeldError
from gymdash_core.journal import append_line, read_json, read_lines, write_json
from gymdash_core.locks import FileLock
from gymdash_core.services import Launch
from gymdash_core.status import from_iso, iso, utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from gymdash_core.project import RunFolder

logger = logging.getLogger(__name__)

_LOCK_WAIT_S = 10.0


class SignalStep(StrEnum):
    """Steps by which a run is ended."""

    ASK = "ask"
    TERM = "term"
    KILL = "kill"


@dataclass(frozen=True)
class Signal:
    """One line of ``signals.jsonl``.

    Attributes:
        step: What was done.
        attempt: To which attempt; 0 before the first launch.
        time: When.
        by: Who did it.
        details: More, such as ``grace_s`` and ``save``.
    """

    step: SignalStep
    attempt: int
    time: datetime
    by: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


def read_signals(run: RunFolder, attempt: int) -> list[Signal]:
    """Return the signals that were sent to an attempt, oldest first."""
    return [
        Signal(SignalStep(line["step"]), int(line["attempt"]), from_iso(line["time"]), str(line.get("by", "")), line)
        for _, line in read_lines(run.signals)
        if line.get("attempt") == attempt and line.get("step") in set(SignalStep)
    ]


def record_signal(run: RunFolder, step: SignalStep, by: str, **details: Any) -> int:
    """Make a signal durable before it is sent.

    Args:
        run: The run.
        step: What is about to be done.
        by: Who does it.
        details: More fields for the line.

    Returns:
        The attempt that it is sent to; 0 before the first launch.

    Raises:
        OSError: It could not be written; nothing must be sent.
    """
    with FileLock(run.meta_lock).acquire_wait(_LOCK_WAIT_S):
        attempt = last_attempt(read_meta(run))
        _append_signal(run, attempt, step, by, **details)
    return attempt


def _append_signal(run: RunFolder, attempt: int, step: SignalStep, by: str, **details: Any) -> None:
    line = {"time": iso(utc_now()), "attempt": attempt, "step": str(step), "by": by, **details}
    append_line(run.signals, line, fsync=True)


def record_ask(run: RunFolder, by: str, **details: Any) -> None:
    """Make a stop durable before it is asked for; a disk that refuses costs the record, never the stop.

    A run that fills the disk must be stoppable, and the worker itself writes down that it was stopped.
    """
    try:
        record_signal(run, SignalStep.ASK, by, **details)
    except (OSError, LockHeldError) as error:
        logger.warning("run %s: the stop is not recorded: %s", run.id, error)


def new_meta(
    name: str, *, group: str | None = None, parent: str | None = None, tags: Sequence[str] = ()
) -> dict[str, Any]:
    """Return the content of ``meta.json`` for a new run."""
    return {
        "version": 1,
        "name": name,
        "tags": list(tags),
        "notes": "",
        "group": group,
        "parent": parent,
        "trashed": None,
        "created": iso(utc_now()),
        "queued": None,
        "launches": [],
    }


def read_meta(run: RunFolder) -> dict[str, Any]:
    """Return ``meta.json``; empty where it is missing.

    Raises:
        CorruptFileError: It cannot be read.
    """
    return read_json(run.meta) or {}


def update_meta(run: RunFolder, change: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Change ``meta.json`` under its lock.

    Args:
        run: The run.
        change: Changes the content in place; may raise to leave it as it is.

    Returns:
        The new content.
    """
    with FileLock(run.meta_lock).acquire_wait(_LOCK_WAIT_S):
        meta = read_meta(run)
        change(meta)
        write_json(run.meta, meta, fsync=True)
        return meta


@contextlib.contextmanager
def held_meta(run: RunFolder) -> Iterator[None]:
    """Hold the lock of ``meta.json``: nobody launches, renames or deletes the run meanwhile."""
    with FileLock(run.meta_lock).acquire_wait(_LOCK_WAIT_S):
        yield


def last_attempt(meta: Mapping[str, Any]) -> int:
    """Return the number of the last attempt that was launched; 0 before the first."""
    launches = meta.get("launches") or []
    return int(launches[-1]["attempt"]) if launches else 0


@dataclass(frozen=True)
class LaunchRecord:
    """What is written down of a launch, and of one that waits.

    Attributes:
        by: Whose launch it is.
        start_kwargs: Arguments of `_setup` and `_run`.
        resume_from: Checkpoint folder relative to the run, or None.
        shown: Names of those that are written down by their looks alone.
    """

    by: str = ""
    start_kwargs: Mapping[str, Any] = field(default_factory=dict)
    resume_from: str | None = None
    shown: Sequence[str] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the record as a JSON object with the time."""
        return {
            "time": iso(utc_now()),
            "by": self.by,
            "start_kwargs": dict(self.start_kwargs),
            "resume_from": self.resume_from,
            "shown": list(self.shown),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> LaunchRecord:
        """Return the record that `as_json` wrote."""
        by, kwargs = str(data.get("by") or ""), data.get("start_kwargs") or {}
        return cls(by, kwargs, data.get("resume_from"), tuple(data.get("shown") or ()))


def record_queued(run: RunFolder, record: LaunchRecord, *, allowed: Callable[[dict[str, Any]], None]) -> None:
    """Make a place in a queue durable, with all that whoever takes the queue over needs for the launch.

    Args:
        run: The run.
        record: The launch that waits.
        allowed: Raises where the run must not be queued now; called under the lock.
    """

    def queue(meta: dict[str, Any]) -> None:
        allowed(meta)
        meta["queued"] = record.as_json()
        meta.pop("waits_for", None)

    update_meta(run, queue)


def note_wait(run: RunFolder, reason: str) -> None:
    """Write down what a queued run waits for, other than a free slot."""

    def note(meta: dict[str, Any]) -> None:
        if meta.get("queued"):
            meta["waits_for"] = reason

    update_meta(run, note)


def withdraw_queued(run: RunFolder, by: str) -> bool:
    """Call off a launch that has not begun: a new run is stopped, a queued resume leaves the run as it ended.

    Returns:
        Whether it was called off; False where it has begun meanwhile.

    Raises:
        OSError: It could not be written; nothing has changed.
    """
    with FileLock(run.meta_lock).acquire_wait(_LOCK_WAIT_S):
        meta = read_meta(run)
        attempt, queued = last_attempt(meta), meta.get("queued")
        if attempt and not queued:
            return False
        if not attempt:
            _append_signal(run, attempt, SignalStep.ASK, by)
        if queued:
            write_json(run.meta, meta | {"queued": None}, fsync=True)
        return True


def record_failed_start(run: RunFolder, error: Exception, attempt: int | None) -> None:
    """Write down, in the supervisor's place, that a launch has not come to a supervisor.

    Args:
        run: The run.
        error: Why.
        attempt: The attempt; nothing is written where it is not the last one that was launched.
    """
    _record_failure(run, error, lambda meta: attempt == last_attempt(meta))


def record_failed_queued(run: RunFolder, error: Exception, *, before: Callable[[dict[str, Any]], None]) -> None:
    """Write down that a queued launch has failed before it was recorded, which is done then.

    Args:
        run: The run.
        error: Why.
        before: Changes ``meta.json`` first where there is still such a launch; called under the lock.
    """

    def begin(meta: dict[str, Any]) -> bool:
        if (queued := meta.get("queued")) is not None:
            before(meta)
            _add_launch(meta, LaunchRecord.from_json(queued))
        return queued is not None

    _record_failure(run, error, begin)


def _record_failure(run: RunFolder, error: Exception, begin: Callable[[dict[str, Any]], bool]) -> None:
    """Write that the last attempt could not be started, where `begin` of ``meta.json`` says that it is the one."""
    is_due = False

    def change(meta: dict[str, Any]) -> None:
        nonlocal is_due
        is_due = begin(meta)

    try:
        last = last_attempt(update_meta(run, change))
        if is_due:
            data = {"version": 1, "attempt": last, "code": None, "signal": None, "ended": iso(utc_now())}
            write_json(run.exit, data | {"error": f"the run could not be started: {error}"})
    except (OSError, LockHeldError) as problem:
        logger.warning("run %s: its failed start is not recorded: %s", run.id, problem)


def record_launch(run: RunFolder, record: LaunchRecord, *, allowed: Callable[[dict[str, Any]], None]) -> int:
    """Make a launch durable before the executor begins, so that two controllers never launch the same attempt.

    Args:
        run: The run.
        record: The launch.
        allowed: Raises where the run must not be launched now, and may change ``meta.json`` besides; called under the
            lock.

    Returns:
        The attempt's number.
    """

    def add(meta: dict[str, Any]) -> None:
        allowed(meta)
        _add_launch(meta, record)

    return last_attempt(update_meta(run, add))


def _add_launch(meta: dict[str, Any], record: LaunchRecord) -> None:
    entry = {"attempt": last_attempt(meta) + 1, **record.as_json()}
    meta["launches"] = [*(meta.get("launches") or []), entry]
    meta["queued"] = None
    meta.pop("waits_for", None)


def read_launch(run: RunFolder) -> Launch:
    """Return how the last attempt was asked for."""
    meta, config = read_meta(run), read_json(run.config) or {}
    entry = (meta.get("launches") or [{"attempt": 1}])[-1]
    resume_from = entry.get("resume_from")
    return Launch(
        attempt=int(entry["attempt"]),
        start_kwargs=entry.get("start_kwargs") or {},
        resume_from=None if resume_from is None else run.path / Path(resume_from),
        changed_kwargs=config.get("changed_kwargs") or {},
        shown=tuple(entry.get("shown") or ()),
    )
