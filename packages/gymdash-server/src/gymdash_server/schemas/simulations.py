"""Schemas of runs: how they are started, changed and shown."""

from __future__ import annotations

import math
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from gymdash_server.schemas.common import Got, Name, Number, Sent, Tag, Time

#: How many runs can be started together: each is a directory, and a process in the end.
MOST_RUNS = 1000
Kwargs = Annotated[dict[str, Any], Field(description="Arguments of the simulation type.")]


class ExecutorChoice(Sent):
    """An executor with options."""

    name: str
    options: dict[str, Any] = Field(default_factory=dict)


class SimulationCreate(Sent):
    """A run to start."""

    key: str = Field(description="Key of a simulation type.")
    name: Name = Field(default="", description="What people call it; the key by default.")
    kwargs: Kwargs = Field(default_factory=dict)
    executor: str | ExecutorChoice | None = Field(default=None, description="Name, or name and options.")
    tags: list[Tag] = Field(default_factory=list, max_length=100)
    group: Name | None = Field(default=None, max_length=36, description="Group that it joins.")


class BatchCreate(Sent):
    """Runs to start together: every combination of the grid, for every seed; 1,000 at most."""

    key: str = Field(description="Key of a simulation type.")
    name: Name = ""
    kwargs: Kwargs = Field(default_factory=dict)
    grid: dict[str, list[Any]] = Field(
        default_factory=dict, description="Values of each argument that varies; `a.b` is inside of `a`."
    )
    seeds: list[int] | None = Field(default=None, max_length=1000, description="Values of the argument `seed`.")

    @model_validator(mode="after")
    def _check_size(self) -> Self:
        many = math.prod(map(len, self.grid.values())) * (1 if self.seeds is None else len(self.seeds))
        if many > MOST_RUNS:
            raise ValueError(f"these are {many} runs; {MOST_RUNS} can be started together")
        return self


class SimulationUpdate(Sent):
    """What can be changed of a run; what is left out stays."""

    name: Annotated[Name, Field(min_length=1)] | None = None
    tags: list[Tag] | None = Field(default=None, max_length=100)
    notes: str | None = Field(default=None, max_length=100_000)


class Progress(Got):
    """How far a run is."""

    current: Number
    total: Number | None
    eta_s: Number | None = Field(description="Seconds that are left, from the mean speed of this attempt.")


class StatusRead(Got):
    """A remark of a run about itself."""

    time: Time
    code: int = Field(description="0 success, 1 failure, 2 information.")
    subcode: int = Field(description="0 none, 1 error, 2 stopped.")
    details: str
    error_trace: str
    attempt: int | None = None


class SimulationRead(Got):  # type: ignore[no-redef] # the plugin takes the field kwargs for **kwargs
    """A run."""

    id: str
    name: str
    key: str
    state: str = Field(
        description="created, queued, starting, running, waiting, paused, stopping; then succeeded, failed, stopped, "
        "killed, lost."
    )
    reason: str = Field(description="Why, or what it waits for.")
    created: Time
    started: Time | None
    ended: Time | None
    ran_s: float = Field(
        description="Seconds that the attempts which have ended took in all; of one that goes on there is the time "
        "since `started` besides."
    )
    kwargs: dict[str, Any]
    executor: dict[str, Any]
    progress: Progress | None
    attempt: int = Field(description="Number of the last attempt; 0 before the first.")
    tags: list[str]
    notes: str
    group: str | None
    parent: str | None
    last_status: StatusRead | None
    trashed: Time | None


class SimulationList(Got):
    """A part of the runs."""

    items: list[SimulationRead]
    next_cursor: str | None


class BatchRead(Got):
    """Runs that were started together."""

    group: str
    items: list[SimulationRead]


class StatusList(Got):
    """A part of the statuses of a run, oldest first."""

    items: list[StatusRead]
    next_cursor: str | None


class StopCommand(Sent):
    """How to stop."""

    grace_s: float = Field(default=30.0, ge=0, le=86_400, allow_inf_nan=False, description="Before SIGTERM.")
    save: bool = Field(default=False, description="Save a checkpoint first, where the simulation can.")


class ResumeCommand(Sent):
    """Where an ended run goes on."""

    checkpoint: str | None = Field(default=None, description="Name of the checkpoint; the latest by default.")


class RestartCommand(Sent):
    """What a new run with the arguments of another is called."""

    name: Name | None = Field(default=None, description="That of the other by default.")


class BranchCommand(Sent):
    """From where, and with what, a new run begins."""

    checkpoint: str | None = Field(default=None, description="Name of the checkpoint; the latest by default.")
    kwargs: Kwargs = Field(default_factory=dict)
    name: Name | None = None


class CheckpointRead(Got):
    """A checkpoint."""

    name: str
    step: int
    time: Time
    attempt: int
    origin: str | None


class CheckpointList(Got):
    """The checkpoints of a run, oldest first."""

    items: list[CheckpointRead]
    next_cursor: str | None


class AttemptRead(Got):
    """An attempt of a run."""

    attempt: int
    started: Time | None
    ended: Time | None
    first_step: int | None
    state: str | None
    reason: str | None
    resume_from: str | None


class AttemptList(Got):
    """The attempts of a run, oldest first."""

    items: list[AttemptRead]
    next_cursor: str | None
