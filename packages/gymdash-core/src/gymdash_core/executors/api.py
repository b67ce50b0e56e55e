"""The interface of executors: where and how a run is carried out.

An executor starts and attaches; a handle talks to one live attempt. What an executor cannot do it does not declare in
`Executor.capabilities`, and its handles raise `NotSupportedError` for it. `gymdash_core.testing.ExecutorContract` tests
what is declared.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

from gymdash_core.errors import NotSupportedError
from gymdash_core.runview import judge_run

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gymdash_core.interaction.queries import Reply
    from gymdash_core.project import RunFolder
    from gymdash_core.status import RunState


class Capability(StrEnum):
    """What an executor may be able to do."""

    KILL = "kill"
    LOGS = "logs"
    SURVIVES_PARENT = "survives_parent"
    SIGNALS = "signals"


class RunHandle(ABC):
    """One attempt that an executor has started or found alive.

    Thread safety: all methods may be called from any thread.

    Args:
        run: The run's files.
    """

    def __init__(self, run: RunFolder) -> None:
        self.run = run

    @abstractmethod
    def query(self, channels: Mapping[str, Any], timeout_s: float | None = 5.0, by: str = "") -> dict[str, Reply]:
        """Send values to channels and wait for the replies.

        Args:
            channels: Value per channel; null asks for a published value.
            timeout_s: How long to wait; None waits until the run ends.
            by: Who asks, for the record.

        Raises:
            UnknownChannelError: A channel does not exist; nothing was delivered.
            InvalidValueError: A channel refuses its value; nothing was delivered.
            WorkerGoneError: The attempt has ended, or does not answer.
        """

    @abstractmethod
    def answer(self, request_id: str, value: Any, by: str = "") -> dict[str, Any]:
        """Answer a control request; exactly one caller succeeds. Returns the request as JSON.

        Raises:
            RequestClosedError: It was answered or withdrawn before.
            InvalidValueError: The schema refuses the value; the question stays open.
            WorkerGoneError: The attempt has ended, or does not answer.
        """

    @abstractmethod
    def describe(self) -> dict[str, Any]:
        """Return ``{"channels": [...], "requests": [...]}`` of the live attempt as JSON.

        Raises:
            WorkerGoneError: The attempt has ended, or does not answer.
        """

    @abstractmethod
    def pause(self, *, on: bool = True, by: str = "") -> None:
        """Hold the loop at its next tick, or let it go on.

        Raises:
            NotSupportedError: The simulation never ticks.
            WorkerGoneError: The attempt has ended, or does not answer.
        """

    @abstractmethod
    def stop(self, grace_s: float = 30.0, *, save: bool = False, by: str = "") -> None:
        """Begin the stop ladder and return as soon as the stop is accepted.

        Args:
            grace_s: How long the simulation may take before harder steps.
            save: Save a checkpoint first, where the simulation can.
            by: Who stops, for the record.
        """

    def kill(self, by: str = "") -> None:
        """End the run at once.

        Raises:
            NotSupportedError: The executor cannot kill.
        """
        raise NotSupportedError(
            type(self).__name__, str(Capability.KILL), "Ask it to stop, or use the process executor."
        )

    def carry_on_stop(self) -> bool:
        """Carry a stop to its end that somebody has begun and did not live to finish.

        What was done and when is in ``signals.jsonl``: the grace goes on where it was. Executors without a ladder of
        their own have nothing to do.

        Returns:
            Whether there was one.
        """
        return False

    @abstractmethod
    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait for the end of the attempt; return whether it has ended."""

    @property
    def exit(self) -> RunState | None:
        """The final state, or None while the attempt goes on."""
        state = judge_run(self.run)[0].state
        return state if state.is_final else None

    def hang_up(self) -> None:  # noqa: B027 - an optional step
        """End the waits of all threads for the attempt's replies, and those to come: they raise `WorkerGoneError`.

        For a process that is about to end. The attempt goes on; stopping it is still possible.
        """

    def close(self, timeout_s: float | None = None) -> None:  # noqa: B027 - an optional step
        """Let go of the attempt: finish a stop ladder that is under way; the attempt itself goes on."""


class Executor(ABC):
    """Starts runs and finds live ones.

    Args:
        max_running: How many runs may go at once; None where nobody has said.
    """

    name: ClassVar[str]
    capabilities: ClassVar[frozenset[Capability]] = frozenset()

    def __init__(self, max_running: int | None = None) -> None:
        self.max_running = max_running

    @abstractmethod
    def start(self, run: RunFolder) -> RunHandle:
        """Carry out the last launch of a run; return as soon as it is on its way.

        Raises:
            WorkerStartError: It could not be started.
        """

    @abstractmethod
    def attach(self, run: RunFolder) -> RunHandle | None:
        """Return a handle for a live attempt, or None where there is none that this executor can reach."""

    def close(self) -> None:  # noqa: B027 - an optional step
        """Let go of everything that does not survive the executor's process."""
