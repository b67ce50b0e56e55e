"""Making the object of a run from its class; light, since every worker does it first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gymdash_core.config import SimulationStartConfig
from gymdash_core.journal import read_json
from gymdash_core.targets import TargetSpec, load_target

if TYPE_CHECKING:
    from gymdash_core.project import RunFolder
    from gymdash_core.simulation import Simulation


def config_of(run: RunFolder) -> SimulationStartConfig:
    """Return what was asked for, as every simulation receives it."""
    config = read_json(run.config) or {}
    return SimulationStartConfig(name=config["name"], sim_key=config["key"], kwargs=config["kwargs"])


def make_simulation(run: RunFolder) -> Simulation:
    """Return a new object of a run's class with what was asked for.

    Args:
        run: The run's files.

    Raises:
        TargetError: The class cannot be loaded.
    """
    config = read_json(run.config) or {}
    cls = load_target(TargetSpec.from_json(config["target"]))
    simulation: Simulation = cls(config_of(run))
    return simulation
