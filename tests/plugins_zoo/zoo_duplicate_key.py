"""Broken: offers a key that core has, beside one of its own."""

from gymdash_core.hookspecs import hookimpl
from gymdash_core.types import SimulationType


@hookimpl
def gymdash_simulations():
    return [
        SimulationType("custom_control", target="zoo_walk:WalkSimulation"),
        SimulationType("zoo_own", target="zoo_walk:WalkSimulation"),
    ]
