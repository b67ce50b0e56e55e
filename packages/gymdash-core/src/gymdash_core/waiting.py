"""Waiting for runs: a project whose runs can be waited for, and that calls back when they have come to something.

What is waited for is read from the run directories (`watch`), so that it holds for the runs of other trackers as well.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from gymdash_core.errors import UnknownKeyError, WrongStateError
from gymdash_core.events import END_RUN, Countdown
from gymdash_core.groups import TrackedSimulation
from gymdash_core.project import Project
from gymdash_core.reading import ProjectReader
from gymdash_core.registry import Registry
from gymdash_core.runview import RunView, read_run
from gymdash_core.simulation import Simulation
from gymdash_core.status import FINAL_STATES, RunState
from gymdash_core.watch import RunWatch

if TYPE_CHECKING:
    AnyId = UUID | str | TrackedSimulation


class RunWaiter(ProjectReader):
    """Wait for the runs of a project.

    Thread safety: all methods may be called from any thread. Callbacks run on a thread of their own.

    Args:
        project: The project.
        registry: Knows streamer types and simulation classes.
        watch: Looks at the runs; closed by its owner.
    """

    def __init__(self, project: Project, registry: Registry, watch: RunWatch) -> None:
        super().__init__(project, registry)
        self._watch = watch
        self._all_done: dict[UUID, Countdown] = {}

    def wait(self, ids: AnyId | Iterable[AnyId], timeout: float | None = None) -> bool:
        """Wait until runs have ended; return whether they have.

        Args:
            ids: One run or several.
            timeout: How long to wait, in seconds; None waits for ever.

        Raises:
            RunNotFoundError: There is no such run, or it was deleted meanwhile.
            ProjectError: The tracker is closed.
        """
        return self._watch.wait(self._runs(ids), lambda view: view.state.is_final, timeout)

    def wait_for(
        self, run_id: AnyId, states: RunState | str | Iterable[RunState | str], timeout: float | None = None
    ) -> bool:
        """Wait until a run is in one of some states, or has ended; return whether it is in one of them.

        Args:
            run_id: The run.
            states: What to wait for: one state or several.
            timeout: How long to wait, in seconds; None waits for ever.

        Raises:
            UnknownKeyError: There is no such state.
            RunNotFoundError: There is no such run, or it was deleted meanwhile.
            ProjectError: The tracker is closed.
        """
        named = [states] if isinstance(states, str) else list(states)
        unknown = [str(state) for state in named if state not in set(RunState)]
        if unknown:
            raise UnknownKeyError("state", unknown[0], list(RunState))
        wanted = {RunState(state) for state in named}
        seen: list[RunState] = []

        def reached(view: RunView) -> bool:
            if view.state in wanted:
                seen.append(view.state)
            return view.state in wanted | FINAL_STATES

        self._watch.wait([self._run(run_id)], reached, timeout)
        return bool(seen)

    def all_done(self, ids: AnyId | Iterable[AnyId]) -> bool:
        """Return whether all runs have ended."""
        return all(read_run(run).state.is_final for run in self._runs(ids))

    def any_running(self, ids: AnyId | Iterable[AnyId]) -> bool:
        """Return whether any run has not ended."""
        return not self.all_done(ids)

    def on_all_done(self, ids: AnyId | Iterable[AnyId], fn: Callable[[], object]) -> UUID:
        """Call a function once, when all runs have ended; return an id for `add_on_all_done`."""
        callback_id = uuid.uuid4()
        self._all_done[callback_id] = self._watch.countdown(self._runs(ids), END_RUN)
        self._all_done[callback_id].add(fn)
        return callback_id

    def add_on_all_done(self, callback_id: UUID, fn: Callable[[], object]) -> None:
        """Add a function to what `on_all_done` calls.

        Raises:
            WrongStateError: No such callback.
        """
        if callback_id not in self._all_done:
            raise WrongStateError(str(callback_id), "no callback of this tracker", "be added to")
        self._all_done[callback_id].add(fn)

    def add_callback(self, run_id: AnyId, event: str, fn: Callable[[], object]) -> None:
        """Call a function in this process at ``start_setup``, ``end_setup``, ``start_run`` or ``end_run`` of a run.

        A run that has ended counts as having ended its run, however it ended.

        Raises:
            ValueError: There is no such event.
        """
        known = (Simulation.START_SETUP, Simulation.END_SETUP, Simulation.START_RUN, Simulation.END_RUN)
        if event not in known:
            message = f"unknown event {event!r}; known: {', '.join(known)}"
            raise ValueError(message)
        self._watch.add_callback(self._run(run_id), event, fn)

    def _countdown(self, ids: Iterable[UUID], step: str) -> Countdown:
        return self._watch.countdown(self._runs(list(ids)), step)
