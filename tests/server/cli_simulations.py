"""Simulations for the tests of command line and client, served with ``--load``."""

from __future__ import annotations

import time
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, Field

from gymdash_core import Channel, Simulation


class Counter(Simulation):
    """Counts, prints, takes a control, saves checkpoints."""

    class Params(BaseModel):
        total: int = 5
        pause_s: float = 0.02
        text: str = ""
        settings: dict[str, Any] = {}

    @classmethod
    def channels(cls):
        return [Channel("speed", "Speed", "control", float, initial=1.0), Channel("never", "Never", "query")]

    def _run(self, **kwargs):
        first = int((self.resume_from / "step").read_text()) if self.resume_from else 0
        for step in range(first, self.params.total):
            print(f"step {step}", flush=True)
            self.log("height", step * self.control("speed"), step)
            self.tick(step + 1, self.params.total)
            time.sleep(self.params.pause_s)
        self.log("odd", float("nan"), 0)

    def save_checkpoint(self, folder, step):
        (folder / "step").write_text(str(step))


class Seeded(Simulation):
    """Does nothing, with a seed."""

    class Params(BaseModel):
        total: int = 5
        seed: int = 0

    def _run(self, **kwargs):
        self.log("seed", self.params.seed, 0)


class Failing(Simulation):
    """Fails."""

    class Params(BaseModel):
        text: str = ""

    def _run(self, **kwargs):
        message = f"meant to fail {self.params.text}"
        raise RuntimeError(message)


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Answer(BaseModel):
    name: str
    colour: Colour
    count: int = Field(default=3, ge=1)
    ratio: float | None = None
    really: bool = True
    layers: list[int] = [1]


class Open(Simulation):
    """Asks for anything."""

    @classmethod
    def channels(cls):
        return [Channel("say", "Say", "query")]

    def _run(self, **kwargs):
        self.interactor.add_control_request("say", "Anything?")
        while not self.interactor.get_in("say")[0]:
            self.tick()
            time.sleep(0.02)
        self.interactor.set_out("say", "thanks")


class Asking(Simulation):
    """Asks, and logs the answer."""

    def _run(self, **kwargs):
        answer = self.ask("What shall it be?", Answer)
        self.log_text("answer", answer.model_dump_json(), 0)
