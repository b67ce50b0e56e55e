"""An environment that is a streamer too, as the original has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gymnasium as gym

from gymdash_tensorboard.streamer import TensorboardStreamer

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence


class TensorboardStreamWrapper(gym.Wrapper[Any, Any, Any, Any], TensorboardStreamer):
    """Wrap an environment, and stream the event files of a folder.

    Register it and go on with what is returned: ``env = self.streamer.get_or_register(TensorboardStreamWrapper(...))``.

    Args:
        env: The environment; stepped unchanged.
        tb_path: Folder of the event files.
        tag_key_map: Keys to read for each kind; see `TensorboardStreamer`.
    """

    def __init__(
        self,
        env: gym.Env[Any, Any],
        tb_path: str | os.PathLike[str],
        tag_key_map: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        gym.Wrapper.__init__(self, env)
        TensorboardStreamer.__init__(self, tb_path, tag_key_map)

    @property
    def spec(self) -> Any:  # type: ignore[override] # gymnasium's, which wins over the streamer's; see stream_spec
        """The environment's specification."""
        return gym.Wrapper.spec.fget(self)  # type: ignore[attr-defined] # a property

    def stream_spec(self) -> tuple[str, str, dict[str, Any]]:
        """Return what rebuilds the streamer without an environment; see `Streamer.stream_spec`."""
        return TensorboardStreamer.spec(self)
