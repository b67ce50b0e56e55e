"""The report row of a plugin: how far it came, what it provides, what is wrong with it.

Written by `gymdash_core.plugins`, read by whoever shows plugins to people.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class PluginStage(StrEnum):
    """How far a plugin came."""

    SKIPPED = "skipped"
    LOAD = "load"
    REGISTER = "register"
    CALL = "call"


@dataclass(frozen=True)
class PluginReport:
    """What became of one plugin.

    Attributes:
        name: Name of its entry point.
        distribution: The distribution that it came with; empty for an object passed in.
        version: That distribution's version.
        module: What the entry point names.
        stage: The last stage that it reached; ``skipped`` where the allow or deny list left it out.
        ok: Whether it is in use. One that lost an item to another plugin is.
        error: What is wrong, in one line; empty if nothing is.
        traceback: The traceback that belongs to `error`; empty where there is none.
        items: Names of its items by what they are, for example ``{"simulation": ("countdown",)}``.
        clashes: One line for each item that it lost to an earlier distribution.
        unknown_hooks: Functions that look like hooks and are none, or belong to a package that is not in use.
        id: Tells it from other plugins of the same manager.
    """

    name: str
    distribution: str = ""
    version: str = ""
    module: str = ""
    stage: PluginStage = PluginStage.LOAD
    ok: bool = False
    error: str = ""
    traceback: str = ""
    items: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    clashes: tuple[str, ...] = ()
    unknown_hooks: tuple[str, ...] = ()
    id: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the row as a JSON object."""
        return {
            "name": self.name,
            "distribution": self.distribution,
            "version": self.version,
            "module": self.module,
            "stage": str(self.stage),
            "ok": self.ok,
            "error": self.error,
            "traceback": self.traceback,
            "items": {kind: list(names) for kind, names in self.items.items()},
            "clashes": list(self.clashes),
            "unknown_hooks": list(self.unknown_hooks),
        }
