"""Broken: the target's module does not exist."""

from gymdash_core.hookspecs import hookimpl
from gymdash_core.types import SimulationType


@hookimpl
def gymdash_simulations():
    return [SimulationType("zoo_missing", target="zoo_no_such_module:Simulation")]
