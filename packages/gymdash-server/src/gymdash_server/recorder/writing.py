"""Writing runs into the index: their rows, and what belongs to them, from where the last writing ended."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DataError, IntegrityError, InterfaceError, ProgrammingError
from sqlmodel import Session

from gymdash_server.db.mapping import simulation_json
from gymdash_server.db.repositories import RecordRepository, SimulationRepository
from gymdash_server.recorder.rows import (
    ENDINGS,
    Interventions,
    Offsets,
    attempt_ends,
    new_requests,
    new_statuses,
    simulation_row,
    withdraw_left_open,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from sqlalchemy import Engine

    from gymdash_core.project import RunFolder
    from gymdash_core.runview import RunView
    from gymdash_server.db.tables import ControlRequestTable, InterventionTable, SimulationTable, StatusTable
    from gymdash_server.recorder.memory import Memory
    from gymdash_server.recorder.rows import AttemptEnd


#: What a row of strange content raises, as opposed to an index that cannot be used.
STRANGE_CONTENT = (
    ValueError,
    TypeError,
    ArithmeticError,
    LookupError,
    DataError,
    IntegrityError,
    InterfaceError,
    ProgrammingError,
)


@dataclass(frozen=True)
class Change:
    """What is to be written of a run, and what that brings.

    Attributes:
        row: Its row.
        is_new: The index does not know it yet.
        is_anew: What belongs to it is read anew: forget what is there.
        tags: Its tags.
        statuses: Statuses to add.
        requests: Questions to write, with whether they are new.
        interventions: Interventions to write.
        started: The plugins are to be told of the attempt's start.
        finished: The plugins are to be told of the attempt's end.
    """

    row: SimulationTable
    is_new: bool
    is_anew: bool
    tags: Sequence[str]
    statuses: Sequence[StatusTable]
    requests: Sequence[tuple[bool, ControlRequestTable]]
    interventions: Sequence[InterventionTable]
    started: bool
    finished: bool

    @property
    def json(self) -> dict[str, Any]:
        """The run as clients see it."""
        return simulation_json(self.row, self.tags)


def write_runs(
    engine: Engine,
    memory: Memory,
    read: Sequence[tuple[RunFolder, RunView, str]],
    known: Collection[str] | None = None,
) -> list[Change]:
    """Write some runs and return what has changed.

    Args:
        engine: The index.
        memory: What is remembered of runs.
        read: Each run with how it stands, and its files before that was read.
        known: Ids of those that the index has; None looks.
    """
    with Session(engine, expire_on_commit=False) as session:
        simulations, records = SimulationRepository(session), RecordRepository(session)
        changes = []
        for run, view, mark in read:
            before = simulations.get(run.id) if known is None or run.id in known else None
            changes.append(read_change(records, before, run, view, mark))
        told = {run.id: memory.get(run.id).view for run, *_ in read} if known is None else {}
        write_changes(session, changes, told)
        session.commit()
        return changes


def read_change(
    records: RecordRepository, before: SimulationTable | None, run: RunFolder, view: RunView, mark: str
) -> Change:
    """Read what is new of a run.

    Args:
        records: What is in the index so far.
        before: Its row so far; None where there is none.
        run: The run.
        view: How it stands.
        mark: Its files before that was read.
    """
    row = simulation_row(view, mark)
    offsets = Offsets.of(before.offsets if before is not None else None)
    is_anew = not offsets.fit(run)
    if is_anew:
        offsets = Offsets()
    present = None if before is None or is_anew else records
    told = _told(before, "told_started"), _told(before, "told_finished")
    row.told_started, row.told_finished = _told_now(view, *told)
    news = {
        "started": told[0] < view.attempt == row.told_started,
        "finished": told[1] < view.attempt == row.told_finished,
    }
    statuses = list(new_statuses(run, offsets))
    ends = attempt_ends(run, view) if view.state.is_final or offsets.attempt != view.attempt else {}
    requests = _changed_requests(present, run, ends, offsets)
    interventions = _changed_interventions(present, run, ends, offsets)
    offsets.attempt = view.attempt
    row.offsets = vars(offsets)
    return Change(row, before is None, is_anew, view.tags, statuses, requests, interventions, **news)


def write_changes(session: Session, changes: Sequence[Change], told: Mapping[str, RunView | None]) -> None:
    """Write what was read of some runs; the caller commits.

    Args:
        session: A session of the index.
        changes: What was read.
        told: How runs were when they were written last, where that is remembered: tags that stay are not written.
    """
    simulations, records = SimulationRepository(session), RecordRepository(session)
    for change in changes:
        if change.is_anew:
            records.forget(change.row.id)
        simulations.save(change.row, is_new=change.is_new)
    if any(change.is_new for change in changes):
        session.flush()  # what follows refers to the rows
    for change in changes:
        seen = told.get(change.row.id)
        if change.is_new or seen is None or (seen.tags, seen.group) != (tuple(change.tags), change.row.group_id):
            simulations.describe(change.row, change.tags, is_new=change.is_new)
        records.add_statuses(change.statuses)
        records.save_requests(request for _, request in change.requests)
        records.save_interventions(change.interventions, are_new=change.is_new)


def _told(row: SimulationTable | None, name: str) -> int:
    return 0 if row is None else int(getattr(row, name))


def _told_now(view: RunView, started: int, finished: int) -> tuple[int, int]:
    """Return which attempts' start and end the plugins are told now, or need not be told."""
    has_begun = "start_run" in view.events or view.state.is_final
    if view.attempt and has_begun:
        started = max(started, view.attempt)
    if view.state.is_final and view.attempt:
        finished = max(finished, view.attempt)
    return started, finished


def _changed_requests(
    records: RecordRepository | None, run: RunFolder, ends: Mapping[int, AttemptEnd], offsets: Offsets
) -> list[tuple[bool, ControlRequestTable]]:
    """Return the questions that are new or have changed, with whether they are new; without records, all are."""
    fresh = new_requests(run, offsets)
    is_needed = records is not None and (fresh or ends)
    known = {row.id: row for row in records.requests_of(run.id)} if records is not None and is_needed else {}
    merged: dict[str, ControlRequestTable] = {**known, **{row.id: row for row in fresh}}
    changed = {row.id: row for row in [*fresh, *withdraw_left_open(list(merged.values()), ends)]}
    return [(row.id not in known, row) for row in changed.values()]


def _changed_interventions(
    records: RecordRepository | None, run: RunFolder, ends: Mapping[int, AttemptEnd], offsets: Offsets
) -> list[InterventionTable]:
    is_read = (offsets.signals, offsets.interventions) == (_size_of(run.signals), _size_of(run.interventions))
    if is_read and (records is None or not ends):
        return []
    done = Interventions(run.id)
    if records is not None:
        done.find = lambda ids: records.interventions_with(run.id, ids, ENDINGS)
    done.read(run, offsets)
    done.conclude(ends)
    return [done.rows[identity] for identity in done.changed]


def _size_of(path: Path) -> int:
    try:
        return os.stat(path).st_size  # noqa: PTH116 - the quicker call, made very often
    except OSError:
        return 0
