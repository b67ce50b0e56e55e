"""Reading the captured output of a run, live or ended, by byte offset.

The worker appends to ``logs/stdout.log`` and ``logs/stderr.log``; its supervisor (`gymdash_core.worker.supervisor`)
frees their heads and names in ``logs/offsets.json`` the first offset that is kept. Offsets never move, so a reader that
holds one goes on from there after any time. Reading consumes nothing.
"""

from __future__ import annotations

import codecs
import contextlib
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gymdash_core.errors import CorruptFileError, UnknownKeyError
from gymdash_core.journal import read_json

if TYPE_CHECKING:
    from io import FileIO
    from pathlib import Path

    from gymdash_core.project import RunFolder

#: The streams that are captured.
STREAMS: Final = ("stdout", "stderr")
#: How much is read where nothing else is said, bytes.
DEFAULT_LIMIT: Final = 64 * 1024
#: How much is read at most, bytes.
MAX_LIMIT: Final = 16 * 1024 * 1024
#: How much is read at least, bytes: the longest character.
MIN_LIMIT: Final = 4
#: A torn character at the end of a file that has not grown for this long will not be completed, seconds.
_TORN_FOR_GOOD_S = 2.0


@dataclass(frozen=True)
class LogChunk:
    """A piece of a captured stream.

    Attributes:
        stream: ``"stdout"`` or ``"stderr"``.
        offset: Where the text begins, in bytes from the start of all output.
        first_offset: First offset that is still kept.
        next_offset: Where the next chunk begins.
        size: Size of the stream so far, bytes; ``next_offset == size`` means that all was read.
        text: The text, decoded as UTF-8; what cannot be decoded is replaced by U+FFFD.
    """

    stream: str
    offset: int
    first_offset: int
    next_offset: int
    size: int
    text: str


def read_log(run: RunFolder, stream: str, offset: int | None = None, limit: int = DEFAULT_LIMIT) -> LogChunk:
    """Read a piece of a run's captured output.

    A character is never split between two chunks. A stream that captured nothing yet is empty.

    Thread safety: any thread or process, also while the worker writes.

    Args:
        run: The run.
        stream: ``"stdout"`` or ``"stderr"``.
        offset: Where to begin, in bytes; one that is no longer kept is moved up to the first that is, one behind the
            end down to the end. None reads the last `limit` bytes.
        limit: How much to read, in bytes, from 4 (the longest character) to 16 MiB; others are moved to these bounds.

    Raises:
        UnknownKeyError: There is no such stream.
        OSError: The file cannot be read.
    """
    if stream not in STREAMS:
        raise UnknownKeyError("log stream", stream, STREAMS)
    limit = min(max(limit, MIN_LIMIT), MAX_LIMIT)
    try:
        file = run.log(stream).open("rb", buffering=0)
    except (FileNotFoundError, NotADirectoryError):
        return LogChunk(stream, 0, 0, 0, 0, "")
    with file:
        while True:
            first = _first_offset(run, stream)
            chunk = _read_chunk(file, stream, first, offset, limit)
            if _first_offset(run, stream) == first:
                return chunk  # otherwise a head was freed meanwhile, and what was read may be zeros


def is_unbounded(run: RunFolder) -> bool:
    """Return whether a run's logs grew beyond their limit because the file system cannot free their heads."""
    return bool(_offsets(run.log_offsets).get("unbounded"))


def _offsets(path: Path) -> dict[str, object]:
    with contextlib.suppress(CorruptFileError):
        return read_json(path) or {}
    return {}


def _first_offset(run: RunFolder, stream: str) -> int:
    first = _offsets(run.log_offsets).get(stream)
    return first if isinstance(first, int) else 0


def _read_chunk(file: FileIO, stream: str, first: int, offset: int | None, limit: int) -> LogChunk:
    status = os.fstat(file.fileno())
    size = status.st_size
    first = first if first <= size else 0  # somebody removed or emptied the file: it begins anew
    begin = min(max(size - limit if offset is None else offset, first), size)
    file.seek(begin)
    data = file.read(min(limit, size - begin))
    if offset is None and begin > first:
        skipped = _continuation_bytes(data)
        begin, data = begin + skipped, data[skipped:]
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    text = decoder.decode(data)
    end = begin + len(data)
    torn = len(decoder.getstate()[0])
    if torn and end == size and time.time() - status.st_mtime > _TORN_FOR_GOOD_S:
        text, torn = text + decoder.decode(b"", final=True), 0
    return LogChunk(stream, begin, first, end - torn, size, text)


def _continuation_bytes(data: bytes) -> int:
    """Return how many bytes at the start belong to a character that began before."""
    count = 0
    while count < min(len(data), MIN_LIMIT - 1) and data[count] & 0xC0 == 0x80:  # noqa: PLR2004 - UTF-8
        count += 1
    return count
