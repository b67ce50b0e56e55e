"""From a run's files to rows of the index. Pure but for reading those files; the same files give the same rows."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gymdash_core.attempts import signalled_end
from gymdash_core.interaction.requests import ControlRequest
from gymdash_core.journal import read_lines
from gymdash_core.status import RunState, SimStatus, iso
from gymdash_server.db.tables import ControlRequestTable, InterventionTable, SimulationTable, StatusTable
from gymdash_server.jsonvalues import finite
from gymdash_server.points.media import question_media

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from gymdash_core.project import RunFolder
    from gymdash_core.runview import RunView

logger = logging.getLogger(__name__)

#: What the index calls each kind of question to a channel.
_ASKED = {"control": "control", "action": "action", "query": "query"}
#: Events that say what became of an earlier one.
_OUTCOMES = frozenset({"answered", "refused", "late", "expired", "pending", "ended"})
_SIGNALS = {"ask": "stop", "term": "sigterm", "kill": "kill"}
#: How a run is ended from outside.
ENDINGS = frozenset(_SIGNALS.values())


def fingerprint(run: RunFolder) -> str:
    """Return sizes and times of the files that a row is made from; the same text means the same files."""
    files = (run.meta, run.state, run.exit, run.signals, run.attempts, run.statuses, run.requests, run.interventions)
    return ";".join(map(_mark, files))


def _mark(path: Path) -> str:
    try:
        status = os.stat(path)  # noqa: PTH116 - the quicker call, made very often
    except OSError:
        return "-"
    return f"{status.st_ino}.{status.st_size}.{status.st_mtime_ns}"


def simulation_row(view: RunView, mark: str) -> SimulationTable:
    """Return the row of a run, without what only the index knows."""
    data = finite(view.as_json())
    names = ("id", "name", "key", "state", "reason", "created", "started", "ended", "kwargs", "executor", "progress")
    more = ("ran_s", "attempt", "notes", "parent", "last_status", "trashed")
    return SimulationTable(**{name: data[name] for name in (*names, *more)}, group_id=data["group"], fingerprint=mark)


@dataclass
class Offsets:
    """How far a run's line files were read.

    Attributes:
        statuses: Bytes of ``statuses.jsonl``.
        places: How many statuses there were.
        requests: Bytes of ``requests.jsonl``.
        interventions: Bytes of ``interventions.jsonl``.
        signals: Bytes of ``signals.jsonl``.
        attempt: The attempt that there was then.
    """

    statuses: int = 0
    places: int = 0
    requests: int = 0
    interventions: int = 0
    signals: int = 0
    attempt: int = 0

    @classmethod
    def of(cls, data: dict[str, int] | None) -> Offsets:
        """Return what a row holds."""
        return cls(**{name: int(value) for name, value in (data or {}).items() if name in cls.__dataclass_fields__})

    def fit(self, run: RunFolder) -> bool:
        """Return whether the files are at least as long: none was replaced."""
        pairs = (
            (run.statuses, self.statuses),
            (run.requests, self.requests),
            (run.interventions, self.interventions),
            (run.signals, self.signals),
        )
        return all(offset <= _size(path) for path, offset in pairs)


def _size(path: Path) -> int:
    try:
        return os.stat(path).st_size  # noqa: PTH116 - as above
    except OSError:
        return 0


def new_statuses(run: RunFolder, offsets: Offsets) -> Iterator[StatusTable]:
    """Yield the statuses that are new, and move the offsets."""
    for end, line in read_lines(run.statuses, offsets.statuses):
        offsets.statuses = end
        try:
            status, attempt = SimStatus.from_json(line).as_json(), int(line.get("attempt", 1))
        except (KeyError, ValueError, TypeError):
            continue
        yield StatusTable(simulation_id=run.id, place=offsets.places, attempt=attempt, **finite(status))
        offsets.places += 1


def new_requests(run: RunFolder, offsets: Offsets) -> list[ControlRequestTable]:
    """Return the questions that are new or have changed, and move the offsets."""
    found: dict[str, ControlRequest] = {}
    for end, line in read_lines(run.requests, offsets.requests):
        offsets.requests = end
        try:
            request = ControlRequest.from_json(line)
        except (KeyError, ValueError, TypeError):
            continue
        found[request.id] = request
    return [_request_row(run, request) for request in found.values()]


def _request_row(run: RunFolder, request: ControlRequest) -> ControlRequestTable:
    data = finite(request.as_json())
    names = ("id", "channel", "details", "subkeys", "created", "state", "answered", "answer", "reason", "attempt")
    return ControlRequestTable(
        **{name: data[name] for name in names},
        simulation_id=run.id,
        answer_schema=data["schema"],
        answered_by=data["by"],
        media=question_media(run, list(request.media)),
    )


@dataclass(frozen=True)
class AttemptEnd:
    """How an attempt ended.

    Attributes:
        state: Its final state.
        time: When, or None where nobody has said.
    """

    state: str
    time: str | None


def attempt_ends(run: RunFolder, view: RunView) -> dict[int, AttemptEnd]:
    """Return how each attempt that is over ended, by its number.

    From what outlives the next attempt alone, so that an index made anew says the same: the worker's last words, else
    the hardest signal that was sent to it.
    """
    said = {
        line["attempt"]: AttemptEnd(str(line.get("state")), str(line.get("time")))
        for _, line in read_lines(run.attempts)
        if line.get("event") == "ended" and isinstance(line.get("attempt"), int)
    }
    over = range(1, view.attempt + view.state.is_final)
    return {number: said.get(number) or _silent_end(run, number) for number in over}


def _silent_end(run: RunFolder, attempt: int) -> AttemptEnd:
    end = signalled_end(run, attempt)
    return AttemptEnd(str(RunState.FAILED), None) if end is None else AttemptEnd(str(end[0]), iso(end[1]))


def withdraw_left_open(rows: list[ControlRequestTable], ends: Mapping[int, AttemptEnd]) -> list[ControlRequestTable]:
    """Close, in place, the questions that nobody will answer since their attempt has ended; return those."""
    left = [row for row in rows if row.state == "open" and row.attempt in ends]
    for row in left:
        row.state, row.reason, row.answered = "withdrawn", "the run ended", ends[row.attempt].time
    return left


@dataclass
class Interventions:
    """What was done to a run, put together from lines that say what was asked and what became of it.

    Attributes:
        run_id: The run.
        find: Returns the rows with some ids, and those of ends that are still open, as they were written before.
        rows: Rows by id, of those what was needed and those that have changed.
        changed: Ids of the rows that are new or have changed.
    """

    run_id: str
    find: Callable[[Sequence[str]], Iterable[InterventionTable]] = lambda _: ()
    rows: dict[str, InterventionTable] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)

    def read(self, run: RunFolder, offsets: Offsets) -> None:
        """Take in the lines that are new, and move the offsets."""
        # A signal is on the disk before what it brings about: read in this order, none of the two is without the other.
        lines = [(end, finite(line)) for end, line in read_lines(run.interventions, offsets.interventions)]
        signals = list(read_lines(run.signals, offsets.signals))
        acknowledged = {str(line.get("id")) for _, line in lines if str(line.get("event")) in _OUTCOMES}
        self.rows.update({row.id: row for row in self.find(sorted(acknowledged))})
        for end, line in signals:
            self._take(self._signal, line, offsets.signals)
            offsets.signals = end
        for end, line in lines:
            self._take(self._intervention, line, offsets.interventions)
            offsets.interventions = end

    def _take(self, take: Callable[[dict[str, Any], int], None], line: dict[str, Any], offset: int) -> None:
        try:
            take(line, offset)
        except (TypeError, ValueError) as error:  # a damaged line: the others count
            logger.warning("run %s: a line of what was done to it is left out: %s", self.run_id, error)

    def conclude(self, ends: Mapping[int, AttemptEnd]) -> None:
        """Say of each attempt to end a run how the run ended."""
        for row in self.rows.values():
            if row.event in ENDINGS and row.attempt in ends and row.outcome in {None, "accepted"}:
                row.outcome, row.acknowledged = ends[row.attempt].state, row.acknowledged or ends[row.attempt].time
                self.changed.add(row.id)

    def _signal(self, line: dict[str, Any], offset: int) -> None:
        event = _SIGNALS.get(str(line.get("step")))
        if event is not None:
            details = {name: line[name] for name in ("grace_s", "save") if name in line}
            self._add(f"signal-{offset}", event, line, value=details or None)

    def _intervention(self, line: dict[str, Any], offset: int) -> None:
        event = str(line.get("event"))
        if event == "asked":
            self._add(str(line.get("id")), _ASKED.get(str(line.get("kind")), "query"), line, value=line.get("value"))
        elif event in _OUTCOMES:
            self._acknowledge(str(line.get("id")), event, line)
        elif event == "stop":
            self._accept_stop(line, offset)
        elif event == "answer":
            row = self._add(f"answer-{line.get('id')}", event, line, value=line.get("value"))
            row.outcome, row.acknowledged, row.acknowledged_step = "answered", row.time, row.step
        else:
            row = self._add(f"{event}-{offset}", event, line, value=None)
            row.outcome, row.acknowledged, row.acknowledged_step = "accepted", row.time, row.step

    def _add(self, identity: str, event: str, line: dict[str, Any], *, value: Any) -> InterventionTable:
        row = InterventionTable(
            simulation_id=self.run_id,
            id=identity,
            time=str(line.get("time")),
            attempt=int(line.get("attempt") or 0),
            step=line.get("step") if isinstance(line.get("step"), int) else None,
            event=event,
            channel=line.get("channel"),
            kind=line.get("kind"),
            value=value,
            done_by=str(line.get("by") or ""),
        )
        self.rows[identity] = row
        self.changed.add(identity)
        return row

    def _acknowledge(self, identity: str, outcome: str, line: dict[str, Any]) -> None:
        row = self.rows.get(identity)
        if row is None:
            return
        row.outcome = outcome
        if outcome != "pending":
            row.acknowledged, row.acknowledged_step = str(line.get("time")), line.get("step")
            row.answer = line.get("value")
        self.changed.add(identity)

    def _accept_stop(self, line: dict[str, Any], offset: int) -> None:
        """The worker has taken a stop: it acknowledges those that were written down before."""
        attempt, time = int(line.get("attempt") or 0), str(line.get("time"))
        waiting = [
            row
            for row in self.rows.values()
            if row.event == "stop" and row.attempt == attempt and row.outcome is None and row.time <= time
        ]
        for row in waiting or [self._add(f"stop-{offset}", "stop", line, value={"save": bool(line.get("save"))})]:
            row.outcome, row.acknowledged, row.acknowledged_step = "accepted", time, line.get("step")
            self.changed.add(row.id)
