"""Talking to runs: a project whose live runs can be asked, answered, held, stopped and killed.

The words are carried by `conversation`; here are the forms in which a script has its runs: one, several, all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, overload
from uuid import UUID

from gymdash_core.conversation import Conversation
from gymdash_core.groups import TrackedSimulation
from gymdash_core.interaction.requests import ControlRequest
from gymdash_core.project import Project
from gymdash_core.registry import Registry
from gymdash_core.waiting import RunWaiter
from gymdash_core.watch import RunWatch

if TYPE_CHECKING:
    from gymdash_core.interaction.queries import Reply

    AnyId = UUID | str | TrackedSimulation


class RunTalker(RunWaiter):
    """Talk to the runs of a project.

    Thread safety: all methods may be called from any thread.

    Args:
        project: The project.
        registry: Knows streamer types and simulation classes.
        watch: Looks at the runs, and sees stops through; closed by its owner.
        talk: Reaches the runs.
    """

    def __init__(self, project: Project, registry: Registry, watch: RunWatch, talk: Conversation) -> None:
        super().__init__(project, registry, watch)
        self._talk = talk

    @overload
    def query(self, ids: AnyId, channels: Mapping[str, Any], timeout_s: float = ...) -> dict[str, Reply]: ...

    @overload
    def query(
        self, ids: list[AnyId] | list[UUID], channels: Mapping[str, Any], timeout_s: float = ...
    ) -> dict[UUID, dict[str, Reply]]: ...

    def query(self, ids: Any, channels: Mapping[str, Any], timeout_s: float = 5.0) -> Any:
        """Send values to channels of live runs and wait for the replies.

        Args:
            ids: One run, or a list.
            channels: Value per channel; None asks for a published value.
            timeout_s: How long to wait.

        Returns:
            Channel -> reply; for a list of runs: id -> channel -> reply, where those of a run without a live worker
            are not triggered and give its state as the reason, such as ``ended``.

        Raises:
            UnknownChannelError: A channel does not exist; nothing was delivered to that run.
            InvalidValueError: A channel refuses its value; nothing was delivered to that run.
            WrongStateError: The one run has no live worker.
        """
        if isinstance(ids, (UUID, str, TrackedSimulation)):
            return self._talk.query(self._run(ids), channels, timeout_s)
        runs = self._runs(ids)
        replies = self._talk.query_all(runs, channels, timeout_s)
        return {UUID(run.id): reply for run, reply in zip(runs, replies, strict=True)}

    def channels(self, run_id: AnyId) -> list[dict[str, Any]]:
        """Return the channels of a live run with their current values.

        Raises:
            WrongStateError: The run has no live worker.
        """
        return self._talk.channels(self._run(run_id))

    def control_requests(self, ids: AnyId | Iterable[AnyId] | None = None) -> list[ControlRequest]:
        """Return the open questions of some runs, or of all in the project, oldest first."""
        return self._talk.questions(self.project.runs() if ids is None else self._runs(ids))

    def answer(self, request_id: str, value: Any) -> None:
        """Answer a question; exactly one caller succeeds.

        Raises:
            UnknownRequestError: No open run asks that.
            RequestClosedError: It was answered or withdrawn before.
            InvalidValueError: The question's schema refuses the value; it stays open.
        """
        self._talk.answer(self.project.runs(), request_id, value)

    def stop(self, ids: AnyId | Iterable[AnyId], grace_s: float = 30.0, *, save: bool = False) -> None:
        """Ask runs to stop, and see to it: ask, wait `grace_s`, SIGTERM, 5 s, SIGKILL. Returns at once.

        A run that was not started yet is stopped at once, a queued resume is called off; on an ended run this has no
        effect.

        Args:
            ids: One run or several.
            grace_s: How long a simulation may take before harder steps.
            save: Save a checkpoint first, where the simulation can.
        """
        for run in self._runs(ids):
            self._talk.stop(run, grace_s, save=save)
            self._watch.watch(run)

    def kill(self, ids: AnyId | Iterable[AnyId]) -> None:
        """End runs at once.

        Raises:
            NotSupportedError: A run is on an executor that cannot kill.
        """
        for run in self._runs(ids):
            self._talk.kill(run)
            self._watch.watch(run)

    def pause(self, ids: AnyId | Iterable[AnyId]) -> None:
        """Hold the loops of runs at their next tick.

        Raises:
            WrongStateError: A run has no live worker.
            NotSupportedError: A simulation never ticks.
        """
        for run in self._runs(ids):
            self._talk.pause(run, on=True)
