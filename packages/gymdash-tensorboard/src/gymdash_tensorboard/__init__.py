"""TensorBoard event files as GymDash stats, read live and without loss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gymdash_tensorboard.streamer import TensorboardStreamableStat, TensorboardStreamer

__all__ = ["TensorboardStreamableStat", "TensorboardStreamer"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from gymdash_tensorboard import streamer  # noqa: PLC0415 - plugins are listed without importing readers

        return getattr(streamer, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
