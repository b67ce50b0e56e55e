"""What this package adds to GymDash; light, so that listing plugins imports no torch."""

from __future__ import annotations

from gymdash_core.hookspecs import hookimpl
from gymdash_core.types import SimulationType

GYMDASH_API = 1


@hookimpl
def gymdash_simulations() -> list[SimulationType]:
    """Register ``example_ml``."""
    return [
        SimulationType(
            "example_ml",
            target="gymdash_torch.example.simulation:MLSimulation",
            title="Machine Learning (PyTorch)",
            description="Train a small network to tell pictures apart, test it, and ask it what a picture shows.",
            params="gymdash_torch.example.params:ExampleParams",
        )
    ]
