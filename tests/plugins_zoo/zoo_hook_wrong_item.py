"""Broken: a hook returns a list of strings."""

from gymdash_core.hookspecs import hookimpl


@hookimpl
def gymdash_simulations():
    return ["zoo_walk:WalkSimulation"]
