"""What controls begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gymdash_core.checkpoints import saved_controls
from gymdash_core.errors import FieldError, InvalidValueError, did_you_mean
from gymdash_core.interaction.channels import Channel, ChannelKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gymdash_core.simulation import Simulation


def first_values(simulation: Simulation) -> dict[str, Any]:
    """Return the first value of each control by its key: that of the checkpoint, its own, or the argument of its name.

    A run that goes on from a checkpoint begins with what was changed live. Of another's checkpoint, arguments that were
    changed for the branch win, also inside of others.

    Raises:
        InvalidValueError: A control begins with an argument that there is none of.
        InvalidKwargsError: The arguments are refused.
        CorruptFileError: The checkpoint is damaged.
    """
    saved, is_others = ({}, False) if simulation.resume_from is None else saved_controls(simulation.resume_from)
    changed = simulation.changed_kwargs if is_others else {}
    controls = (channel for channel in simulation.interactor.channels if channel.kind is ChannelKind.CONTROL)
    return {
        channel.key: _first_value(simulation, channel, None if _is_in(channel.key, changed) else saved.get(channel.key))
        for channel in controls
    }


def _is_in(key: str, kwargs: Mapping[str, Any]) -> bool:
    return key in kwargs or any(_is_in(key, value) for value in kwargs.values() if isinstance(value, dict))


def _first_value(simulation: Simulation, channel: Channel, saved: Any) -> Any:
    if saved is not None:
        try:
            return channel.accept(saved)[1]
        except InvalidValueError:  # the class has changed since
            pass
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
