"""Points of one stat in columns: in memory as numpy arrays, on disk as fixed-size records that are only appended.

A scalar's value stands in its record. The values of other kinds are JSON texts in a second file, where the record says
from which byte to which. An ordinal is a record's place.

Who writes commits by telling how many records count (`PointsIndex`); what stands behind them is cut off at the next
opening, so that a kill in mid-write leaves nothing that counts.
"""

from __future__ import annotations

import json
import os
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gymdash_server.jsonvalues import dumps, finite

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gymdash_core.stats.kinds import StatPoint

_HEAD: list[tuple[str, str]] = [("step", "<i8"), ("wall_time", "<f8"), ("attempt", "<i4")]
SCALAR_RECORD = np.dtype([*_HEAD, ("value", "<f8")])
OTHER_RECORD = np.dtype([*_HEAD, ("offset", "<i8"), ("length", "<i8")])
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Columns:
    """Some points.

    Attributes:
        step: int64 array of shape (n,).
        wall_time: float64 array of shape (n,), seconds since the epoch.
        attempt: int32 array of shape (n,).
        value: float64 array of shape (n,) for scalars; else a list of n JSON values.
    """

    step: NDArray[np.int64]
    wall_time: NDArray[np.float64]
    attempt: NDArray[np.int32]
    value: NDArray[np.float64] | list[Any]

    def __len__(self) -> int:
        return len(self.step)

    def as_json(self) -> dict[str, list[Any]]:
        """Return the columns as lists; non-finite floats are their names."""
        values = self.value if isinstance(self.value, list) else _float_list(self.value)
        return {
            "step": self.step.tolist(),
            "wall_time": self.wall_time.tolist(),
            "attempt": self.attempt.tolist(),
            "value": values,
        }


def _float_list(values: NDArray[np.float64]) -> list[Any]:
    found: list[Any] = values.tolist()
    for place in np.flatnonzero(~np.isfinite(values)).tolist():
        found[place] = finite(found[place])
    return found


class ColumnFile:
    """The points of one stat on disk.

    Thread safety: one thread at a time.

    Args:
        path: The file of records, without ending; values of other kinds than scalars stand beside it.
        count: How many records count.
        scalar: Whether values are numbers.
        payload_bytes: How much of the values file counts.
        checks: CRC-32 of what counts of both files.
    """

    def __init__(
        self,
        path: Path,
        *,
        scalar: bool,
        count: int = 0,
        payload_bytes: int = 0,
        checks: tuple[int, int] = (0, 0),
    ) -> None:
        self._records = path.with_suffix(".points")
        self._values = path.with_suffix(".values")
        self._scalar = scalar
        self._dtype = SCALAR_RECORD if scalar else OTHER_RECORD
        self.count = count
        self.payload_bytes = payload_bytes
        self.checks = checks

    def is_sound(self) -> bool:
        """Return whether all that counts is what was written; both files are read for that."""
        sizes = self.count * self._dtype.itemsize, self.payload_bytes
        try:
            return (_crc(self._records, sizes[0]), _crc(self._values, sizes[1])) == self.checks
        except OSError:
            return False

    def is_whole(self) -> bool:
        """Return whether all that counts is there."""
        fits = _size(self._records) >= self.count * self._dtype.itemsize
        return fits and (self._scalar or _size(self._values) >= self.payload_bytes)

    def append(self, points: Sequence[StatPoint], values: Sequence[Any] | None = None) -> None:
        """Append points; they count from now on in this object, and for others once that is committed.

        Args:
            points: The points.
            values: JSON values in place of the points' own.

        Raises:
            OSError: The disk is full or read-only; nothing counts.
        """
        records = np.zeros(len(points), self._dtype)
        records["step"] = [point.step for point in points]
        records["wall_time"] = [point.wall_time for point in points]
        records["attempt"] = [point.attempt for point in points]
        payload = b""
        if self._scalar:
            records["value"] = [point.value for point in points]
        else:
            texts = [dumps(v).encode() for v in ([p.value for p in points] if values is None else values)]
            lengths = np.array([len(text) for text in texts], "<i8")
            records["length"] = lengths
            records["offset"] = self.payload_bytes + np.cumsum(lengths) - lengths
            payload = b"".join(texts)
            _write_at(self._values, self.payload_bytes, payload)
        data = records.tobytes()
        _write_at(self._records, self.count * self._dtype.itemsize, data)
        self.checks = zlib.crc32(data, self.checks[0]), zlib.crc32(payload, self.checks[1])
        self.count += len(points)
        self.payload_bytes += len(payload)

    def snapshot(self) -> ColumnFile:
        """Return an object for reading what counts now, whatever is appended later."""
        path = self._records.with_suffix("")
        counted = {"count": self.count, "payload_bytes": self.payload_bytes}
        return ColumnFile(path, scalar=self._scalar, checks=self.checks, **counted)

    def remove(self) -> None:
        """Remove the files."""
        for path in (self._records, self._values):
            path.unlink(missing_ok=True)

    def steps(self) -> NDArray[np.int64]:
        """Return the steps of all points, int64 array of shape (count,)."""
        return np.asarray(self._map()["step"])

    def values(self) -> NDArray[np.float64]:
        """Return the values of all points of a scalar, float64 array of shape (count,)."""
        return np.asarray(self._map()["value"])

    def read(self, begin: int, end: int) -> Columns:
        """Return the points from one ordinal to another, without it."""
        return self._columns(self._records_of(max(0, begin), min(end, self.count)))

    def _records_of(self, begin: int, end: int) -> NDArray[Any]:
        if begin >= end:
            return np.zeros(0, self._dtype)
        with self._records.open("rb") as file:  # a plain read: quicker than a map, and it leaves none behind
            file.seek(begin * self._dtype.itemsize)
            return np.fromfile(file, self._dtype, end - begin)

    def fitting(self, begin: int, end: int, size_bytes: int) -> int:
        """Return up to which ordinal, at most `end`, the values of points fit into so many bytes.

        One point always does. The values of scalars are not counted: they are of one small size.
        """
        if self._scalar or end - begin <= 1:
            return end
        return begin + how_many_fit(self._records_of(begin, end)["length"], size_bytes)

    def lengths(self, ordinals: NDArray[np.intp]) -> NDArray[np.int64]:
        """Return how many bytes the values at some ordinals take; those of scalars take none.

        Returns:
            int64 array of the ordinals' shape.
        """
        return np.zeros(len(ordinals), np.int64) if self._scalar else np.asarray(self._map()[ordinals]["length"])

    def take(self, ordinals: NDArray[np.intp]) -> Columns:
        """Return the points at some ordinals."""
        return self._columns(self._map()[ordinals])

    def last(self) -> Columns:
        """Return the newest point, or none."""
        return self.read(self.count - 1, self.count)

    def _columns(self, records: NDArray[Any]) -> Columns:
        value = np.asarray(records["value"]) if self._scalar else self._payload(records)
        return Columns(
            np.asarray(records["step"]), np.asarray(records["wall_time"]), np.asarray(records["attempt"]), value
        )

    def _payload(self, records: NDArray[Any]) -> list[Any]:
        if not len(records):
            return []
        with self._values.open("rb") as file:
            found = []
            for offset, length in zip(records["offset"].tolist(), records["length"].tolist(), strict=True):
                file.seek(offset)
                found.append(json.loads(file.read(length)))
        return found

    def _map(self) -> NDArray[Any]:
        if not self.count:
            return np.zeros(0, self._dtype)
        return np.memmap(self._records, self._dtype, "r", shape=(self.count,))


def how_many_fit(lengths: NDArray[np.int64], size_bytes: int) -> int:
    """Return how many lengths, from the first on, fit into a size; one always does."""
    return max(1, int(np.searchsorted(np.cumsum(lengths), size_bytes, side="right")))


def _crc(path: Path, size: int) -> int:
    """Return the CRC-32 of the first bytes of a file; of none, where there need be no file, 0."""
    found = 0
    if size:
        with path.open("rb") as file:
            while size > 0 and (data := file.read(min(size, _CHUNK))):
                found, size = zlib.crc32(data, found), size - len(data)
    return found


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _write_at(path: Path, offset: int, data: bytes) -> None:
    """Write data at an offset, and nothing behind it: what a killed writer left there is overwritten."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o644)
    try:
        view = memoryview(data)
        while view:
            written = os.pwrite(descriptor, view, offset)
            view, offset = view[written:], offset + written
    finally:
        os.close(descriptor)
