"""The streamer over a folder of event files, and its stats.

Each file is scanned once, from front to back, by all stats of the folder together. Of a scalar the number is kept, of
everything else its place in the file: 32 bytes a point. A cursor names, for each file, the offset behind the last
record that was read, so that it is good in any process and while several files grow.
"""

from __future__ import annotations

import logging
import math
import os
import sys
import threading
from array import array
from bisect import bisect_right
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from gymdash_core.errors import InvalidCursorError
from gymdash_core.stat_tags import SCALARS
from gymdash_core.stats.kinds import StatPoint
from gymdash_core.stats.stat import StreamableStat, check_limit
from gymdash_core.stats.streamer import Streamer, resolve_kind
from gymdash_tensorboard.events import EventDecoder, Value, decode_value, plain_tag
from gymdash_tensorboard.records import FOOTER_BYTES, HEADER_BYTES, Damage, RecordReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

logger = logging.getLogger(__name__)

ALL = "*"
_TIME_HEAD, _STEP_HEAD = 0x09, 0x10  # field and wire type of wall_time and step
_SHORTEST = 16
_PLAIN_TAGS = 100_000
_LITTLE = sys.byteorder == "little"
_MARK = "tfevents"
_BATCH_BYTES = 1 << 24


class TensorboardStreamer(Streamer):
    """The stats in the event files of a folder and of the folders in it.

    Files are read in the order of folder and time of creation, which is in their names. A torn tail is read when it is
    whole; damage is skipped, logged, and listed in `damages`.

    Args:
        tb_path: The folder; need not exist yet.
        tag_key_map: Keys to read for each kind (the original: tag), such as ``{"scalars": ["loss"]}``; ``"*"`` stands
            for all keys of a kind, None for all of every kind.
        streamer_name: Unique in the simulation; made from the folder by default.

    Thread safety: any thread; reading is serialised.
    """

    def __init__(
        self,
        tb_path: str | os.PathLike[str],
        tag_key_map: Mapping[str, Sequence[str]] | None = None,
        streamer_name: str | None = None,
    ) -> None:
        super().__init__(streamer_name or f"tb:{os.fspath(tb_path)}")
        self.tb_path = Path(tb_path)
        self._map = None if tag_key_map is None else {kind: list(keys) for kind, keys in tag_key_map.items()}
        self._lock = threading.RLock()
        self._files: dict[str, _EventFile] = {}

    def get_stat_keys(self) -> list[tuple[str, str]]:
        """Return key and kind of each stat that is there now, in the order in which they came."""
        self.refresh()
        with self._lock:
            return list(dict.fromkeys(pair for file in self._files.values() for pair in file.columns))

    def stat(self, key: str, kind: str | None = None) -> TensorboardStreamableStat:
        """Return a stat; see `Streamer.stat`."""
        return TensorboardStreamableStat(self, key, resolve_kind(self.get_stat_keys(), key, kind))

    def refresh(self) -> None:
        """Look for new files, and read what is new in all of them."""
        with self._lock:
            for name, path in self._found():
                if name not in self._files:
                    self._files[name] = _EventFile(path)
            for file in self._files.values():
                file.update(self._wants)

    def spec(self) -> tuple[str, str, dict[str, Any]]:
        """Return what rebuilds the streamer in another process; see `Streamer.spec`."""
        options = {} if self._map is None else {"tag_key_map": self._map}
        return "tensorboard", str(self.tb_path), options

    @property
    def damages(self) -> dict[str, list[Damage]]:
        """What was skipped in each file that has damage, by its name in the folder."""
        with self._lock:
            return {name: list(file.reader.damages) for name, file in self._files.items() if file.reader.damages}

    def _wants(self, kind: str, key: str) -> bool:
        if self._map is None:
            return True
        keys = self._map.get(kind, ())
        return key in keys or ALL in keys

    def _found(self) -> list[tuple[str, Path]]:
        """Return the event files by their names in the folder, in the order of reading."""
        found = []
        for folder, _, names in os.walk(self.tb_path):
            for name in names:
                if _MARK in name:
                    path = Path(folder, name)
                    found.append((path.relative_to(self.tb_path).as_posix(), path))
        return sorted(found, key=lambda item: (item[1].parent.as_posix(), _created(item[1].name), item[1].name))

    def _ordered(self) -> list[tuple[str, _EventFile]]:
        order = {name: place for place, (name, _) in enumerate(self._found())}
        return sorted(self._files.items(), key=lambda item: order.get(item[0], len(order)))

    def _read(self, key: str, kind: str, offsets: dict[str, int], limit: int | None) -> list[StatPoint]:
        """Return points behind some offsets, and move the offsets behind them."""
        with self._lock:
            self.refresh()
            points: list[StatPoint] = []
            for name, file in self._ordered():
                left = None if limit is None else limit - len(points)
                if left == 0:
                    break
                found, behind = file.points(key, kind, offsets.get(name, 0), left)
                points += found
                if behind:
                    offsets[name] = behind
            return points


class TensorboardStreamableStat(StreamableStat):
    """A tag of the event files of a folder.

    Images and audio have the bytes of the file as their value, text is a text, histograms are the JSON of a
    `HistogramPoint`.

    Args:
        streamer: The streamer that found it.
        key: Its tag.
        kind: Its kind.
    """

    def __init__(self, streamer: TensorboardStreamer, key: str, kind: str) -> None:
        super().__init__(key, kind)
        self._streamer = streamer

    def read(self, cursor: str | None = None, limit: int | None = None) -> tuple[list[StatPoint], str]:
        """Return the points behind a cursor; see `StreamableStat.read`."""
        check_limit(limit)
        offsets = _offsets(cursor)
        points = self._streamer._read(self.key, self.kind, offsets, limit)
        return points, "|".join(f"{quote(name)}={offset}" for name, offset in sorted(offsets.items()))


@dataclass
class _Columns:
    """The points of one tag in one file.

    Attributes:
        ends: Where each record ends.
        steps: Steps.
        times: Wall times.
        values: Numbers of a scalar; 4 bytes each as long as all are written so.
        starts: Where the data of each record begins, for other kinds.
    """

    ends: array[int] = field(default_factory=lambda: array("q"))
    steps: array[int] = field(default_factory=lambda: array("q"))
    times: array[float] = field(default_factory=lambda: array("d"))
    values: array[float] = field(default_factory=lambda: array("f"))
    starts: array[int] = field(default_factory=lambda: array("q"))

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


_UNWANTED = _Columns()


class _EventFile:
    """One event file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.reader = RecordReader(path)
        self.columns: dict[tuple[str, str], _Columns] = {}
        self._decoder = EventDecoder()
        self._plain: dict[bytes, _Columns] = {}
        self._told = 0

    def update(self, wants: Callable[[str, str], bool]) -> None:
        """Scan what is new."""
        try:
            if self.path.stat().st_size <= self.reader.offset:
                return
            while records := self.reader.read(_BATCH_BYTES):
                self._take_all(records, wants)
        except OSError as error:
            logger.warning("%s cannot be read: %s", self.path, error)
        for damage in self.reader.damages[self._told :]:
            logger.warning("%s: bytes %d to %d are skipped: %s", self.path, damage.start, damage.end, damage.cause)
        self._told = len(self.reader.damages)

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
            pair = (value.key, value.kind)
            columns = self.columns.get(pair)
            if columns is None and wants(value.kind, value.key):
                columns = self.columns[pair] = _Columns()
            if columns is not None:
                was_narrow = columns.values.typecode == "f"
                columns.add(end, start, value)
                if was_narrow and columns.values.typecode == "d" and len(columns.values) > 1:
                    for middle in [middle for middle, known in self._plain.items() if known is columns]:
                        del self._plain[middle]
            if at and _LITTLE and len(values) == 1 and len(self._plain) < _PLAIN_TAGS:
                self._remember(data[at:-4], value, columns)

    def _remember(self, middle: bytes, value: Value, columns: _Columns | None) -> None:
        if value.kind == SCALARS and plain_tag(middle) == value.key:
            if columns is None:
                self._plain[middle] = _UNWANTED
            elif len(columns.values) == 1 and _is_narrow(columns.values[0]):
                columns.values = array("f", columns.values)
                self._plain[middle] = columns

    def points(self, key: str, kind: str, behind: int, limit: int | None) -> tuple[list[StatPoint], int]:
        """Return points whose records end behind an offset, and the offset behind all that was looked at.

        Raises:
            InvalidCursorError: The file does not reach to the offset.
        """
        if behind > self.reader.offset:
            raise InvalidCursorError(f"{self.path.name}={behind}")
        columns = self.columns.get((key, kind))
        if columns is None:
            return [], self.reader.offset
        begin = bisect_right(columns.ends, behind)
        end = len(columns.ends) if limit is None else min(len(columns.ends), begin + limit)
        reached = self.reader.offset if end == len(columns.ends) else columns.ends[end - 1] if end > begin else behind
        scalar = kind == SCALARS
        values: Iterable[Any] = columns.values[begin:end] if scalar else self._decoded(key, kind, columns, begin, end)
        return list(map(StatPoint, columns.steps[begin:end], columns.times[begin:end], values)), reached

    def _decoded(self, key: str, kind: str, columns: _Columns, begin: int, end: int) -> Iterator[Any]:
        with self.path.open("rb") as file:
            for start, behind in zip(columns.starts[begin:end], columns.ends[begin:end], strict=True):
                file.seek(start)
                yield decode_value(file.read(behind - FOOTER_BYTES - start), key, kind)


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


def _created(name: str) -> float:
    """Return the time in the name of an event file, 0 where there is none."""
    number = name.partition(f"{_MARK}.")[2].partition(".")[0]
    return float(number) if number.isdigit() else 0.0


def _offsets(cursor: str | None) -> dict[str, int]:
    """Return the offsets of a cursor.

    Raises:
        InvalidCursorError: It is none of ours.
    """
    found: dict[str, int] = {}
    for part in (cursor or "").split("|") if cursor else ():
        name, equals, number = part.rpartition("=")
        if not equals or not (number.isascii() and number.isdigit()):
            raise InvalidCursorError(str(cursor))
        found[unquote(name)] = int(number)
    return found
