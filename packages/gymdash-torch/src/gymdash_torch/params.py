"""Arguments of trainings; light, so that starts are checked without importing torch."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

from pydantic import BaseModel, Field, field_validator

from gymdash_core.errors import did_you_mean

#: The optimizers by name, with their classes in ``torch.optim``.
OPTIMIZERS: Final = {
    "adadelta": "Adadelta",
    "adagrad": "Adagrad",
    "adam": "Adam",
    "adamax": "Adamax",
    "adamw": "AdamW",
    "asgd": "ASGD",
    "nadam": "NAdam",
    "radam": "RAdam",
    "rmsprop": "RMSprop",
    "rprop": "Rprop",
    "sgd": "SGD",
}
_DEVICES: Final = ("auto", "cpu", "cuda", "mps", "xpu")

#: What the live controls accept; the arguments of the same meaning have the same bounds.
LearningRate = Annotated[float, Field(gt=0, le=100)]
WeightDecay = Annotated[float, Field(ge=0, le=100)]
BatchSize = Annotated[int, Field(ge=1, le=65_536)]
ClipGradNorm = Annotated[float, Field(ge=0, le=1e6)]


class TrainOptions(BaseModel):
    """How a model is trained.

    Attributes:
        epochs: How often to go through the training data.
        batch_size: Samples of a step.
        lr: Learning rate.
        weight_decay: Weight decay of the optimizer.
        clip_grad_norm: Largest norm of all gradients together; 0 clips none.
        optimizer: Name of the optimizer.
        optimizer_kwargs: Further arguments of the optimizer's class.
        log_step: Log the loss every so many steps.
        checkpoint_step: Save a checkpoint every so many steps; None only where asked, at a stop and at the end.
        checkpoint_on_change: Save a checkpoint before a change of a control takes effect.
        device: Where the model lives: ``auto``, ``cpu``, ``cuda``, ``cuda:1``, ``mps``.
        seed: Seed of everything that is random; None takes any.
    """

    epochs: int = Field(default=5, ge=0)
    batch_size: BatchSize = 64
    lr: LearningRate = 0.001
    weight_decay: WeightDecay = 0.0
    clip_grad_norm: ClipGradNorm = 0.0
    optimizer: str = "adam"
    optimizer_kwargs: dict[str, Any] = {}
    log_step: int = Field(default=10, ge=1)
    checkpoint_step: int | None = Field(default=None, ge=1)
    checkpoint_on_change: bool = False
    device: str = "auto"
    seed: int | None = Field(default=None, ge=0, lt=2**32)

    @field_validator("optimizer")
    @classmethod
    def _check_optimizer(cls, name: str) -> str:
        if name.lower() not in OPTIMIZERS:
            raise ValueError(f"unknown optimizer {name!r}. {did_you_mean(name.lower(), OPTIMIZERS)}")
        return name.lower()

    @field_validator("device")
    @classmethod
    def _check_device(cls, name: str) -> str:
        kind, colon, number = name.partition(":")
        if kind not in _DEVICES or (colon and not re.fullmatch(r"[0-9]+", number)):
            raise ValueError(f"unknown device {name!r}. {did_you_mean(kind, _DEVICES)}")
        return name


class ValidationOptions(BaseModel):
    """When a model is validated, and how.

    Attributes:
        per_steps: Validate every so many steps; None never.
        per_epoch: Validate at the end of every so many epochs; 0 or None never.
        batch_size: Samples at a time.
    """

    per_steps: int | None = Field(default=None, ge=1)
    per_epoch: int | None = Field(default=1, ge=0)
    batch_size: BatchSize = 256


class TrainingParams(TrainOptions):
    """Arguments of a `TorchSimulation`; derive from it to add your own.

    Attributes:
        validation: When the model is validated, where there is data for it.
    """

    validation: ValidationOptions = ValidationOptions()
