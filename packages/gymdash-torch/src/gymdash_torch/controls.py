"""The live controls of a training: learning rate, weight decay, batch size and gradient clipping."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gymdash_core import Channel
from gymdash_torch.params import BatchSize, ClipGradNorm, LearningRate, TrainOptions, WeightDecay

if TYPE_CHECKING:
    from gymdash_core import Simulation

RATE, DECAY, SIZE, CLIP = "learning_rate", "weight_decay", "batch_size", "clip_grad_norm"
#: The option that a control begins with.
OPTIONS: Final = {RATE: "lr", DECAY: "weight_decay", SIZE: "batch_size", CLIP: "clip_grad_norm"}


def control_channels() -> list[Channel]:
    """Return the channels of the live controls; a change is in force from the step that its reply names."""
    scaled = "A schedule goes on from it; groups of parameters keep their ratio."
    return [
        Channel(RATE, "Learning rate", "control", LearningRate, initial=None, description=scaled),
        Channel(DECAY, "Weight decay", "control", WeightDecay, initial=None),
        Channel(SIZE, "Batch size", "control", BatchSize, initial=None),
        Channel(CLIP, "Clip gradients at norm", "control", ClipGradNorm, initial=None, description="0 clips none."),
    ]


class LiveControls:
    """Applies the controls of a training to its optimizer.

    Args:
        simulation: Has the channels.
        optimizer: The optimizer.
        scheduler: Its learning-rate schedule, or None.
        options: First values.
    """

    def __init__(self, simulation: Simulation, optimizer: Any, scheduler: Any, options: TrainOptions) -> None:
        self._simulation, self._optimizer, self._scheduler = simulation, optimizer, scheduler
        self._applied: dict[str, Any] = {key: getattr(options, option) for key, option in OPTIONS.items()}

    @property
    def batch_size(self) -> int:
        """Samples of the next step."""
        return int(self._applied[SIZE])

    @property
    def clip_grad_norm(self) -> float:
        """Largest norm of the gradients; 0 clips none."""
        return float(self._applied[CLIP])

    @property
    def learning_rate(self) -> float:
        """Learning rate of the first group of parameters, as the optimizer has it."""
        return float(self._optimizer.param_groups[0]["lr"])

    def values(self) -> dict[str, Any]:
        """Return all values in force."""
        return {**self._applied, RATE: self.learning_rate}

    def set(self, key: str, value: Any) -> None:
        """Put a value in force."""
        if key == RATE:
            self._set_rate(value)
        elif key == DECAY:
            for group in self._optimizer.param_groups:
                if group.get("weight_decay") == self._applied[DECAY]:  # others are exempt on purpose
                    group["weight_decay"] = value
        self._applied[key] = value

    def restore(self, values: dict[str, Any]) -> None:
        """Take the values of a checkpoint over whose optimizer was loaded."""
        self._applied.update({key: value for key, value in values.items() if key in self._applied})

    def show(self) -> None:
        """Publish all values."""
        for key, value in self.values().items():
            self._applied[key] = value
            self._simulation.interactor.set_out(key, value)

    def follow_schedule(self) -> None:
        """Publish the learning rate that a schedule has set."""
        if self.learning_rate != self._applied[RATE]:
            self._applied[RATE] = self.learning_rate
            self._simulation.interactor.set_out(RATE, self.learning_rate)

    def apply(self) -> None:
        """Take over what was changed since the last step."""
        for key, applied in self._applied.items():
            value = self._simulation.control(key)
            if value != applied and value is not None:
                self.set(key, value)

    def _set_rate(self, value: float) -> None:
        old = self.learning_rate
        for group in self._optimizer.param_groups:
            group["lr"] = group["lr"] * value / old if old else value
            if "initial_lr" in group and old:
                group["initial_lr"] *= value / old
        self._optimizer.param_groups[0]["lr"] = value
        if old and hasattr(self._scheduler, "base_lrs"):
            self._scheduler.base_lrs = [base * value / old for base in self._scheduler.base_lrs]
