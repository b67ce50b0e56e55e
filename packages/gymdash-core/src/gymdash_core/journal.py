"""Small files that survive a kill: JSON replaced atomically, and JSON lines appended whole.

Used for everything in a run directory. A reader never sees half a JSON file (rename is atomic) and skips a torn last
line. A writer that finds a torn tail closes it with a newline, so that one broken line never breaks the next.

JSON here is Python's: non-finite floats are the tokens ``NaN``, ``Infinity`` and ``-Infinity``.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import threading
from typing import TYPE_CHECKING, Any

from gymdash_core.errors import CorruptFileError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: Numbers of the errors that say that there is no room, which may come back.
FULL_DISK = frozenset({errno.ENOSPC, errno.EDQUOT})


def dumps(data: object) -> str:
    """Return compact JSON on one line."""
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False)


def write_json(path: Path, data: object, *, fsync: bool = False, mode: int = 0o644) -> None:
    """Replace a JSON file atomically.

    Args:
        path: The file; its folder exists.
        data: What to write.
        fsync: Force it to the disk before the rename, so that it also survives a power cut (about 0.6 ms).
        mode: Permission bits of the file.

    Raises:
        OSError: The disk is full or read-only; the old content stays.
    """
    write_bytes(path, (dumps(data) + "\n").encode("utf-8", "surrogatepass"), fsync=fsync, mode=mode)


def write_bytes(path: Path, data: bytes, *, fsync: bool = False, mode: int = 0o644) -> None:
    """Replace a file atomically; see `write_json`."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_native_id()}.tmp")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        try:
            write_all(descriptor, data)
            if fsync:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def read_json(path: Path) -> dict[str, Any] | None:
    """Return a JSON object from a file, or None where there is no such file.

    Raises:
        CorruptFileError: The file is there and holds no JSON object.
    """
    try:
        text = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        data = json.loads(text)
    except ValueError as error:
        raise CorruptFileError(path, f"not JSON ({error})") from error
    if not isinstance(data, dict):
        raise CorruptFileError(path, "not a JSON object")
    return data


def write_all(descriptor: int, data: bytes) -> None:
    """Write all bytes to a descriptor, also where the system takes them in parts.

    Raises:
        OSError: The disk is full or read-only; a part may have been written.
    """
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


class JsonLines:
    """Append JSON objects to a file, one a line, each in one write.

    Thread safety: `append` may be called from any thread; one process writes.

    Args:
        path: The file, created at the first line; its folder exists.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._descriptor: int | None = None

    def append(self, data: object, *, fsync: bool = False) -> None:
        """Append one line.

        Args:
            data: A JSON object.
            fsync: Force it to the disk before returning.

        Raises:
            OSError: The disk is full or read-only. A part of the line may be there; readers skip it.
        """
        line = (dumps(data) + "\n").encode("utf-8", "surrogatepass")
        with self._lock:
            if self._descriptor is None:
                self._descriptor = open_for_append(self.path)
            try:
                write_all(self._descriptor, line)
                if fsync:
                    os.fsync(self._descriptor)
            except OSError:
                # A torn line may be on disk: reopening closes it with a newline.
                os.close(self._descriptor)
                self._descriptor = None
                raise

    def close(self) -> None:
        """Close the file; a later `append` opens it again."""
        with self._lock:
            if self._descriptor is not None:
                os.close(self._descriptor)
                self._descriptor = None


def open_for_append(path: Path) -> int:
    """Open a line file for appending and close a torn last line; return the descriptor.

    Its folder must be there: a run that was deleted must not come back because somebody still writes.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0), 0o644)
    try:
        size = os.fstat(descriptor).st_size
        if size and os.pread(descriptor, 1, size - 1) != b"\n":
            write_all(descriptor, b"\n")
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def append_line(path: Path, data: object, *, fsync: bool = False) -> None:
    """Append one JSON object to a line file that this process does not keep open."""
    lines = JsonLines(path)
    try:
        lines.append(data, fsync=fsync)
    finally:
        lines.close()


def read_lines(path: Path, offset: int = 0) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the JSON objects of a line file with the byte offset behind each.

    A torn last line is left for later; a complete line that is no JSON object is skipped. A missing file has no lines.

    Args:
        path: The file.
        offset: Where to begin: 0, or an offset that was yielded before.
    """
    try:
        file = path.open("rb")
    except (FileNotFoundError, NotADirectoryError):
        return
    with file:
        file.seek(offset)
        for line in file:
            if not line.endswith(b"\n"):
                return
            offset += len(line)
            try:
                data = json.loads(line)
            except ValueError:
                continue
            if isinstance(data, dict):
                yield offset, data
