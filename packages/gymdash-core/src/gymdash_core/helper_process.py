"""One helper process: started, asked, waited for, and killed with all that it started.

Knows nothing of simulation types: it carries one JSON object there and one back.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import threading
import time
from typing import TYPE_CHECKING, Any

from gymdash_core.errors import TargetError

if TYPE_CHECKING:
    from collections.abc import Mapping

_TAIL_BYTES = 8192
_LOOK_S = 0.2  # how often a silent process is looked at
_GRACE_S = 10.0  # for a process that takes long to begin, shows where it hangs and ends by itself


class HelperProcess:
    """Ask one question of a fresh interpreter.

    Thread safety: `ask` on one thread; `kill` on any.

    Args:
        python: The interpreter; gymdash-core must be installed for it.
        limit_s: How long the process may live, in seconds.
    """

    def __init__(self, python: str = sys.executable, limit_s: float = 60.0) -> None:
        self._python, self._limit_s = python, limit_s
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._cancelled = False

    def ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return the helper's answer.

        Args:
            request: A JSON object for `gymdash_core.describe_helper`, with its ``spec``.

        Raises:
            TargetError: The process could not be started, died, was killed, or took longer than its limit.
        """
        target = str(request["spec"]["target"])
        with tempfile.TemporaryFile() as question:
            question.write(json.dumps({**request, "limit_s": self._limit_s}).encode())
            question.seek(0)
            process = self._start(target, question.fileno())
        assert process.stdout is not None
        assert process.stderr is not None
        with process.stdout, process.stderr:
            try:
                deadline = time.monotonic() + self._limit_s + _GRACE_S
                answer, tail, late = _read(process, deadline)
                if answer is None and not late:  # it closed its outputs: let it end by itself, for its exit code
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        process.wait(max(0.0, deadline - time.monotonic()))
            finally:
                with self._lock:
                    self._process = None
                _kill_session(process)
                process.wait()
        if answer is None:
            raise self._failure(target, process.returncode, tail, late=late or "Timeout (" in tail)
        return answer

    def kill(self) -> None:
        """End the process and what it started; a question that was not asked yet is not asked any more."""
        with self._lock:
            self._cancelled = True
            if self._process is not None:
                _kill_session(self._process)

    def _start(self, target: str, question: int) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._cancelled:
                raise TargetError(target, "its description was cancelled")
            try:
                self._process = subprocess.Popen(
                    [self._python, "-P", "-m", "gymdash_core.describe"],
                    stdin=question,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    start_new_session=True,
                )
            except OSError as error:
                raise TargetError(target, f"the helper process cannot be started: {error}") from error
            return self._process

    def _failure(self, target: str, code: int, tail: str, *, late: bool) -> TargetError:
        if self._cancelled:
            cause = "its description was cancelled"
        elif late:
            cause = f"timed out after {self._limit_s:g} s"
        else:
            how = f"of {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
            cause = f"the process that loads it died {how}"
        error = TargetError(target, cause, "Run `python -m gymdash_core.describe` with its target to see more.")
        error.add_note(tail)
        return error


def _kill_session(process: subprocess.Popen[bytes]) -> None:
    """Kill the process, and what it started in its session even where it ended itself."""
    with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS refuses where only zombies are left
        os.killpg(process.pid, signal.SIGKILL)


def _read(process: subprocess.Popen[bytes], deadline: float) -> tuple[dict[str, Any] | None, str, bool]:
    """Read until the answer is whole, the process has ended, or the time is up.

    The outputs may stay open after its end: what it started holds them too.

    Returns:
        The answer or None, the end of what was printed, and whether the time was up.
    """
    answer, printed = bytearray(), bytearray()
    late = False
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ, answer)  # type: ignore[arg-type]
        selector.register(process.stderr, selectors.EVENT_READ, printed)  # type: ignore[arg-type]
        while selector.get_map() and not answer.endswith(b"\n") and not late:
            has_ended = process.poll() is not None  # looked at first: all that it has written is there then
            ready = selector.select(0 if has_ended else _LOOK_S)
            for key, _ in ready:
                data = os.read(key.fd, 1 << 16)
                if not data:
                    selector.unregister(key.fileobj)
                key.data.extend(data)
            del printed[:-_TAIL_BYTES]
            if not ready and has_ended:
                break
            late = time.monotonic() >= deadline
    tail = printed.decode("utf-8", "replace")
    return (json.loads(answer) if answer.endswith(b"\n") else None), tail, late
