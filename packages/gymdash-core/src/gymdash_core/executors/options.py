"""Options that executors accept; light, so that plugins and forms can name them without loading an executor."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class ProcessOptions(BaseModel):
    """Options of the process executor.

    Attributes:
        env: Environment variables for the worker, on top of the starter's own.
        cwd: Working directory; the starter's by default.
        threads: Threads of numeric libraries in each run; by default the cores shared among the runs that may go at
            once, where the starter's environment does not say otherwise. A variable such as ``OMP_NUM_THREADS`` in
            `env` wins in any case.
        log_limit_bytes: How much of stdout and of stderr is kept.
    """

    model_config = ConfigDict(extra="forbid")

    env: dict[str, str] = Field(default_factory=dict)
    cwd: str | None = None
    threads: int | None = Field(default=None, ge=1)
    log_limit_bytes: int = Field(default=64 << 20, ge=1 << 16)
