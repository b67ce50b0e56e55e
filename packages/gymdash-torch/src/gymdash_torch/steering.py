"""`steer`: what makes a plain training loop one that can be watched, paused and stopped."""

from __future__ import annotations

from collections.abc import Sized
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gymdash_core import Simulation

_Batch = TypeVar("_Batch")


def steer(
    loader: Iterable[_Batch],
    simulation: Simulation,
    *,
    epochs: int = 1,
    epoch: int | None = None,
    start: int | None = None,
) -> Iterator[_Batch]:
    """Yield the batches of a loader; after each one the simulation ticks.

    Steps are counted on where the simulation has ticked before, so that one call an epoch makes one curve.

    Args:
        loader: A ``DataLoader``, or anything that can be gone through.
        simulation: The simulation whose loop it is.
        epochs: How many epochs there are.
        epoch: Which of them this call goes through, from 0, for a loop that calls once an epoch; None goes through all.
            Those to come count as long as this one.
        start: Steps done before, for a loop that goes on; None counts on from the simulation's last tick.

    Yields:
        The loader's batches.

    Raises:
        StopSimException: A stop was asked for.

    Example:
        >>> from gymdash_core import Simulation
        >>> from gymdash_core.testing import run_simulation
        >>> class Sum(Simulation):
        ...     def _run(self, **kwargs):
        ...         for batch in steer([1, 2, 3], self, epochs=2):
        ...             self.log("batch", batch)
        >>> run_simulation(Sum).view.progress["current"]
        6
    """
    done = (simulation.interactor.step or 0) if start is None else start
    left = epochs if epoch is None else max(1, epochs - epoch)
    total = done + left * len(loader) if isinstance(loader, Sized) else None
    for _ in range(left if epoch is None else 1):
        for batch in loader:
            yield batch
            done += 1
            simulation.tick(done, total)
