"""Points as the API tells them, the same in an answer and in an event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gymdash_server.points.media import media_url

if TYPE_CHECKING:
    from gymdash_server.points.columns import Columns
    from gymdash_server.points.model import Answer, NewPoints, StatEntry


def points_event(run_id: str, new: NewPoints) -> dict[str, Any]:
    """Return new points as the data of an event."""
    entry = new.entry
    head = {"key": entry.key, "kind": entry.kind, "series": entry.series}
    return {**head, "from": new.begin, "to": new.end, **_body(run_id, entry, new.columns)}


def points_answer(run_id: str, answer: Answer) -> dict[str, Any]:
    """Return points as an answer of the route."""
    entry = answer.entry
    return {
        "key": entry.key,
        "kind": entry.kind,
        "series": entry.series,
        "from": answer.begin,
        "to": answer.end,
        "total": answer.total,
        "cursor": answer.cursor,
        **_body(run_id, entry, answer.columns),
    }


def _body(run_id: str, entry: StatEntry, columns: Columns) -> dict[str, Any]:
    data = columns.as_json()
    if not entry.media:
        return dict(data)
    rows = zip(data["step"], data["wall_time"], data["attempt"], data["value"], strict=True)
    return {
        "points": [
            {
                "step": step,
                "wall_time": wall_time,
                "attempt": attempt,
                "url": None if file["outside"] else media_url(run_id, file["id"]),
                "media_type": file["media_type"],
                "size": file["size"],
            }
            for step, wall_time, attempt, file in rows
        ]
    }
