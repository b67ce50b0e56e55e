"""What this package adds to GymDash; light, so that listing plugins imports no TensorBoard."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from gymdash_core.hookspecs import hookimpl
from gymdash_core.types import StreamerType

GYMDASH_API = 1


class TensorboardOptions(BaseModel):
    """How a folder of event files is read.

    Attributes:
        tag_key_map: Keys to read for each kind; None reads every tag, ``"*"`` stands for all keys of a kind.
    """

    model_config = ConfigDict(extra="forbid")

    tag_key_map: dict[str, list[str]] | None = None


@hookimpl
def gymdash_streamers() -> list[StreamerType]:
    """Register the reader of event files."""
    return [
        StreamerType(
            "tensorboard",
            target="gymdash_tensorboard.streamer:TensorboardStreamer",
            patterns=("**/*tfevents*",),
            options_model=TensorboardOptions,
        )
    ]
