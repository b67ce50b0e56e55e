"""Points as the client hands them over: pages put together, numbers that JSON has not made numbers again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gymdash_core.stat_tags import SCALARS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gymdash_server.schemas.data import PointsRead

_COLUMNS = ("step", "wall_time", "attempt", "value", "points")
_NAMES = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}


def has_more(parts: Sequence[PointsRead], *, is_whole: bool) -> bool:
    """Return whether there may be more points behind some consecutive answers.

    Args:
        parts: The answers.
        is_whole: They are of all steps: then the last ordinal is known.
    """
    last, total = parts[-1], parts[0].total
    return last.to > last.from_ and not (is_whole and last.to >= total)


def joined(parts: Sequence[PointsRead]) -> PointsRead:
    """Return consecutive answers as one."""
    first, last = parts[0], parts[-1]
    columns: dict[str, Any] = {}
    for name in _COLUMNS:
        if getattr(first, name) is not None:
            columns[name] = [item for part in parts for item in getattr(part, name)]
    return first.model_copy(update={"to": last.to, "total": last.total, "cursor": last.cursor, **columns})


def numbers(points: PointsRead) -> PointsRead:
    """Return an answer in which the names of non-finite floats are floats, where its values are numbers."""
    changed = {"wall_time": _floats(points.wall_time)}
    if points.kind == SCALARS:
        changed["value"] = _floats(points.value)
    return points.model_copy(update={name: column for name, column in changed.items() if column is not None})


def _floats(column: Sequence[Any] | None) -> list[Any] | None:
    if column is None:
        return None
    return [_NAMES.get(item, item) if isinstance(item, str) else item for item in column]
