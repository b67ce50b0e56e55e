"""One event file: scanned once, from front to back, and read from any place on.

Of a scalar the number is kept, of everything else its place in the file: 32 bytes a point.
"""

from __future__ import annotations

import logging
from bisect import bisect_right
from typing import TYPE_CHECKING, Any, BinaryIO

from gymdash_core.errors import InvalidCursorError
from gymdash_core.stat_tags import SCALARS
from gymdash_core.stats.kinds import StatPoint
from gymdash_tensorboard.checksums import FOOTER_BYTES
from gymdash_tensorboard.cursors import Place
from gymdash_tensorboard.records import Damage, RecordReader
from gymdash_tensorboard.scanning import Columns, Scanner, undecodable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

logger = logging.getLogger(__name__)

_BATCH_BYTES = 1 << 24


class EventFile:
    """One event file.

    Args:
        path: The file.
        wants: Whether a kind and tag are wanted.
    """

    def __init__(self, path: Path, wants: Callable[[str, str], bool]) -> None:
        self.path = path
        self.reader = RecordReader(path)
        self._wants = wants
        self._scanner = Scanner(wants, self._damaged)
        self._known: set[Damage] = set()  # what cannot be decoded
        self._told = 0
        self._restarts = 0
        self._seen: tuple[int, int, int] | None = None  # the file when it was read: number, size, time
        self._problem = ""

    @property
    def columns(self) -> dict[tuple[str, str], Columns]:
        """The points by tag and kind."""
        return self._scanner.columns

    def update(self) -> bool:
        """Scan what is new; return whether there are other tags than before."""
        before = self._restarts, len(self.columns)
        try:
            status = self.path.stat()
            seen = status.st_ino, status.st_size, status.st_mtime_ns
            if seen == self._seen:
                return False
            begin = None
            while begin != (self._restarts, self.reader.offset):  # a batch may hold nothing but damage
                begin = self._restarts, self.reader.offset
                self._scan()
            self._seen, self._problem = seen, ""
        except OSError as error:
            self._note(error)
        self._tell()
        return before != (self._restarts, len(self.columns))

    def _scan(self) -> None:
        records = self.reader.read(_BATCH_BYTES)
        if self._restarts != self.reader.restarts:
            self._restarts, self._told = self.reader.restarts, 0
            self._scanner, self._known = Scanner(self._wants, self._damaged), set()
        self._scanner.take(records)

    def _note(self, error: OSError) -> None:
        if self._problem != str(error):
            logger.warning("%s cannot be read: %s", self.path, error)
        self._seen, self._problem = None, str(error)

    def _tell(self) -> None:
        for damage in self.reader.damages[self._told :]:
            logger.warning("%s: %s", self.path, damage)
        self._told = len(self.reader.damages)

    def fault(self) -> str:
        """Return in words what of the file cannot be read, where nobody writes it any more; empty where all can."""
        damages, tail, parts = self.reader.damages, self.reader.tail, []
        if self._problem:
            parts.append(f"it cannot be read any more: {self._problem}")
        if damages:
            parts.append(str(damages[0]))
        if len(damages) > 1:
            size = sum(damage.end - damage.start for damage in damages)
            parts.append(f"and {len(damages) - 1} more such parts, {size} bytes in all")
        if tail is not None:
            size = tail.end - tail.start
            parts.append(f"the last {size} bytes are {tail.cause}: the file was cut, or its writer was not closed")
        return "; ".join(parts)

    def points(self, key: str, kind: str, behind: Place, limit: int | None) -> tuple[list[StatPoint], Place]:
        """Return points behind a place, and the place behind all that was looked at.

        Raises:
            InvalidCursorError: The place is of another file of that name, or the file does not reach to it.
        """
        if behind.offset > self.reader.offset or behind.identity not in {"", self.reader.identity}:
            raise InvalidCursorError(f"{self.path.name}={behind}")
        columns = self.columns.get((key, kind))
        if columns is None:
            return [], Place(self.reader.offset, identity=self.reader.identity)
        begin = bisect_right(columns.ends, behind.offset) + behind.skip
        if begin > len(columns.ends):
            raise InvalidCursorError(f"{self.path.name}={behind}")
        if kind != SCALARS:
            points, end = self._decoded(key, kind, begin, limit)
            return points, self._place(columns, end)
        end = len(columns.ends) if limit is None else min(len(columns.ends), begin + limit)
        parts = columns.steps[begin:end], columns.times[begin:end], columns.values[begin:end]
        return list(map(StatPoint, *parts)), self._place(columns, end)

    def _place(self, columns: Columns, count: int) -> Place:
        """Return the place behind so many points."""
        ends, identity = columns.ends, self.reader.identity
        if count == len(ends):
            return Place(self.reader.offset, identity=identity)
        first = columns.record_of(count).start
        return Place(ends[first - 1] if first else 0, count - first, identity)

    def _decoded(self, key: str, kind: str, begin: int, limit: int | None) -> tuple[list[StatPoint], int]:
        """Return points from one on, and the number of the next; those that cannot be decoded are told and left out."""
        columns, points, at = self.columns[key, kind], list[StatPoint](), begin
        most = len(columns.ends) if limit is None else limit
        try:
            with self.path.open("rb") as file:
                while at < len(columns.ends) and len(points) < most:
                    record = columns.record_of(at)
                    contents = self._contents(file, key, kind, record)
                    if contents is None:
                        at = record.stop
                        continue
                    wanted = range(at, min(record.stop, at + most - len(points)))
                    points += [
                        StatPoint(columns.steps[n], columns.times[n], contents[n - record.start]) for n in wanted
                    ]
                    at = wanted.stop
        except FileNotFoundError as error:
            self._note(error)  # its points wait
        self._tell()
        return points, at

    def _contents(self, file: BinaryIO, key: str, kind: str, record: range) -> list[Any] | None:
        """Return what the record of some points holds of their stat; None, and damage, where it cannot be decoded."""
        columns = self.columns[key, kind]
        start, end = columns.starts[record.start], columns.ends[record.start]
        file.seek(start)
        data = file.read(end - FOOTER_BYTES - start)
        try:
            contents = self._scanner.decoder.contents(data, key, kind)
        except Exception as error:  # noqa: BLE001 - protobuf's and numpy's errors differ
            self._damaged(undecodable(start, end, key, repr(error)))
            return None
        if len(contents) != len(record):
            why = f"{len(contents)} items, where there were {len(record)}"
            self._damaged(undecodable(start, end, key, why))
            return None
        return contents

    def _damaged(self, damage: Damage) -> None:
        if damage not in self._known:
            self._known.add(damage)
            self.reader.damages.append(damage)
