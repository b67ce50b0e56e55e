"""Serving simulations of a file or module without packaging them: ``gymdash serve --load``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gymdash_core.errors import TargetError
from gymdash_core.types import SimulationType

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gymdash_core.describe import Describer
    from gymdash_core.registry import Registry


def register_sources(registry: Registry, describer: Describer, sources: Iterable[str]) -> list[str]:
    """Register the simulations of files and modules under their class names; return the names.

    A helper process imports them; this process does not.

    Args:
        registry: Where they are registered.
        describer: Asks the helper.
        sources: Paths of ``.py`` files, or names of modules.

    Raises:
        TargetError: A source cannot be imported, or has no simulation.
        DuplicateItemError: A name is taken.
    """
    names = []
    for source in sources:
        found = describer.find_simulations(source)
        if not found:
            raise TargetError(source, "has no class derived from Simulation", "Name a file or module that has one.")
        for spec in found:
            name = spec.qualname.rpartition(".")[2]
            owner = str(Path(source).resolve()) if source.endswith(".py") else source
            registry.register_simulation(SimulationType(name, spec.target), owner, recorded=spec)
            names.append(name)
    return names
