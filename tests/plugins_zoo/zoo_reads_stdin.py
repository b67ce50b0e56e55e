"""Broken: reads standard input while it is imported."""

import sys

from gymdash_core.simulation import Simulation

GIVEN = sys.stdin.read()


class AskingSimulation(Simulation):
    """Reads standard input."""

    def create_kwarg_defaults(self):
        return {"given": GIVEN}

    def _run(self, **kwargs):
        pass
