"""Schemas of stats, points and logs."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from gymdash_server.schemas.common import Got, Number


class StatRead(Got):
    """A stat of a run."""

    key: str
    kind: str
    streamer: str
    count: int
    first_step: int | None
    last_step: int | None
    last_wall_time: Number | None
    last_value: Number | None
    series: str


class LastValuesRead(Got):
    """The newest values of a run's scalars."""

    simulation_id: str
    values: dict[str, Number | None] = Field(description="By the name of the stat.")


class LastValuesList(Got):
    """Last values of a part of the runs."""

    items: list[LastValuesRead]
    next_cursor: str | None
    waiting: int = Field(description="Of how many of these there was no time to read them; ask again.")


class StatList(Got):
    """The stats of a run."""

    items: list[StatRead]
    next_cursor: str | None


class MediaPoint(Got):
    """A media file at a step."""

    step: int
    wall_time: Number
    attempt: int
    url: str | None = Field(description="From `/api/v1/` on; null for a file outside of the run.")
    media_type: str
    size: int


class PointsRead(Got):
    """Points of a stat: columns, or for media kinds `points`."""

    key: str
    kind: str
    series: str = Field(description="Id of this sequence of ordinals; a rebuilt index has another one.")
    from_: int = Field(alias="from", description="First ordinal that was scanned.")
    to: int = Field(description="Ordinal behind the last that was scanned.")
    total: int = Field(description="How many points of the stat are in the window.")
    cursor: str = Field(description="Where the next answer begins.")
    step: list[int] | None = None
    wall_time: list[Number] | None = None
    attempt: list[int] | None = None
    value: list[Any] | None = None
    points: list[MediaPoint] | None = None


class LogRead(Got):
    """A piece of captured output."""

    stream: str
    offset: int
    first_offset: int
    next_offset: int
    size: int
    text: str
