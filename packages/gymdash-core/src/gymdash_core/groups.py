"""Groups of simulations that are started together."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from gymdash_core.config import SimulationStartConfig
from gymdash_core.errors import FieldError, InvalidKwargsError, WrongStateError
from gymdash_core.events import END_RUN, START_RUN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from gymdash_core.runview import RunView
    from gymdash_core.status import RunState
    from gymdash_core.tracker import SimulationTracker

_TWICE: Final = "given twice"


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
            grid: Argument -> values; every combination is one simulation. ``a.b`` is an argument inside of ``a``.

        Raises:
            InvalidKwargsError: An argument is in two of them, is inside of one that is no object, has no values or no
                name.
        """
        axes = {**(grid or {}), **({"seed": list(seeds)} if seeds is not None else {})}
        paths = [tuple(name.split(".")) for name in axes]
        problems = {path: _problem(path, base or {}, paths) for path in paths}
        if seeds is not None and "seed" in (grid or {}):
            problems["seed",] = _TWICE
        errors = [FieldError(path, problem) for path, problem in sorted(problems.items()) if problem]
        errors += [FieldError(path, "has no values") for path in paths if not len(axes[".".join(path)])]
        if errors:
            raise InvalidKwargsError(key, errors)
        titles = _titles(paths)
        configs = []
        for values in itertools.product(*axes.values()):
            kwargs = dict(base or {})
            for path, value in zip(paths, values, strict=True):
                kwargs = _with(kwargs, path, value)
            told = (f"{title}={_told(value)}" for title, value in zip(titles, values, strict=True))
            configs.append(SimulationStartConfig(name=", ".join([key, *told]), sim_key=key, kwargs=kwargs))
        return cls(configs)

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


def _problem(path: tuple[str, ...], base: object, paths: Sequence[tuple[str, ...]]) -> str:
    """Return why an argument cannot vary beside what all share and the others that vary; nothing where it can."""
    if not all(path):
        return "is no name of an argument"
    for place, part in enumerate(path):
        if not isinstance(base, Mapping):
            return f"is inside of {'.'.join(path[:place])}, which is no object"
        if part not in base:
            break
        base = base[part]
    else:
        return _TWICE
    return _TWICE if any(len(path) > len(other) and path[: len(other)] == other for other in paths) else ""


def _with(kwargs: Mapping[str, Any], path: Sequence[str], value: object) -> dict[str, Any]:
    """Return arguments with a value at a path; what others share is left as it is."""
    first, *rest = path
    return {**kwargs, first: _with(kwargs.get(first, {}), rest, value) if rest else value}


def _titles(paths: Sequence[tuple[str, ...]]) -> list[str]:
    """Return the shortest names that tell arguments apart: the last part, where no other ends in it."""
    lasts = [path[-1] for path in paths]
    return [last if lasts.count(last) == 1 else ".".join(path) for last, path in zip(lasts, paths, strict=True)]


def _told(value: object) -> str:
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{name}={_told(inner)}' for name, inner in value.items())}}}"
    return str(value)
