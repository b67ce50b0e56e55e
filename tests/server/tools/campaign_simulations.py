"""Runs of a campaign: they log, save, ask and have children, and note beside it what they have logged."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

from pydantic import BaseModel

from gymdash_core import Simulation


class Noting(Simulation):
    """Log a scalar each step, words each tenth, save a checkpoint now and then, ask once, and keep children."""

    class Params(BaseModel):
        steps: int = 200
        period_s: float = 0.01
        save_every: int = 25
        ask_at: int | None = None
        children: int = 0

    class Answer(BaseModel):
        go: bool

    def _run(self, **kwargs):
        for _ in range(self.params.children):
            child = [sys.executable, "-I", "-S", "-c", "import time; time.sleep(600)", Path(self.sim_path).name]
            subprocess.Popen(child, start_new_session=True)
        first = 0
        if self.resume_from is not None:
            first = json.loads((self.resume_from / "saved.json").read_text())["step"]
        with Path(self.sim_path, f"noted-{self.attempt}").open("ab", buffering=0) as noted:
            for step in range(first, self.params.steps):
                self.log("x", 2.0 * step, step)
                if step % 10 == 0:
                    self.log_text("words", f"at {step}", step)
                noted.write(f"{step} {time.monotonic()}\n".encode())
                if step == self.params.ask_at:
                    self.ask("Go on?", self.Answer)
                if (step + 1) % self.params.save_every == 0:
                    self.checkpoint(step + 1)
                self.tick(step + 1, self.params.steps)
                time.sleep(self.params.period_s)

    def save_checkpoint(self, folder, step):
        for name in ("a", "b", "c"):
            (folder / name).write_bytes(bytes(100_000))
        (folder / "saved.json").write_text(json.dumps({"step": step}))
