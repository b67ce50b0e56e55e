"""From a window to the points in it. Pure but for reading columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gymdash_core.errors import InvalidCursorError
from gymdash_core.stat_tags import SCALARS
from gymdash_server.points.downsample import pick_evenly, pick_extremes
from gymdash_server.points.model import PAGE_POINTS, Answer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gymdash_server.points.columns import ColumnFile
    from gymdash_server.points.model import StatEntry, Window


def answer_window(entry: StatEntry, file: ColumnFile, window: Window) -> Answer:
    """Return the points of a window.

    Raises:
        InvalidCursorError: The cursor is of another series, or none.
    """
    begin = _begin(entry, window.cursor)
    inside = _inside(file, window)
    total = file.count if inside is None else len(inside)
    end = file.count if window.max_points is not None else min(file.count, begin + PAGE_POINTS)
    if inside is None:
        chosen = np.arange(begin, end)
    else:
        low, high = np.searchsorted(inside, [begin, end])
        chosen = inside[low:high]
    if window.max_points is not None and len(chosen) > window.max_points:
        chosen = chosen[_thin(entry, file, chosen, window.max_points)]
    elif len(chosen) == end - begin:
        return Answer(entry, begin, end, total, file.read(begin, end))
    return Answer(entry, begin, end, total, file.take(chosen))


def _begin(entry: StatEntry, cursor: str | None) -> int:
    if cursor is None:
        return 0
    series, dot, ordinal = cursor.partition(".")
    fits = dot and ordinal.isascii() and ordinal.isdigit() and len(ordinal) < len(str(1 << 62))
    if not fits or series != entry.series or int(ordinal) > entry.count:
        raise InvalidCursorError(cursor)
    return int(ordinal)


def _inside(file: ColumnFile, window: Window) -> NDArray[np.intp] | None:
    """Return the ordinals whose steps are in the window, or None for all."""
    if window.start is None and window.end is None:
        return None
    steps = file.steps()
    mask = np.ones(len(steps), bool)
    if window.start is not None:
        mask &= steps >= window.start
    if window.end is not None:
        mask &= steps <= window.end
    return np.flatnonzero(mask)


def _thin(entry: StatEntry, file: ColumnFile, chosen: NDArray[np.intp], limit: int) -> NDArray[np.intp]:
    if entry.kind == SCALARS:
        return pick_extremes(file.values()[chosen], limit)
    return pick_evenly(len(chosen), limit)
