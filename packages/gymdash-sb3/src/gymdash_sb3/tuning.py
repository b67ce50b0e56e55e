"""What can be changed while a model learns: its value is read from the model, and a change takes hold at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import torch
from pydantic import Field
from stable_baselines3.common.utils import FloatSchedule

from gymdash_core import Channel

if TYPE_CHECKING:
    from collections.abc import Callable

    from stable_baselines3.common.base_class import BaseAlgorithm

LearningRate = Annotated[float, Field(gt=0, le=1)]
ClipRange = Annotated[float, Field(gt=0, le=1)]
EntropyCoefficient = Annotated[float, Field(ge=0, le=1)]


def controls() -> list[Channel]:
    """Return the channels of all that some algorithm lets be changed."""
    return [
        Channel("learning_rate", "Learning rate", "control", LearningRate, initial=None),
        Channel("clip_range", "Clip range", "control", ClipRange, initial=None, description="PPO."),
        Channel("ent_coef", "Entropy coefficient", "control", EntropyCoefficient, initial=None),
    ]


def value_of(model: BaseAlgorithm, key: str) -> float | None:
    """Return a control's value as the model has it; None where it finds the value itself."""
    value: Any = getattr(model, key, None)
    if key == "learning_rate" and not isinstance(value, (int, float)):
        value = model.lr_schedule(1.0)
    elif callable(value):
        value = value(1.0)
    return float(value) if isinstance(value, (int, float)) else None


def change(model: BaseAlgorithm, key: str, value: float) -> None:
    """Give a control another value."""
    _CONTROLS[key](model, value)


def _set_learning_rate(model: Any, value: float) -> None:
    model.learning_rate = value
    model._setup_lr_schedule()


def _set_clip_range(model: Any, value: float) -> None:
    model.clip_range = FloatSchedule(value)


def _set_ent_coef(model: Any, value: float) -> None:
    model.ent_coef = value
    if hasattr(model, "ent_coef_tensor"):  # SAC's, which multiplies with it
        model.ent_coef_tensor = torch.tensor(value, device=model.device)


_CONTROLS: Final[dict[str, Callable[[Any, float], None]]] = {
    "learning_rate": _set_learning_rate,
    "clip_range": _set_clip_range,
    "ent_coef": _set_ent_coef,
}
