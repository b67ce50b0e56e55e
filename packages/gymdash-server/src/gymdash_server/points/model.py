"""What the index of points speaks of: stats, windows, answers, and points that are new."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from gymdash_core.stat_tags import SCALARS

if TYPE_CHECKING:
    from gymdash_core.stats.reader import StatSource
    from gymdash_server.points.columns import ColumnFile, Columns

#: Most points of one answer that asked for no fewer, and about how many bytes the values of any answer take.
PAGE_POINTS = 100_000
PAGE_BYTES = 16 << 20
#: Most points of one event, and about how many bytes their values take: only a single point is larger.
EVENT_POINTS = 1000
EVENT_BYTES = 256 << 10


@dataclass(frozen=True)
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
        checks: CRC-32 of the records that count, and of what counts of its values file.
        cursor: Where its reader goes on.
        odd: Some of its points came from the run's own code; once another reader has some, it begins anew.
        own: Key and kind that the streamer knows it by.
        attached: Whether nobody registered that streamer.
    """

    key: str
    kind: str
    streamer: str
    series: str
    file: str
    media: bool = False
    count: int = 0
    payload_bytes: int = 0
    checks: tuple[int, int] = (0, 0)
    cursor: str | None = None
    odd: bool = False
    own: tuple[str, str] | None = None
    attached: bool = False

    @classmethod
    def of(cls, key: str, kind: str, source: StatSource) -> StatEntry:
        """Return the entry of a stat of which nothing was read yet."""
        series, file = secrets.token_hex(6), secrets.token_hex(6)
        return cls(key, kind, source.streamer, series, file, own=source.own, attached=source.attached)

    @property
    def pair(self) -> tuple[str, str]:
        """What it is found by."""
        return self.key, self.kind

    def is_of(self, source: StatSource) -> bool:
        """Return whether its cursor is of that stat: a streamer may have several that come to be called so."""
        mine = (self.streamer, self.own or self.pair, self.attached)
        return mine == (source.streamer, source.own, source.attached)

    def anew(self) -> StatEntry:
        """Return the entry of the same stat, of which nothing counts as read."""
        series, file = secrets.token_hex(6), secrets.token_hex(6)
        return StatEntry(self.key, self.kind, self.streamer, series, file, own=self.own, attached=self.attached)


@dataclass(frozen=True)
class Shown:
    """A stat as readers see it: as it was committed last.

    Attributes:
        entry: The stat.
        file: Where its points are.
    """

    entry: StatEntry
    file: ColumnFile

    def as_json(self) -> dict[str, Any]:
        """Return the stat as clients see it."""
        entry = self.entry
        first, last = self.file.read(0, 1), self.file.last()
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


@dataclass(frozen=True)
class NewPoints:
    """Points that nobody was told yet, in file order; at most `EVENT_POINTS` and about `EVENT_BYTES`.

    Attributes:
        entry: The stat.
        begin: Ordinal of the first.
        end: Ordinal behind the last.
        file: Where they are.
    """

    entry: StatEntry
    begin: int
    end: int
    file: ColumnFile

    @cached_property
    def columns(self) -> Columns:
        """The points, read when they are asked for."""
        return self.file.read(self.begin, self.end)


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
