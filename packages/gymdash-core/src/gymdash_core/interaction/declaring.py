"""What becomes of the channels that a simulation's class declares: checked, typed by its arguments, and completed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from gymdash_core.errors import FieldError, InvalidValueError
from gymdash_core.interaction.channels import CHECKPOINT, PROGRESS, STOP, Channel, ChannelKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import BaseModel

_RESERVED = frozenset({STOP, PROGRESS, CHECKPOINT})


def declared_channels(
    owner: str, declared: Iterable[Channel], params: type[BaseModel] | None, *, saves_checkpoints: bool
) -> list[Channel]:
    """Return the channels that a class adds to the built-in ones.

    Args:
        owner: Name of the class, for messages.
        declared: What it declares.
        params: Model of its arguments: a control takes the bounds of the argument of its name, unless it says another
            type or bounds of its own; and the type, where it has none.
        saves_checkpoints: Whether the action ``checkpoint`` is added.

    Raises:
        InvalidValueError: Two channels have the same key, or one has a reserved key.
    """
    channels = [_typed(channel, params) for channel in declared]
    keys = [channel.key for channel in channels]
    for key in keys:
        if key in _RESERVED or keys.count(key) > 1:
            what = "reserved" if key in _RESERVED else "declared twice"
            raise InvalidValueError(f"{owner}.channels()", [FieldError((key,), f"is {what}")])
    if saves_checkpoints:
        description = "Save a checkpoint at the next tick."
        channels.append(Channel(CHECKPOINT, "Save a checkpoint", ChannelKind.ACTION, description=description))
    return channels


def _typed(channel: Channel, params: type[BaseModel] | None) -> Channel:
    """Return a control that says no more than a type with the type and bounds of the argument that it begins with."""
    field = None if params is None else params.model_fields.get(channel.key)
    if channel.kind is not ChannelKind.CONTROL or channel.initial != "params":
        return channel
    if field is None or field.annotation is None or channel.model not in (None, field.annotation):
        return channel
    model = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
    return replace(channel, model=model)
