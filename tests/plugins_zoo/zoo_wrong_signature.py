"""Broken: a hook wants an argument that does not exist."""

from gymdash_core.hookspecs import hookimpl


@hookimpl
def gymdash_simulations(database):
    return []
