"""What holds up the launch of a run: processes of an earlier attempt that have not gone yet, and a full disk.

Nothing of the launch is on the disk meanwhile but, where it was queued, its place in the queue. Slots and queue are the
launcher's own.
"""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING

from gymdash_core.errors import GymDashError, LockHeldError, WorkerGoneError
from gymdash_core.journal import FULL_DISK
from gymdash_core.locks import await_free
from gymdash_core.meta import note_wait, read_meta

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from gymdash_core.project import RunFolder

logger = logging.getLogger(__name__)

#: How long the processes of an attempt may take to be gone once its end is told, which is a moment before.
_GONE_S = 10.0
#: How often the launch of a queued run is tried that something holds up.
_AGAIN_S = 5.0


def await_earlier(run: RunFolder, ending: threading.Event) -> None:
    """Wait for the processes of an earlier attempt; the launch is not written down yet, so nothing has begun.

    Args:
        run: The run.
        ending: Ends the wait.

    Raises:
        LockHeldError: They do not go.
        WorkerGoneError: `ending` came first.
    """
    if not await_free((run.worker_lock, run.supervisor_lock), _GONE_S, ending):
        raise WorkerGoneError(f"run {run.id}: this process hangs up", "Nothing has begun; ask the next one.")


def record_queued_launch(run: RunFolder, record: Callable[[], None], ending: threading.Event) -> bool:
    """Write down the launch of a queued run as soon as nothing holds it up; until then the run says what does.

    Args:
        run: The run.
        record: Writes the launch down.
        ending: Ends the wait; the run stays queued, for the next launcher.

    Returns:
        Whether the launch was written down; False where the wait was ended, or the launch called off meanwhile.

    Raises:
        OSError: The launch cannot be written down, for another reason than a full disk.
    """
    told = ""
    while True:
        try:
            await_earlier(run, ending)
            record()
        except WorkerGoneError:
            return False
        except (OSError, LockHeldError) as error:
            if not isinstance(error, LockHeldError) and error.errno not in FULL_DISK:
                raise
            told = _tell(run, str(error), told)
        else:
            return True
        if not read_meta(run).get("queued") or ending.wait(_AGAIN_S):
            return False


def _tell(run: RunFolder, problem: str, told: str) -> str:
    """Say what holds up a launch, where that was not told yet."""
    if problem != told:
        logger.warning("run %s stays queued: %s", run.id, problem)
        with contextlib.suppress(GymDashError, OSError):
            note_wait(run, problem)
    return problem
