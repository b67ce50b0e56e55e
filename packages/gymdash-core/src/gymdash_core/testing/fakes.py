"""Stand-ins for unit tests: stats in memory, a clock that is advanced by hand, a simulation that belongs to a run.

Nothing here runs a simulation or starts a thread; `gymdash_core.testing.run_simulation` does.
"""

from __future__ import annotations

import contextlib
import tempfile
from typing import TYPE_CHECKING, Any, TypeVar

from gymdash_core.creation import RunRequest, create_run
from gymdash_core.errors import InvalidCursorError
from gymdash_core.instantiate import config_of
from gymdash_core.params import params_model, validate_kwargs
from gymdash_core.project import Project
from gymdash_core.registry import Registered
from gymdash_core.services import Launch
from gymdash_core.simulation import Simulation
from gymdash_core.stat_tags import SCALARS
from gymdash_core.stats.kinds import StatPoint
from gymdash_core.stats.stat import StreamableStat, check_limit, parse_offset
from gymdash_core.stats.streamer import Streamer, resolve_kind
from gymdash_core.types import SimulationType
from gymdash_core.worker.session import RunSession

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

_AnySimulation = TypeVar("_AnySimulation", bound=Simulation)


class FakeClock:
    """A monotonic clock that moves when told, for whatever takes ``clock: () -> seconds``.

    Args:
        now: What it shows first, seconds.

    Example:
        >>> from gymdash_core import SimulationInteractor
        >>> clock = FakeClock()
        >>> interactor = SimulationInteractor(clock=clock)
        >>> _ = interactor.set_out_if_in("progress", (3, 10))
        >>> clock.advance(2.5)
        >>> interactor.query({"progress": None}, 0)["progress"].age_s
        2.5
    """

    def __init__(self, now: float = 1000.0) -> None:
        self._now = now

    @property
    def now(self) -> float:
        """What it shows, seconds."""
        return self._now

    def __call__(self) -> float:
        """Return what it shows, seconds."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move it forward.

        Raises:
            ValueError: That would be backwards.
        """
        if not seconds >= 0:
            raise ValueError(f"a monotonic clock does not go back: {seconds} s")
        self._now += seconds


class MemoryStat(StreamableStat):
    """A stat whose points are a list in memory.

    Args:
        key: Name of the stat.
        kind: Its kind.
        points: The list, kept and not copied: two stats over one list are two readers of the same points.

    Example:
        >>> stat = MemoryStat("height")
        >>> stat.append(0.5)
        >>> stat.append(0.7, step=10)
        >>> [(point.step, point.value) for point in stat.get_recent()], stat.get_recent()
        ([(0, 0.5), (10, 0.7)], [])
    """

    def __init__(self, key: str, kind: str = SCALARS, points: list[StatPoint] | None = None) -> None:
        super().__init__(key, kind)
        self.points: list[StatPoint] = [] if points is None else points

    def append(self, value: Any, step: int | None = None, wall_time: float | None = None) -> None:
        """Add a point.

        Args:
            value: Its value.
            step: Its step; None is the number of points so far.
            wall_time: Seconds since the epoch; None is the number of points so far, so that tests need no clock.
        """
        count = len(self.points)
        at = float(count) if wall_time is None else wall_time
        self.points.append(StatPoint(count if step is None else step, at, value))

    def read(self, cursor: str | None = None, limit: int | None = None) -> tuple[list[StatPoint], str]:
        """Return the points behind a cursor; see `StreamableStat.read`.

        Raises:
            InvalidCursorError: The cursor was not made by this stat.
            ValueError: The limit is negative.
        """
        start = parse_offset(cursor)
        if start > len(self.points):
            raise InvalidCursorError(str(cursor))
        found = self.points[start:][: check_limit(limit)]
        return found, str(start + len(found))


class MemoryStreamer(Streamer):
    """A streamer whose stats are in memory; one without points is listed as well.

    Args:
        streamer_name: Unique in the simulation.
        stats: What it has to begin with.

    Example:
        >>> streamer = MemoryStreamer()
        >>> streamer.append("height", 0.5)
        >>> streamer.append("note", "higher", kind="text")
        >>> streamer.get_stat_keys(), streamer.stat("height").get_values()[0].value
        ([('height', 'scalars'), ('note', 'text')], 0.5)
    """

    def __init__(self, streamer_name: str = "memory", stats: Iterable[MemoryStat] = ()) -> None:
        super().__init__(streamer_name)
        self._stats = {(stat.key, stat.kind): stat for stat in stats}

    def append(
        self, key: str, value: Any, step: int | None = None, wall_time: float | None = None, *, kind: str = SCALARS
    ) -> None:
        """Add a point to a stat, which is made when it is new; see `MemoryStat.append`."""
        self._stats.setdefault((key, kind), MemoryStat(key, kind)).append(value, step, wall_time)

    def get_stat_keys(self) -> list[tuple[str, str]]:
        """Return key and kind of each stat, in the order in which they came."""
        return list(self._stats)

    def stat(self, key: str, kind: str | None = None) -> MemoryStat:
        """Return a stat; every call returns the same object.

        Raises:
            UnknownStatError: There is no such stat, or there are several of that key.
        """
        return self._stats[key, resolve_kind(self._stats, key, kind)]


@contextlib.contextmanager
def bind_simulation(
    cls: type[_AnySimulation],
    kwargs: Mapping[str, Any] | None = None,
    *,
    folder: Path | str | None = None,
    resume_from: Path | None = None,
) -> Iterator[_AnySimulation]:
    """Give an object that belongs to a run and does not run, to test its methods one by one.

    `log`, `tick`, `control`, `take`, `checkpoint` and all else work and write into the run's folder; neither
    `_setup` nor `_run` is called. What controllers send is put in by ``simulation.interactor.set_in(channel, value)``.

    Args:
        cls: The class; it need not be importable.
        kwargs: Its arguments.
        folder: Project folder; a temporary one by default, which goes when the context is left.
        resume_from: Checkpoint folder inside ``simulation.run_dir`` that ``simulation.resume_from`` names.

    Raises:
        InvalidKwargsError: The arguments are refused.

    Example:
        >>> from gymdash_core import Channel, Simulation
        >>> class Walk(Simulation):
        ...     @classmethod
        ...     def channels(cls):
        ...         return [Channel("speed", "Speed", "control", float, initial=1.0)]
        ...
        ...     def _run(self, **kwargs): ...
        ...
        ...     def move(self, height):
        ...         return height + self.control("speed")
        >>> with bind_simulation(Walk) as walk:
        ...     before = walk.move(2.0)
        ...     walk.interactor.set_in("speed", 0.5)
        ...     before, walk.move(2.0)
        (3.0, 2.5)
    """
    with contextlib.ExitStack() as stack:
        place = folder or stack.enter_context(tempfile.TemporaryDirectory(prefix="gymdash-test-"))
        entry = Registered(SimulationType(cls.__name__, f"{cls.__module__}:{cls.__name__}"), cls.__module__)
        accepted = validate_kwargs(cls.__name__, params_model(cls), kwargs or {})
        run = create_run(Project(place), RunRequest(entry, "", accepted, {"name": "thread", "options": {}}))
        simulation = cls(config_of(run))
        session = RunSession(run, Launch(resume_from=resume_from), contextlib.nullcontext())
        stack.callback(_close, session, simulation)
        session.bind(simulation)
        yield simulation


def _close(session: RunSession, simulation: Simulation) -> None:
    """Close what the session has opened, without the end of a run, which there was none of."""
    simulation.interactor.end()
    if simulation._services is not None:
        simulation._services.stats.close()
    session.close_files()
