"""Broken: one hook offers a simulation, a later one raises."""

from gymdash_core.hookspecs import hookimpl
from gymdash_core.types import SimulationType


@hookimpl
def gymdash_simulations():
    return [SimulationType("zoo_vanishes", target="zoo_walk:WalkSimulation")]


@hookimpl
def gymdash_stat_kinds():
    return {}["no such kind"]
