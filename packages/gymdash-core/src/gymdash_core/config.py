"""What was asked for: the start configuration that every simulation receives."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class SimulationStartConfig(BaseModel):
    """Name a run, its simulation type and its arguments.

    Args:
        name: What people call the run; need not be unique. Empty: the tracker makes one from the key.
        sim_key: Key of a registered simulation type, for example ``"custom_control"``.
        kwargs: The arguments that were asked for: validated and coerced by the type's ``Params``, without its defaults.
    """

    model_config = ConfigDict(extra="forbid")

    name: str = ""
    sim_key: str = ""
    kwargs: dict[str, Any] = Field(default_factory=dict)
