"""Broken: made for another plugin contract."""

from gymdash_core.hookspecs import hookimpl

GYMDASH_API = 99


@hookimpl
def gymdash_simulations():
    return []
