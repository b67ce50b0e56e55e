"""What the index of points speaks of: stats, windows, answers, and points that are new."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gymdash_server.points.columns import ColumnFile, Columns

#: Most points of one answer that asked for no fewer.
PAGE_POINTS = 100_000
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
        cursor: Where its reader goes on.
        odd: Some of its points came from the run's own code; once another reader has some, it begins anew.
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
    odd: bool = False

    @property
    def pair(self) -> tuple[str, str]:
        """What it is found by."""
        return self.key, self.kind


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
