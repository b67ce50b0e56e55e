"""Broken: a hook forgets its return statement."""

from gymdash_core.hookspecs import hookimpl
from gymdash_core.types import SimulationType


@hookimpl
def gymdash_simulations():
    [SimulationType("zoo_forgotten", target="zoo_walk:WalkSimulation")]
