"""Schemas of channels, queries, questions and interventions."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from gymdash_server.schemas.common import Got, Number, Sent, Time


class QueryCommand(Sent):
    """Values for channels."""

    channels: dict[str, Any] = Field(min_length=1, description="Value per channel; null asks for a published value.")
    timeout_s: float = Field(default=5.0, ge=0, le=60, allow_inf_nan=False)


class ReplyRead(Got):
    """Answer of one channel."""

    triggered: bool
    value: Any
    age_s: Number | None
    pending: bool
    request_id: str | None
    reason: str
    step: int | None


class QueryRead(Got):
    """Answers by channel."""

    channels: dict[str, ReplyRead]


class ChannelRead(Got):
    """A channel of a run."""

    key: str
    title: str
    kind: str = Field(description="control, action or query.")
    description: str
    schema_: dict[str, Any] | bool | None = Field(alias="schema", description="JSON Schema of what it takes.")
    result_schema: dict[str, Any] | bool | None
    value: Any
    age_s: Number | None
    pending: int


class ChannelList(Got):
    """The channels of a run."""

    items: list[ChannelRead]
    next_cursor: str | None


class QuestionMedia(Got):
    """A file that a question shows."""

    url: str
    media_type: str
    size: int
    path: str


class ControlRequestRead(Got):
    """A question of a run."""

    id: str
    simulation_id: str
    channel: str
    details: str
    subkeys: list[str]
    schema_: dict[str, Any] | None = Field(alias="schema", description="JSON Schema of the answer.")
    media: list[QuestionMedia]
    created: Time
    state: str = Field(description="open, answered or withdrawn.")
    answered: Time | None
    answer: Any
    by: str
    reason: str
    attempt: int


class ControlRequestList(Got):
    """A part of the questions, oldest first."""

    items: list[ControlRequestRead]
    next_cursor: str | None


class InterventionRead(Got):
    """Something that was done to a run from outside."""

    id: str
    time: Time
    attempt: int
    step: int | None
    event: str = Field(description="query, control, action, answer, pause, resume, stop, sigterm or kill.")
    channel: str | None
    kind: str | None
    value: Any = Field(description="What was sent; of a large value its kind, size and beginning.")
    by: str = Field(description="What sent it: the first product of its `User-Agent`; dashboard; server.")
    outcome: str | None = Field(description="What became of it; null as long as nothing has.")
    acknowledged: Time | None
    acknowledged_step: int | None
    answer: Any = Field(description="What was answered, likewise.")


class InterventionList(Got):
    """A part of what was done to a run, oldest first."""

    items: list[InterventionRead]
    next_cursor: str | None
