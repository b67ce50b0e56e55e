"""`TorchSimulation`: a training loop that is watched, steered, stopped and resumed exactly.

Order of a step: controls are read, a batch is taken, the optimizer steps; then what is due (validation, pictures) is
done, and the simulation ticks. A checkpoint holds model, optimizer, schedule, random numbers, the position in the epoch
and what was due, so that a run that goes on takes the same steps as one that was never stopped.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from gymdash_core import SimStatus, SimStatusCode, SimulationStartConfig, StopSimException
from gymdash_torch.batches import Batches, Position, check_dataset, in_order, moved, size_of
from gymdash_torch.controls import OPTIONS, LiveControls
from gymdash_torch.declaration import SAVE_SAMPLES, VALIDATE, TrainingDeclaration
from gymdash_torch.errors import OutOfMemoryError, TrainingError
from gymdash_torch.faults import LossWatch, is_out_of_memory, sizes_of
from gymdash_torch.optimizing import find_device
from gymdash_torch.snapshots import capture_random, read_snapshot, restore_random, seed_everything, write_snapshot


class TorchSimulation(TrainingDeclaration):
    """Base of trainings: override `create_model`, `create_data`, `training_step`, and perhaps `validation_step`.

    Attributes:
        model: The network, on `device`.
        optimizer: Its optimizer.
        scheduler: The learning-rate schedule, or None.
        device: Where the model lives.
        steps_done: Steps of the optimizer, all attempts together.
        position: How far the training has come in its data.

    Example:
        >>> from torch.utils.data import TensorDataset
        >>> class Line(TorchSimulation):
        ...     def create_data(self):
        ...         x = torch.linspace(-1, 1, 64)[:, None]
        ...         return TensorDataset(x, 3 * x + 1), TensorDataset(x, 3 * x + 1)
        ...
        ...     def create_model(self):
        ...         return torch.nn.Linear(1, 1)
        ...
        ...     def training_step(self, batch):
        ...         x, y = batch
        ...         return torch.nn.functional.mse_loss(self.model(x), y)
        ...
        ...     def validation_step(self, batch):
        ...         return {"loss/val": self.training_step(batch)}
        >>> from gymdash_core.testing import run_simulation
        >>> run = run_simulation(Line, {"epochs": 30, "lr": 0.1, "batch_size": 16, "seed": 1})
        >>> run.view.progress["current"], run.points("loss/val")[-1].value < 0.01
        (120, True)
    """

    def __init__(self, config: SimulationStartConfig) -> None:
        super().__init__(config)
        self.model: Any = None
        self.optimizer: Any = None
        self.scheduler: Any = None
        self.device = torch.device("cpu")
        self._seed = 0
        self._due: list[str] = []  # methods that are still to be called for the last step
        self._is_whole = True  # no step is half done
        self._saved_at: int | None = None
        self._random_before: dict[str, Any] | None = None  # while something is done aside

    # --- life cycle ------------------------------------------------------------------------------------------------

    def _setup(self, **kwargs: Any) -> None:
        options = self.training
        saved = None if self.resume_from is None else read_snapshot(self.resume_from)
        self.device = find_device(options.device, self._tell if saved else None)
        self._seed = options.seed if options.seed is not None else secrets.randbelow(2**32)
        if saved and "seed" not in self.changed_options():
            self._seed = saved[1]["seed"]
        seed_everything(self._seed)
        training_data, self._validation_data = self.create_data()
        self._batches = Batches(training_data, self._seed)
        if self._validation_data is not None:
            check_dataset(self._validation_data)
        self.model = self.create_model().to(self.device)
        self.optimizer = self.create_optimizer(self.model)
        self.scheduler = self.create_scheduler(self.optimizer)
        self._controls = LiveControls(self, self.optimizer, self.scheduler, options)
        self._losses = LossWatch(options.log_step, lambda: self._saved_at)
        if saved:
            self._restore(*saved)
        self._controls.show()

    def _run(self, **kwargs: Any) -> None:
        try:
            self.fit()
        except StopSimException:
            self.keep_model()
            raise

    def fit(self) -> None:
        """Train until the last epoch is complete, and keep the model.

        Raises:
            StopSimException: A stop was asked for.
            TrainingError: The loss is no number, or memory has run out.
        """
        self._do_what_is_due()
        first = self.steps_done
        while self.position.epoch < self.training.epochs:
            self._step_once()
            self._do_what_is_due()
            every = self.training.checkpoint_step
            if every and self.steps_done % every == 0:
                self.keep_model()
            self.tick(self.steps_done, self.steps_total)
            self.serve()
        self._losses.check()
        self.keep_model()
        details = f"trained {self.steps_done - first} steps, {self.steps_done} in all"
        self.add_status(SimStatus(SimStatusCode.SUCCESS, details=details))

    @property
    def steps_total(self) -> int:
        """Steps at the end of the training, as the batch size is now."""
        left = self._batches.steps_left(self.position, self._controls.batch_size, self.training.epochs)
        return self.steps_done + left

    def serve(self) -> None:
        """Do what was asked for since the last step; a subclass with more channels extends it."""
        if press := self.take(VALIDATE):
            if self._validation_data is None:
                press.refuse("there is no validation data")
            else:
                press.answer({"step": self.steps_done, **self.validate()})
        if self.shows_samples() and (press := self.take(SAVE_SAMPLES)):
            with self.aside():
                self.show_samples()
            press.answer({"step": self.steps_done})

    def _tell(self, details: str) -> None:
        self.add_status(SimStatus(SimStatusCode.INFO, details=details))

    # --- a step ------------------------------------------------------------------------------------------------------

    def _step_once(self) -> None:
        step, epoch = self.steps_done + 1, self.position.epoch
        self.interactor.step = step  # the first step with a change is the one that its reply names
        if self.training.checkpoint_on_change and self.interactor.has_changes():
            self.keep_model()
        self._controls.apply()
        self._is_whole = False
        batch = self._batches.take(self.position, self._controls.batch_size)
        with self._sized(step, batch):
            loss = self._update(step, moved(batch, self.device))
        self.steps_done = step
        epoch_ended, rate = self.position.epoch > epoch, self._controls.learning_rate
        if self.scheduler is not None and (epoch_ended or self.schedule_per == "step"):
            self.scheduler.step()
        self._due = self.due_tasks(epoch_ended=epoch_ended)
        self._is_whole = True
        if step % self.training.log_step == 0:
            self.log_many({"loss/train": loss.item(), "train/learning_rate": rate}, step)
        self._controls.follow_schedule()

    def _update(self, step: int, batch: Any) -> Any:
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.training_step(batch)
        self._losses.add(step, loss)
        loss.backward()
        if self._controls.clip_grad_norm:
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), self._controls.clip_grad_norm)
        self.optimizer.step()
        return loss.detach()

    @contextlib.contextmanager
    def _sized(self, step: int, batch: Any) -> Iterator[None]:
        """Tell of memory that runs out what takes it."""
        try:
            yield
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            raise OutOfMemoryError(step, sizes_of(batch, self.model, self.device)) from error

    def _do_what_is_due(self) -> None:
        while self._due:
            with self.aside():
                getattr(self, self._due[0])()
            self._due.pop(0)

    # --- looking at the model ----------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def aside(self) -> Iterator[None]:
        """Do something with the model that leaves no trace in the training: evaluation mode, and its random numbers."""
        if self._random_before is not None:
            yield
            return
        modes = [(module, module.training) for module in self.model.modules()]
        self._random_before = before = capture_random(self.device)
        self.model.eval()
        try:
            with torch.no_grad():
                yield
        finally:
            for module, mode in modes:
                module.training = mode
            restore_random(before, self.device)
            self._random_before = None

    def validate(self) -> dict[str, float]:
        """Evaluate the model on the validation data, log the results at this step and return them."""
        results = self.evaluate(self._validation_data)
        self.log_many(results, self.steps_done)
        return results

    def evaluate(self, dataset: Any, batch_size: int | None = None) -> dict[str, float]:
        """Return the means of what `validation_step` returns over a data set; ticks after each batch.

        Args:
            dataset: A map-style data set.
            batch_size: Samples at a time; None is that of `validation`.

        Raises:
            StopSimException: A stop was asked for.
        """
        sums: dict[str, Any] = {}
        count = 0
        with self.aside():
            for batch in in_order(dataset, batch_size or self.validation.batch_size):
                size = size_of(batch)
                count += size
                with self._sized(self.steps_done, batch):
                    for key, mean in self.validation_step(moved(batch, self.device)).items():
                        sums[key] = sums.get(key, 0.0) + mean * size
                self.tick(self.steps_done, self.steps_total)
        return {key: float(total) / count for key, total in sums.items()}

    # --- checkpoints -------------------------------------------------------------------------------------------------

    def keep_model(self) -> None:
        """Save a checkpoint where the model has changed since the last; none of a step that is half done.

        One that cannot be written costs that checkpoint alone; a status says so.
        """
        if not self._is_whole:
            last = "none" if self._saved_at is None else f"that of step {self._saved_at}"
            self._tell(f"stopped within step {self.steps_done + 1}: no checkpoint of it; the last is {last}")
        elif self._saved_at != self.steps_done:
            try:
                self.checkpoint(self.steps_done)
            except (OSError, RuntimeError) as error:  # torch says RuntimeError where a disk is full
                self.add_status(SimStatus.from_exception(error, f"checkpoint failed: {error}", SimStatusCode.INFO))

    def save_checkpoint(self, folder: Path, step: int) -> None:
        """Save model, optimizer, schedule, controls, random numbers, position and what is due."""
        self._losses.check()
        training = {
            "optimizer_class": type(self.optimizer).__name__,
            "optimizer": self.optimizer.state_dict(),
            "scheduler": None if self.scheduler is None else self.scheduler.state_dict(),
            "controls": self._controls.values(),
            "random": self._random_before or capture_random(self.device),
            "seed": self._seed,
            "steps_done": self.steps_done,
            "position": [self.position.epoch, self.position.consumed],
            "due": list(self._due),
        }
        about = {"simulation": type(self).__name__, "step": self.steps_done, "epoch": self.position.epoch}
        write_snapshot(folder, self.model.state_dict(), training, {**about, "device": str(self.device)})
        self._saved_at = self.steps_done

    def _restore(self, model: dict[str, Any], training: dict[str, Any]) -> None:
        try:
            self.model.load_state_dict(model)
        except RuntimeError as error:
            remedy = "Branch with the arguments that decide the model's shape unchanged, or start anew."
            raise TrainingError(f"the checkpoint is of another model: {error}", remedy) from error
        changed = {key for key, option in OPTIONS.items() if option in self.changed_options()}
        if training["optimizer_class"] == type(self.optimizer).__name__:
            self.optimizer.load_state_dict(training["optimizer"])
            self._controls.restore(training["controls"])
        else:
            self._tell(f"{type(self.optimizer).__name__} begins anew: the checkpoint has {training['optimizer_class']}")
            for key, value in training["controls"].items():
                self._controls.set(key, value)
        if self.scheduler is not None and training["scheduler"] is not None:
            self.scheduler.load_state_dict(training["scheduler"])
        for key in changed:
            self._controls.set(key, getattr(self.training, OPTIONS[key]))
        self.steps_done = self._saved_at = training["steps_done"]
        self.position = Position(*training["position"])
        self._due = list(training["due"])
        if "seed" not in self.changed_options():
            restore_random(training["random"], self.device)
