"""File locks that say who lives: one process holds a lock, anybody may ask which.

A lock is a POSIX record lock (``fcntl.lockf``) on the whole of a small file. The kernel drops it when the process ends,
however it ends; children do not inherit it; ``F_GETLK`` names its holder. Two of its rules are traps:

- closing *any* descriptor of the file drops the lock, also one that was opened only to look at it;
- the kernel does not show a process its own locks, and grants them to it again.

So this process keeps a table of the locks that it holds, by file (device and inode) and by path, which is consulted
before a lock file is opened. The table is the one piece of module state in this package: it mirrors kernel state of
the process, and is emptied in forked children, which hold nothing.

Knows nothing of runs and projects. On Windows a branch without names of holders is kept possible; it is untested.

Source: POSIX.1-2017, fcntl(), "advisory record locking".
"""

from __future__ import annotations

import errno
import os
import struct
import sys
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from gymdash_core.errors import LockHeldError

if sys.platform == "win32":  # pragma: no cover - untested
    import msvcrt
else:
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from types import TracebackType

#: Stands for a holder that cannot be named. No process has this number, so a signal to it reaches nobody.
UNKNOWN_PID: Final = 2**31 - 1

#: Longest pause between two looks at a lock that another process holds, seconds.
_LONGEST_PAUSE_S = 0.05
_HELD_ELSEWHERE = {errno.EACCES, errno.EAGAIN, errno.EDEADLK}


@dataclass(frozen=True, eq=False)
class _Held:
    """A lock that this process holds."""

    file: tuple[int, int]
    path: str
    descriptor: int


class _Table:
    """The locks of this process. `changed` guards it and is notified at each release."""

    def __init__(self) -> None:
        self.changed = threading.Condition(threading.Lock())
        self.entries: set[_Held] = set()

    def find(self, path: Path) -> _Held | None:
        name, file = os.path.abspath(path), _file_of(path)  # noqa: PTH100 - resolve() would follow links
        return next((held for held in self.entries if held.path == name or held.file == file), None)


class FileLock:
    """A lock on a file, held by this process until `release` or its end.

    The file is created where it is missing and never removed. Leaving a ``with`` block releases the lock; entering one
    takes it, unless ``acquire`` or ``acquire_wait`` did so before.

    Thread safety: any thread may take and release it. Within one process it excludes threads and other `FileLock`
    objects of the same file just as it excludes other processes. It is not re-entrant. After a fork the child holds
    nothing, whatever the parent held.

    Args:
        path: The lock file; its folder exists.

    Example:
        >>> import tempfile, pathlib
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "x.lock"
        >>> with FileLock(path):
        ...     holder(path) == os.getpid()
        True
        >>> holder(path) is None
        True
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._entry: _Held | None = None
        self._entered = False

    def __repr__(self) -> str:
        return f"FileLock({str(self.path)!r}, held={self.held})"

    @property
    def held(self) -> bool:
        """Whether this object holds the lock in this process."""
        return self._entry in _table.entries

    def acquire(self) -> Self:
        """Take the lock without waiting and return the lock itself.

        Raises:
            LockHeldError: Somebody holds it, named where that can be known; also another thread of this process.
            OSError: The file cannot be opened.
        """
        with _table.changed:
            self._take()
        return self

    def acquire_wait(self, timeout_s: float) -> Self:
        """Take the lock, waiting for its holder, and return the lock itself.

        Args:
            timeout_s: How long to wait, in seconds. A holder in this process wakes the wait; for another one the lock
                is tried every 1 to 50 ms, since the system has no such wait with a time limit.

        Raises:
            LockHeldError: It was still held after that time.
            OSError: The file cannot be opened.
        """
        deadline, pause_s = time.monotonic() + timeout_s, 0.001
        with _table.changed:
            while True:
                try:
                    self._take()
                    return self
                except LockHeldError:
                    left_s = deadline - time.monotonic()
                    if left_s <= 0:
                        raise
                _table.changed.wait(min(pause_s, left_s))
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    def release(self) -> None:
        """Give the lock back; nothing happens where this object does not hold it."""
        with _table.changed:
            if self._entry is not None and self._entry in _table.entries:
                _table.entries.remove(self._entry)
                os.close(self._entry.descriptor)
                _table.changed.notify_all()
            self._entry, self._entered = None, False

    def __enter__(self) -> Self:
        with _table.changed:
            if self._entered or not self.held:
                self._take()
            self._entered = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def _take(self) -> None:
        """Take the lock; the table's guard is held, so that no thread opens the file in between."""
        while True:
            if _table.find(self.path) is not None:
                raise LockHeldError(self.path, os.getpid())
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o644)
            try:
                _lock(self.path, descriptor)
                status = os.fstat(descriptor)
                file = (status.st_dev, status.st_ino)
                replaced = file != _file_of(self.path)
            except BaseException:
                os.close(descriptor)
                raise
            if not replaced:
                self._entry = _Held(file, os.path.abspath(self.path), descriptor)  # noqa: PTH100 - as in find()
                _table.entries.add(self._entry)
                return
            os.close(descriptor)  # replaced or removed while it was being locked: a lock that nobody would see


def holder(path: Path) -> int | None:
    """Return the pid of the process that holds a lock, or None where it is free.

    Does not create the file. A holder that this process cannot see (in another container, on another host) is
    `UNKNOWN_PID`.

    Thread safety: any thread; never drops a lock of this process.

    Args:
        path: The lock file.

    Raises:
        OSError: The file is there and cannot be opened.

    Source: fcntl(2), ``F_GETLK``.
    """
    with _table.changed:
        if _table.find(path) is not None:
            return os.getpid()
        try:
            descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
        except (FileNotFoundError, NotADirectoryError):
            return None
        try:
            return _ask_holder(descriptor)
        finally:
            os.close(descriptor)


def await_free(paths: Iterable[Path], timeout_s: float, ending: threading.Event | None = None) -> bool:
    """Wait until nobody holds some locks; return False where `ending` came first.

    The locks are looked at again and again: that one becomes free is no event that could be waited for beside another.

    Args:
        paths: The lock files, one after the other.
        timeout_s: How long to wait for all of them, in seconds.
        ending: Ends the wait.

    Raises:
        LockHeldError: One was still held after that time.
        OSError: One is there and cannot be opened.
    """
    deadline, stop = time.monotonic() + timeout_s, ending or threading.Event()
    for path in paths:
        while (pid := holder(path)) is not None:
            if time.monotonic() >= deadline:
                raise LockHeldError(path, None if pid == UNKNOWN_PID else pid)
            if stop.wait(_LONGEST_PAUSE_S / 5):
                return False
    return True


def _lock(path: Path, descriptor: int) -> None:
    if not _try_lock(descriptor):
        pid = _ask_holder(descriptor)
        raise LockHeldError(path, None if pid == UNKNOWN_PID else pid)


def _file_of(path: Path) -> tuple[int, int] | None:
    try:
        status = os.stat(path)  # noqa: PTH116 - the same as for a descriptor
    except (FileNotFoundError, NotADirectoryError):
        return None
    return status.st_dev, status.st_ino


if sys.platform == "win32":  # pragma: no cover - untested

    def _try_lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            if error.errno not in _HELD_ELSEWHERE:
                raise
            return False
        return True

    def _ask_holder(descriptor: int) -> int | None:
        if not _try_lock(descriptor):
            return UNKNOWN_PID
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)
        return None

else:

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in _HELD_ELSEWHERE:
                raise
            return False
        return True

    def _ask_holder(descriptor: int) -> int | None:
        """Ask the kernel with a ``struct flock`` for a write lock on the whole file."""
        if sys.platform == "linux":
            layout = "hhqqi"  # type, whence, start, length, pid
            question = struct.pack(layout, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
            kind, _, _, _, pid = struct.unpack(layout, _padded(descriptor, question, layout))
        else:
            layout = "qqihh"  # start, length, pid, type, whence: macOS and the BSDs
            question = struct.pack(layout, 0, 0, 0, fcntl.F_WRLCK, os.SEEK_SET)
            _, _, pid, kind, _ = struct.unpack(layout, _padded(descriptor, question, layout))
        if kind == fcntl.F_UNLCK:
            return None
        return pid if pid > 0 else UNKNOWN_PID

    def _padded(descriptor: int, question: bytes, layout: str) -> bytes:
        answer = fcntl.fcntl(descriptor, fcntl.F_GETLK, question.ljust(64, b"\0"))
        return answer[: struct.calcsize(layout)]

    def _forget_locks() -> None:
        """Begin a forked child without locks: it inherits the descriptors alone, and closing them drops nothing."""
        inherited, _table.changed, _table.entries = _table.entries, threading.Condition(threading.Lock()), set()
        for held in inherited:
            os.close(held.descriptor)

    os.register_at_fork(after_in_child=_forget_locks)


_table = _Table()
