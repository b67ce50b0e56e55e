"""Taking over what an earlier server of a project has left: live runs, stops that are under way, the queue."""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING, Any

from gymdash_core.errors import GymDashError
from gymdash_core.meta import LaunchRecord, note_wait, read_meta, update_meta
from gymdash_core.orders import LaunchOrder, is_unbegun
from gymdash_core.runview import RunView, read_run
from gymdash_core.status import RunState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from gymdash_core.conversation import Conversation
    from gymdash_core.launcher import Launcher
    from gymdash_core.project import Project, RunFolder
    from gymdash_core.starter import Starter

logger = logging.getLogger(__name__)

#: Whose the launches and the queue are, in the records of runs.
BY = "server"


class Takeover:
    """Go on where an earlier server has ended, however it ended.

    Args:
        project: The project.
        launcher: Has the slots and the queue.
        starter: Knows what may be launched here.
        talk: Carries on stops.
        removed: Told each run that was removed: of a batch that was half written when the server was killed.
    """

    def __init__(
        self,
        project: Project,
        launcher: Launcher,
        starter: Starter,
        talk: Conversation,
        removed: Callable[[RunFolder], object],
    ) -> None:
        self._project, self._launcher, self._starter, self._talk = project, launcher, starter, talk
        self._removed = removed

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
                    waiting.append((queued["time"], run, queued))
            except (GymDashError, OSError) as error:
                _leave_waiting(run, error)
        half_written = self._half_written({str(queued["batch"]) for *_, queued in waiting if queued.get("batch")})
        for _, run, queued in sorted(waiting, key=lambda item: (item[0], item[1].id)):
            try:
                if queued.get("batch") in half_written:
                    self._remove(run)
                else:
                    self._enqueue(run, queued)
            except (GymDashError, OSError) as error:
                _leave_waiting(run, error)

    def _enqueue(self, run: RunFolder, queued: dict[str, Any]) -> None:
        self._starter.require_launchable(run)
        if read_meta(run).get("waits_for") or queued.get("batch"):
            update_meta(run, _settle)
        record = LaunchRecord.from_json(queued)
        self._launcher.enqueue(LaunchOrder(run, record.start_kwargs, record.resume_from))

    def _half_written(self, batches: set[str]) -> set[str]:
        """Return those of some batches of which no run was ever launched or queued anew: nobody was told of them."""
        for run in list(self._project.runs()) if batches else ():
            with contextlib.suppress(GymDashError, OSError):
                meta = read_meta(run)
                if not (meta.get("queued") or {}).get("batch"):
                    batches = batches - {meta.get("group")}
        return batches

    def _remove(self, run: RunFolder) -> None:
        logger.warning("run %s is removed: its batch was not written to its end", run.id)
        self._project.remove_run(run)
        self._removed(run)

    def _adopt(self, run: RunFolder, view: RunView) -> None:
        if is_unbegun(run):
            self._launcher.start_again(run, view.attempt)
        elif view.state.is_live:
            self._launcher.adopt(run, view.attempt)


def _settle(meta: dict[str, Any]) -> None:
    """Have a queued run wait for a slot alone."""
    meta.pop("waits_for", None)
    (meta.get("queued") or {}).pop("batch", None)


def _leave_waiting(run: RunFolder, error: Exception) -> None:
    """Say why a run is not taken over; one that is queued stays so."""
    logger.warning("run %s is not taken over: %s", run.id, error)
    with contextlib.suppress(GymDashError, OSError):
        note_wait(run, str(error))


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
