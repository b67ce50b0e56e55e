"""How a supervisor is started: the starter's side of `supervisor`, a script that imports nothing of GymDash."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from gymdash_core.worker import supervisor

if TYPE_CHECKING:
    from collections.abc import Sequence


def command(run: str, attempt: int, log_limit_bytes: int, worker: Sequence[str], *, detach: bool = False) -> list[str]:
    """Return the command line that starts a supervisor; start it in a new session, its input from the null device.

    Args:
        run: The run's folder.
        attempt: Number of the attempt, from 1.
        log_limit_bytes: What each log may keep; between half of it and all of it is kept. 0: everything.
        worker: The worker's command line; a program without a slash is searched on ``PATH``.
        detach: Fork first, so that the starter has no child to bury: the command returns at once.
    """
    script = [sys.executable, "-I", "-S", str(Path(supervisor.__file__).absolute())]
    options = {"--run": run, "--attempt": attempt, "--log-limit": log_limit_bytes, "--detach": int(detach)}
    return [*script, *(str(word) for option in options.items() for word in option), "--", *worker]
