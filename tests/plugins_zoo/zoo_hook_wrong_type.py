"""Broken: a hook returns a dictionary instead of a list."""

from gymdash_core.hookspecs import hookimpl


@hookimpl
def gymdash_simulations():
    return {"zoo_wrong": "zoo_walk:WalkSimulation"}
