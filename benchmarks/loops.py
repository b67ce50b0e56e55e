"""Simulations that the benchmarks start in processes of their own."""

from __future__ import annotations

import time

from gymdash_core import Simulation


class Sleeping(Simulation):
    """A loop that sleeps, as one that waits for an environment or a device does."""

    def _run(self, **kwargs: object) -> None:
        for step in range(10**9):
            self.tick(step, 10**9)
            time.sleep(0.01)


class Burning(Simulation):
    """A loop of pure Python that never lets go of the GIL by itself."""

    def _run(self, **kwargs: object) -> None:
        total = 0
        for step in range(10**9):
            total += step * step % 7
            if not step % 1000:
                self.tick(step, 10**9)


class Numeric(Simulation):
    """A loop of numpy calls that release the GIL, as torch's do."""

    def _run(self, **kwargs: object) -> None:
        import numpy as np  # noqa: PLC0415 - this run alone needs it

        matrix = np.ones((400, 400))
        for step in range(10**9):
            matrix = np.tanh(matrix @ matrix)
            self.tick(step, 10**9)
