"""Broken: the target is no import string."""

from gymdash_core.hookspecs import hookimpl
from gymdash_core.types import SimulationType


@hookimpl
def gymdash_simulations():
    return [SimulationType("zoo_bad", target="zoo_walk.WalkSimulation")]
