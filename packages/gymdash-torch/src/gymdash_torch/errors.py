"""Errors of trainings, each with its remedy; light.

::

    GymDashError
    └── TrainingError            a training that cannot go on
        ├── BadLossError         the loss is NaN or infinite
        ├── OutOfMemoryError     a step needs more memory than there is
        └── DatasetError         a data set cannot be had, or is none that can be trained on
"""

from __future__ import annotations

from gymdash_core.errors import GymDashError


class TrainingError(GymDashError):
    """A training cannot go on, or cannot begin."""


class BadLossError(TrainingError):
    """The loss is NaN or infinite: what comes after it would be as well."""

    def __init__(self, step: int, value: float, saved_step: int | None = None) -> None:
        self.step, self.value, self.saved_step = step, value, saved_step
        way = "Start anew" if saved_step is None else f"Branch from the checkpoint of step {saved_step}"
        super().__init__(
            f"the loss is {value} at step {step}", f"{way} with a smaller learning rate, or with clip_grad_norm."
        )


class OutOfMemoryError(TrainingError):
    """A step needs more memory than there is."""

    def __init__(self, step: int, sizes: str) -> None:
        self.step, self.sizes = step, sizes
        super().__init__(
            f"out of memory at step {step}: {sizes}",
            "Resume or branch with a smaller batch_size, or use a smaller model.",
        )


class DatasetError(TrainingError):
    """A data set cannot be downloaded or read, or is none that can be trained on."""
