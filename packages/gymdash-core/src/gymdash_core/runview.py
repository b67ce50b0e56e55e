"""What a run is right now, derived from its files and locks by anybody at any time.

The locks are looked at before the files: a worker and its supervisor write before they let go, so whoever sees both
locks free and then reads, reads the end.
"""

from __future__ import annotations

import contextlib
import signal as signals
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from gymdash_core.attempts import Attempt, read_attempts, seconds_between, seconds_of
from gymdash_core.errors import CorruptFileError, RunNotFoundError
from gymdash_core.journal import read_json, read_lines
from gymdash_core.locks import holder
from gymdash_core.meta import Signal, SignalStep, last_attempt, read_meta, read_signals
from gymdash_core.status import RunState, SimStatus, from_iso, iso, utc_now

if TYPE_CHECKING:
    from pathlib import Path

    from gymdash_core.project import RunFolder

#: What a file with strange content raises, whatever it holds.
_STRANGE = (LookupError, TypeError, ValueError, AttributeError, IsADirectoryError)
#: A launch younger than this may still be on its way to its first lock.
START_GRACE = timedelta(seconds=30)


@dataclass(frozen=True)
class Evidence:
    """All that decides a run's state, read once.

    Attributes:
        meta: ``meta.json``.
        attempt: Last attempt that was launched, 0 before the first.
        worker: Pid that holds the worker lock, or None.
        supervisor: Pid that holds the supervisor lock, or None.
        state: ``state.json`` of that attempt, or None; a torn one counts as missing.
        exit: ``exit.json`` of that attempt, or None.
        ended: The attempt's last word in ``attempts.jsonl``, or None.
        signals: What was sent to that attempt.
    """

    meta: dict[str, Any]
    attempt: int
    worker: int | None
    supervisor: int | None
    state: dict[str, Any] | None
    exit: dict[str, Any] | None
    ended: dict[str, Any] | None
    signals: list[Signal]

    @property
    def alive(self) -> bool:
        """Whether a worker or its supervisor lives."""
        return self.worker is not None or self.supervisor is not None

    def sent(self, step: SignalStep) -> bool:
        """Return whether a signal was sent to this attempt."""
        return any(signal.step is step for signal in self.signals)


def gather(run: RunFolder) -> Evidence:
    """Read all that decides a run's state: locks first, then files."""
    worker, supervisor = holder(run.worker_lock), holder(run.supervisor_lock)
    meta = read_meta(run)
    attempt = last_attempt(meta)
    ended = [line for _, line in read_lines(run.attempts) if line.get("event") == "ended"]
    return Evidence(
        meta=meta,
        attempt=attempt,
        worker=worker,
        supervisor=supervisor,
        state=_of_attempt(run.state, attempt),
        exit=_of_attempt(run.exit, attempt),
        ended=next((line for line in reversed(ended) if line.get("attempt") == attempt), None),
        signals=read_signals(run, attempt),
    )


def _of_attempt(path: Path, attempt: int) -> dict[str, Any] | None:
    with contextlib.suppress(CorruptFileError):
        data = read_json(path)
        return data if data is not None and data.get("attempt") == attempt else None
    return None


@dataclass(frozen=True)
class Verdict:
    """A state and why.

    Attributes:
        state: The state.
        reason: One line for people; empty where the state says it.
        certain: False for ``lost`` at first sight.
        lingers: The attempt has said how it ended, and only its process is still there.
    """

    state: RunState
    reason: str = ""
    certain: bool = True
    lingers: bool = False


def judge(evidence: Evidence, now: datetime) -> Verdict:
    """Return the state that the evidence shows; pure."""
    if evidence.attempt == 0 and evidence.signals:
        return Verdict(RunState.STOPPED, "stopped before it was started")
    if evidence.meta.get("queued"):
        return Verdict(RunState.QUEUED, str(evidence.meta.get("waits_for") or "waits for a free slot"))
    if evidence.attempt == 0:
        return Verdict(RunState.CREATED)
    own = _own_state(evidence)
    if own is not None and own.state.is_final:
        if evidence.exit is None and evidence.alive:
            return Verdict(RunState.STOPPING, f"ended as {own.state}; waiting for the process to exit", lingers=True)
        return own
    if evidence.exit is not None:
        return _judge_exit(evidence, evidence.exit)
    if evidence.alive:
        return _judge_live(evidence, own)
    return _judge_silent(evidence, own, now)


def _own_state(evidence: Evidence) -> Verdict | None:
    """What the worker itself said: ``state.json``, or where that is torn its last line in ``attempts.jsonl``."""
    for said in (evidence.state, evidence.ended):
        if said is not None:
            return Verdict(RunState(said["state"]), str(said.get("reason") or ""))
    return None


def _judge_live(evidence: Evidence, own: Verdict | None) -> Verdict:
    steps = {
        SignalStep.KILL: "sent SIGKILL",
        SignalStep.TERM: "did not stop when asked; sent SIGTERM",
        SignalStep.ASK: "asked to stop",
    }
    for step, reason in steps.items():
        if evidence.sent(step):
            return Verdict(RunState.STOPPING, reason)
    return own or Verdict(RunState.STARTING, "waits for the worker process")


def _judge_exit(evidence: Evidence, exit_: dict[str, Any]) -> Verdict:
    if exit_.get("error"):
        return Verdict(RunState.FAILED, str(exit_["error"]))
    number, code = exit_.get("signal"), exit_.get("code")
    if number == signals.SIGKILL and evidence.sent(SignalStep.KILL):
        asked = "did not stop when asked; " if evidence.sent(SignalStep.ASK) else ""
        return Verdict(RunState.KILLED, f"{asked}killed by SIGKILL")
    if number == signals.SIGTERM and evidence.sent(SignalStep.TERM):
        return Verdict(RunState.STOPPED, "ended by our SIGTERM")
    if number is not None:
        hint = "; out of memory?" if number == signals.SIGKILL else ""
        return Verdict(RunState.FAILED, f"ended by {_signal_name(number)} that GymDash did not send{hint}")
    return Verdict(RunState.FAILED, f"exited with code {code} before its end; see the logs")


def _signal_name(number: int) -> str:
    try:
        return signals.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _judge_silent(evidence: Evidence, own: Verdict | None, now: datetime) -> Verdict:
    """Nobody lives and nobody wrote down an end."""
    started = from_iso(evidence.meta["launches"][-1]["time"])
    is_late = now - started > START_GRACE
    if evidence.sent(SignalStep.KILL):
        if own is None and not is_late:  # the launch may still come up: its worker then obeys the kill
            return Verdict(RunState.STOPPING, "sent SIGKILL")
        return Verdict(RunState.KILLED, "killed by SIGKILL; its supervisor was gone")
    if is_late:
        return Verdict(
            RunState.LOST, "neither worker nor supervisor lives, and neither wrote down how it ended", certain=False
        )
    return own or Verdict(RunState.STARTING, "waits for the worker process")


@dataclass(frozen=True)
class RunView:
    """A run as clients see it.

    Attributes:
        id: The run's UUID as text.
        name: What people call it.
        key: Key of its simulation type.
        state: Where it stands.
        reason: Why, or what it waits for; one line.
        created: When it was created.
        started: When the worker of the last attempt began, None before.
        ended: When the last attempt ended, None before.
        ran_s: Seconds that the attempts which have ended took in all; of one that goes on there is the time since
            `started` besides.
        kwargs: What was asked for.
        executor: ``{"name": ..., "options": {...}}``.
        progress: ``{"current", "total", "eta_s"}`` or None.
        attempt: Number of the last attempt; 0 before the first.
        tags: Words for finding it.
        notes: Free text.
        group: Id of its group, or None.
        parent: Id of the run that it was branched or restarted from, or None.
        last_status: The newest status, or None.
        trashed: When it was moved to the trash, None where it is not there.
        events: Times of the steps of the life cycle in this attempt, by name.
        lingers: The attempt has said how it ended, and only its process is still there.
    """

    id: str
    name: str
    key: str
    state: RunState
    reason: str
    created: datetime
    started: datetime | None
    ended: datetime | None
    kwargs: dict[str, Any]
    executor: dict[str, Any]
    progress: dict[str, Any] | None
    attempt: int
    tags: tuple[str, ...] = ()
    notes: str = ""
    group: str | None = None
    parent: str | None = None
    last_status: SimStatus | None = None
    trashed: datetime | None = None
    events: dict[str, str] = field(default_factory=dict)
    lingers: bool = False
    ran_s: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """Return the run as a JSON object with the attributes as fields, without `events` and `lingers`."""
        return {
            "id": self.id,
            "name": self.name,
            "key": self.key,
            "state": str(self.state),
            "reason": self.reason,
            "created": iso(self.created),
            "started": iso(self.started) if self.started else None,
            "ended": iso(self.ended) if self.ended else None,
            "ran_s": self.ran_s,
            "kwargs": self.kwargs,
            "executor": self.executor,
            "progress": self.progress,
            "attempt": self.attempt,
            "tags": list(self.tags),
            "notes": self.notes,
            "group": self.group,
            "parent": self.parent,
            "last_status": self.last_status.as_json() if self.last_status else None,
            "trashed": iso(self.trashed) if self.trashed else None,
        }


def judge_run(run: RunFolder) -> tuple[Verdict, Evidence]:
    """Return a run's state with its evidence; ``lost`` only after a second look."""
    evidence = gather(run)
    verdict = judge(evidence, utc_now())
    if not verdict.certain:
        evidence = gather(run)
        verdict = judge(evidence, utc_now())
    return verdict, evidence


def read_run(run: RunFolder) -> RunView:
    """Return a run as clients see it.

    Raises:
        RunNotFoundError: There is no such run, or it has just been deleted.
        CorruptFileError: A file cannot be read, or holds what nobody of us has written.
    """
    try:
        return _read_run(run)
    except _STRANGE as error:
        raise CorruptFileError(run.path, f"a file in it has strange content ({error!r})") from error


def _read_run(run: RunFolder) -> RunView:
    verdict, evidence = judge_run(run)
    config = read_json(run.config) or {}
    meta = evidence.meta
    if "created" not in meta:
        raise RunNotFoundError(run.id)
    return RunView(
        id=run.id,
        name=str(meta.get("name") or config.get("name") or ""),
        key=str(config.get("key") or ""),
        state=verdict.state,
        reason=verdict.reason,
        created=from_iso(meta["created"]),
        kwargs=dict(config.get("kwargs") or {}),
        executor=dict(config.get("executor") or {}),
        attempt=evidence.attempt,
        tags=tuple(meta.get("tags") or ()),
        notes=str(meta.get("notes") or ""),
        group=meta.get("group"),
        parent=meta.get("parent"),
        last_status=next(reversed(read_statuses(run)), None),
        trashed=_time(meta.get("trashed")),
        lingers=verdict.lingers,
        **_course(run, verdict.state, evidence),
    )


def _course(run: RunFolder, state: RunState, evidence: Evidence) -> dict[str, Any]:
    """Return the fields of a view that say how far the last attempt has come, and how long all took."""
    own = evidence.state or {}
    return {
        "started": _time(own.get("started")),
        "ended": _ended(state, evidence) if state.is_final else None,
        "progress": own.get("progress"),
        "events": dict(own.get("events") or {}),
        "ran_s": _ran_s(run, state, evidence),
    }


def _ran_s(run: RunFolder, state: RunState, evidence: Evidence) -> float:
    """Return how many seconds the attempts that are over took; of a queued run that is the last one, too."""
    last = evidence.attempt
    told = read_attempts(run, evidence.meta) if last > 1 else []
    earlier = seconds_of(each for each in told if each.attempt < last)
    is_over = last > 0 and (state.is_final or state is RunState.QUEUED)
    began = _time((evidence.state or {}).get("started"))
    return round(earlier + (seconds_between(began, _ended(state, evidence)) if is_over else 0.0), 3)


def attempts_of(run: RunFolder) -> list[Attempt]:
    """Return the attempts of a run that its worker has told of, in order, each that is over with its end.

    Where files are strange, there is what can be read all the same.
    """
    try:
        evidence = judge_run(run)[1]
        told, end = read_attempts(run, evidence.meta), _end(evidence)
    except (CorruptFileError, *_STRANGE):
        return read_attempts(run, {})
    if told and told[-1].attempt == evidence.attempt and told[-1].ended is None and end is not None:
        told[-1] = replace(told[-1], **end)
    return told


def note_end(run: RunFolder, meta: dict[str, Any]) -> None:
    """Write down at the last launch how its attempt ended, before another one takes the place of its files.

    Args:
        run: The run; its ``meta.json`` is locked.
        meta: Content of ``meta.json``, which is changed in place.
    """
    end = _end(gather(run))
    if end is not None and meta.get("launches"):
        meta["launches"][-1]["end"] = end


def _end(evidence: Evidence) -> dict[str, Any] | None:
    """How the last attempt ended, whether or not another one waits in a queue; None where it goes on."""
    verdict = judge(replace(evidence, meta={**evidence.meta, "queued": None}), utc_now())
    if evidence.attempt == 0 or not verdict.state.is_final:
        return None
    ended = _ended(verdict.state, evidence)
    return {"ended": iso(ended) if ended else None, "state": str(verdict.state), "reason": verdict.reason}


def _ended(state: RunState, evidence: Evidence) -> datetime | None:
    own, exit_ = evidence.state or evidence.ended or {}, evidence.exit or {}
    if state is RunState.STOPPED and evidence.attempt == 0:
        return evidence.signals[0].time
    last = evidence.signals[-1].time if evidence.signals else None
    return _time(own.get("ended")) or _time(exit_.get("ended")) or last or _time(own.get("updated"))


def _time(text: str | None) -> datetime | None:
    return from_iso(text) if text else None


def read_statuses(run: RunFolder) -> list[SimStatus]:
    """Return the statuses of all attempts, oldest first; a damaged line is skipped."""
    found: list[SimStatus] = []
    for _, line in read_lines(run.statuses):
        with contextlib.suppress(KeyError, ValueError, TypeError):
            found.append(SimStatus.from_json(line))
    return found
