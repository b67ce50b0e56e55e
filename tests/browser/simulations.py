"""Simulations for the browser tests: curves, media, a control, an action, checkpoints; and odd values."""

from __future__ import annotations

import io
import math
import random
import time
from typing import Annotated, Literal

from PIL import Image, ImageDraw
from pydantic import BaseModel, Field

from gymdash_core import Channel, Simulation


class Net(BaseModel):
    width: int = Field(default=64, ge=1)
    activation: str = "tanh"


class Sgd(BaseModel):
    kind: Literal["sgd"] = "sgd"
    lr: float = Field(default=0.1, gt=0)


class Adam(BaseModel):
    kind: Literal["adam"] = "adam"
    betas: tuple[float, float] = (0.9, 0.999)


class Layer(BaseModel):
    width: int = Field(default=8, ge=1)
    name: str = ""


class Nested(Simulation):
    """Takes what forms find hard, asks it, and can be told it; it does nothing else."""

    class Params(BaseModel):
        net: Net | None = None
        optimizer: Sgd | Adam = Field(default=Sgd(), discriminator="kind")
        layers: list[Layer] = []
        sizes: list[int] = []
        limits: dict[str, int] = {}
        rate: Annotated[int, Field(ge=1)] | list[int] = 1
        seed: int = Field(default=0, ge=0)

    @classmethod
    def channels(cls):
        return [
            Channel("net", "Net", "control", Net, initial=None),
            Channel("layer", "Add a layer", "action", Layer),
        ]

    def _run(self, **kwargs):
        self.ask("How shall it go on?", self.Params)


class Plain(Simulation):
    """Can be told plain values, and waits to be asked to end."""

    @classmethod
    def channels(cls):
        return [
            Channel("skip", "Skip", "action", Annotated[int, Field(ge=1, le=9)]),
            Channel("say", "Say", "action", str),
            Channel("dim", "Dim", "action", bool),
        ]

    def _run(self, **kwargs):
        self.ask("Which layer shall be last?", Layer)


class Learner(Simulation):
    """Feigns learning: curves, pictures, text and histograms."""

    class Params(BaseModel):
        steps: int = Field(default=400, ge=1, description="How many steps.")
        pause_s: float = Field(default=0.02, ge=0)
        learning_rate: float = Field(default=0.05, gt=0, le=1, description="How fast it learns.")
        seed: int = 0
        net: Net | None = None

    @classmethod
    def channels(cls):
        return [
            Channel("learning_rate", "Learning rate", "control", Annotated[float, Field(gt=0, le=1)], initial="params"),
            Channel("evaluate", "Evaluate now", "action"),
        ]

    def _run(self, **kwargs):
        noise = random.Random(self.params.seed)
        learned = 0.0
        for step in range(self.params.steps):
            learned += (1 - learned) * self.control("learning_rate") / 3
            self.log_many({"train/reward": 200 * learned + noise.gauss(0, 8), "train/loss": 1 - learned}, step)
            self.log("eval/score", 180 * learned, step)
            if step % 50 == 0:
                self.log_image("rollout", _picture(step), step)
                self.log_histogram("weights", [noise.gauss(0, 1 + learned) for _ in range(200)], step)
                self.log_text("notes", f"learned {learned:.2f}", step)
            if (request := self.take("evaluate")) is not None:
                request.answer({"score": 180 * learned})
            print(f"step {step}", flush=True)
            self.tick(step + 1, self.params.steps)
            time.sleep(self.params.pause_s)

    def save_checkpoint(self, folder, step):
        (folder / "step").write_text(str(step))


def _picture(step):
    image = Image.new("RGB", (160, 110), (24, 28, 36))
    end = (80 + 60 * math.sin(step / 60), 95 - 60 * abs(math.cos(step / 60)))
    ImageDraw.Draw(image).line([(80, 95), end], fill=(18, 184, 134), width=6)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


class Goer(Simulation):
    """Goes on from its checkpoint, each attempt a bit higher."""

    class Params(BaseModel):
        steps: int = 100_000
        pause_s: float = 0.01

    def _run(self, **kwargs):
        begin = int((self.resume_from / "step").read_text()) if self.resume_from else 0
        for step in range(begin, self.params.steps):
            self.log("distance", step + 100 * self.attempt, step)
            self.tick(step + 1, self.params.steps)
            time.sleep(self.params.pause_s)

    def save_checkpoint(self, folder, step):
        (folder / "step").write_text(str(step))


class Odd(Simulation):
    """Logs what breaks pages: no number, infinities, one point, markup."""

    class Params(BaseModel):
        text: str = ""

    def _run(self, **kwargs):
        for step, value in enumerate([1.0, math.nan, math.inf, -math.inf, 2.0]):
            self.log("odd", value, step)
        self.log("infinite", math.inf, 0)
        self.log("single", 1.0, 0)
        self.log_text("<b>markup</b>", "<script>document.title='broken'</script>", 0)
        print("<img src=x onerror=alert(1)>")
        message = "<script>alert(1)</script>"
        raise RuntimeError(message)


class Wide(Simulation):
    """Logs many stats at once, from a step on; or nothing that is a number."""

    class Params(BaseModel):
        stats: int = 1
        points: int = 50
        first_step: int = 0
        broken: bool = False
        notes_at: list[int] = []

    def _run(self, **kwargs):
        for step in self.params.notes_at:
            self.log_text("note", f"note {step}", step)
        for step in range(self.params.first_step, self.params.first_step + self.params.points):
            value = math.nan if self.params.broken else math.sin(step / 10)
            self.log_many({f"s/{at:02}": value + at for at in range(self.params.stats)}, step)


class Many(Simulation):
    """Leaves a series of many points, written as `log` writes them but all at once."""

    class Params(BaseModel):
        count: int = 1_000_000

    def _run(self, **kwargs):
        self.log("many", 0.0, 0)
        line = '{"step":%d,"wall_time":1700000000.5,"attempt":1,"value":%.3f}\n'
        with (self.run_dir / "stats" / "scalars" / "many.jsonl").open("a") as file:
            file.writelines(line % (step, math.sin(step / 1e5)) for step in range(1, self.params.count))


class White(Simulation):
    """Asks about a picture that is as white as its card."""

    def _run(self, **kwargs):
        Image.new("RGB", (80, 40), "white").save(self.run_dir / "white.png")
        self.ask("What is in it?", Layer, media=["white.png"])
