"""Writing one run into the index: its row, and what belongs to it, from where the last writing ended."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gymdash_server.db.repositories import RecordRepository, SimulationRepository, request_json, simulation_json
from gymdash_server.recorder.rows import (
    ENDINGS,
    Interventions,
    Offsets,
    new_requests,
    new_statuses,
    simulation_row,
    withdraw_left_open,
)

if TYPE_CHECKING:
    from pathlib import Path

    from sqlmodel import Session

    from gymdash_core.project import RunFolder
    from gymdash_core.runview import RunView
    from gymdash_server.db.tables import ControlRequestTable, SimulationTable


@dataclass(frozen=True)
class Change:
    """What a writing has brought.

    Attributes:
        json: The run as clients see it.
        requests: Questions that are new or have changed, with whether they are new.
        started: The plugins are to be told of the attempt's start.
        finished: The plugins are to be told of the attempt's end.
    """

    json: dict[str, Any]
    requests: list[tuple[bool, dict[str, Any]]]
    started: bool
    finished: bool


def write_run(session: Session, run: RunFolder, view: RunView, mark: str, *, quiet: bool) -> Change:
    """Write what is new of a run; the caller commits.

    Args:
        session: A session of the index.
        run: The run.
        view: How it stands.
        mark: Its files before that was read.
        quiet: What is new is not told to plugins.
    """
    simulations, records = SimulationRepository(session), RecordRepository(session)
    before = simulations.get(run.id)
    row = simulation_row(view, mark)
    offsets = Offsets.of(before.offsets if before is not None else None)
    if not offsets.fit(run):
        records.forget(run.id)
        offsets = Offsets()
    told = (_told(before, "told_started"), _told(before, "told_finished"))
    row.told_started, row.told_finished = _told_now(view, *told)
    row.offsets = None if before is None else before.offsets
    if before is None:
        simulations.save(row, view.tags)
        session.flush()  # what follows refers to it
    records.add_statuses(new_statuses(run, offsets))
    asked = _write_requests(records, run, view, offsets)
    _write_interventions(records, run, view, offsets)
    row.offsets = vars(offsets)
    simulations.save(row, view.tags)
    started = not quiet and told[0] < view.attempt == row.told_started
    finished = not quiet and told[1] < view.attempt == row.told_finished
    return Change(simulation_json(row, view.tags), asked, started=started, finished=finished)


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


def _write_requests(
    records: RecordRepository, run: RunFolder, view: RunView, offsets: Offsets
) -> list[tuple[bool, dict[str, Any]]]:
    """Write the questions that are new or have changed; return them with whether they are new."""
    fresh = new_requests(run, offsets)
    known = {row.id: row for row in records.requests_of(run.id)} if fresh or not view.state.is_live else {}
    merged: dict[str, ControlRequestTable] = {**known, **{row.id: row for row in fresh}}
    changed = {row.id: row for row in [*fresh, *withdraw_left_open(list(merged.values()), view)]}
    records.save_requests(changed.values())
    return [(row.id not in known, request_json(row)) for row in changed.values()]


def _write_interventions(records: RecordRepository, run: RunFolder, view: RunView, offsets: Offsets) -> None:
    is_read = (offsets.signals, offsets.interventions) == (_size_of(run.signals), _size_of(run.interventions))
    if is_read and not view.state.is_final:
        return
    done = Interventions(run.id, lambda ids: records.interventions_with(run.id, ids, ENDINGS))
    done.read(run, offsets)
    done.conclude(view)
    for identity in done.changed:
        records.save_intervention(done.rows[identity])


def _size_of(path: Path) -> int:
    try:
        return os.stat(path).st_size  # noqa: PTH116 - the quicker call, made very often
    except OSError:
        return 0
