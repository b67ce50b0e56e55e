"""Processes by identity, by session and by descent: what executors need to end a run and nothing else.

A pid alone names nobody for long, since the system uses it again; `ProcessId` adds the time of birth. What a simulation
starts stays in its worker's session, or at least descends from its supervisor, which adopts orphans. Zombies are dead
here throughout.
"""

from __future__ import annotations

import logging
import os
import select
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

logger = logging.getLogger(__name__)

_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
#: A process that is not gone this long after its SIGKILL hangs in the kernel, seconds.
_KILL_LIMIT_S = 10.0
_KILL_PAUSE_S = 0.01
#: How often an empty selection is looked at again while processes are born on this machine.
_LOOKS = 50
#: Births are told in steps of 10 ms; JSON and arithmetic must not tell two numbers of one birth apart.
_BIRTH_TOLERANCE_S = 0.005


@dataclass(frozen=True)
class ProcessId:
    """A process and nobody who gets its number later.

    Attributes:
        pid: Its number.
        started: Its birth in seconds: since boot on Linux, where the clock may be set at any time without changing it,
            since the epoch elsewhere. Comparable on one machine between two boots.
    """

    pid: int
    started: float

    @classmethod
    def of(cls, pid: int) -> ProcessId:
        """Return the identity of a process that lives.

        Raises:
            psutil.NoSuchProcess: There is no such process.
        """
        return cls(pid, _birth(pid))

    @classmethod
    def current(cls) -> ProcessId:
        """Return the identity of this process."""
        return cls.of(os.getpid())


def is_same_process(process: ProcessId) -> bool:
    """Return whether a process still lives; False where another one has its number or only its zombie is left."""
    try:
        return abs(_birth(process.pid) - process.started) < _BIRTH_TOLERANCE_S and _is_alive(
            psutil.Process(process.pid)
        )
    except psutil.Error:
        return False


def _birth(pid: int) -> float:
    if sys.platform != "linux":
        return psutil.Process(pid).create_time()
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        raise psutil.NoSuchProcess(pid) from None
    ticks = int(stat.rpartition(b")")[2].split()[19])  # field 22, starttime: proc_pid_stat(5)
    return ticks / os.sysconf("SC_CLK_TCK")


def _is_alive(process: psutil.Process) -> bool:
    try:
        # A process whose first thread ended before the others looks like a zombie, and has more than one thread.
        return process.status() not in {psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD} or process.num_threads() > 1
    except psutil.Error:
        return False


def await_end(pid: int, timeout_s: float) -> bool:
    """Wait for a process to end; return whether it has.

    A zombie has ended: whoever waits for its number to be free waits for its parent, which may be held up.

    Args:
        pid: The process; it need not be a child of this one.
        timeout_s: How long to wait, in seconds.

    Source: pidfd_open(2); where the system has none, the process is looked at every 10 ms.
    """
    deadline = time.monotonic() + timeout_s
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    except (AttributeError, OSError):
        return _await_end_by_looks(pid, deadline)
    try:
        ends = select.poll()  # not `select`, which takes no descriptor beyond 1023
        ends.register(descriptor, select.POLLIN)
        return bool(ends.poll(max(0.0, timeout_s) * 1000))
    finally:
        os.close(descriptor)


def _await_end_by_looks(pid: int, deadline: float) -> bool:
    try:
        process = psutil.Process(pid)
    except psutil.NoSuchProcess:
        return True
    while _is_alive(process):
        if time.monotonic() >= deadline:
            return False
        time.sleep(_KILL_PAUSE_S)
    return True


def session_members(sid: int) -> set[psutil.Process]:
    """Return the living processes of a session.

    Args:
        sid: The session: the pid of the process that began it, which need not live any more. That number is used again
            once the session is empty, so make sure first that it is still the one you mean.
    """
    if sys.platform == "win32":  # no sessions there
        return set()
    found = set()
    for pid in reversed(
        psutil.pids()
    ):  # the youngest first: one that forks and ends quickly may be gone a moment later
        try:
            if os.getsid(pid) == sid:
                found.add(psutil.Process(pid))
        except (OSError, psutil.Error):
            continue  # it has just ended, or is not ours to see
    return {process for process in found if _is_alive(process)}


def descendants(pid: int) -> set[psutil.Process]:
    """Return the living children of a process, their children and so on, without itself.

    On Linux these include orphans where the process is a subreaper, as supervisors are.
    """
    try:
        return {process for process in psutil.Process(pid).children(recursive=True) if _is_alive(process)}
    except psutil.Error:
        return set()


def kill_all(
    select: Callable[[], set[psutil.Process]], exclude: Collection[int] = (), timeout_s: float = _KILL_LIMIT_S
) -> set[int]:
    """Send SIGKILL to all processes that a function selects, again and again until it selects none.

    Each is killed with its process group, so that it cannot outrun the signal by forking, unless somebody who is to be
    spared is in that group. Processes that are not ours to kill are left, as are those that hang in the kernel after
    the time limit; both are logged.

    Args:
        select: Returns whom to kill; called afresh each round, since processes fork while they are being killed.
        exclude: Pids that are never killed. This process is not either.
        timeout_s: When to give up, in seconds.

    Returns:
        The pids that were sent the signal.
    """
    spared, killed = {os.getpid(), *exclude}, set[int]()
    deadline = time.monotonic() + timeout_s
    while targets := _select_surely(select, spared):
        if time.monotonic() > deadline:
            logger.warning("still there %g s after SIGKILL: %s", timeout_s, sorted(process.pid for process in targets))
            break
        for process in targets:
            try:
                _kill(process, spared)
                killed.add(process.pid)
            except (ProcessLookupError, psutil.NoSuchProcess):
                continue
            except (PermissionError, psutil.AccessDenied):
                logger.warning("process %d is not ours to kill", process.pid)
                spared.add(process.pid)
        time.sleep(_KILL_PAUSE_S)  # waiting for them would take the exit status from whoever is their parent
    return killed


def _kill(process: psutil.Process, spared: set[int]) -> None:
    if sys.platform == "win32":  # no process groups there
        process.kill()
        return
    group = os.getpgid(process.pid)
    if any(_group_of(pid) == group for pid in spared):
        process.kill()
    elif process.is_running():  # the same process still
        os.killpg(group, signal.SIGKILL)


def _group_of(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except OSError:
        return None


def _select_surely(select: Callable[[], set[psutil.Process]], spared: set[int]) -> set[psutil.Process]:
    """Select living processes; an empty selection is believed only if no process was born while it was made.

    One that forks and ends in that time is gone when it is looked at, and its child was not listed yet.
    """
    for _ in range(_LOOKS):
        before = set(psutil.pids())
        found = {process for process in select() if process.pid not in spared and _is_alive(process)}
        if found or before.issuperset(psutil.pids()):
            return found
    return set()


def thread_environment(threads: int) -> dict[str, str]:
    """Return the environment variables that limit the threads of numerical libraries.

    Args:
        threads: Threads per process, at least 1.
    """
    return dict.fromkeys(_THREAD_VARIABLES, str(max(1, threads)))


def threads_per_run(max_running: int, cores: int | None = None) -> int:
    """Return how many threads each of several runs on this machine should use, at least 1.

    Two runs whose libraries each take all cores run far slower than side by side.

    Args:
        max_running: How many runs may run at once.
        cores: Cores to share; by default those that this process may use.
    """
    if cores is None:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, cores // max(1, max_running))
