"""Simulations that the server's tests serve from this file, as ``--load`` does."""

from __future__ import annotations

import time
from pathlib import Path

from pydantic import BaseModel

from gymdash_core import Channel, Simulation, StatPoint, StreamableStat, Streamer


class Numbers(Streamer):
    """One number a line, in all files ``*.numbers`` of a folder."""

    def __init__(self, folder):
        super().__init__("numbers")
        self.folder = Path(folder)

    def get_stat_keys(self):
        return [(file.stem, "scalars") for file in sorted(self.folder.rglob("*.numbers"))]

    def stat(self, key, kind=None):
        return NumbersStat(next(self.folder.rglob(f"{key}.numbers")))

    def spec(self):
        return "numbers", str(self.folder), {}


class NumbersStat(StreamableStat):
    def __init__(self, path):
        super().__init__(path.stem, "scalars")
        self.path = path

    def read(self, cursor=None, limit=None):
        begin = int(cursor or 0)
        lines = self.path.read_text().splitlines()[begin:][:limit]
        points = [StatPoint(begin + n, 1.0, float(line)) for n, line in enumerate(lines)]
        return points, str(begin + len(points))


class WritesNumbers(Simulation):
    """Write one file whose streamer is registered, and one of which nobody knows."""

    def _create_streamers(self, kwargs):
        self.streamer.get_or_register(Numbers(self.run_dir / "known"))

    def _run(self, **kwargs):
        for name in ("known", "loose"):
            (self.run_dir / name).mkdir()
            (self.run_dir / name / f"{name}.numbers").write_text("1.5\n")
        self.streamer.get_or_register(Numbers(self.run_dir / "known"))
        while not self.was_cancelled():
            for name in ("known", "loose"):
                with (self.run_dir / name / f"{name}.numbers").open("a") as file:
                    file.write("2.5\n")
            self.tick()
            time.sleep(0.05)


class Shows(Simulation):
    """Log every kind of point, print, and ask with a picture."""

    class Answer(BaseModel):
        go: bool

    @classmethod
    def channels(cls):
        return [Channel("gain", kind="control", model=float, initial=None)]

    def _run(self, **kwargs):
        print("the first line")
        self.log("loss", 1.0, 0)
        self.log_text("notes", "words", 1)
        self.log_histogram("weights", [1.0, 2.0, 2.0], 2)
        self.log_image("frame", [[0, 255], [255, 0]], 3)
        picture = next(Path(self.sim_path, "media").rglob("*.png"))
        self.log("go", float(self.ask("Go?", self.Answer, media=[str(picture)]).go), 4)
        while not self.was_cancelled():
            self.log("gain", self.control("gain") or 0.0)
            self.tick()
            time.sleep(0.01)


class Quick(Simulation):
    """End at once, with many points."""

    class Params(BaseModel):
        count: int = 2500

    def _run(self, **kwargs):
        print("quick output")
        for step in range(self.params.count):
            self.log("many", float(step), step)


class Steps(Simulation):
    """Log and tick until the end or a stop."""

    class Params(BaseModel):
        steps: int = 100_000
        period: float = 0.01

    def _run(self, **kwargs):
        for step in range(self.params.steps):
            self.log("height", float(step), step)
            self.tick(step, self.params.steps)
            time.sleep(self.params.period)
