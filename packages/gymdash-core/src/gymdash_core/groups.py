"""Groups of simulations that are started together."""

from __future__ import annotations

import itertools
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from gymdash_core.config import SimulationStartConfig
from gymdash_core.errors import FieldError, InvalidKwargsError, WrongStateError
from gymdash_core.events import END_RUN, START_RUN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from gymdash_core.runview import RunView
    from gymdash_core.status import RunState
    from gymdash_core.tracker import SimulationTracker


@dataclass(frozen=True)
class TrackedSimulation:
    """A run as its tracker's process knows it; accepted wherever a tracker wants an id.

    Attributes:
        id: The run's id.
        tracker: The tracker that watches it.
    """

    id: UUID
    tracker: SimulationTracker

    @property
    def view(self) -> RunView:
        """The run as it is now."""
        return self.tracker.view(self.id)

    @property
    def state(self) -> RunState:
        """The run's state."""
        return self.view.state

    @property
    def is_done(self) -> bool:
        """Whether it has ended."""
        return self.state.is_final

    def add_callback(self, event: str, fn: Callable[[], object]) -> None:
        """Call a function in this process at ``start_setup``, ``end_setup``, ``start_run`` or ``end_run``."""
        self.tracker.add_callback(self.id, event, fn)


class SimulationGroup:
    """Several simulations: first what to start, then what was started.

    Args:
        configs: What to start.
    """

    def __init__(self, configs: Iterable[SimulationStartConfig] = ()) -> None:
        self.id = uuid.uuid4()
        self.configs = list(configs)
        self._members: list[TrackedSimulation] = []

    @classmethod
    def over(
        cls,
        key: str,
        base: Mapping[str, Any] | None = None,
        seeds: Iterable[int] | None = None,
        grid: Mapping[str, Sequence[Any]] | None = None,
    ) -> SimulationGroup:
        """Return a group over seeds and over all combinations of some arguments.

        Args:
            key: Simulation type.
            base: Arguments that all share.
            seeds: Values of the argument ``seed``.
            grid: Argument -> values; every combination is one simulation.

        Raises:
            InvalidKwargsError: An argument is in two of them, or has no values.
        """
        axes = {**(grid or {}), **({"seed": list(seeds)} if seeds is not None else {})}
        twice = sorted(set(axes) & set(base or {})) + (["seed"] if seeds is not None and "seed" in (grid or {}) else [])
        empty = [name for name, values in axes.items() if not len(values)]
        errors = [FieldError((name,), "given twice") for name in twice]
        errors += [FieldError((name,), "has no values") for name in empty]
        if errors:
            raise InvalidKwargsError(key, errors)
        return cls(
            SimulationStartConfig(
                name=", ".join([key, *(f"{name}={value}" for name, value in zip(axes, values, strict=True))]),
                sim_key=key,
                kwargs={**(base or {}), **dict(zip(axes, values, strict=True))},
            )
            for values in itertools.product(*axes.values())
        )

    def __repr__(self) -> str:
        return f"SimulationGroup({len(self)} {'runs' if self._members else 'to start'}, id={self.id})"

    def __iter__(self) -> Iterator[TrackedSimulation]:
        """Iterate over the created runs, so that a group can stand wherever ids can."""
        return iter(self.sims)

    def __len__(self) -> int:
        return len(self._members or self.configs)

    def _adopt(self, members: Sequence[TrackedSimulation]) -> None:
        """Take the created runs over; called by the tracker."""
        self._members = list(members)

    @property
    def sims(self) -> list[TrackedSimulation]:
        """The created runs, in order."""
        return list(self._members)

    @property
    def ids(self) -> list[UUID]:
        """Ids of the created runs, in order; empty before they are created."""
        return [member.id for member in self._members]

    @property
    def all_done(self) -> bool:
        """Whether all have ended."""
        return self._tracker.all_done(self.ids)

    @property
    def any_running(self) -> bool:
        """Whether any has been started and not ended, or waits to be."""
        return self._tracker.any_running(self.ids)

    def add_on_all_run_start(self, fn: Callable[[], object]) -> None:
        """Call a function once, when every run has begun `_run` or ended without."""
        self._tracker._countdown(self.ids, START_RUN).add(fn)

    def add_on_all_run_end(self, fn: Callable[[], object]) -> None:
        """Call a function once, when every run has ended."""
        self._tracker._countdown(self.ids, END_RUN).add(fn)

    def add_on_each_run_start(self, fn: Callable[[], object]) -> None:
        """Call a function each time a run of the group begins `_run`."""
        for member in self._members:
            member.add_callback(START_RUN, fn)

    def add_on_each_run_end(self, fn: Callable[[], object]) -> None:
        """Call a function each time a run of the group ends."""
        for member in self._members:
            member.add_callback(END_RUN, fn)

    @property
    def _tracker(self) -> SimulationTracker:
        if not self._members:
            remedy = "Create it with tracker.create_simulations, or start it with tracker.start_sims."
            raise WrongStateError(str(self.id), "a group without runs", "be watched", remedy)
        return self._members[0].tracker
