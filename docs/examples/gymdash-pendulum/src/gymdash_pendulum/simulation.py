"""The simulation; its module may import whatever it needs, since only workers and helper processes load it."""

import time
from collections import deque

import numpy as np
from pydantic import BaseModel, Field

from gymdash_core import Channel, Simulation
from gymdash_pendulum.physics import World, advance, energy, lower_bob
from gymdash_pendulum.trajectory import TRAJECTORY, Trajectory


class Pendulum(Simulation):
    """A double pendulum."""

    class Params(BaseModel):
        steps: int = Field(default=2000, ge=1, description="How many steps to take.")
        step_s: float = Field(default=0.05, gt=0, le=1, description="Simulated seconds of a step.")
        gravity: float = Field(default=9.81, ge=0, le=100, description="Gravity in m/s^2.")
        damping: float = Field(default=0.05, ge=0, le=10, description="Damping of both joints in 1/s.")
        length: float = Field(default=1.0, gt=0, le=100, description="Length of each rod in m.")
        angle: float = Field(default=2.0, allow_inf_nan=False, description="First angle of both rods, in rad.")
        trail: int = Field(default=200, ge=1, le=5000, description="Most places in a trajectory.")
        every: int = Field(default=10, ge=1, description="Steps from one trajectory to the next.")
        real_time: bool = Field(default=True, description="Take as long as it would really take, to be watched.")

    @classmethod
    def channels(cls):
        # Without a model, a control takes type, bounds and first value from the field of Params of the same name.
        return [
            Channel("gravity", "Gravity in m/s^2", "control"),
            Channel("damping", "Damping in 1/s", "control"),
        ]

    def _run(self, **kwargs):
        params = self.params
        state = np.array([params.angle, params.angle, 0.0, 0.0])
        trail = deque([lower_bob(state, World(params.length))], maxlen=params.trail)
        for step in range(1, params.steps + 1):
            world = World(params.length, self.control("gravity"), self.control("damping"))
            state = advance(state, world, params.step_s)
            trail.append(lower_bob(state, world))
            self.log("energy", energy(state, world), step)
            if step % params.every == 0 or step == params.steps:
                self.log_point(TRAJECTORY.name, "way", self._drawn(trail), step)
            self.tick(step, params.steps)
            if params.real_time:
                time.sleep(params.step_s)

    def _drawn(self, trail):
        x, y = np.array(trail).T
        return Trajectory(x=x.tolist(), y=y.tolist(), extent=2.1 * self.params.length)
