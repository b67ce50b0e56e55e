"""Children that the user's code has forked: the run, its files and its end belong to the parent alone."""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from typing import NoReturn


def leave_fork(error: BaseException | None) -> NoReturn:
    """End a forked child as Python would have ended it, without running what belongs to its parent.

    Args:
        error: The exception that escaped from the user's code in the child, or None.
    """
    if error is not None and not isinstance(error, SystemExit):
        traceback.print_exception(error)
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    code = error.code if isinstance(error, SystemExit) else error is not None
    os._exit(code if isinstance(code, int) else int(code is not None))
