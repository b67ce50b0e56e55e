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


class Short(Simulation):
    """A run that ends at once, for projects full of ended ones."""

    def _run(self, **kwargs: object) -> None:
        print("a line of output")
        for step in range(100):
            self.log("loss", 1.0 / (step + 1), step)


class Training(Simulation):
    """A loop with the two phases of PPO: rollouts in pure Python, then an update in numpy, which lets go of the GIL.

    Args:
        config: `stats` is how many stats are logged at each step, `steps` how many steps there are (0: no end), `write`
            a file that is told the steps per second at the end.
    """

    def _run(self, **kwargs: object) -> None:
        import numpy as np  # noqa: PLC0415 - these runs alone need it

        asked = self.config.kwargs
        names = [f"train/stat_{n}" for n in range(int(asked.get("stats", 20)))]
        matrix, total, step = np.ones((300, 300)) / 300, 0, 0
        while not self.was_cancelled():
            for _ in range(20):  # environment steps
                total += sum(value * value % 7 for value in range(5000))
                self.tick(step, 10**9)
                step += 1
            for _ in range(30):  # an update
                matrix = np.tanh(matrix @ matrix)
            for name in names:
                self.log(name, float(matrix[0, 0]), step)


class Stamps(Simulation):
    """A loop that logs the time of the write, now and then."""

    def _run(self, **kwargs: object) -> None:
        for step in range(10**9):
            self.log("stamp", time.time(), step)
            self.tick(step, 10**9)
            time.sleep(0.037)


class Crowd(Simulation):
    """Many stats that grow in step with those of other runs: at the same fractions of a second.

    Args:
        config: `stats` is how many there are, `first` how many points each begins with, `hertz` how many points a
            second each gets then.
    """

    def _run(self, **kwargs: object) -> None:
        asked = self.config.kwargs
        names = [f"crowd/plot_{n:02d}" for n in range(int(asked["stats"]))]
        period = 1 / float(asked["hertz"])
        for step in range(10**9):
            noise = (step * 7919 + hash(self.sim_path) % 1000) % 1000 / 1000
            self.log_many({name: noise + n for n, name in enumerate(names)}, step)
            self.tick(step, 10**9)
            if step >= int(asked["first"]):
                time.sleep(period - time.time() % period)
