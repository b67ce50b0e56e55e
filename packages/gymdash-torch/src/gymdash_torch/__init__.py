"""Training with PyTorch in GymDash."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gymdash_torch.errors import BadLossError, DatasetError, OutOfMemoryError, TrainingError
    from gymdash_torch.example.params import ExampleParams
    from gymdash_torch.example.simulation import MLSimulation
    from gymdash_torch.params import TrainingParams, TrainOptions, ValidationOptions
    from gymdash_torch.steering import steer
    from gymdash_torch.training import TorchSimulation

__all__ = [
    "BadLossError",
    "DatasetError",
    "ExampleParams",
    "MLSimulation",
    "OutOfMemoryError",
    "TorchSimulation",
    "TrainOptions",
    "TrainingError",
    "TrainingParams",
    "ValidationOptions",
    "steer",
]

_MODULES = {
    "BadLossError": "errors",
    "DatasetError": "errors",
    "ExampleParams": "example.params",
    "MLSimulation": "example.simulation",
    "OutOfMemoryError": "errors",
    "TorchSimulation": "training",
    "TrainOptions": "params",
    "TrainingError": "errors",
    "TrainingParams": "params",
    "ValidationOptions": "params",
    "steer": "steering",
}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        # Plugins are listed without importing torch.
        return getattr(import_module(f"gymdash_torch.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
