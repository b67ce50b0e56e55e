"""Streamers: what finds the stats in a run's files, and the register of those that a simulation uses.

A `Streamer` offers stats; `SimulationStreamer` is a simulation's `streamer`, where it registers them. Who writes down
what is registered is the run session, through `SimulationStreamer.on_register`; who reads is `stats.reader`.
"""

from __future__ import annotations

import contextlib
import threading
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, TypeVar

from gymdash_core.errors import StreamerConflictError, UnknownStatError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from contextlib import AbstractContextManager

    from gymdash_core.stats.stat import StreamableStat

#: Name of a streamer type, folder, and keyword arguments of its target.
StreamerSpec = tuple[str, str, "Mapping[str, Any]"]
_AnyStreamer = TypeVar("_AnyStreamer", bound="Streamer")


class Streamer(ABC):
    r"""Offers the stats that it finds in some files, while they grow.

    A streamer may be something else as well, for example a gymnasium wrapper: inherit from both and set
    ``streamer_name``. Where the other base class owns the name ``spec``, as gymnasium's wrappers do, override
    `stream_spec` instead.

    Thread safety: one thread at a time.

    Args:
        streamer_name: Unique in the simulation, for example ``"progress_csv"``.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from gymdash_core.stats.kinds import StatPoint
        >>> from gymdash_core.stats.stat import StreamableStat, check_limit, parse_offset
        >>> class ColumnStat(StreamableStat):
        ...     def __init__(self, file):
        ...         super().__init__(file.stem, "scalars")
        ...         self.file = file
        ...
        ...     def read(self, cursor=None, limit=None):
        ...         offset, points = parse_offset(cursor), []
        ...         with self.file.open("rb") as file:
        ...             file.seek(offset)
        ...             for line in file:
        ...                 if not line.endswith(b"\n") or len(points) == check_limit(limit):
        ...                     break
        ...                 step, time, value = line.split(b",")
        ...                 points.append(StatPoint(int(step), float(time), float(value)))
        ...                 offset += len(line)
        ...         return points, str(offset)
        >>> class ColumnStreamer(Streamer):
        ...     def __init__(self, folder):
        ...         super().__init__(f"columns:{folder}")
        ...         self.folder = Path(folder)
        ...
        ...     def get_stat_keys(self):
        ...         return [(file.stem, "scalars") for file in sorted(self.folder.glob("*.col"))]
        ...
        ...     def stat(self, key, kind=None):
        ...         return ColumnStat(self.folder / f"{key}.col")
        ...
        ...     def spec(self):
        ...         return "columns", str(self.folder), {}
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = Path(folder, "height.col").write_text("0,10.0,0.5\n1,11.0,nan\n2,12")
        ...     [point.value for point in ColumnStreamer(folder).stat("height").get_values()]
        [0.5, nan]
    """

    streamer_name: str

    def __init__(self, streamer_name: str) -> None:
        self.streamer_name = streamer_name

    @abstractmethod
    def get_stat_keys(self) -> list[tuple[str, str]]:
        """Return key and kind of each stat that is there now."""

    @abstractmethod
    def stat(self, key: str, kind: str | None = None) -> StreamableStat:
        """Return a stat.

        Args:
            key: Name of the stat.
            kind: Its kind; needed where two stats have the same key.

        Raises:
            UnknownStatError: There is no such stat, or there are several of that key.
        """

    def refresh(self) -> None:  # noqa: B027 - an optional step
        """Look for new files; called before stats are listed and now and then while the run lives."""

    def faults(self) -> list[str]:
        """Return what of the files cannot be read, now that nobody writes them any more: a sentence for each file.

        Called at the end of a run, which takes each sentence as an INFO status, and of an import; by default nothing.
        """
        return []

    def spec(self) -> StreamerSpec | None:
        """Return what rebuilds the streamer in another process.

        Returns:
            Name of a registered `StreamerType`, the folder, and the options: its target is called as
            ``target(folder, **options)``. None where it cannot be rebuilt; it is then read by a helper process.
        """
        return None

    def stream_spec(self) -> StreamerSpec | None:
        """Return what `spec` returns: what the run's manifest asks for.

        Override it where another base class owns the name ``spec``; by default such a ``spec`` counts as None.
        """
        spec = getattr(self, "spec", None)
        return spec() if callable(spec) else None


class SimulationStreamer:
    """The streamers of one simulation, by name.

    (key, kind) is unique in a run: where two streamers offer the same stat, the one registered first gives it.

    Thread safety: all methods may be called from any thread; the streamers themselves take one thread at a time.

    Attributes:
        on_register: Called after a streamer was registered, one call at a time, on the thread that registers it. It
            may read `streamers`. What was registered before it was set is not announced.
        shield: Entered around our locks and `on_register`, so that no signal unwinds inside.
    """

    def __init__(self, on_register: Callable[[], object] | None = None) -> None:
        self.on_register = on_register
        self.shield: AbstractContextManager[Any] = contextlib.nullcontext()
        self._lock = threading.Lock()
        self._announcing = threading.RLock()
        self._streamers: dict[str, Streamer] = {}

    def register(self, name: str, streamer: _AnyStreamer) -> _AnyStreamer:
        """Register a streamer under a name; the same object twice is no fault.

        Raises:
            StreamerConflictError: Another streamer has the name.
            TypeError: It is no `Streamer`, or the name no text.
        """
        if not isinstance(streamer, Streamer):
            raise TypeError(f"{type(streamer).__name__} is no Streamer; inherit from gymdash_core.Streamer")
        if not (name and isinstance(name, str)):
            raise TypeError(f"a streamer's name is a text that is not empty, not {name!r}")
        with self.shield:
            present = self._claim(name, streamer)
        if present is not streamer:
            raise StreamerConflictError(name, type(present).__name__, type(streamer).__name__)
        return streamer

    def get_or_register(self, streamer: _AnyStreamer) -> _AnyStreamer:
        """Return the streamer registered under this one's ``streamer_name``, after registering it if there is none.

        Raises:
            StreamerConflictError: A streamer of another class has the name.
            TypeError: It is no `Streamer`, or has no ``streamer_name``.
        """
        name: Any = getattr(streamer, "streamer_name", None)
        with self.shield, self._lock:
            present = self._streamers.get(name) if isinstance(name, str) else None
        if present is None:
            try:
                return self.register(name, streamer)
            except StreamerConflictError:
                present = self.streamers()[str(name)]  # another thread was faster
        if type(present) is type(streamer):
            return present
        raise StreamerConflictError(str(name), type(present).__name__, type(streamer).__name__)

    def _claim(self, name: str, streamer: Streamer) -> Streamer:
        with self._announcing:  # announcements in the order of registration: the last one sees all
            with self._lock:
                is_new = name not in self._streamers
                present = self._streamers.setdefault(name, streamer)
            if is_new and self.on_register is not None:
                self.on_register()
        return present

    def streamers(self) -> dict[str, Streamer]:
        """Return the registered streamers by name, in the order of registration."""
        with self.shield, self._lock:
            return dict(self._streamers)

    def get_stat_keys(self) -> list[tuple[str, str]]:
        """Return key and kind of each stat, each pair once."""
        return list(stat_owners(self.streamers().values()))

    def stat(self, key: str, kind: str | None = None) -> StreamableStat:
        """Return a stat of the first streamer that has it.

        Raises:
            UnknownStatError: No streamer has it, or the key exists with several kinds.
        """
        owners = stat_owners(self.streamers().values())
        found_kind = resolve_kind(owners, key, kind)
        return owners[key, found_kind].stat(key, found_kind)


def stat_owners(streamers: Iterable[Streamer]) -> dict[tuple[str, str], Streamer]:
    """Return which streamer gives which (key, kind): the first that offers it."""
    owners: dict[tuple[str, str], Streamer] = {}
    for streamer in streamers:
        for key, kind in streamer.get_stat_keys():
            owners.setdefault((key, kind), streamer)
    return owners


def resolve_kind(keys: Iterable[tuple[str, str]], key: str, kind: str | None) -> str:
    """Return the kind of the stat that is meant.

    Args:
        keys: All (key, kind) pairs.
        key: Name of the stat.
        kind: Its kind, or None where the key says enough.

    Raises:
        UnknownStatError: There is no such stat, or the key exists with several kinds.
    """
    pairs = list(keys)
    kinds = [found_kind for found_key, found_kind in pairs if found_key == key]
    if kind is None and len(kinds) == 1:
        return kinds[0]
    if kind is None and kinds:
        raise UnknownStatError(key, sorted(kinds))
    if kind is not None and kind in kinds:
        return kind
    raise UnknownStatError(key if kind is None else f"{key} ({kind})", known={name for name, _ in pairs})
