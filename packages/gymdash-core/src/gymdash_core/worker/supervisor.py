"""The supervisor of one attempt: a small process that outlives everybody who could say how the worker ended.

It starts the worker in a session of its own with its output straight in the log files, waits for it, ends what it left
behind and writes ``exit.json``. It holds ``supervisor.lock`` from before the worker starts until that file is in place.
Killed alone, it leaves the worker undisturbed: nothing of the worker's runs through it.

Runs as a script, ``python -I -S supervisor.py --run DIR --attempt N --log-limit BYTES [--detach 1] -- WORKER
ARGUMENT...``, in a session of its own that its parent made; `supervising` builds that line. It imports a handful of
modules of the standard library and nothing of GymDash, and so takes about 10 MB; hence file names are repeated here,
which only `gymdash_core.project` knows otherwise. Linux first: macOS has neither subreapers nor this way to free a
log's head, so there only the worker's session is ended whole, and logs grow.

Exit codes: 0 ``exit.json`` is written, 2 wrong arguments, 3 another supervisor has the run, 4 ``exit.json`` could not
be written, 5 the run could not be locked.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import select
import signal
import sys
import time

try:
    import ctypes
except ImportError:  # a Python that was built without libffi: no subreaper, and logs grow
    ctypes = None  # type: ignore[assignment]

TYPE_CHECKING = False  # typing alone would cost a megabyte
if TYPE_CHECKING:
    from collections.abc import Callable

EXIT_DONE, EXIT_USAGE, EXIT_HELD, EXIT_UNWRITTEN, EXIT_NO_LOCK = 0, 2, 3, 4, 5
CODE_NOT_STARTED = 127  # in exit.json, as shells have it
STREAMS = ("stdout", "stderr")

_USAGE = "usage: supervisor.py --run DIR --attempt N --log-limit BYTES [--detach 1] -- WORKER ARGUMENT...\n"
_IGNORED = (signal.SIGINT, signal.SIGHUP, signal.SIGTERM)
#: What a worker must not inherit as ignored: the above, and what Python ignores.
_DEFAULTED = (*_IGNORED, signal.SIGPIPE, signal.SIGXFSZ, signal.SIGCHLD)
_TICK_S = _TERM_GRACE_S = 1.0
#: A process that hangs in the kernel is left after this time, so that the run's end is told.
_KILL_LIMIT_S = 10.0
_WRITE_LIMIT_S, _WRITE_PAUSE_S = 60.0, 0.5
_PR_SET_CHILD_SUBREAPER, _KEEP_SIZE_PUNCH_HOLE = 36, 0x01 | 0x02


def main(arguments: list[str]) -> int:
    """Supervise one attempt and return the exit code."""
    try:
        run, attempt, limit_bytes, detach, worker = _parse(arguments)
    except (KeyError, ValueError):
        sys.stderr.write(_USAGE)
        return EXIT_USAGE
    if detach and os.fork():
        return EXIT_DONE
    for number in _IGNORED:
        signal.signal(number, signal.SIG_IGN)
    try:
        lock = os.open(f"{run}/supervisor.lock", os.O_RDWR | os.O_CREAT, 0o644)  # open, thus held, until the end
        fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return EXIT_HELD
    except OSError as error:
        sys.stderr.write(f"supervisor: {run}/supervisor.lock: {error}\n")
        return EXIT_NO_LOCK
    _become_subreaper()
    ending = {"version": 1, "attempt": attempt, **_carry_out(f"{run}/logs", limit_bytes, worker)}
    _remove_socket(run)
    return EXIT_DONE if _write_exit(run, ending) else EXIT_UNWRITTEN


def _remove_socket(run: str) -> None:
    """Remove the control socket of a worker that was killed, which nobody else will."""
    try:
        with open(f"{run}/state.json", encoding="utf-8") as file:  # noqa: PTH123 - no pathlib here
            path = (json.load(file).get("control") or {}).get("path")
        if isinstance(path, str) and path.endswith(".sock"):
            os.unlink(path)  # noqa: PTH108 - same
    except (OSError, ValueError, AttributeError):
        return


def _parse(arguments: list[str]) -> tuple[str, int, int, bool, list[str]]:
    split = arguments.index("--")
    options = dict(zip(arguments[:split:2], arguments[1:split:2], strict=True))
    worker = arguments[split + 1 :]
    if not worker:
        raise ValueError("no worker")
    run = os.path.abspath(options["--run"])  # noqa: PTH100 - no pathlib here
    return run, int(options["--attempt"]), int(options["--log-limit"]), options.get("--detach", "0") != "0", worker


def _carry_out(folder: str, limit_bytes: int, argv: list[str]) -> dict[str, object]:
    """Run the worker to its end and that of all its processes; return how it ended."""
    ending: dict[str, object] = {"pid": None, "code": None, "signal": None, "started": _now(), "ended": None}
    ending |= {"peak_rss_bytes": 0, "error": None}
    wakeup = Wakeup()
    try:
        logs = Logs(folder, limit_bytes)
        worker = _spawn(argv, logs.files)
    except OSError as error:
        message = f"the worker could not be started: {error}"
        return ending | {"code": CODE_NOT_STARTED, "ended": _now(), "error": message}
    while (ended := _reap(worker)[0]) is None:
        logs.bound()
        wakeup.wait(_TICK_S)
    status, peak_rss_bytes = ended
    ending |= {"pid": worker, "ended": _now(), "peak_rss_bytes": peak_rss_bytes}
    ending["signal" if os.WIFSIGNALED(status) else "code"] = abs(os.waitstatus_to_exitcode(status))
    left = _end_rest(worker, wakeup)
    logs.bound()
    return ending if left is None else ending | {"left": left}


def _now() -> str:
    now = time.time()
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now % 1 * 1e6):06d}+00:00"


class Wakeup:
    """Sleep that ends early when a child ends."""

    def __init__(self) -> None:
        self._reader, writer = os.pipe()
        os.set_blocking(self._reader, False)
        os.set_blocking(writer, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)

    def wait(self, timeout_s: float) -> None:
        """Wait for a child to end, or for the time to pass."""
        if select.select([self._reader], [], [], timeout_s)[0]:
            os.read(self._reader, 4096)


def _become_subreaper() -> None:
    """Become the parent of the worker's orphans, so that none is out of sight."""
    if sys.platform == "linux" and ctypes is not None:
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _spawn(argv: list[str], logs: dict[str, int]) -> int:
    """Start the worker as the leader of a new session, its output appended to the logs; return its pid."""
    return os.posix_spawnp(
        argv[0],
        argv,
        os.environ,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_DUP2, logs["stdout"], 1),
            (os.POSIX_SPAWN_DUP2, logs["stderr"], 2),
        ],
        setsid=True,
        setsigmask=(),
        setsigdef=_DEFAULTED,
    )


def _reap(worker: int) -> tuple[tuple[int, int] | None, bool]:
    """Bury the children that ended; return the worker's status and peak bytes if it did, and whether any are left."""
    ended = None
    while True:
        try:
            pid, status, usage = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            return ended, False
        if pid == 0:
            return ended, True
        if pid == worker:
            ended = status, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _end_rest(session: int, wakeup: Wakeup) -> list[int] | None:
    """End what is left of the worker's session and of our descendants; return what could not be ended, or None."""
    begun, asked, refused = time.monotonic(), set[int](), set[int]()
    while True:
        living, groups = _remaining(session)
        children = _reap(session)[1]
        elapsed_s = time.monotonic() - begun
        if living.keys() <= refused and (living or not children):
            return sorted(living) or None
        if elapsed_s > _KILL_LIMIT_S:
            return sorted(living)
        if elapsed_s < _TERM_GRACE_S:
            for pid in living.keys() - asked:
                _send(os.kill, pid, signal.SIGTERM)
        else:  # whole groups: nobody outruns that by forking
            held = {group for group in groups if not _send(os.killpg, group, signal.SIGKILL)}
            refused |= {pid for pid, group in living.items() if group in held}
        asked |= living.keys()
        wakeup.wait(0.01)


def _send(send: Callable[[int, int], None], number: int, what: int) -> bool:
    """Send a signal; return False where the receiver is not ours to signal."""
    try:
        send(number, what)
    except OSError as error:
        return not isinstance(error, PermissionError)  # otherwise it has just ended
    return True


def _remaining(session: int) -> tuple[dict[int, int], set[int]]:
    """Return who lives of a session and of our descendants, with process groups, and the groups to kill.

    These include the groups of the dead: one that forks and ends too fast to be found leaves its zombie with us.
    """
    table, found, parents = _process_table(), set[int](), {os.getpid()}
    while parents:
        parents = {pid for pid, parent, _, _, _ in table if parent in parents} - found
        found |= parents
    rows = [row for row in table if (row[0] in found or row[3] == session) and row[0] != os.getpid()]
    return {pid: group for pid, _, group, _, alive in rows if alive}, {row[2] for row in rows} - {os.getpgrp()}


def _process_table() -> list[tuple[int, int, int, int, bool]]:
    """Return pid, parent, process group and session of all processes, and whether they live: zombies are dead."""
    try:
        pids = [name for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208 - no pathlib here
    except FileNotFoundError:
        return _process_table_of_ps()
    table = []
    for pid in reversed(pids):  # the youngest first: they may be gone a moment later
        try:
            with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 - no pathlib here
                fields = file.read().rpartition(b")")[2].split()
        except OSError:
            continue  # it has just ended
        alive = fields[0] not in b"ZX" or int(fields[17]) > 1  # a first thread that ended before others is a zombie too
        table.append((int(pid), int(fields[1]), int(fields[2]), int(fields[3]), alive))
    return table


def _process_table_of_ps() -> list[tuple[int, int, int, int, bool]]:  # pragma: no cover - macOS
    import subprocess  # noqa: PLC0415 - heavy, and only where there is no /proc

    table = []
    for line in subprocess.check_output(["/bin/ps", "-A", "-o", "pid=,ppid=,pgid=,stat="], text=True).splitlines():
        pid, parent, group, state = line.split()
        try:
            table.append((int(pid), int(parent), int(group), os.getsid(int(pid)), not state.startswith("Z")))
        except OSError:
            continue  # it has just ended
    return table


def punch_hole(descriptor: int, length_bytes: int) -> None:
    """Free the head of a file; its size and all offsets stay.

    Raises:
        OSError: The system or the file system cannot.

    Source: fallocate(2), ``FALLOC_FL_PUNCH_HOLE``.
    """
    if sys.platform != "linux" or ctypes is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    libc = ctypes.CDLL(None, use_errno=True)
    fallocate = libc.fallocate64 if hasattr(libc, "fallocate64") else libc.fallocate
    fallocate.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)
    if fallocate(descriptor, _KEEP_SIZE_PUNCH_HOLE, 0, length_bytes):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


class Logs:
    """The captured output of a run, bounded by freeing the head of each file; offsets never move.

    ``offsets.json`` names the first offset that is kept, the start of a line unless lines are longer than 64 KiB; it is
    written before a head is freed. Where the file system cannot free one, it says ``"unbounded": true``.

    Args:
        folder: Where the logs are; created.
        limit_bytes: What each log may keep; 0 keeps everything.
        punch: Frees that many bytes at the head of a descriptor's file.

    Raises:
        OSError: The folder or a log cannot be opened.
    """

    def __init__(self, folder: str, limit_bytes: int, punch: Callable[[int, int], None] = punch_hole) -> None:
        os.makedirs(folder, exist_ok=True)  # noqa: PTH103 - no pathlib here
        self._offsets_path = f"{folder}/offsets.json"
        self._limit_bytes, self._punch = limit_bytes, punch
        self._first = _read_offsets(self._offsets_path)
        self._unbounded = limit_bytes <= 0
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND
        self.files = {stream: os.open(f"{folder}/{stream}.log", flags, 0o644) for stream in STREAMS}
        self._forget_lost_heads()

    def bound(self) -> None:
        """Free the heads of logs that have grown beyond the limit; what fails for now is left for the next call."""
        if self._unbounded:
            return
        try:
            first = {stream: self._wanted_first(stream) for stream in STREAMS}
            if first != self._first:
                self._free(first)
        except OSError:
            return  # tried again in a second

    def _forget_lost_heads(self) -> None:
        """Begin at 0 in a log that somebody removed or emptied since the last attempt."""
        sizes = {stream: os.fstat(file).st_size for stream, file in self.files.items()}
        first = {stream: offset if offset <= sizes[stream] else 0 for stream, offset in self._first.items()}
        if first != self._first:
            _replace(self._offsets_path, first)
            self._first = first

    def _wanted_first(self, stream: str) -> int:
        size, first = os.fstat(self.files[stream]).st_size, self._first[stream]
        if size - first <= self._limit_bytes:
            return first
        return _line_start(self.files[stream], size - self._limit_bytes // 2)

    def _free(self, first: dict[str, int]) -> None:
        _replace(self._offsets_path, first)
        try:
            for stream, file in self.files.items():
                if first[stream] > self._first[stream]:
                    self._punch(file, first[stream])
        except OSError as error:
            if error.errno not in {errno.EINTR, errno.ENOSPC, errno.EIO, errno.EAGAIN}:  # these may pass
                self._unbounded = True
                _replace(self._offsets_path, {**self._first, "unbounded": True})
                return
        self._first = first


def _read_offsets(path: str) -> dict[str, int]:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - no pathlib here
            data = json.load(file)
        return {stream: int(data[stream]) for stream in STREAMS}
    except (OSError, ValueError, TypeError, KeyError):
        return dict.fromkeys(STREAMS, 0)


def _line_start(descriptor: int, offset: int) -> int:
    """Return the first start of a line at or behind an offset, or of a character where the line is too long."""
    data = os.pread(descriptor, 64 * 1024, offset - 1)
    newline = data.find(b"\n")
    if newline >= 0:
        return offset + newline
    while data[1:2] and data[1] & 0xC0 == 0x80:  # noqa: PLR2004 - a continuation byte of UTF-8
        offset, data = offset + 1, data[1:]
    return offset


def _replace(path: str, data: dict[str, object] | dict[str, int]) -> None:
    """Replace a JSON file atomically and durably."""
    folder, name = os.path.split(path)
    temporary = f"{folder}/.{name}.{os.getpid()}.tmp"
    try:
        with open(temporary, "w", encoding="utf-8") as file:  # noqa: PTH123 - no pathlib here
            file.write(json.dumps(data, separators=(",", ":")) + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.rename(temporary, path)  # noqa: PTH104 - no pathlib here
    except OSError:
        _unlink(temporary)
        raise


def _unlink(path: str) -> bool:
    try:
        os.unlink(path)  # noqa: PTH108 - no pathlib here
    except OSError:
        return False
    return True


def _write_exit(run: str, ending: dict[str, object]) -> bool:
    """Write ``exit.json``; where the disk is full, give the run's ballast back and wait for room."""
    deadline = time.monotonic() + _WRITE_LIMIT_S
    while True:
        try:
            _replace(f"{run}/exit.json", ending)
            return True
        except OSError as error:
            if time.monotonic() >= deadline or not os.path.isdir(run):  # noqa: PTH112 - no pathlib here
                sys.stderr.write(f"supervisor: exit.json: {error}: {ending}\n")
                return False
        if not _unlink(f"{run}/.ballast"):
            time.sleep(_WRITE_PAUSE_S)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
