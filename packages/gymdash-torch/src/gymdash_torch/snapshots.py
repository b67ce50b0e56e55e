"""What a checkpoint of a training holds, and the state of everything that is random.

A checkpoint is read by ``torch.load(..., weights_only=True)``: no code comes out of it. Tensors are read to the CPU
first, so that a checkpoint of a GPU can be read without one.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from gymdash_torch.errors import TrainingError

MODEL: Final = "model.pt"
_TRAINING, _ABOUT = "training.pt", "about.json"


def seed_everything(seed: int) -> None:
    """Seed torch on all devices, numpy and Python."""
    torch.manual_seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - the global state is what data sets of others draw from
    random.seed(seed)


def capture_random(device: torch.device) -> dict[str, Any]:
    """Return the state of torch's, numpy's and Python's random numbers, as tensors and plain values.

    Args:
        device: Whose random numbers are used beside those of the CPU; others are left alone, since a look at a GPU
            takes memory on it.
    """
    name, keys, place, has_gauss, gauss = np.random.get_state(legacy=True)  # noqa: NPY002 - see above
    return {
        "torch": torch.get_rng_state(),
        "device": [device.type, _device_state(device)],
        "numpy": [
            str(name),
            torch.from_numpy(np.asarray(keys).astype(np.int64)),
            int(place),
            int(has_gauss),
            float(gauss),
        ],
        "python": random.getstate(),
    }


def _device_state(device: torch.device) -> torch.Tensor | None:
    if device.type == "cuda":
        return torch.cuda.get_rng_state(device)
    return torch.mps.get_rng_state() if device.type == "mps" else None


def restore_random(state: dict[str, Any], device: torch.device) -> None:
    """Put a state back that `capture_random` has returned; that of a device only where this one is of its kind."""
    torch.set_rng_state(state["torch"])
    kind, numbers = state["device"]
    if numbers is not None and kind == device.type:
        torch.cuda.set_rng_state(numbers, device) if kind == "cuda" else torch.mps.set_rng_state(numbers)
    name, keys, place, has_gauss, gauss = state["numpy"]
    np.random.set_state((name, keys.numpy().astype(np.uint32), place, has_gauss, gauss))  # noqa: NPY002 - see above
    version, numbers, following = state["python"]
    random.setstate((version, tuple(numbers), following))


def write_snapshot(folder: Path, model: dict[str, Any], training: dict[str, Any], about: dict[str, Any]) -> None:
    """Write a checkpoint.

    Args:
        folder: An empty folder.
        model: The model's ``state_dict()``.
        training: Everything else: tensors and plain values.
        about: What people want to know of it; plain JSON.
    """
    torch.save(model, folder / MODEL)
    torch.save(training, folder / _TRAINING)
    (folder / _ABOUT).write_text(json.dumps({**about, "torch": torch.__version__}))


def read_snapshot(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the model and everything else of a checkpoint, with all tensors on the CPU.

    Raises:
        TrainingError: It is no checkpoint of a training.
    """
    try:
        model, training = (torch.load(folder / name, "cpu", weights_only=True) for name in (MODEL, _TRAINING))
    except Exception as error:
        raise TrainingError(f"{folder.name} is no checkpoint of a TorchSimulation: {error}") from error
    return model, training
