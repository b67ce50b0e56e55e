"""One event file: the points of its tags in columns, filled by a single scan from front to back.

Of a scalar the number is kept, of everything else its place in the file: 32 bytes a point. The usual scalar is told by
its bytes; protobuf reads the rest.
"""

from __future__ import annotations

import logging
import math
import sys
from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO

from gymdash_core.errors import InvalidCursorError
from gymdash_core.stat_tags import SCALARS
from gymdash_core.stats.kinds import StatPoint
from gymdash_tensorboard.cursors import Place
from gymdash_tensorboard.events import EventDecoder, Value, plain_tag
from gymdash_tensorboard.records import FOOTER_BYTES, HEADER_BYTES, Damage, RecordReader

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

logger = logging.getLogger(__name__)

_TIME_HEAD, _STEP_HEAD = 0x09, 0x10  # field and wire type of wall_time and step
_SHORTEST = 16
_PLAIN_TAGS = 100_000
_LITTLE = sys.byteorder == "little"
_BATCH_BYTES = 1 << 24


@dataclass
class Columns:
    """The points of one tag in one file; those of one record stand beside each other.

    Attributes:
        ends: Where the record of each point ends.
        steps: Steps.
        times: Wall times.
        values: Numbers of a scalar; 4 bytes each as long as all are written so.
        starts: Where the data of the record begins, for other kinds.
    """

    ends: array[int] = field(default_factory=lambda: array("q"))
    steps: array[int] = field(default_factory=lambda: array("q"))
    times: array[float] = field(default_factory=lambda: array("d"))
    values: array[float] = field(default_factory=lambda: array("f"))
    starts: array[int] = field(default_factory=lambda: array("q"))

    def record_of(self, number: int) -> range:
        """Return the numbers of the points that stand in the record of a point."""
        end = self.ends[number]
        return range(bisect_left(self.ends, end), bisect_right(self.ends, end))

    def add(self, end: int, start: int, value: Value) -> None:
        """Add a point that protobuf has read."""
        self.ends.append(end)
        self.steps.append(value.step)
        self.times.append(value.wall_time)
        if value.value is None:
            self.starts.append(start)
        else:
            if self.values.typecode == "f":
                self.values = array("d", self.values)
            self.values.append(value.value)


_UNWANTED = Columns()


class EventFile:
    """One event file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.reader = RecordReader(path)
        self.columns: dict[tuple[str, str], Columns] = {}
        self._decoder = EventDecoder()
        self._plain: dict[bytes, Columns] = {}
        self._told = 0
        self._restarts = 0
        self._seen: tuple[int, int, int] | None = None  # the file when it was read: number, size, time
        self._problem = ""

    def update(self, wants: Callable[[str, str], bool]) -> bool:
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
                self._scan(wants)
            self._seen, self._problem = seen, ""
        except OSError as error:
            self._note(error)
        self._tell()
        return before != (self._restarts, len(self.columns))

    def _scan(self, wants: Callable[[str, str], bool]) -> None:
        records = self.reader.read(_BATCH_BYTES)
        if self._restarts != self.reader.restarts:
            self._restarts, self._told = self.reader.restarts, 0
            self.columns, self._decoder, self._plain = {}, EventDecoder(), {}
        self._take_all(records, wants)

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

    def _take_all(self, records: list[tuple[int, bytes]], wants: Callable[[str, str], bool]) -> None:
        """Take events in: the usual scalar by hand, for its bytes differ in time, step and number alone."""
        find = self._plain.get
        for end, data in records:
            # The step stands behind the time, which begins every event: 1 to 3 bytes of a varint, read in place.
            at, step = 9, 0
            if len(data) < _SHORTEST or data[0] != _TIME_HEAD:
                at = 0
            elif data[9] == _STEP_HEAD:
                first, second, third = data[10], data[11], data[12]
                if first < 0x80:  # noqa: PLR2004 - the last byte of a varint has no highest bit
                    at, step = 11, first
                elif second < 0x80:  # noqa: PLR2004 - same
                    at, step = 12, first & 0x7F | second << 7
                elif third < 0x80:  # noqa: PLR2004 - same
                    at, step = 13, first & 0x7F | (second & 0x7F) << 7 | third << 14
                else:
                    step, at = _long_step(data)
            columns = find(data[at:-4])
            if columns is None or not at:
                self._take(end, data, at, wants)
            elif columns is not _UNWANTED:
                columns.ends.append(end)
                columns.steps.append(step)
                columns.times.frombytes(data[1:9])
                columns.values.frombytes(data[-4:])

    def _take(self, end: int, data: bytes, at: int, wants: Callable[[str, str], bool]) -> None:
        """Take an event in by protobuf, and remember what its like may be told by."""
        start = end - len(data) - FOOTER_BYTES
        try:
            values = self._decoder.values(data)
        except Exception as error:  # noqa: BLE001 - protobuf's error differs by its implementation
            self.reader.damages.append(Damage(start - HEADER_BYTES, end, f"a record that is no event: {error}"))
            return
        for value in values:
            if value.problem:
                self._damaged(start, end, value.key, value.problem)
                continue
            pair = (value.key, value.kind)
            columns = self.columns.get(pair)
            if columns is None and wants(value.kind, value.key):
                columns = self.columns[pair] = Columns()
            if columns is not None:
                was_narrow = columns.values.typecode == "f"
                columns.add(end, start, value)
                if was_narrow and columns.values.typecode == "d" and len(columns.values) > 1:
                    for middle in [middle for middle, known in self._plain.items() if known is columns]:
                        del self._plain[middle]
            if at and _LITTLE and len(values) == 1 and len(self._plain) < _PLAIN_TAGS:
                self._remember(data[at:-4], value, columns)

    def _remember(self, middle: bytes, value: Value, columns: Columns | None) -> None:
        if value.kind == SCALARS and plain_tag(middle) == value.key:
            if columns is None:
                self._plain[middle] = _UNWANTED
            elif len(columns.values) == 1 and _is_narrow(columns.values[0]):
                columns.values = array("f", columns.values)
                self._plain[middle] = columns

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
        return points, at

    def _contents(self, file: BinaryIO, key: str, kind: str, record: range) -> list[Any] | None:
        """Return what the record of some points holds of their stat; None, and damage, where it cannot be decoded."""
        columns = self.columns[key, kind]
        start, end = columns.starts[record.start], columns.ends[record.start]
        file.seek(start)
        data = file.read(end - FOOTER_BYTES - start)
        try:
            contents = self._decoder.contents(data, key, kind)
        except Exception as error:  # noqa: BLE001 - protobuf's and numpy's errors differ
            self._damaged(start, end, key, repr(error))
            return None
        if len(contents) != len(record):
            self._damaged(start, end, key, f"{len(contents)} items, where there were {len(record)}")
            return None
        return contents

    def _damaged(self, start: int, end: int, key: str, why: str) -> None:
        damage = Damage(start - HEADER_BYTES, end, f"the value of {key!r} cannot be decoded: {why}")
        if damage not in self.reader.damages:
            self.reader.damages.append(damage)
            self._tell()


def _long_step(data: bytes) -> tuple[int, int]:
    """Return the step of an event, and where it ends; (0, 0) where it has no end."""
    step, shift = 0, 0
    for at in range(10, len(data)):
        byte = data[at]
        step |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004 - the last byte of a varint
            return (step if step < 1 << 63 else step - (1 << 64)), at + 1
        shift += 7
    return 0, 0


def _is_narrow(value: float) -> bool:
    """Whether 4 bytes keep a number as it is."""
    return math.isnan(value) or array("f", [value])[0] == value
