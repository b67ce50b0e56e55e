"""Optimizers and devices, found by what the arguments of a run name."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import torch

from gymdash_core.errors import did_you_mean
from gymdash_torch.errors import TrainingError
from gymdash_torch.params import OPTIMIZERS, TrainOptions


def make_optimizer(options: TrainOptions, model: Any) -> Any:
    """Return the optimizer that the options name, for a model's parameters.

    Raises:
        TrainingError: Its class has no such argument; near ones are named.
    """
    cls = getattr(torch.optim, OPTIMIZERS[options.optimizer])
    known = set(inspect.signature(cls).parameters) - {"params", "lr", "weight_decay"}
    for name in options.optimizer_kwargs:
        if name not in known:
            raise TrainingError(
                f"optimizer_kwargs.{name}: {options.optimizer} has no such argument", did_you_mean(name, known)
            )
    more: dict[str, Any] = {"lr": options.lr, **options.optimizer_kwargs}
    if "weight_decay" in inspect.signature(cls).parameters:
        more["weight_decay"] = options.weight_decay
    return cls(model.parameters(), **more)


def find_device(name: str, tell: Callable[[str], object] | None = None) -> torch.device:
    """Return a device by name; ``auto`` is the accelerator that there is, else the CPU.

    Args:
        name: As in the arguments.
        tell: Where a run goes on that began elsewhere: told that the CPU takes the place of a device that is not here.

    Raises:
        TrainingError: There is no such device, and the run has only begun.
    """
    if name == "auto":
        return (torch.accelerator.is_available() and torch.accelerator.current_accelerator()) or torch.device("cpu")
    device = torch.device(name)
    if _is_here(device):
        return device
    if tell is None:
        raise TrainingError(f"device {name!r} is not here", "Use device='auto' or 'cpu'.")
    tell(f"device {name!r} is not here: going on with the CPU")
    return torch.device("cpu")


def _is_here(device: torch.device) -> bool:
    if device.type == "cpu":
        return True
    if not torch.accelerator.is_available():
        return False
    here = torch.accelerator.current_accelerator()
    return bool(here.type == device.type and (device.index or 0) < torch.accelerator.device_count())
