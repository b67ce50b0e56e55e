"""What goes wrong in a step, in words: a loss that is no number, and memory that runs out."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch

from gymdash_torch.batches import size_of, tensors_of
from gymdash_torch.errors import BadLossError

_MB = 1 << 20
#: Losses of a GPU that are looked at together, at most.
_MOST = 100


class LossWatch:
    """Finds the first loss that is no number, and names its step.

    On a CPU each loss is looked at, before the model is changed by it. A look at a loss on a GPU waits for the GPU, so
    there they are collected and looked at together.

    Args:
        every: Losses that are looked at together on a GPU.
        saved_step: Tells the step of the last checkpoint, or None.
    """

    def __init__(self, every: int, saved_step: Callable[[], int | None]) -> None:
        self._every, self._saved_step = min(every, _MOST), saved_step
        self._waiting: list[tuple[int, torch.Tensor]] = []

    def add(self, step: int, loss: torch.Tensor) -> None:
        """Look at a loss, or keep it for later.

        Raises:
            BadLossError: It, or one before it, is NaN or infinite.
        """
        self._waiting.append((step, loss.detach()))
        if loss.device.type == "cpu" or len(self._waiting) >= self._every:
            self.check()

    def check(self) -> None:
        """Look at all that have not been looked at.

        Raises:
            BadLossError: One is NaN or infinite.
        """
        if not self._waiting:
            return
        values = torch.stack([loss.float() for _, loss in self._waiting]).tolist()
        for (step, _), value in zip(self._waiting, values, strict=True):
            if not math.isfinite(value):
                raise BadLossError(step, value, self._saved_step())
        self._waiting.clear()


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an exception says that memory has run out; on a CPU torch has no class of its own for that."""
    return isinstance(error, (torch.OutOfMemoryError, MemoryError)) or (
        isinstance(error, RuntimeError) and "can't allocate memory" in str(error)
    )


def sizes_of(batch: Any, model: Any, device: torch.device) -> str:
    """Return what takes memory in a step, in words."""
    shapes = ", ".join(str(tuple(tensor.shape)) for tensor in tensors_of(batch))
    parameters = list(model.parameters())
    bytes_of_model = sum(item.numel() * item.element_size() for item in parameters)
    words = f"a batch of {size_of(batch)} samples ({shapes}), a model of {bytes_of_model / _MB:.1f} MiB"
    if device.type != "cuda":
        return words
    free, total = torch.cuda.mem_get_info(device)
    held = torch.cuda.memory_allocated(device)
    return f"{words}; {held / _MB:.0f} MiB held by tensors, {free / _MB:.0f} of {total / _MB:.0f} MiB of the GPU free"
