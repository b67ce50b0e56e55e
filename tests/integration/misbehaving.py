"""Simulations that end, or fail to end, in every bad way."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
from pydantic import BaseModel, Field

from gymdash_core import (
    Channel,
    MediaFileStatLinker,
    MediaLinkStreamableStat,
    Simulation,
    StatPoint,
    StopSimException,
    StreamableStat,
    Streamer,
)
from gymdash_core.errors import UnknownStatError


class Quiet(Simulation):
    """Tick until stopped."""

    def _run(self, **kwargs):
        for step in range(100_000):
            self.tick(step, 100_000)
            time.sleep(0.005)


class FailsInInit(Simulation):
    def __init__(self, config):
        super().__init__(config)
        raise RuntimeError("no init")

    def _run(self, **kwargs):
        pass


class FailsInSetup(Simulation):
    def _setup(self, **kwargs):
        raise RuntimeError("no setup")

    def _run(self, **kwargs):
        Path(self.sim_path, "ran").touch()


class FailsInRun(Simulation):
    def _run(self, **kwargs):
        self.log("x", 1.0)
        raise RuntimeError("no run")


class FailsInStreamers(Simulation):
    def _create_streamers(self, kwargs):
        raise RuntimeError("no streamers")

    def _run(self, **kwargs):
        self.log("x", 1.0)


class Exits(Simulation):
    def _run(self, **kwargs):
        self.log("x", 1.0)
        os._exit(7)


class ExitsPolitely(Simulation):
    def _run(self, **kwargs):
        sys.exit(0)


class Segfaults(Simulation):
    def _run(self, **kwargs):
        ctypes.string_at(0)


class KillsItself(Simulation):
    def _run(self, **kwargs):
        self.log("x", 1.0)
        os.kill(os.getpid(), signal.SIGKILL)


class Deaf(Simulation):
    """Never poll for a stop; clean up when unwound."""

    def _run(self, **kwargs):
        try:
            Path(self.sim_path, "deaf").touch()  # inside: a signal may come as soon as it is there
            while True:
                time.sleep(0.01)
        finally:
            Path(self.sim_path, "cleaned").touch()


class IgnoresTerm(Simulation):
    def _run(self, **kwargs):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        Path(self.sim_path, "deaf").touch()
        while True:
            try:
                time.sleep(0.01)
            except StopSimException:
                continue


class FailsWhileCleaning(Simulation):
    def _run(self, **kwargs):
        try:
            Path(self.sim_path, "deaf").touch()
            while True:
                time.sleep(0.01)
        except StopSimException:
            raise RuntimeError("no cleaning") from None


class LeavesChildren(Simulation):
    """Leave a child, a grandchild, and a child in a session of its own."""

    def _run(self, **kwargs):
        code = "import subprocess, sys, time; sleep = 'import time; time.sleep(600)';"
        code += "print(subprocess.Popen([sys.executable, '-c', sleep]).pid, flush=True); time.sleep(600)"
        child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        away = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
        grandchild = int(child.stdout.readline())
        Path(self.sim_path, "children.json").write_text(json.dumps([child.pid, grandchild, away.pid]))
        if self.config.kwargs.get("stay"):
            while True:
                time.sleep(0.01)


class Forks(Simulation):
    """Fork, as SubprocVecEnv does; the child notes what it inherited and stays."""

    def _run(self, **kwargs):
        note = Path(self.sim_path, "child.json")
        if os.fork() == 0:
            default = signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
            sockets = [str(c.laddr) for c in psutil.Process().net_connections("unix") if "gymdash" in str(c.laddr)]
            note.write_text(json.dumps({"pid": os.getpid(), "default": default, "sockets": sockets}))
            time.sleep(600)
        while not (note.exists() and note.read_text()):
            time.sleep(0.01)


class ForksAndComesBack(Simulation):
    """Fork, and let the child raise out of `_run`; the parent buries it and goes on."""

    def _run(self, **kwargs):
        pid = os.fork()
        if pid == 0:
            raise RuntimeError("the child leaves")
        self.log("code", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        self.log("file", Path(self.sim_path, "state.json").read_text().count('"running"'))


class AsksInSetup(Simulation):
    """Ask and tick before the run begins."""

    class Answer(BaseModel):
        go: bool

    def _setup(self, **kwargs):
        self.asked = self.ask("Ready?", self.Answer).go
        while self.config.kwargs.get("ticks"):
            self.tick()
            time.sleep(0.005)

    def _run(self, **kwargs):
        self.log("asked", float(self.asked))

    def save_checkpoint(self, folder, step):
        (folder / "x").touch()


class FillsTheDiskAndStays(Simulation):
    """Fill the disk and never poll for a stop."""

    def _run(self, **kwargs):
        fill(Path(self.sim_path, "big"))
        while True:
            try:
                time.sleep(0.01)
            except StopSimException:
                continue


class PrintsALot(Simulation):
    def _run(self, **kwargs):
        line = "x" * 1023
        for _ in range(100 * 1024):
            print(line)
        print("the last line")


class LogsStrangeNumbers(Simulation):
    def _run(self, **kwargs):
        for step, value in enumerate([1.0, float("nan"), float("inf"), float("-inf"), -0.0, 1e308]):
            self.log("strange", value, step)
        self.log("strange", 2.0, 3)
        self.log("strange", 3.0, 1)


def fill(path):
    """Write until the disk is full to the last byte."""
    with Path(path).open("wb", buffering=0) as file:
        for size in (65536, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue


class FillsTheDisk(Simulation):
    def _run(self, **kwargs):
        for step in range(10):
            self.log("x", 1.0, step)
        fill(Path(self.sim_path, "big"))
        for step in range(10, 100_000):
            self.log("x", 1.0, step)


class Lingers(Simulation):
    """Return, but keep the process alive with a thread."""

    def _run(self, **kwargs):
        import threading

        threading.Thread(target=time.sleep, args=(600,)).start()


class Burns(Simulation):
    """Hold the GIL in pure Python and publish progress now and then."""

    def _run(self, **kwargs):
        x = 0
        for step in range(10**9):
            x += step * step % 7
            if step % 100_000 == 0:
                self.tick(step, 10**9)


class HoldsTheGil(Simulation):
    """Publish progress, let a heartbeat pass, then stay in C code that never lets go of the GIL."""

    def _run(self, **kwargs):
        self.tick(3, 7)
        while "progress" not in json.loads(Path(self.sim_path, "state.json").read_text())["published"]:
            time.sleep(0.01)
        Path(self.sim_path, "holding").touch()
        sum(range(10**11))
        Path(self.sim_path, "released").touch()


class Lines(Streamer):
    """A streamer that no type is registered for: one number a line."""

    def __init__(self, path):
        super().__init__("lines")
        self.path = Path(path)

    def get_stat_keys(self):
        return [("lines", "scalars")]

    def stat(self, key, kind=None):
        if key != "lines":
            raise UnknownStatError(key, known=["lines"])
        return LineStat(self.path)


class LineStat(StreamableStat):
    def __init__(self, path):
        super().__init__("lines", "scalars")
        self.path = path

    def read(self, cursor=None, limit=None):
        begin = int(cursor or 0)
        lines = self.path.read_text().splitlines()[begin:][:limit]
        points = [StatPoint(begin + n, 0.0, float(line)) for n, line in enumerate(lines)]
        return points, str(begin + len(points))


class StreamsLines(Simulation):
    """Write numbers that only its own `_create_streamers` can read back."""

    def _create_streamers(self, kwargs):
        assert self.from_disk
        self.streamer.get_or_register(Lines(Path(self.sim_path, "lines.txt")))

    def _run(self, **kwargs):
        Path(self.sim_path, "lines.txt").write_text("1.5\n2.5\n")
        self.streamer.get_or_register(Lines(Path(self.sim_path, "lines.txt")))


class FilmsAndDies(Simulation):
    """Write a picture that a linker would find, and die before it is indexed."""

    def _create_streamers(self, kwargs):
        stat = MediaLinkStreamableStat("shot", "images", self.sim_path, r"shot_(?P<step>\d+)\.png")
        self.streamer.get_or_register(MediaFileStatLinker("shots", [stat]))

    def _run(self, **kwargs):
        self._create_streamers(kwargs)
        self.log_image("x", [[0, 255]], 1)
        made = next(Path(self.sim_path, "media").rglob("*.png")).read_bytes()
        Path(self.sim_path, "shot_5.png").write_bytes(made)
        os.kill(os.getpid(), signal.SIGKILL)


class Validated(Simulation):
    class Params(BaseModel):
        total: int = Field(default=3, ge=1)
        name: str = "x"

    def _run(self, **kwargs):
        self.log("total", self.params.total)


class Saver(Simulation):
    """Log `n` points, and a checkpoint at the end."""

    def create_kwarg_defaults(self):
        return {"n": 2}

    def _run(self, **kwargs):
        kwargs = self._overwrite_new_kwargs(self.kwarg_defaults, self.config.kwargs, kwargs)
        for step in range(kwargs["n"]):
            self.log("x", 1.0, step)
        self.checkpoint(kwargs["n"])

    def save_checkpoint(self, folder, step):
        (folder / "x").touch()


class Walker(Simulation):
    """Count up with a control, checkpoints, questions and an action."""

    class Params(BaseModel):
        steps: int = 100_000
        gain: float = 1.0
        ask_at: int | None = None
        period: float = 0.002

    class Answer(BaseModel):
        go: bool

    @classmethod
    def channels(cls):
        return [
            Channel("gain", kind="control", model=float),
            Channel("mark", kind="action"),
            Channel("twice", kind="query", model=float, result=float),
        ]

    def _run(self, **kwargs):
        step, height = 0, 0.0
        if self.resume_from is not None:
            saved = json.loads((self.resume_from / "walk.json").read_text())
            step, height = saved["step"], saved["height"]
        while step < self.params.steps:
            if step == self.params.ask_at:
                self.log("go", float(self.ask("Go?", self.Answer).go), step)
            height += self.control("gain")
            if press := self.take("mark"):
                self.log("marks", height, step)
                press.answer({"step": step})
            if query := self.take("twice"):
                query.answer(2 * query.value)
            self.log("height", height, step)
            step += 1
            self._state = {"step": step, "height": height}
            self.tick(step, self.params.steps)
            time.sleep(self.params.period)

    def save_checkpoint(self, folder, step):
        (folder / "walk.json").write_text(json.dumps(self._state))


ALL = [
    value
    for value in list(globals().values())
    if isinstance(value, type) and issubclass(value, Simulation) and value is not Simulation
]
