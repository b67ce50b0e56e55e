"""Scanning events into columns: the usual scalar by its bytes, everything else by protobuf.

The events of a tag differ in time, step and number alone, all else are the same bytes. So once protobuf has read one
with a single number, and it is known where that stands, its like are told by looking up their other bytes. This holds
for simple values, and for tensors of one float as TensorFlow 2 and PyTorch's ``new_style`` write them.
"""

from __future__ import annotations

import math
import struct
import sys
from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gymdash_tensorboard.checksums import FOOTER_BYTES, HEADER_BYTES
from gymdash_tensorboard.events import EventDecoder, Value
from gymdash_tensorboard.records import Damage
from gymdash_tensorboard.wire import NUMBER_BYTES, long_step, number_place

if TYPE_CHECKING:
    from collections.abc import Callable

_TIME_HEAD, _STEP_HEAD = 0x09, 0x10  # field and wire type of wall_time and step
_SHORTEST = 16
_PLAIN_TAGS = 100_000
_RESTS = 16
_LITTLE = sys.byteorder == "little"


@dataclass
class Columns:
    """The points of one tag in one file; those of one record stand beside each other.

    Attributes:
        ends: Where the record of each point ends.
        steps: Steps.
        times: Wall times.
        values: Numbers of a scalar; 4 bytes each as long as all fit into them.
        starts: Where the data of the record begins, for other kinds.
        put: Adds a number of 4 bytes to the values.
    """

    ends: array[int] = field(default_factory=lambda: array("q"))
    steps: array[int] = field(default_factory=lambda: array("q"))
    times: array[float] = field(default_factory=lambda: array("d"))
    values: array[float] = field(default_factory=lambda: array("f"))
    starts: array[int] = field(default_factory=lambda: array("q"))
    put: Callable[[bytes], None] = field(init=False)

    def __post_init__(self) -> None:
        self.put = self.values.frombytes

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
            if self.values.typecode == "f" and not _is_narrow(value.value):
                self._widen()
            self.values.append(value.value)

    def _widen(self) -> None:
        values = self.values = array("d", self.values)
        self.put = lambda raw: values.append(struct.unpack("<f", raw)[0])


_UNWANTED = Columns()


class Scanner:
    """Take the events of one file in.

    Args:
        wants: Whether a kind and tag are wanted.
        damaged: Told of what cannot be decoded.

    Attributes:
        columns: What was found, by tag and kind.
        decoder: Knows what the tags are.
    """

    def __init__(self, wants: Callable[[str, str], bool], damaged: Callable[[Damage], None]) -> None:
        self.columns: dict[tuple[str, str], Columns] = {}
        self.decoder = EventDecoder()
        self._wants = wants
        self._damaged = damaged
        self._plain: dict[bytes, Columns] = {}  # by all bytes behind the step but those of the number
        self._rests: dict[int, int] = {}  # how many bytes stand behind the number, by those behind the step
        self._known_rests = [0]

    def take(self, records: list[tuple[int, bytes]]) -> None:
        """Take records in, each with the offset behind it; in one piece, since this runs for each event."""
        find, mixed = self._plain.get, len(self._known_rests) > 1
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
                    step, at = long_step(data)
            rest = self._rest_of(data, at) if mixed else 0
            columns = find(data[at : -4 - rest] + data[-rest:] if rest else data[at:-4])
            if columns is None or not at:
                self._decode(end, data, at)
                mixed = len(self._known_rests) > 1
            elif columns is not _UNWANTED:
                columns.ends.append(end)
                columns.steps.append(step)
                columns.times.frombytes(data[1:9])
                columns.put(data[-4 - rest : -rest] if rest else data[-4:])

    def _rest_of(self, data: bytes, at: int) -> int:
        """Return how many bytes stand behind the number of an event: as in the last of that length that was told."""
        size, plain = len(data), self._plain
        last = self._rests.get(size - at, 0)
        if data[at : size - last - 4] + data[size - last :] not in plain:
            for rest in self._known_rests:
                if data[at : size - rest - 4] + data[size - rest :] in plain:
                    self._rests[size - at] = rest
                    return rest
        return last

    def _decode(self, end: int, data: bytes, at: int) -> None:
        """Take an event in by protobuf, and remember what its like may be told by."""
        start = end - len(data) - FOOTER_BYTES
        try:
            values = self.decoder.values(data)
        except Exception as error:  # noqa: BLE001 - protobuf's error differs by its implementation
            self._damaged(Damage(start - HEADER_BYTES, end, f"a record that is no event: {error}"))
            return
        for value in values:
            if value.problem:
                self._damaged(undecodable(start, end, value.key, value.problem))
                continue
            pair = (value.key, value.kind)
            columns = self.columns.get(pair)
            if columns is None and self._wants(value.kind, value.key):
                columns = self.columns[pair] = Columns()
            if columns is not None:
                columns.add(end, start, value)
            if at and len(values) == 1 and value.value is not None:
                self._remember(data, at, value.value, _UNWANTED if columns is None else columns)

    def _remember(self, data: bytes, at: int, number: float, columns: Columns) -> None:
        place = number_place(data, at, number) if _LITTLE and len(self._plain) < _PLAIN_TAGS else None
        if place is None:
            return
        behind = place + NUMBER_BYTES
        self._plain[data[at:place] + data[behind:]] = columns
        rest = self._rests[len(data) - at] = len(data) - behind
        if rest not in self._known_rests and len(self._known_rests) < _RESTS:
            self._known_rests.append(rest)


def undecodable(start: int, end: int, key: str, why: str) -> Damage:
    """Return the damage of a record of which a value cannot be decoded.

    Args:
        start: Where its data begins.
        end: Where it ends.
        key: Tag of the value.
        why: What is wrong.
    """
    return Damage(start - HEADER_BYTES, end, f"the value of {key!r} cannot be decoded: {why}")


def _is_narrow(value: float) -> bool:
    """Whether 4 bytes keep a number as it is."""
    return math.isnan(value) or array("f", [value])[0] == value
