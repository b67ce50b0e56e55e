"""Hook implementations; light, so that finding the plugin costs nothing."""

from gymdash_core import SimulationType, hookimpl

GYMDASH_API = 1


@hookimpl
def gymdash_simulations():
    return [
        SimulationType(
            "countdown",
            target="gymdash_countdown.simulation:CountdownSimulation",
            title="Countdown",
            description="Counts, and asks before it goes on where it was told to.",
        )
    ]
