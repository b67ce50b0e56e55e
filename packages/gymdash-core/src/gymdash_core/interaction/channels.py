"""Channels: the named two-way streets between a running simulation and whoever steers it.

A channel is declared by the simulation's class (`Simulation.channels`) and known to every client through the type's
description. Three exist always: `STOP`, `PROGRESS` and `CUSTOM_QUERY`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from pydantic import BaseModel, TypeAdapter

from gymdash_core import codec
from gymdash_core.errors import FieldError, InvalidValueError
from gymdash_core.field_texts import FieldTexts

STOP = "stop_simulation"
PROGRESS = "progress"
CUSTOM_QUERY = "custom_query"
CHECKPOINT = "checkpoint"


class ChannelKind(StrEnum):
    """What a channel does with what it is sent."""

    CONTROL = "control"
    ACTION = "action"
    QUERY = "query"


@dataclass(frozen=True)
class Channel:
    """Declare a channel.

    Args:
        key: Unique in the simulation, for example ``"learning_rate"``.
        title: What people read; the key by default.
        kind: ``control`` is a value that can be changed: the last one wins. ``action`` is a button: each press runs
            once, in order. ``query`` returns a value.
        model: Type that validates what comes in: a pydantic model or any annotation that pydantic understands, for
            example ``Annotated[float, Field(ge=0)]``. None accepts any JSON. A control with neither, or with the plain
            type of the argument that it begins with, has that argument's bounds.
        result: Type that validates what goes out.
        initial: First value of a control; ``"params"`` takes the field of that name from the run's `Params`.
        description: One paragraph of help.
    """

    key: str
    title: str = ""
    kind: ChannelKind | str = ChannelKind.QUERY
    model: Any = None
    result: Any = field(default=None, kw_only=True)
    initial: Any = field(default="params", kw_only=True)
    description: str = field(default="", kw_only=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", ChannelKind(self.kind))
        object.__setattr__(self, "title", self.title or self.key.replace("_", " ").capitalize())

    @cached_property
    def incoming(self) -> TypeAdapter[Any] | None:
        """Validator of what comes in, or None."""
        return None if self.model is None else TypeAdapter(self.model)

    @cached_property
    def outgoing(self) -> TypeAdapter[Any] | None:
        """Validator of what goes out, or None."""
        return None if self.result is None else TypeAdapter(self.result)

    @property
    def _takes_object(self) -> bool:
        return isinstance(self.model, type) and issubclass(self.model, BaseModel)

    def accept(self, value: Any) -> tuple[Any, Any]:
        """Return a value that comes in as plain JSON, and validated by the model.

        Null reads a control, means ``{}`` on ``custom_query``, and all defaults where the model is a pydantic model.
        The plain value is what was sent; of a control's new value, what the model has made of it.

        Raises:
            InvalidValueError: The channel refuses the value.
        """
        where = f"channel {self.key!r}"
        raw = codec.to_json(value, where)
        if self.incoming is None:
            if self.key == CUSTOM_QUERY:
                raw = _require_object(raw, where)
            return raw, raw
        if raw is None and self.kind is ChannelKind.CONTROL:
            return None, None
        if raw is None and self._takes_object:
            raw = {}
        parsed = codec.validate(self.incoming, raw, where)
        return (codec.dump(self.incoming, parsed, where) if self.kind is ChannelKind.CONTROL else raw), parsed

    def adopt(self, plain: Any) -> Any:
        """Return a value that the simulation handed over, validated by the model where that accepts it."""
        if self.incoming is None:
            return plain
        try:
            return codec.validate(self.incoming, plain, "")
        except InvalidValueError:
            return plain

    def emit(self, value: Any) -> Any:
        """Return a value that goes out as plain JSON, validated by the result type.

        Raises:
            InvalidValueError: The value is no JSON, too large, or refused by the result type.
        """
        where = f"result of channel {self.key!r}"
        plain = codec.to_json(value, where)
        if self.outgoing is None:
            return plain
        return codec.dump(self.outgoing, codec.validate(self.outgoing, plain, where), where)

    def as_json(self) -> dict[str, Any]:
        """Return the declaration as a JSON object, with JSON Schemas for `model` and `result`."""
        return {
            "key": self.key,
            "title": self.title,
            "kind": str(self.kind),
            "description": self.description,
            "schema": self.incoming.json_schema(schema_generator=FieldTexts) if self.incoming else None,
            "result_schema": self.outgoing.json_schema(mode="serialization", schema_generator=FieldTexts)
            if self.outgoing
            else None,
        }


def _require_object(raw: Any, where: str) -> Any:
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        message = f"expected an object or null, not {type(raw).__name__}"
        raise InvalidValueError(where, [FieldError((), message, "dict_type")])
    return raw


def builtin_channels() -> tuple[Channel, ...]:
    """Return the channels that every simulation has."""
    return (
        Channel(
            STOP,
            "Stop",
            ChannelKind.ACTION,
            description="Ask the simulation to end. It stays asked until the attempt ends.",
        ),
        Channel(PROGRESS, "Progress", ChannelKind.QUERY, description="Current and total steps."),
        Channel(
            CUSTOM_QUERY,
            "Custom query",
            ChannelKind.QUERY,
            description="Any JSON object that the simulation understands.",
        ),
    )
