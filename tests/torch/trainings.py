"""Trainings that tests start in processes of their own, too."""

from __future__ import annotations

import os
import signal
import time
from typing import ClassVar

import torch
from pydantic import BaseModel
from torch import nn
from torch.utils.data import TensorDataset

from gymdash_core import Simulation, StopSimException
from gymdash_torch import TorchSimulation, TrainingParams, steer


class SmallParams(TrainingParams):
    stop_at: int | None = None  # the first attempt is stopped at the first tick of that step
    pace_s: float = 0.0
    width: int = 8


class Small(TorchSimulation):
    """Learns the sign of a sum, with all that is random: dropout, noise, a shuffled order."""

    Params: ClassVar[type[BaseModel]] = SmallParams

    def create_data(self):
        points = torch.randn(100, 4, generator=torch.Generator().manual_seed(5))
        labels = (points.sum(dim=1) > 0).long()
        return TensorDataset(points[:80], labels[:80]), TensorDataset(points[80:], labels[80:])

    def create_model(self):
        width = self.params.width
        return nn.Sequential(nn.Linear(4, width), nn.BatchNorm1d(width), nn.Dropout(0.3), nn.Linear(width, 2))

    def create_scheduler(self, optimizer):
        return torch.optim.lr_scheduler.StepLR(optimizer, 2, 0.5)

    def training_step(self, batch):
        points, labels = batch
        time.sleep(self.params.pace_s)
        return nn.functional.cross_entropy(self.model(points + 0.01 * torch.randn_like(points)), labels)

    def validation_step(self, batch):
        points, labels = batch
        logits = self.model(points + 0.01 * torch.randn_like(points))
        accuracy = (logits.argmax(dim=1) == labels).float().mean()
        return {"loss/val": nn.functional.cross_entropy(logits, labels), "acc/val": accuracy}

    def tick(self, step=None, total=None):
        super().tick(step, total)
        if self.attempt == 1 and step == self.params.stop_at:
            raise StopSimException


class Exploding(Small):
    """Its loss is no number from step 7 on."""

    def training_step(self, batch):
        loss = super().training_step(batch)
        return loss * float("nan") if self.steps_done >= 6 else loss


class Greedy(Small):
    """Needs more memory than there is."""

    def training_step(self, batch):
        return torch.empty(1 << 50).sum()


class GreedyValidation(Small):
    """Needs more memory than there is when it is validated."""

    def validation_step(self, batch):
        return {"loss/val": torch.empty(1 << 50).sum()}


class GreedyOnDevice(Small):
    """Needs more memory of its device than there is."""

    def training_step(self, batch):
        return torch.empty(1 << 43, device=self.device).sum()


class Sampling(Small):
    """Shows samples when asked."""

    def show_samples(self):
        self.log_text("samples", f"training: {self.model.training}", self.steps_done)


class Unvalidated(Small):
    """Has no validation data."""

    def create_data(self):
        return super().create_data()[0], None


class Unsaved(Small):
    """Its disk is full at step 16, and torch says so in its own way at step 24."""

    def save_checkpoint(self, folder, step):
        if step == 16:
            raise OSError(28, "No space left on device")
        if step == 24:
            raise RuntimeError("PytorchStreamWriter failed writing file")
        super().save_checkpoint(folder, step)


class Killed(Small):
    """Its first attempt is killed while it writes the checkpoint of step 30."""

    def save_checkpoint(self, folder, step):
        super().save_checkpoint(folder, step)
        if step == 30 and self.attempt == 1:
            os.kill(os.getpid(), signal.SIGKILL)


class Writing(Small):
    """Writes event files, as trainings did before."""

    def _run(self, **kwargs):
        from torch.utils.tensorboard import SummaryWriter

        with SummaryWriter(str(self.run_dir / "tb")) as self.writer:
            super()._run(**kwargs)

    def training_step(self, batch):
        loss = super().training_step(batch)
        self.writer.add_scalar("written/loss", loss.item(), self.steps_done + 1)
        return loss


class Plain(Simulation):
    """A loop as people have it, with one line changed."""

    def _run(self, **kwargs):
        model, (data, _) = nn.Linear(4, 2), Small.create_data(self)
        optimizer = torch.optim.SGD(model.parameters(), 0.1)
        for _ in range(3):
            for points, labels in steer(torch.utils.data.DataLoader(data, batch_size=10), self):
                optimizer.zero_grad()
                nn.functional.cross_entropy(model(points), labels).backward()
                optimizer.step()
