"""What every reader of a stat offers: points from a cursor on, without consuming them.

A stat knows where its points are stored and nothing of runs, servers or charts. Readers own their position, so any
number of them see the same points.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from gymdash_core.errors import InvalidCursorError

if TYPE_CHECKING:
    from gymdash_core.stats.kinds import StatPoint

_MAX_DIGITS = 19


class StreamableStat(ABC):
    """A named series of points of one kind that can be read while it grows.

    Subclasses implement `read`; the rest is built on it.

    Thread safety: one thread at a time.

    Args:
        key: Name of the stat, for example ``"rollout/ep_rew_mean"``.
        kind: Name of its kind, for example ``"scalars"``.

    Example:
        >>> from gymdash_core.stats.kinds import StatPoint
        >>> class MemoryStat(StreamableStat):
        ...     def __init__(self, key, kind, points):
        ...         super().__init__(key, kind)
        ...         self.points = points
        ...
        ...     def read(self, cursor=None, limit=None):
        ...         start = parse_offset(cursor)
        ...         found = self.points[start:][: check_limit(limit)]
        ...         return found, str(start + len(found))
        >>> points = [StatPoint(0, 10.0, 0.5), StatPoint(1, 11.0, 0.7)]
        >>> stat = MemoryStat("height", "scalars", points)
        >>> found, cursor = stat.read(limit=1)
        >>> [point.value for point in found], [point.value for point in stat.read(cursor)[0]]
        ([0.5], [0.7])
        >>> len(stat.get_recent()), len(stat.get_recent()), len(stat.get_values())
        (2, 0, 2)
    """

    def __init__(self, key: str, kind: str) -> None:
        self.key = key
        self.kind = kind
        self._recent: str | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.key!r}, {self.kind!r})"

    @property
    def tag(self) -> str:
        """The kind, under its name in the original."""
        return self.kind

    @abstractmethod
    def read(self, cursor: str | None = None, limit: int | None = None) -> tuple[list[StatPoint], str]:
        """Return the points behind a cursor, in the order in which they were written.

        Consumes nothing: the same cursor gives the same points, and more once there are more. Repeated and
        out-of-order steps, NaN and infinities are kept. A point that is still being written comes later, whole.

        Args:
            cursor: What an earlier call returned, also of another instance or process; None begins at the first point.
            limit: Most points to return, 0 or more; None returns all.

        Returns:
            The points, and the cursor behind the last of them: an opaque text.

        Raises:
            InvalidCursorError: The cursor was not made by this stat.
            ValueError: The limit is negative.
        """

    def get_values(self) -> list[StatPoint]:
        """Return all points."""
        return self.read()[0]

    def get_recent(self) -> list[StatPoint]:
        """Return the points that came since this instance's last `get_recent`."""
        points, self._recent = self.read(self._recent)
        return points


def parse_offset(cursor: str | None) -> int:
    """Return the number in a cursor that is a plain offset, 0 for None.

    Args:
        cursor: Decimal digits, as ``str(offset)`` gives them.

    Raises:
        InvalidCursorError: It is something else.
    """
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= _MAX_DIGITS):
        raise InvalidCursorError(cursor)
    return int(cursor)


def check_limit(limit: int | None) -> int | None:
    """Return a limit that is None, 0 or more.

    Raises:
        ValueError: It is negative.
    """
    if limit is not None and limit < 0:
        raise ValueError(f"limit must be 0 or more, not {limit}")
    return limit
