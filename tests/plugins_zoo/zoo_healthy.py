"""Nothing is broken here: the plugin that must survive its neighbours."""

from gymdash_core.hookspecs import hookimpl
from gymdash_core.stats.kinds import StatKind
from gymdash_core.types import SimulationType

GYMDASH_API = 1


@hookimpl
def gymdash_simulations():
    return [SimulationType("zoo_walk", target="zoo_walk:WalkSimulation", title="Walk")]


@hookimpl
def gymdash_stat_kinds():
    return [StatKind("zoo_paths", "Paths")]
