"""What a run gives to its simulation: paths, writers and the gate that holds the loop.

Built by the run session and handed to `Simulation._bind`; the simulation knows nothing of processes, sockets or locks.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from gymdash_core.checkpoints import CheckpointStore
    from gymdash_core.project import RunFolder
    from gymdash_core.stats.log import StatLog
    from gymdash_core.status import SimStatus


class Gate:
    """Holds the loop at a tick: pause, and the choice to save when a stop comes.

    Thread safety: any thread may pause and resume; the loop waits in `wait_open`.

    Args:
        on_change: Called, without locks, after the loop was held or let go.
    """

    def __init__(self, on_change: Callable[[], None] = lambda: None) -> None:
        self._on_change = on_change
        self._condition = threading.Condition()
        #: Somebody wants the loop's attention; a plain attribute, tested at every tick.
        self.attention = False
        self.save_on_stop = False
        #: The loop has called tick at least once, so that a pause can take effect.
        self.ticking = False
        self._pause_asked = False
        self._held = False

    @property
    def held(self) -> bool:
        """Whether the loop is held at a tick."""
        return self._held

    @property
    def pause_asked(self) -> bool:
        """Whether a pause was asked for and not lifted."""
        return self._pause_asked

    def pause(self) -> None:
        """Ask the loop to wait at its next tick."""
        with self._condition:
            self._pause_asked = self.attention = True

    def resume(self) -> None:
        """Let the loop go on."""
        with self._condition:
            self._pause_asked = False
            self._condition.notify_all()

    def call(self) -> None:
        """Draw the loop's attention: something waits to be done at a tick."""
        with self._condition:
            self.attention = True
            self._condition.notify_all()

    def lower(self) -> None:
        """Drop the attention flag before looking at what there is to do."""
        with self._condition:
            self.attention = self._pause_asked

    def hold(self, interrupted: Callable[[], bool]) -> None:
        """Wait until the pause is lifted or something else needs the loop.

        Args:
            interrupted: Tells whether something else needs the loop; checked at each wake-up.
        """
        if not self._pause_asked:
            return
        self._set_held(held=True)
        try:
            with self._condition:
                while self.pause_asked and not interrupted():
                    self._condition.wait()
        finally:
            if not self.pause_asked:
                self._set_held(held=False)

    def release(self) -> None:
        """Count the loop as moving, because it ends."""
        self._set_held(held=False)

    def _set_held(self, *, held: bool) -> None:
        if self._held != held:
            self._held = held
            self._on_change()


@dataclass(frozen=True)
class Launch:
    """How an attempt was asked for.

    Attributes:
        attempt: Number, from 1.
        start_kwargs: Arguments of `_setup` and `_run`.
        resume_from: Checkpoint folder to go on from, or None.
        changed_kwargs: Arguments that a branch changed against its parent.
        shown: Names of start arguments that are recorded by their looks alone.
    """

    attempt: int = 1
    start_kwargs: Mapping[str, Any] = field(default_factory=dict)
    resume_from: Path | None = None
    changed_kwargs: Mapping[str, Any] = field(default_factory=dict)
    shown: tuple[str, ...] = ()


@dataclass(frozen=True)
class RunServices:
    """Everything that a simulation can use of its run.

    Attributes:
        run: The run's files.
        launch: How the attempt was asked for.
        stats: Writer of stats and media.
        checkpoints: Where checkpoints are published.
        gate: Holds the loop.
        shield: Entered around our locks and writes on the simulation's thread.
        record_status: Makes a status durable.
        note_first_step: Told the step of the first tick or point.
    """

    run: RunFolder
    launch: Launch
    stats: StatLog
    checkpoints: CheckpointStore
    gate: Gate
    shield: AbstractContextManager[Any]
    record_status: Callable[[SimStatus], None]
    note_first_step: Callable[[int], None]
