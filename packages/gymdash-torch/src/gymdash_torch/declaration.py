"""What a training declares: the part of `TorchSimulation` that subclasses override; apart for its size."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import BaseModel

from gymdash_core import Channel, Simulation, SimulationStartConfig
from gymdash_torch.batches import Position
from gymdash_torch.controls import control_channels
from gymdash_torch.optimizing import make_optimizer
from gymdash_torch.params import TrainingParams, TrainOptions, ValidationOptions

VALIDATE, SAVE_SAMPLES = "validate", "save_samples"


class TrainingDeclaration(Simulation):
    """Data, model, loss, and when to look at them.

    Attributes:
        steps_done: Steps of the optimizer, all attempts together.
        position: How far the training has come in its data.
    """

    Params: ClassVar[type[BaseModel]] = TrainingParams
    pausable: ClassVar = True
    #: Whether the schedule steps once an epoch or once a step.
    schedule_per: ClassVar[Literal["epoch", "step"]] = "epoch"

    def __init__(self, config: SimulationStartConfig) -> None:
        super().__init__(config)
        self.steps_done = 0
        self.position = Position()
        self._validation_data: Any = None

    @abstractmethod
    def create_data(self) -> Any:
        """Return the training data and the validation data, map-style data sets; None for no validation."""

    @abstractmethod
    def create_model(self) -> Any:
        """Return the network, a ``torch.nn.Module``; called after `create_data`."""

    @abstractmethod
    def training_step(self, batch: Any) -> Any:
        """Return the loss of a batch, a tensor of one number; the batch is on `device`."""

    def validation_step(self, batch: Any) -> Mapping[str, Any]:
        """Return the means of a batch by the keys under which they are logged, such as ``{"loss/val": ...}``."""
        return {}

    def create_optimizer(self, model: Any) -> Any:
        """Return the optimizer; by default the one of `training`."""
        return make_optimizer(self.training, model)

    def create_scheduler(self, optimizer: Any) -> Any:
        """Return a learning-rate schedule of ``torch.optim.lr_scheduler``; None, the default, has none."""
        return None

    def show_samples(self) -> object:
        """Log what the model makes of some samples; overriding it adds the action ``save_samples``."""

    def due_tasks(self, *, epoch_ended: bool) -> list[str]:
        """Return the names of methods to call now, after a step; those that a stop prevents are called on resume."""
        per_steps, per_epoch = self.validation.per_steps, self.validation.per_epoch
        by_step = per_steps and self.steps_done % per_steps == 0
        by_epoch = epoch_ended and per_epoch and self.position.epoch % per_epoch == 0
        return ["validate"] if self._validation_data is not None and (by_step or by_epoch) else []

    @property
    def training(self) -> TrainOptions:
        """How the model is trained; by default `params`."""
        options: TrainOptions = self.params
        return options

    @property
    def validation(self) -> ValidationOptions:
        """When the model is validated; by default ``params.validation``."""
        options: ValidationOptions = self.params.validation
        return options

    def changed_options(self) -> Mapping[str, Any]:
        """Return the options of `training` that a branch has changed; by default `changed_kwargs`."""
        return self.changed_kwargs

    # --- channels ----------------------------------------------------------------------------------------------------

    @classmethod
    def channels(cls) -> list[Channel]:
        """Return the live controls and the actions; a subclass adds its own to them."""
        found = [*control_channels(), Channel(VALIDATE, "Validate now", "action")]
        if cls.shows_samples():
            found.append(Channel(SAVE_SAMPLES, "Save samples now", "action"))
        return found

    @classmethod
    def shows_samples(cls) -> bool:
        """Return whether the type overrides `show_samples`."""
        return cls.show_samples is not TrainingDeclaration.show_samples
