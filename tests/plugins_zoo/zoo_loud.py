"""Broken: prints a megabyte while it is imported."""

import os
import sys

from gymdash_core.simulation import Simulation

sys.stdout.write("loud\n" * 200_000)
os.write(1, b"louder\n")


class LoudSimulation(Simulation):
    """Prints a lot."""

    def _run(self, **kwargs):
        pass
