"""The index of one run's points: reads what is new in its stats, appends it to columns, and answers windows.

The order in which points were first read gives them their ordinals. ``index.json`` says, for each stat, the cursor
behind the last point that was read and how many records count; it is replaced after the columns were written. So a kill
leaves either both or neither, and a restart goes on with the same ordinals. A stat whose columns are not whole, or
whose cursor its reader refuses, begins anew under a new series id.

Thread safety: all methods of `PointsIndex` may be called from any thread.
"""

from __future__ import annotations

import logging
import secrets
import threading
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gymdash_core.errors import CorruptFileError, InvalidCursorError
from gymdash_core.journal import read_json, write_json
from gymdash_core.stat_tags import SCALARS
from gymdash_core.stats.kinds import StatPoint
from gymdash_core.stats.media_index import MediaIndexStat
from gymdash_core.stats.reader import RunStats
from gymdash_core.stats.streamer import resolve_kind
from gymdash_server.points.columns import ColumnFile, Columns
from gymdash_server.points.downsample import pick_evenly, pick_extremes
from gymdash_server.points.media import media_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gymdash_core.project import RunFolder
    from gymdash_core.stats.stat import StreamableStat

logger = logging.getLogger(__name__)

#: Most points of one answer or event that asked for no fewer.
PAGE_POINTS = 100_000
EVENT_POINTS = 1000
_READ_POINTS = 20_000
_INDEX = "index.json"


@dataclass
class StatEntry:
    """What is known of a stat.

    Attributes:
        key: Name of the stat.
        kind: Its kind.
        streamer: Name of the streamer that gives it.
        series: Id of this sequence of ordinals.
        file: Name of its column files, without ending.
        media: Whether its points are files.
        count: How many points were read.
        payload_bytes: How much of its values file counts.
        cursor: Where its reader goes on.
    """

    key: str
    kind: str
    streamer: str
    series: str
    file: str
    media: bool = False
    count: int = 0
    payload_bytes: int = 0
    cursor: str | None = None


@dataclass(frozen=True)
class NewPoints:
    """Points that were read for the first time, in file order.

    Attributes:
        entry: The stat.
        begin: Ordinal of the first.
        columns: The points.
    """

    entry: StatEntry
    begin: int
    columns: Columns


@dataclass(frozen=True)
class Window:
    """Which points an answer holds.

    Attributes:
        key: Name of the stat.
        kind: Its kind; None where the key is unique.
        cursor: Series and ordinal to begin at; None begins at the first point.
        start: Lowest step; None has no bound.
        end: Highest step; None has no bound.
        max_points: Most points, thinned so that extremes stay; None pages through all.
    """

    key: str
    kind: str | None = None
    cursor: str | None = None
    start: int | None = None
    end: int | None = None
    max_points: int | None = None


@dataclass(frozen=True)
class Answer:
    """Points of a window.

    Attributes:
        entry: The stat.
        begin: First ordinal that was scanned.
        end: Ordinal behind the last that was scanned.
        total: How many points of the stat are in the window.
        columns: The points.
    """

    entry: StatEntry
    begin: int
    end: int
    total: int
    columns: Columns

    @property
    def cursor(self) -> str:
        """Where the next answer begins."""
        return f"{self.entry.series}.{self.end}"


class PointsIndex:
    """The points of one run.

    Args:
        folder: Where the index keeps its files.
        run: The run.
        open_stats: Makes the reader of the run's stats.
    """

    def __init__(self, folder: Path, run: RunFolder, open_stats: Callable[[RunFolder], RunStats]) -> None:
        self._folder = folder
        self._run = run
        self._open_stats = open_stats
        self._lock = threading.RLock()
        self._stats: RunStats | None = None
        self._readers: dict[tuple[str, str], StreamableStat] = {}
        self._entries: dict[tuple[str, str], StatEntry] = {}
        self._files: dict[tuple[str, str], ColumnFile] = {}
        self.complete_attempt = 0
        self._load()

    # --- writing ---------------------------------------------------------------------------------------------------

    def update(self, told: Callable[[NewPoints], None] = lambda _: None, *, complete: int = 0) -> bool:
        """Read what is new in all stats.

        Args:
            told: Told the new points, at most `EVENT_POINTS` at a time, once they are committed.
            complete: The attempt that has ended, all of whose points are there to be read; 0 while it lives.

        Returns:
            Whether there was anything new.

        Raises:
            OSError: The index cannot be written.
        """
        with self._lock:
            stats = self._reader()
            stats.refresh()
            pairs = stats.keys()
            grown = [self._read_stat(key, kind) for key, kind in pairs]
            changed = [item for item in grown if item is not None]
            if changed or complete > self.complete_attempt:
                self.complete_attempt = max(complete, self.complete_attempt)
                self._save()
            for entry, begin in changed:
                for at in range(begin, entry.count, EVENT_POINTS):
                    columns = self._files[entry.key, entry.kind].read(at, at + EVENT_POINTS)
                    told(NewPoints(entry, at, columns))
            return bool(changed)

    def add_odd(self, key: str, kind: str, points: list[StatPoint], streamer: str) -> None:
        """Take in all points of a stat that only the run's own code could read, where there is more than before.

        Raises:
            OSError: The index cannot be written.
        """
        with self._lock:
            entry, file = self._entry(key, kind, streamer)
            if len(points) > entry.count:
                self._append(entry, file, points[entry.count :])
                self._save()

    def _read_stat(self, key: str, kind: str) -> tuple[StatEntry, int] | None:
        """Append what is new of a stat; return it with the ordinal of its first new point."""
        reader = self._reader_of(key, kind)
        known = self._entries.get((key, kind))
        streamer = self._reader().streamer_of(key, kind) if known is None else known.streamer
        entry, file = self._entry(key, kind, streamer)
        begin = entry.count
        while True:
            try:
                points, values, cursor = _read_some(reader, entry.cursor)
            except InvalidCursorError:
                logger.warning("run %s: stat %r begins anew", self._run.id, key)
                entry, file = self._renew(entry)
                begin = 0
                continue
            except Exception:  # a streamer is a plugin's code: its stat waits, the others go on
                logger.exception("run %s: stat %r cannot be read", self._run.id, key)
                break
            if points:
                self._append(entry, file, points, values)
            entry.cursor = cursor
            if len(points) < _READ_POINTS:
                break
        return (entry, begin) if entry.count > begin else None

    def _append(
        self, entry: StatEntry, file: ColumnFile, points: list[StatPoint], values: list[Any] | None = None
    ) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        file.append(points, values)
        entry.count, entry.payload_bytes = file.count, file.payload_bytes

    def _reader(self) -> RunStats:
        if self._stats is None:
            self._stats = self._open_stats(self._run)
        return self._stats

    def _reader_of(self, key: str, kind: str) -> StreamableStat:
        if (key, kind) not in self._readers:
            self._readers[key, kind] = self._reader().stat(key, kind)
        return self._readers[key, kind]

    def _entry(self, key: str, kind: str, streamer: str) -> tuple[StatEntry, ColumnFile]:
        entry = self._entries.get((key, kind))
        if entry is None:
            is_media = isinstance(self._readers.get((key, kind)), MediaIndexStat)
            name = f"{len(self._entries):04d}-{secrets.token_hex(3)}"
            entry = StatEntry(key, kind, streamer, secrets.token_hex(6), name, is_media)
            self._entries[key, kind] = entry
        return entry, self._files.setdefault((key, kind), self._open(entry))

    def _renew(self, old: StatEntry) -> tuple[StatEntry, ColumnFile]:
        del self._entries[old.key, old.kind], self._files[old.key, old.kind]
        return self._entry(old.key, old.kind, old.streamer)

    def _open(self, entry: StatEntry) -> ColumnFile:
        path = self._folder / entry.file
        return ColumnFile(path, scalar=entry.kind == SCALARS, count=entry.count, payload_bytes=entry.payload_bytes)

    def _load(self) -> None:
        try:
            data = read_json(self._folder / _INDEX) or {}
            entries = [StatEntry(**item) for item in data.get("stats", ())]
        except (CorruptFileError, TypeError) as error:
            logger.warning("run %s: its index of points begins anew: %s", self._run.id, error)
            return
        for entry in entries:
            file = self._open(entry)
            if file.is_whole():
                self._entries[entry.key, entry.kind], self._files[entry.key, entry.kind] = entry, file
        self.complete_attempt = int(data.get("complete", 0)) if len(self._entries) == len(entries) else 0

    def _save(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        stats = [asdict(entry) for entry in self._entries.values()]
        write_json(self._folder / _INDEX, {"version": 1, "complete": self.complete_attempt, "stats": stats})

    # --- reading ---------------------------------------------------------------------------------------------------

    @property
    def problems(self) -> dict[str, str]:
        """For each streamer that cannot be read here, why."""
        with self._lock:
            return self._reader().problems

    def lacks_media(self, attempt: int) -> bool:
        """Return whether media files of an ended attempt may be missing from the run's own index."""
        with self._lock:
            return not self._reader().is_media_indexed(attempt)

    def stats(self) -> list[dict[str, Any]]:
        """Return what stats there are, as JSON objects."""
        with self._lock:
            return [self._stat_json(entry) for entry in self._entries.values()]

    def _stat_json(self, entry: StatEntry) -> dict[str, Any]:
        file = self._files[entry.key, entry.kind]
        first, last = file.read(0, 1), file.last()
        return {
            "key": entry.key,
            "kind": entry.kind,
            "streamer": entry.streamer,
            "count": entry.count,
            "first_step": int(first.step[0]) if len(first) else None,
            "last_step": int(last.step[0]) if len(last) else None,
            "last_wall_time": float(last.wall_time[0]) if len(last) else None,
            "last_value": None if entry.kind != SCALARS or not len(last) else last.as_json()["value"][0],
            "series": entry.series,
        }

    def answer(self, window: Window) -> Answer:
        """Return the points of a window.

        Raises:
            UnknownStatError: There is no such stat, or the key exists in several kinds.
            InvalidCursorError: The cursor is of another series, or none.
        """
        with self._lock:
            kind = resolve_kind(self._entries, window.key, window.kind)
            entry, file = self._entries[window.key, kind], self._files[window.key, kind]
            begin = _begin(entry, window.cursor)
            inside = self._inside(file, window)
            total = file.count if inside is None else len(inside)
            if window.max_points is None:
                end = min(file.count, begin + PAGE_POINTS)
                chosen = np.arange(begin, end) if inside is None else inside[(inside >= begin) & (inside < end)]
            else:
                end = file.count
                chosen = np.arange(begin, end) if inside is None else inside[inside >= begin]
                chosen = chosen[self._thin(entry, file, chosen, window.max_points)]
            return Answer(entry, begin, end, total, file.take(chosen))

    @staticmethod
    def _inside(file: ColumnFile, window: Window) -> Any:
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

    @staticmethod
    def _thin(entry: StatEntry, file: ColumnFile, chosen: Any, limit: int) -> Any:
        if len(chosen) <= limit:
            return np.arange(len(chosen))
        if entry.kind == SCALARS:
            return pick_extremes(file.values()[chosen], limit)
        return pick_evenly(len(chosen), limit)


def _begin(entry: StatEntry, cursor: str | None) -> int:
    if cursor is None:
        return 0
    series, dot, ordinal = cursor.partition(".")
    fits = dot and ordinal.isascii() and ordinal.isdigit() and len(ordinal) < len(str(1 << 62))
    if not fits or series != entry.series or int(ordinal) > entry.count:
        raise InvalidCursorError(cursor)
    return int(ordinal)


def _read_some(reader: StreamableStat, cursor: str | None) -> tuple[list[StatPoint], list[Any] | None, str]:
    """Return points behind a cursor, what their values are in the index where not their own, and the next cursor."""
    if isinstance(reader, MediaIndexStat):
        entries, following = reader.read_entries(cursor, _READ_POINTS)
        return [entry.point for entry in entries], [media_json(entry) for entry in entries], following
    points, following = reader.read(cursor, _READ_POINTS)
    return points, None, following
