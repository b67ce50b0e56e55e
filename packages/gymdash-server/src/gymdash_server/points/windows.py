"""From a window to the points in it. Pure but for reading columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gymdash_core.errors import InvalidCursorError
from gymdash_core.stat_tags import SCALARS
from gymdash_server.points.columns import how_many_fit
from gymdash_server.points.downsample import pick_evenly, pick_extremes
from gymdash_server.points.model import PAGE_BYTES, PAGE_POINTS, Answer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gymdash_server.points.columns import ColumnFile, Columns
    from gymdash_server.points.model import StatEntry, Window

_FEWEST = 2  # the first and the last


def answer_window(entry: StatEntry, file: ColumnFile, window: Window) -> Answer:
    """Return the points of a window.

    Raises:
        InvalidCursorError: The cursor is of another series, or none.
    """
    begin = _begin(entry, window.cursor)
    inside = _inside(file, window)
    total = file.count if inside is None else len(inside)
    if window.max_points is not None:
        chosen = np.arange(begin, file.count) if inside is None else _between(inside, begin, file.count)
        chosen = _thinned(entry, file, chosen, window.max_points)
        return Answer(entry, begin, file.count, total, _columns(file, chosen))
    end = min(file.count, begin + PAGE_POINTS)
    if inside is None:
        end = file.fitting(begin, end, PAGE_BYTES)
        return Answer(entry, begin, end, total, file.read(begin, end))
    chosen = _between(inside, begin, end)
    fit = how_many_fit(file.lengths(chosen), PAGE_BYTES)
    if fit < len(chosen):
        chosen, end = chosen[:fit], int(chosen[fit])
    return Answer(entry, begin, end, total, _columns(file, chosen))


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


def _between(inside: NDArray[np.intp], begin: int, end: int) -> NDArray[np.intp]:
    low, high = np.searchsorted(inside, [begin, end])
    return inside[low:high]


def _thinned(entry: StatEntry, file: ColumnFile, chosen: NDArray[np.intp], limit: int) -> NDArray[np.intp]:
    """Return at most `limit` of some ordinals, and fewer where their values are large."""
    if entry.kind == SCALARS:
        return chosen if len(chosen) <= limit else chosen[pick_extremes(file.values()[chosen], limit)]
    chosen = chosen[pick_evenly(len(chosen), limit)]
    while len(chosen) > _FEWEST and (size := int(file.lengths(chosen).sum())) > PAGE_BYTES:
        chosen = chosen[pick_evenly(len(chosen), max(_FEWEST, len(chosen) * PAGE_BYTES // size))]
    return chosen


def _columns(file: ColumnFile, chosen: NDArray[np.intp]) -> Columns:
    """Return the points at increasing ordinals."""
    if not len(chosen):
        return file.read(0, 0)
    begin, end = int(chosen[0]), int(chosen[-1]) + 1
    return file.read(begin, end) if end - begin == len(chosen) else file.take(chosen)
