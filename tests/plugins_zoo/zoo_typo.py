"""Broken: the name of the hook is misspelled, so it is never called."""

from gymdash_core.hookspecs import hookimpl


@hookimpl
def gymdash_simulation():
    return []
