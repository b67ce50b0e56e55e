"""What this package adds to GymDash; light, so that listing plugins imports no torch."""

from __future__ import annotations

from gymdash_core.hookspecs import hookimpl
from gymdash_core.types import SimulationType

GYMDASH_API = 1


@hookimpl
def gymdash_simulations() -> list[SimulationType]:
    """Register ``stable_baselines``."""
    return [
        SimulationType(
            "stable_baselines",
            target="gymdash_sb3.simulation:StableBaselinesSimulation",
            title="Stable Baselines",
            description="Train an agent on a Gymnasium environment with PPO, A2C, DQN, DDPG, TD3 or SAC.",
            params="gymdash_sb3.params:StableBaselinesParams",
        )
    ]
