"""Hook implementations; light, so that finding the plugin costs nothing."""

from gymdash_core import SimulationType, hookimpl
from gymdash_pendulum.trajectory import TRAJECTORY

GYMDASH_API = 1


@hookimpl
def gymdash_simulations():
    return [
        SimulationType(
            "pendulum",
            target="gymdash_pendulum.simulation:Pendulum",
            title="Double pendulum",
            description="Swings, and draws the way of its lower bob. Gravity and damping can be changed meanwhile.",
        )
    ]


@hookimpl
def gymdash_stat_kinds():
    return [TRAJECTORY]
