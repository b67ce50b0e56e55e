"""The first values of a simulation's controls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gymdash_core.errors import FieldError, InvalidValueError, did_you_mean
from gymdash_core.interaction.channels import ChannelKind

if TYPE_CHECKING:
    from gymdash_core.interaction.channels import Channel
    from gymdash_core.simulation import Simulation


def first_values(simulation: Simulation) -> dict[str, Any]:
    """Return the first value of each control by its key: its own, or the argument of its name.

    Raises:
        InvalidValueError: A control begins with an argument that there is none of.
        InvalidKwargsError: The arguments are refused.
    """
    controls = (channel for channel in simulation.interactor.channels if channel.kind is ChannelKind.CONTROL)
    return {channel.key: _first_value(simulation, channel) for channel in controls}


def _first_value(simulation: Simulation, channel: Channel) -> Any:
    if channel.initial != "params":
        return channel.initial
    given = simulation._overwrite_new_kwargs(simulation.kwarg_defaults, simulation.config.kwargs)
    if simulation.params is not None and hasattr(simulation.params, channel.key):
        return getattr(simulation.params, channel.key)
    if channel.key in given:
        return given[channel.key]
    message = f"begins with the argument of its name, and there is none. {did_you_mean(channel.key, given)}"
    remedy = "Or give the channel an `initial` of its own."
    raise InvalidValueError(f"control {channel.key!r}", [FieldError((), f"{message} {remedy}")])
