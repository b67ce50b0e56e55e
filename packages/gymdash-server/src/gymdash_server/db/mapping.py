"""Mapping: how rows of the index become what clients see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gymdash_server.db.tables import ControlRequestTable, InterventionTable, SimulationTable, StatusTable


def simulation_json(row: SimulationTable, tags: Sequence[str]) -> dict[str, Any]:
    """Return a run as clients see it."""
    return {
        "id": row.id,
        "name": row.name,
        "key": row.key,
        "state": row.state,
        "reason": row.reason,
        "created": row.created,
        "started": row.started,
        "ended": row.ended,
        "ran_s": row.ran_s,
        "kwargs": row.kwargs,
        "executor": row.executor,
        "progress": row.progress,
        "attempt": row.attempt,
        "tags": list(tags),
        "notes": row.notes,
        "group": row.group_id,
        "parent": row.parent,
        "last_status": row.last_status,
        "trashed": row.trashed,
    }


def status_json(row: StatusTable) -> dict[str, Any]:
    """Return a status as clients see it."""
    return {
        "time": row.time,
        "code": row.code,
        "subcode": row.subcode,
        "details": row.details,
        "error_trace": row.error_trace,
        "attempt": row.attempt,
    }


def request_json(row: ControlRequestTable) -> dict[str, Any]:
    """Return a question as clients see it."""
    return {
        "id": row.id,
        "simulation_id": row.simulation_id,
        "channel": row.channel,
        "details": row.details,
        "subkeys": row.subkeys or [],
        "schema": row.answer_schema,
        "media": row.media or [],
        "created": row.created,
        "state": row.state,
        "answered": row.answered,
        "answer": row.answer,
        "by": row.answered_by,
        "reason": row.reason,
        "attempt": row.attempt,
    }


def intervention_json(row: InterventionTable) -> dict[str, Any]:
    """Return an intervention as clients see it."""
    return {
        "id": row.id,
        "time": row.time,
        "attempt": row.attempt,
        "step": row.step,
        "event": row.event,
        "channel": row.channel,
        "kind": row.kind,
        "value": row.value,
        "by": row.done_by,
        "outcome": row.outcome,
        "acknowledged": row.acknowledged,
        "acknowledged_step": row.acknowledged_step,
        "answer": row.answer,
    }
