"""Logs a point of each kind at each step."""

import math
import time

from pydantic import BaseModel

from gymdash_core import Simulation
from gymdash_drawn.plugin import FAULTS


class Drawing(Simulation):
    class Params(BaseModel):
        steps: int = 3
        pause_s: float = 0.0

    def _run(self, **kwargs):
        for step in range(self.params.steps):
            angles = [angle / 10 for angle in range(step * 3 + 2)]
            turns = {
                "x": [angle * math.cos(angle) for angle in angles],
                "y": [angle * math.sin(angle) for angle in angles],
            }
            self.log_point("paths", "route", turns, step)
            self.log("length", len(angles), step)
            if step == 0:
                for kind in ("offered", *FAULTS):
                    self.log_point(kind, f"stat {kind}", {"n": step}, step)
            self.tick(step + 1, self.params.steps)
            time.sleep(self.params.pause_s)
