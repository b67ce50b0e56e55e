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


def capture_random() -> dict[str, Any]:
    """Return the state of torch's, numpy's and Python's random numbers, as tensors and plain values."""
    name, keys, place, has_gauss, gauss = np.random.get_state(legacy=True)  # noqa: NPY002 - see above
    return {
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
        "numpy": [
            str(name),
            torch.from_numpy(np.asarray(keys).astype(np.int64)),
            int(place),
            int(has_gauss),
            float(gauss),
        ],
        "python": random.getstate(),
    }


def restore_random(state: dict[str, Any]) -> None:
    """Put a state back that `capture_random` has returned; that of GPUs only where there are as many."""
    torch.set_rng_state(state["torch"])
    if state["cuda"] and torch.cuda.is_available() and torch.cuda.device_count() == len(state["cuda"]):
        torch.cuda.set_rng_state_all(state["cuda"])
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
