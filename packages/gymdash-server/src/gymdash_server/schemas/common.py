"""What all schemas share."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, WithJsonSchema

#: A finite number, or the name of one that JSON has not.
Number = Annotated[
    float | str,
    WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string", "enum": ["NaN", "Infinity", "-Infinity"]}]}),
]
Time = Annotated[str, Field(description="ISO 8601 in UTC.", examples=["2026-11-26T10:00:00.000000+00:00"])]
Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]
Tag = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class Sent(BaseModel):
    """Base of what clients send: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=True)


class Got(BaseModel):
    """Base of what clients get."""

    model_config = ConfigDict(populate_by_name=True)


class Problem(Got):
    """A problem document (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[dict[str, Any]] | None = Field(default=None, description="Refused fields: `loc, message, type`.")
