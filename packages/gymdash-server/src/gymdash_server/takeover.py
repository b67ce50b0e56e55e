"""Taking over what an earlier server of a project has left: live runs, stops that are under way, the queue."""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING, Any

from gymdash_core.errors import GymDashError
from gymdash_core.meta import LaunchRecord, read_meta, update_meta
from gymdash_core.orders import LaunchOrder, is_unbegun
from gymdash_core.runview import RunView, read_run
from gymdash_core.status import RunState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gymdash_core.conversation import Conversation
    from gymdash_core.launcher import Launcher
    from gymdash_core.project import RunFolder
    from gymdash_core.starter import Starter

logger = logging.getLogger(__name__)

#: Whose the launches and the queue are, in the records of runs.
BY = "server"


class Takeover:
    """Go on where an earlier server has ended, however it ended.

    Args:
        launcher: Has the slots and the queue.
        starter: Knows what may be launched here.
        talk: Carries on stops.
    """

    def __init__(self, launcher: Launcher, starter: Starter, talk: Conversation) -> None:
        self._launcher, self._starter, self._talk = launcher, starter, talk

    def take_over(self, unfinished: Iterable[RunFolder]) -> None:
        """Take over runs.

        Args:
            unfinished: The runs that have not ended, or of which nobody knows how.
        """
        waiting = []
        for run, view in _readable(unfinished):
            try:
                if _is_ours(run):
                    self._adopt(run, view)
                if view.state.is_live:
                    self._talk.carry_on_stop(run)
                if (queued := _queued(run, view)) is not None:
                    self._starter.require_launchable(run)
                    waiting.append((queued["time"], run, queued))
            except (GymDashError, OSError) as error:
                _leave_waiting(run, error)
        for _, run, queued in sorted(waiting, key=lambda item: (item[0], item[1].id)):
            if read_meta(run).get("waits_for"):
                update_meta(run, lambda meta: meta.pop("waits_for"))
            record = LaunchRecord.from_json(queued)
            self._launcher.enqueue(LaunchOrder(run, record.start_kwargs, record.resume_from))

    def _adopt(self, run: RunFolder, view: RunView) -> None:
        if is_unbegun(run):
            self._launcher.start_again(run, view.attempt)
        elif view.state.is_live:
            self._launcher.adopt(run, view.attempt)


def _leave_waiting(run: RunFolder, error: Exception) -> None:
    """Say why a run is not taken over; one that is queued stays so."""
    logger.warning("run %s is not taken over: %s", run.id, error)
    with contextlib.suppress(GymDashError, OSError):
        if read_meta(run).get("queued"):
            update_meta(run, lambda meta: meta.update(waits_for=str(error)))


def _queued(run: RunFolder, view: RunView) -> dict[str, Any] | None:
    queued = read_meta(run).get("queued")
    is_ours = isinstance(queued, dict) and queued.get("by") == BY and view.state is RunState.QUEUED
    return queued if is_ours else None


def _is_ours(run: RunFolder) -> bool:
    launches = read_meta(run).get("launches") or [{}]
    return bool(launches[-1].get("by") == BY)


def _readable(runs: Iterable[RunFolder]) -> Iterator[tuple[RunFolder, RunView]]:
    for run in runs:
        try:
            yield run, read_run(run)
        except (GymDashError, OSError) as error:
            logger.warning("run %s cannot be read: %s", run.id, error)
