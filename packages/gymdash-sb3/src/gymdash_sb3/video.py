"""Filming an environment: H.264 files that browsers play, one an episode or a stretch of steps, never torn.

Frames go to an ffmpeg process as they come, so that a video costs no memory here. It is written under a name with a dot
in front, which no linker reads, and renamed when it is whole: a kill in the middle leaves the earlier videos alone.
"""

from __future__ import annotations

import contextlib
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any, SupportsFloat

import gymnasium as gym
import imageio_ffmpeg
import numpy as np

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Generator

    from numpy.typing import NDArray

    Trigger = Callable[[int], bool] | int | None

logger = logging.getLogger(__name__)

_RGB_DIMENSIONS = 3
_MODES = frozenset({"rgb_array", "rgb_array_list"})


class RecordVideoCustom(gym.Wrapper[Any, Any, Any, Any]):
    """Film episodes, or stretches of steps, of an environment that renders RGB arrays.

    Videos are named ``<prefix>-episode-<episode>_<step>.mp4`` or ``<prefix>-step-<episode>_<step>.mp4`` by the episode
    and the step at which they begin, both from 0. One that is there already is not overwritten; a number is added. What
    goes wrong with filming is told, and the environment goes on.

    Args:
        env: Environment with ``render_mode="rgb_array"``.
        video_folder: Where videos go; made when it is missing.
        episode_trigger: Which episodes to film: a function of the episode's number, or every so many; None none.
        step_trigger: At which steps to begin to film, likewise.
        video_length: Steps of a video; 0 ends it with the episode.
        name_prefix: First part of the names.
        fps: Frames per second; None takes what the environment says, else 30.

    Attributes:
        problem: What went wrong last, in words; None for nothing.
        on_problem: Told, in words, what went wrong; logs it by default.
        first_step: Added to the steps in names, for a run that goes on.
        step_scale: How many steps of learning a step of this environment is, where several learn side by side.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - the original's arguments, which are gymnasium's RecordVideo's
        self,
        env: gym.Env[Any, Any],
        video_folder: str | os.PathLike[str],
        episode_trigger: Trigger = None,
        step_trigger: Trigger = None,
        video_length: int = 0,
        name_prefix: str = "rl-video",
        fps: int | None = None,
    ) -> None:
        super().__init__(env)
        self.video_folder = Path(video_folder)
        self.problem: str | None = None
        self.on_problem: Callable[[str], object] = logger.warning
        self.first_step = 0
        self.step_scale = 1
        self._films_episode = _as_function(episode_trigger)
        self._films_step = _as_function(step_trigger)
        self._length, self._prefix = video_length, name_prefix
        self._fps = fps or int(env.metadata.get("render_fps") or 30)
        self._episode, self._step = -1, 0
        self._video: _Video | None = None
        self._is_wanted = False
        self._can_film = True

    def record_next_episode(self) -> int:
        """Have the next episode filmed; return its number."""
        self._is_wanted = True
        return self._episode + 1

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Begin an episode; see `gymnasium.Env.reset`."""
        found = super().reset(seed=seed, options=options)
        self._episode += 1
        if self._video is not None and not self._length:
            self._end()
        if self._is_wanted or (self._films_episode is not None and self._films_episode(self._episode)):
            self._begin("episode")
        self._capture()
        return found

    def step(self, action: Any) -> tuple[Any, SupportsFloat, bool, bool, dict[str, Any]]:
        """Step; see `gymnasium.Env.step`."""
        try:
            found = self.env.step(action)
        except BaseException:
            self._end()  # the frames before a failure are the ones to look at
            raise
        self._step += 1
        if self._video is None:
            if self._films_step is None or not self._films_step(self._step):
                return found  # nearly every step: as little as can be
            self._begin("step")
        self._capture()
        if self._video is not None and self._is_over(ended=bool(found[2] or found[3])):
            self._end()
        return found

    def close(self) -> None:
        """End a video that is being filmed, and close the environment."""
        self._end()
        super().close()

    def _is_over(self, *, ended: bool) -> bool:
        assert self._video is not None
        return self._video.frames > self._length if self._length else ended

    def _begin(self, what: str) -> None:
        if not self._can_film or self._video is not None:
            return
        self._is_wanted = False
        step = self.first_step + self._step * self.step_scale
        self._video = _Video(self.video_folder, f"{self._prefix}-{what}-{self._episode}_{step}", self._fps)

    def _capture(self) -> None:
        if self._video is None:
            return
        try:
            self._video.add(self._frame())
        except Exception as error:  # noqa: BLE001 - rendering and encoding are others' code: training goes on
            self._video.drop()
            self._video, self._can_film = None, False
            self._report(f"no more videos: {type(error).__name__}: {error}")

    def _frame(self) -> NDArray[np.uint8]:
        """Return the environment's picture, uint8 array of shape (height, width, 3), RGB."""
        frame: Any = self.env.render() if self.env.render_mode in _MODES else None
        if isinstance(frame, list):
            frame = frame[-1] if frame else None
        if frame is None:
            raise ValueError(f"the environment renders no pictures (render_mode={self.env.render_mode!r})")
        array = np.asarray(frame)
        if array.ndim != _RGB_DIMENSIONS or array.shape[2] != _RGB_DIMENSIONS:
            raise ValueError(f"the environment renders an array of shape {array.shape}, not (height, width, 3)")
        return np.ascontiguousarray(array, np.uint8)

    def _end(self) -> None:
        video, self._video = self._video, None
        if video is not None:
            try:
                video.finish()
            except Exception as error:  # noqa: BLE001 - as above
                video.drop()
                self._report(f"a video could not be finished: {type(error).__name__}: {error}")

    def _report(self, problem: str) -> None:
        self.problem = problem
        self.on_problem(problem)


class _Video:
    """One file that is being written."""

    def __init__(self, folder: Path, name: str, fps: int) -> None:
        self._folder, self._name, self._fps = folder, name, fps
        self._hidden = folder / f".{name}.mp4"
        self._writer: Generator[None, Any, None] | None = None
        self.frames = 0

    def add(self, frame: NDArray[np.uint8]) -> None:
        """Add a frame; the first decides the size."""
        if self._writer is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            height, width = frame.shape[:2]
            self._writer = imageio_ffmpeg.write_frames(
                str(self._hidden),
                (width, height),
                fps=self._fps,
                codec="libx264",
                pix_fmt_out="yuv420p",
                macro_block_size=2,
                ffmpeg_log_level="error",
                output_params=["-movflags", "+faststart", "-threads", "1", "-preset", "veryfast"],
            )
            self._writer.send(None)
        self._writer.send(frame)
        self.frames += 1

    def finish(self) -> None:
        """Close the file and show it under its name."""
        if self._writer is None:
            return
        self._writer.close()
        if not self._hidden.stat().st_size:
            raise OSError("the encoder wrote nothing")
        target, number = self._folder / f"{self._name}.mp4", 1
        while target.exists():
            number += 1
            head, _, step = self._name.rpartition("_")
            target = self._folder / f"{head}.{number}_{step}.mp4"
        self._hidden.rename(target)

    def drop(self) -> None:
        """Give the file up."""
        if self._writer is not None:
            with contextlib.suppress(Exception):
                self._writer.close()
        self._hidden.unlink(missing_ok=True)


def _as_function(trigger: Trigger) -> Callable[[int], bool] | None:
    if isinstance(trigger, int):
        every = trigger
        return lambda number: number % every == 0
    return trigger
