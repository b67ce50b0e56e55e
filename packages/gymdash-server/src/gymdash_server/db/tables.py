"""Tables of the index. They never leave the repositories: API schemas are apart.

Times are text in UTC with microseconds, as the run directories have them: they sort, and come back byte for byte.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, Column, Text
from sqlmodel import Field, SQLModel

_ID = 36


def _json() -> Any:
    return Field(default=None, sa_column=Column(JSON(none_as_null=True)))


class SimulationTable(SQLModel, table=True):  # type: ignore[no-redef] # the plugin takes the field kwargs for **kwargs
    """One run.

    Attributes:
        group_id: Group that it was started with, or None.
        trashed: When it was moved to the trash, or None.
        fingerprint: Sizes and times of the files that the row was made from.
        offsets: How far its line files were read, by file.
        told_started: Last attempt whose start the plugins were told.
        told_finished: Last attempt whose end the plugins were told.
        ran_s: Seconds that the attempts which have ended took in all.
    """

    __tablename__ = "simulations"

    id: str = Field(primary_key=True, max_length=_ID)
    name: str = Field(index=True)
    key: str = Field(index=True)
    state: str = Field(index=True, max_length=16)
    reason: str = Field(default="", sa_column=Column(Text, nullable=False))
    created: str = Field(index=True, max_length=32)
    started: str | None = Field(default=None, max_length=32)
    ended: str | None = Field(default=None, max_length=32)
    kwargs: Any = _json()
    executor: Any = _json()
    progress: Any = _json()
    attempt: int = 0
    notes: str = Field(default="", sa_column=Column(Text, nullable=False))
    group_id: str | None = Field(default=None, index=True, max_length=_ID)
    parent: str | None = Field(default=None, index=True, max_length=_ID)
    last_status: Any = _json()
    trashed: str | None = Field(default=None, index=True, max_length=32)
    fingerprint: str = Field(default="", sa_column=Column(Text, nullable=False))
    offsets: Any = _json()
    told_started: int = 0
    told_finished: int = 0
    ran_s: float = 0.0


class TagTable(SQLModel, table=True):
    """One tag of a run, at its place."""

    __tablename__ = "tags"

    simulation_id: str = Field(primary_key=True, foreign_key="simulations.id", ondelete="CASCADE", max_length=_ID)
    place: int = Field(primary_key=True)
    tag: str = Field(index=True)


class GroupTable(SQLModel, table=True):
    """Runs that were started together."""

    __tablename__ = "groups"

    id: str = Field(primary_key=True, max_length=_ID)
    created: str = Field(index=True, max_length=32)


class StatusTable(SQLModel, table=True):
    """One status of a run; `place` is its ordinal in ``statuses.jsonl``."""

    __tablename__ = "statuses"

    simulation_id: str = Field(primary_key=True, foreign_key="simulations.id", ondelete="CASCADE", max_length=_ID)
    place: int = Field(primary_key=True)
    time: str = Field(max_length=32)
    attempt: int = 1
    code: int
    subcode: int
    details: str = Field(default="", sa_column=Column(Text, nullable=False))
    error_trace: str = Field(default="", sa_column=Column(Text, nullable=False))


class ControlRequestTable(SQLModel, table=True):
    """One question of a run."""

    __tablename__ = "control_requests"

    id: str = Field(primary_key=True, max_length=64)
    simulation_id: str = Field(foreign_key="simulations.id", ondelete="CASCADE", index=True, max_length=_ID)
    channel: str
    details: str = Field(default="", sa_column=Column(Text, nullable=False))
    subkeys: Any = _json()
    answer_schema: Any = _json()
    media: Any = _json()
    created: str = Field(index=True, max_length=32)
    state: str = Field(index=True, max_length=16)
    answered: str | None = Field(default=None, max_length=32)
    answer: Any = _json()
    answered_by: str = ""
    reason: str = Field(default="", sa_column=Column(Text, nullable=False))
    attempt: int = 1


class InterventionTable(SQLModel, table=True):
    """One thing that was done to a run from outside, with its acknowledgement."""

    __tablename__ = "interventions"

    simulation_id: str = Field(primary_key=True, foreign_key="simulations.id", ondelete="CASCADE", max_length=_ID)
    id: str = Field(primary_key=True, max_length=64)
    time: str = Field(index=True, max_length=32)
    attempt: int = 0
    step: int | None = Field(default=None, sa_column=Column(BigInteger))
    event: str = Field(max_length=32)
    channel: str | None = None
    kind: str | None = Field(default=None, max_length=16)
    value: Any = _json()
    done_by: str = ""
    outcome: str | None = Field(default=None, max_length=32)
    acknowledged: str | None = Field(default=None, max_length=32)
    acknowledged_step: int | None = Field(default=None, sa_column=Column(BigInteger))
    answer: Any = _json()


class ProjectTable(SQLModel, table=True):
    """The one project whose index this is.

    Attributes:
        id: Always 1: a second row is a second project.
        place: Its folder; on a database server with the machine in front.
    """

    __tablename__ = "projects"

    id: int = Field(default=1, primary_key=True)
    place: str = Field(sa_column=Column(Text, nullable=False))


#: All tables of the index, each behind those that it refers to. A plugin may have others in the same metadata.
TABLES = (
    SimulationTable,
    TagTable,
    GroupTable,
    StatusTable,
    ControlRequestTable,
    InterventionTable,
    ProjectTable,
)
