"""Run, ask, steer, pause, branch and stop simulations from one script. Takes a few seconds; needs no server."""

import json
import tempfile
import time
from pathlib import Path

from pydantic import BaseModel, Field

from gymdash_core import Channel, Simulation, SimulationTracker


class Direction(BaseModel):
    """What the walker wants to know."""

    up: bool = Field(description="Go up, or down.")


class Walk(Simulation):
    """A walker that can be steered, asks for its way once, and can be branched."""

    class Params(BaseModel):
        """Arguments of the walk."""

        steps: int = Field(default=10_000, ge=1)
        speed: float = 1.0
        ask_at: int | None = 100

    @classmethod
    def channels(cls) -> list[Channel]:
        """Return the one control: how fast it goes."""
        return [Channel("speed", "Speed", "control", float)]

    def _run(self, **kwargs: object) -> None:
        step, height = 0, 0.0
        if self.resume_from is not None:
            saved = json.loads((self.resume_from / "walk.json").read_text())
            step, height = saved["step"], saved["height"]
        sign = 1.0
        while step < self.params.steps:
            if step == self.params.ask_at:
                sign = 1.0 if self.ask("Up or down?", Direction).up else -1.0
            height += sign * self.control("speed")
            self.log("height", height, step)
            step += 1
            self.height = height
            self.tick(step, self.params.steps)
            time.sleep(0.005)

    def save_checkpoint(self, folder: Path, step: int) -> None:
        """Write down where the walker is."""
        (folder / "walk.json").write_text(json.dumps({"step": step, "height": self.height}))


def main(project: str) -> None:
    """Show it all, and print each step."""
    with SimulationTracker(project) as tracker:
        tracker.register(Walk)
        run = tracker.start("Walk", name="a walk")
        tracker.wait_for(run, ["waiting"], timeout=60)
        (question,) = tracker.control_requests(run)
        print(f"run {run} asks: {question.details}")
        tracker.answer(question.id, {"up": False})

        print("progress:", tracker.query(run, {"progress": None}, 60)["progress"].value)
        applied = tracker.query(run, {"speed": 2.5}, 60)["speed"]
        print(f"speed is {applied.value} from step {applied.step} on")

        tracker.pause(run)
        tracker.wait_for(run, ["paused"], timeout=60)
        saved = tracker.query(run, {"checkpoint": None}, 60)["checkpoint"].value
        print("checkpoint while paused:", saved)
        tracker.resume(run)

        changed = {"speed": 5.0, "ask_at": None, "steps": saved["step"] + 200}
        branch = tracker.branch(run, kwargs=changed, name="a faster walk")
        tracker.stop(run)
        tracker.wait([run, branch], timeout=60)
        for view in tracker.views():
            points = tracker.points(view.id, "height")
            steps = f"steps {points[0].step} to {points[-1].step}"
            print(f"{view.name}: {view.state}, {len(points)} points, {steps}, height {points[-1].value:g}")
        print("everything is in", tracker.project.path)


if __name__ == "__main__":
    main(tempfile.mkdtemp(prefix="gymdash-demo-"))
