"""The feed of one stat: what is new behind a cursor, as the columns take it.

Readers of registered streamer types are plugins' code: values are made plain here, and a point that the columns cannot
hold is left out and told once, so that it harms no other.
"""

from __future__ import annotations

import logging
import math
import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from gymdash_core.codec import to_plain
from gymdash_core.errors import GymDashError
from gymdash_core.stat_tags import AUDIO, IMAGES, SCALARS, VIDEOS
from gymdash_core.stats.kinds import StatPoint
from gymdash_core.stats.media import MediaFile
from gymdash_core.stats.media_index import MediaIndexStat, media_id, relative_path
from gymdash_core.stats.series import SeriesStat
from gymdash_server.points.media import media_json, type_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gymdash_core.project import RunFolder
    from gymdash_core.stats.stat import StreamableStat
    from gymdash_server.points.embedded import EmbeddedMedia

logger = logging.getLogger(__name__)

#: How many points are read at once.
READ_POINTS = 10_000
_READ_FILES = 100  # where the points may hold whole files
_MAX_STEP = (1 << 63) - 1
_MAX_ATTEMPT = (1 << 31) - 1


@dataclass(frozen=True)
class Batch:
    """Points behind a cursor.

    Attributes:
        points: The points; steps and attempts are whole numbers, and the values of scalars are floats.
        values: The values as JSON, where they are no numbers.
        cursor: Where the next batch begins.
        media: Whether the points are files.
        is_last: There was no more at that time.
    """

    points: Sequence[StatPoint]
    values: Sequence[Any] | None
    cursor: str | None
    media: bool = False
    is_last: bool = True


@dataclass
class Feed:
    """Read one stat.

    Thread safety: one thread at a time.

    Attributes:
        run: The run.
        stat: The reader.
        embedded: Keeps files that stand inside of points.
        media: Whether the points are files; None until the first tells.
    """

    run: RunFolder
    stat: StreamableStat
    embedded: EmbeddedMedia
    media: bool | None = None
    _told: bool = field(default=False, init=False)

    def read(self, cursor: str | None) -> Batch:
        """Return what is new.

        Raises:
            InvalidCursorError: The reader refuses the cursor.
            OSError: An embedded file cannot be written.
        """
        if isinstance(self.stat, MediaIndexStat):
            entries, following = self.stat.read_entries(cursor, READ_POINTS)
            values = [media_json(entry) for entry in entries]
            return Batch([e.point for e in entries], values, following, media=True, is_last=len(entries) < READ_POINTS)
        if isinstance(self.stat, SeriesStat) and _ends_at(self.stat, cursor):
            return Batch((), None, cursor)
        most = _READ_FILES if self.stat.kind in {IMAGES, AUDIO, VIDEOS} else READ_POINTS
        points, following = self.stat.read(cursor, most)
        is_last = len(points) < most
        if isinstance(self.stat, SeriesStat):  # what core has read is plain
            return Batch(points, None, following, is_last=is_last)
        return replace(self.clean(points), cursor=following, is_last=is_last)

    def clean(self, points: Sequence[StatPoint]) -> Batch:
        """Return a plugin's points as the columns take them.

        Raises:
            OSError: An embedded file cannot be written.
        """
        if self.media is None and points and self.stat.kind != SCALARS:
            self.media = _is_file(points[0])
        found, values = list[StatPoint](), list[Any]()
        for point in points:
            try:
                whole = replace(point, step=_whole(point.step, _MAX_STEP), attempt=_whole(point.attempt, _MAX_ATTEMPT))
                whole = replace(whole, wall_time=float(point.wall_time))
                if self.stat.kind == SCALARS:
                    whole = replace(whole, value=float(point.value))
                else:
                    values.append(self._value(point))
                found.append(whole)
            except (TypeError, ValueError, OverflowError, GymDashError) as error:
                self._tell(point, error)
        return Batch(found, None if self.stat.kind == SCALARS else values, None, media=bool(self.media))

    def _value(self, point: StatPoint) -> Any:
        if _is_file(point) != self.media:
            raise ValueError("the points of a stat are all files or none is")
        if isinstance(point.value, bytes):
            return self.embedded.add(point.value)
        if point.path is None:
            return to_plain(point.value, f"stat {self.stat.key!r}")
        path, outside = relative_path(self.run, self.run.path / point.path)
        try:
            file = MediaFile.of(self.run.path / path)
        except OSError as error:
            raise ValueError(f"{path} cannot be read: {error}") from error
        identity = media_id(path, file.size, file.mtime_ns)
        return {"id": identity, "media_type": type_of(path), "size": file.size, "outside": outside, "path": path}

    def _tell(self, point: StatPoint, error: Exception) -> None:
        if not self._told:
            self._told = True
            logger.warning("run %s: stat %r: %r is left out: %s", self.run.id, self.stat.key, point, error)


def _is_file(point: StatPoint) -> bool:
    return point.path is not None or isinstance(point.value, bytes)


def _whole(value: Any, most: int) -> int:
    """Return a whole number that fits."""
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value!r} is no whole number")
    number = int(value)
    if number != value or abs(number) > most:
        raise ValueError(f"{value!r} is no whole number that fits")
    return number


def _ends_at(stat: SeriesStat, cursor: str | None) -> bool:
    """Return whether a series has nothing behind a cursor: one look at its size, where reading takes ten."""
    if cursor is None:
        return False
    try:
        return str(os.stat(stat.path).st_size) == cursor  # noqa: PTH116 - the quicker call, made very often
    except OSError:
        return False
