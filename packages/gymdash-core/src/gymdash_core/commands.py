"""Output of foreign commands, limited in time and size.

For tools that may be slow, talkative or stuck (git in a huge repository, a GPU tool whose driver hangs), called from
threads that must come back.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_ERROR_BYTES = 4096
_BURIAL_S = 1.0


def limited_output(
    argv: Sequence[str],
    *,
    timeout_s: float,
    limit_bytes: int,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> tuple[bytes, bool]:
    """Run a command without input and return its standard output.

    It runs in a process group of its own, which is killed when the time is over or the output too long.

    Thread safety: any thread. Comes back in time even where the command cannot be killed.

    Args:
        argv: Program and arguments; no shell.
        timeout_s: How long it may take, in seconds.
        limit_bytes: How much of the output is kept.
        cwd: Its working directory; this process's by default.
        env: Its environment; this process's by default.

    Returns:
        The output, and whether there was more than the limit.

    Raises:
        OSError: The program is missing or cannot be started.
        subprocess.CalledProcessError: It failed; ``stderr`` holds the first 4 KiB of what it said.
        subprocess.TimeoutExpired: It took too long.
    """
    deadline = time.monotonic() + timeout_s
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=cwd,
            env=env,
            process_group=None if sys.platform == "win32" else 0,
        )
        try:
            output = _read_some(process, limit_bytes + 1, timeout_s)
            if output is None:
                raise subprocess.TimeoutExpired(argv, timeout_s)
            if len(output) > limit_bytes:
                return output[:limit_bytes], True
            code = process.wait(max(0.0, deadline - time.monotonic()))
        finally:
            _kill(process)
        if code:
            errors.seek(0)
            raise subprocess.CalledProcessError(code, argv, output, errors.read(_ERROR_BYTES))
        return output, False


def _read_some(process: subprocess.Popen[bytes], size: int, timeout_s: float) -> bytes | None:
    """Read from a thread, which is left alone if the pipe stays open for ever."""
    found: list[bytes] = []

    def read() -> None:
        if process.stdout is not None:
            with process.stdout as pipe:
                found.append(pipe.read(size))

    reader = threading.Thread(target=read, name="gymdash-command-output", daemon=True)
    reader.start()
    reader.join(timeout_s)
    return found[0] if found else None


def _kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_BURIAL_S)
