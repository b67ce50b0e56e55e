"""The registry: names of simulations, streamers, stat kinds and executors, and who provides each.

Built from a plugin manager and passed to whoever needs it; there is no global one. It holds names and records, never
loads a class.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from gymdash_core.errors import DuplicateItemError, UnknownKeyError
from gymdash_core.targets import TargetSpec, extra_sys_path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gymdash_core.plugins import PluginManager
    from gymdash_core.stats.kinds import StatKind
    from gymdash_core.types import ExecutorType, SimulationType, StreamerType


class Named(Protocol):
    """What can be registered: a record with a name."""

    @property
    def name(self) -> str:
        """The name that it is found by."""
        ...


T_co = TypeVar("T_co", bound=Named, covariant=True)


@dataclass(frozen=True)
class Registered(Generic[T_co]):
    """An item and who provides it.

    Attributes:
        item: What was registered.
        plugin: Name of the plugin's entry point; for a class of a script, what the script said.
        distribution: The distribution that the plugin came with; empty for a class of a script.
        version: The distribution's version; empty for a class of a script.
        recorded: How to load a class of a script; None where the item's target says it all.
        cls: The live class, where a script registered one.
    """

    item: T_co
    plugin: str
    distribution: str = ""
    version: str = ""
    recorded: TargetSpec | None = None
    cls: type | None = None

    @property
    def owner(self) -> str:
        """The provider in words, for messages."""
        if not self.distribution:
            return f"{self.plugin!r}"
        return f"plugin {self.plugin!r} of {self.distribution} {self.version}".rstrip()

    @property
    def spec(self) -> TargetSpec:
        """How another process loads the item's target.

        Raises:
            AttributeError: The item is a value without a target, such as a `StatKind`.
        """
        if self.recorded is not None:
            return self.recorded
        return TargetSpec(self.item.target, None, extra_sys_path())  # type: ignore[attr-defined]


class Registry:
    """Look up registered items by name.

    Thread safety: lookups and `register_simulation` may be called from any thread.

    Args:
        manager: Where the plugins' items come from; None begins empty.
    """

    def __init__(self, manager: PluginManager | None = None) -> None:
        self._lock = threading.Lock()
        self._items: dict[str, dict[str, Registered[Any]]] = {
            kind: {} if manager is None else {entry.item.name: entry for entry in manager.items(kind)}
            for kind in ("simulation", "streamer", "stat kind", "executor")
        }
        rows = () if manager is None else manager.report
        self._broken = tuple(f"plugin {row.name!r} ({row.error})" for row in rows if not row.ok and row.traceback)

    @property
    def simulations(self) -> Mapping[str, Registered[SimulationType]]:
        """All simulation types by key."""
        return MappingProxyType(self._items["simulation"])

    @property
    def streamers(self) -> Mapping[str, Registered[StreamerType]]:
        """All streamer types by name."""
        return MappingProxyType(self._items["streamer"])

    @property
    def stat_kinds(self) -> Mapping[str, Registered[StatKind]]:
        """All stat kinds by name."""
        return MappingProxyType(self._items["stat kind"])

    @property
    def executors(self) -> Mapping[str, Registered[ExecutorType]]:
        """All executors by name."""
        return MappingProxyType(self._items["executor"])

    def simulation(self, key: str) -> Registered[SimulationType]:
        """Return a simulation type.

        Raises:
            UnknownKeyError: None has that key; near ones are named.
        """
        return self._find("simulation", key)

    def streamer(self, name: str) -> Registered[StreamerType]:
        """Return a streamer type.

        Raises:
            UnknownKeyError: None has that name; near ones are named.
        """
        return self._find("streamer", name)

    def stat_kind(self, name: str) -> Registered[StatKind]:
        """Return a stat kind.

        Raises:
            UnknownKeyError: None has that name; near ones are named.
        """
        return self._find("stat kind", name)

    def executor(self, name: str) -> Registered[ExecutorType]:
        """Return an executor type.

        Raises:
            UnknownKeyError: None has that name; near ones are named.
        """
        return self._find("executor", name)

    def register_simulation(
        self, item: SimulationType, owner: str, *, recorded: TargetSpec | None = None, cls: type | None = None
    ) -> Registered[SimulationType]:
        """Add a class that no plugin registers, such as one of a script.

        Args:
            item: Its key and target.
            owner: Who provides it, in words: the script's path.
            recorded: How another process loads it, from `gymdash_core.targets.describe_class`.
            cls: The live class, for executors of this process.

        Raises:
            DuplicateItemError: Another owner, or another class of the same owner, has the key. The same name again
                replaces the class: a notebook cell that is run twice.
        """
        entry = Registered(item, owner, recorded=recorded, cls=cls)
        with self._lock:
            present = self._items["simulation"].get(item.key)
            if present is not None and (present.owner, present.item.target) != (entry.owner, item.target):
                raise DuplicateItemError("simulation", item.key, present.owner, entry.owner)
            self._items["simulation"] = {**self._items["simulation"], item.key: entry}  # readers may iterate the old
        return entry

    def _find(self, kind: str, name: str) -> Registered[Any]:
        try:
            return self._items[kind][name]
        except (KeyError, TypeError) as error:
            hint = "" if not self._broken else f"Not in use, with an error of its own: {', '.join(self._broken)}."
            raise UnknownKeyError(kind, str(name), list(self._items[kind]), hint) from error
