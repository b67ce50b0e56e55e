"""Records of an event file: found one after the other from an offset on, checked, and found again behind damage.

A record is the length of its data (8 bytes, little-endian), a checksum of these bytes, the data, and a checksum of the
data. A checksum is a masked CRC-32C, 4 bytes, little-endian.

Source: TFRecord, https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

import google_crc32c

from gymdash_tensorboard.checksums import (
    FOOTER_BYTES,
    HEADER_BYTES,
    MASK,
    MAX_RECORD_BYTES,
    are_whole,
    find_header,
)

if TYPE_CHECKING:
    from pathlib import Path


_CHUNK_BYTES = 1 << 22
_SEARCH_BYTES = 1 << 18  # at once, behind damage: what fits into a cache
_MARK_BYTES = HEADER_BYTES + FOOTER_BYTES  # no record is shorter
_HEAD_BYTES = 48
_KNOWN_HEADERS = 4096


def masked_crc(data: bytes) -> int:
    """Return the checksum as a record holds it."""
    crc = int(google_crc32c.value(data))
    return ((crc >> 15 | crc << 17) + MASK) & 0xFFFFFFFF


def frame(data: bytes) -> bytes:
    """Return data as a record, as a writer would append it."""
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", masked_crc(length)) + data + struct.pack("<I", masked_crc(data))


@dataclass(frozen=True)
class Damage:
    """A part of a file that holds no records.

    Attributes:
        start: First byte.
        end: Byte behind the last; the first again where the whole file is meant.
        cause: What is wrong.
    """

    start: int
    end: int
    cause: str

    def __str__(self) -> str:
        return self.cause if self.start == self.end else f"bytes {self.start} to {self.end} skipped: {self.cause}"


@dataclass
class RecordReader:
    """Read the records of a file that grows.

    A record that is not whole yet is left for later; so is damage at the end of the file, which may be a record whose
    bytes are still on their way: it is in `tail`, and never in `damages`. Damage that has records behind it is skipped
    and reported. A file that is shorter than before, or has other bytes where it begins and where reading stopped, was
    cut or replaced: that is reported, and it is read anew. One that was copied over itself and has grown goes on.

    Attributes:
        path: The file.
        offset: Where the next record begins.
        damages: What was skipped.
        restarts: How often the file was read anew.
    """

    path: Path
    offset: int = 0
    damages: list[Damage] = field(default_factory=list)
    restarts: int = 0

    def __post_init__(self) -> None:
        self._headers: dict[bytes, int] = {}
        self._head = b""  # how the file begins
        self._mark = (0, b"")  # a place that was read up to, and what stands before it
        self._was = b""  # how it began before it was read anew
        self._cuts = 0  # restarts since the file began with these bytes
        self._searched = 0  # damage at the end of the file was searched up to here
        self._size = 0

    @property
    def identity(self) -> str:
        """What tells the file from another of its name: how it begins, and how often it was cut; empty before that."""
        if not self._head:
            return ""
        return f"{masked_crc(self._head):08x}" + (f"~{self._cuts}" if self._cuts else "")

    @property
    def tail(self) -> Damage | None:
        """What the last read has left at the end of the file: damage, where nobody writes any more."""
        if self.offset >= self._size:
            return None
        return Damage(self.offset, self._size, "no whole record")

    def read(self, limit_bytes: int | None = None) -> list[tuple[int, bytes]]:
        """Return the records that are new and whole, each with the offset behind it, and move on.

        Args:
            limit_bytes: Return after about so many bytes; None reads to the end.

        Raises:
            OSError: The file cannot be read.
        """
        found: list[tuple[int, bytes]] = []
        with self.path.open("rb") as file:
            size = self._size = file.seek(0, 2)
            if not self._goes_on(file, size):
                self._begin_anew()
            begin = self.offset
            try:
                while self.offset + HEADER_BYTES + FOOTER_BYTES <= size:
                    before = self.offset
                    self._read_chunk(file, size, found)
                    if self.offset == before and not self._resume(file, size):
                        break
                    if limit_bytes is not None and self.offset - begin >= limit_bytes:
                        break
            except OSError:
                if not found:
                    raise
                return found  # what was read is not lost; the next read meets the fault again
            self._remember(file)
        return found

    def _goes_on(self, file: BinaryIO, size: int) -> bool:
        """Return whether the file still holds what was read of it, as far as a look at two places tells."""
        at, mark = self._mark
        if size < self.offset:
            return False
        return _bytes_at(file, 0, len(self._head)) == self._head and _bytes_at(file, at - len(mark), len(mark)) == mark

    def _begin_anew(self) -> None:
        self.damages = [Damage(0, 0, "the file was cut or replaced, and is read anew")]
        self.restarts += 1
        self._was = self._head or self._was
        self._head, self._mark, self.offset, self._searched = b"", (0, b""), 0, 0

    def _remember(self, file: BinaryIO) -> None:
        """Note what tells whether the file goes on."""
        if not self.offset:
            return
        self._mark = self.offset, _bytes_at(file, self.offset - _MARK_BYTES, _MARK_BYTES)
        if not self._head:
            length = self._length_at(file, 0)
            self._head = _bytes_at(file, 0, HEADER_BYTES + FOOTER_BYTES + min(length or 0, _HEAD_BYTES))
            self._cuts = self._cuts + 1 if self._head == self._was else 0

    def _read_chunk(self, file: BinaryIO, size: int, found: list[tuple[int, bytes]]) -> None:
        """Take in the records of one chunk, up to damage or to what is not whole."""
        length = self._length_at(file, self.offset)
        wanted = max(_CHUNK_BYTES, HEADER_BYTES + FOOTER_BYTES + (length or 0))
        file.seek(self.offset)
        data = file.read(min(wanted, size - self.offset))
        bodies, ends, crcs = self._split(data)
        whole = are_whole(data, ends, crcs)
        begin, at = self.offset, 0
        if whole is None:
            found.extend(zip([begin + end for end in ends], bodies, strict=True))
            self.offset = begin + (ends[-1] if ends else 0)
            return
        for place, (body, end) in enumerate(zip(bodies, ends, strict=True)):
            if whole[place]:
                found.append((begin + end, body))
            elif begin + end >= size:
                break  # the last record: its bytes may be on their way
            else:
                self.damages.append(Damage(begin + at, begin + end, "a record whose data has another checksum"))
            at = end
        self.offset = begin + at

    def _split(self, data: bytes) -> tuple[list[bytes], list[int], list[int]]:
        """Return the data of the whole records at the start of a chunk, where each record ends, and their checksums."""
        bodies: list[bytes] = []
        ends: list[int] = []
        crcs: list[int] = []
        at, size, headers, crc_of = 0, len(data), self._headers, google_crc32c.value
        while at + HEADER_BYTES + FOOTER_BYTES <= size:
            header = data[at : at + HEADER_BYTES]
            length = headers.get(header)
            if length is None:
                length = self._check_header(header)
                if length is None:
                    break
            at += HEADER_BYTES
            end = at + length
            if end + FOOTER_BYTES > size:
                break
            body = data[at:end]
            at = end + FOOTER_BYTES
            bodies.append(body)
            ends.append(at)
            crcs.append(crc_of(body))
        return bodies, ends, crcs

    def _length_at(self, file: BinaryIO, offset: int) -> int | None:
        file.seek(offset)
        return self._check_header(file.read(HEADER_BYTES))

    def _check_header(self, header: bytes) -> int | None:
        """Return the length that a header tells, or None where it is none."""
        if len(header) < HEADER_BYTES:
            return None
        length, crc = struct.unpack("<QI", header)
        if length > MAX_RECORD_BYTES or masked_crc(header[:8]) != crc:
            return None
        if len(self._headers) >= _KNOWN_HEADERS:
            self._headers.clear()
        self._headers[header] = length
        return int(length)

    def _resume(self, file: BinaryIO, size: int) -> bool:
        """Go to the next record behind damage; return whether there is one."""
        if self._length_at(file, self.offset) is not None:
            return False  # a record that is not whole yet
        start = max(self.offset + 1, self._searched - HEADER_BYTES)
        while start + HEADER_BYTES + FOOTER_BYTES <= size:
            file.seek(start)
            data = file.read(_SEARCH_BYTES)
            at = find_header(data)
            if at is not None:
                self.damages.append(Damage(self.offset, start + at, "bytes that are no record"))
                self.offset, self._searched = start + at, 0
                return True
            if len(data) < _SEARCH_BYTES:
                break
            start += len(data) - HEADER_BYTES + 1
        self._searched = size
        return False


def _bytes_at(file: BinaryIO, offset: int, size: int) -> bytes:
    file.seek(offset)
    return file.read(size)
