"""Broken: its top level starts things, without the guard of a main script."""

from gymdash_core.targets import importing_target

SEEN = importing_target()


class Sim:
    seen = SEEN
