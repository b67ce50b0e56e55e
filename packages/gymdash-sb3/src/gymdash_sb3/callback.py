"""The callback between learning and GymDash: progress, stop, pause, controls, actions and checkpoints, once a step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stable_baselines3.common.callbacks import BaseCallback

if TYPE_CHECKING:
    from collections.abc import Callable

    from gymdash_core import Simulation


class SimulationInteractionCallback(BaseCallback):
    """Let a simulation be watched, paused and stopped while stable-baselines3 learns.

    A stop raises `StopSimException` out of ``learn``; the model stays as it is, and can be saved.

    Args:
        simulation: The simulation that learns.
        verbose: As in stable-baselines3.

    Attributes:
        total: Steps to learn; None takes what ``learn`` was called with.
        on_turn: Called once a step, after the tick; for what a simulation does besides.
    """

    def __init__(self, simulation: Simulation, verbose: int = 0) -> None:
        super().__init__(verbose)
        self.simulation = simulation
        self.total: int | None = None
        self.on_turn: Callable[[Any], object] = lambda _: None

    @property
    def interactor(self) -> Any:
        """The simulation's interactor."""
        return self.simulation.interactor

    def _on_training_start(self) -> None:
        if self.total is None:
            self.total = int(self.locals["total_timesteps"])

    def _on_step(self) -> bool:
        step, total = self.num_timesteps, self.total
        self.simulation.tick(step, total if total is None or total > step else step)  # a rollout may go beyond
        self.on_turn(self.model)
        return True
