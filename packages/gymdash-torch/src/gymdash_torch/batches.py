"""Batches whose order follows from seed and epoch alone, so that a training can go on in the middle of an epoch.

A ``DataLoader`` fixes its batch size and begins each epoch anew; here the size is chosen for every batch, and a
position is two numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sized
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils.data import DataLoader, IterableDataset, TensorDataset, default_collate

from gymdash_torch.errors import DatasetError

#: Keeps the orders of the epochs of near seeds apart.
_STRIDE = 1_000_003


@dataclass
class Position:
    """How far a training has come in its data.

    Attributes:
        epoch: Epochs that are complete.
        consumed: Samples taken of the epoch that is not.
    """

    epoch: int = 0
    consumed: int = 0


class Batches:
    """The samples of a data set, shuffled anew in each epoch.

    Args:
        dataset: A map-style data set, as of ``torch.utils.data``.
        seed: Decides, with the number of an epoch, its order.

    Raises:
        DatasetError: It is a loader or a stream, or empty.
    """

    def __init__(self, dataset: Any, seed: int) -> None:
        check_dataset(dataset)
        self._dataset, self._seed = dataset, seed
        self._order: tuple[int, torch.Tensor] | None = None

    def __len__(self) -> int:
        return len(self._dataset)

    def take(self, position: Position, size: int) -> Any:
        """Return the next batch of at most `size` samples, and move the position behind it."""
        chosen = self._order_of(position.epoch)[position.consumed : position.consumed + size]
        position.consumed += len(chosen)
        if position.consumed >= len(self):
            position.epoch, position.consumed = position.epoch + 1, 0
        return gather(self._dataset, chosen)

    def steps_left(self, position: Position, size: int, epochs: int) -> int:
        """Return how many batches of a size are left until the end of some epochs."""
        whole = max(0, epochs - position.epoch)
        if not whole:
            return 0
        per_epoch = -(-len(self) // size)
        return (whole - 1) * per_epoch - (position.consumed - len(self)) // size

    def _order_of(self, epoch: int) -> torch.Tensor:
        if self._order is None or self._order[0] != epoch:
            generator = torch.Generator().manual_seed(self._seed + _STRIDE * epoch)
            self._order = (epoch, torch.randperm(len(self), generator=generator))
        return self._order[1]


def in_order(dataset: Any, size: int) -> Iterator[Any]:
    """Yield a data set in its own order, in batches of at most `size`."""
    for indices in torch.arange(len(dataset)).split(size):
        yield gather(dataset, indices)


def gather(dataset: Any, indices: torch.Tensor) -> Any:
    """Return the samples at some places as one batch."""
    if type(dataset) is TensorDataset:
        return tuple(tensor[indices] for tensor in dataset.tensors)
    return default_collate([dataset[index] for index in indices.tolist()])


def check_dataset(dataset: Any) -> None:
    """Refuse what cannot be gone through from any place.

    Raises:
        DatasetError: It is a loader or a stream, or empty.
    """
    if isinstance(dataset, (DataLoader, IterableDataset)) or not isinstance(dataset, Sized):
        remedy = "Return a map-style data set, with a length; for a loader of your own, use steer(loader, self)."
        raise DatasetError(f"create_data returned a {type(dataset).__name__}", remedy)
    if not len(dataset):
        raise DatasetError("create_data returned an empty data set")


def moved(batch: Any, device: torch.device) -> Any:
    """Return a batch with all its tensors on a device."""
    if isinstance(batch, torch.Tensor):
        return batch.to(device, non_blocking=True)
    if isinstance(batch, Mapping):
        return {name: moved(item, device) for name, item in batch.items()}
    if isinstance(batch, tuple) and hasattr(batch, "_fields"):
        return type(batch)(*(moved(item, device) for item in batch))
    if isinstance(batch, (list, tuple)):
        return type(batch)(moved(item, device) for item in batch)
    return batch


def size_of(batch: Any) -> int:
    """Return how many samples a batch holds: the length of its first tensor; 1 where it has none."""
    first = next(tensors_of(batch), None)
    return len(first) if first is not None and first.dim() else 1


def tensors_of(batch: Any) -> Iterator[torch.Tensor]:
    """Yield the tensors in a batch."""
    if isinstance(batch, torch.Tensor):
        yield batch
    elif isinstance(batch, (Mapping, list, tuple)):
        for item in batch.values() if isinstance(batch, Mapping) else batch:
            yield from tensors_of(item)
