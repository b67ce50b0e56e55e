"""Filming an environment: H.264 files that browsers play, one an episode or a stretch of steps, never torn.

Frames go to an ffmpeg process as they come, so that a video costs no memory here. It is written under a name with a dot
in front, which no linker reads, and renamed when it is whole: a kill in the middle leaves the earlier videos alone.
With `finish_behind` a thread waits for ffmpeg to end, and renames; what went wrong there is told by the one that steps.
"""

from __future__ import annotations

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, SupportsFloat

import gymnasium as gym
import numpy as np

from gymdash_core import StopSimException
from gymdash_sb3.encoder import VideoFile

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from numpy.typing import NDArray

    Trigger = Callable[[int], bool] | int | None

logger = logging.getLogger(__name__)

_RGB_DIMENSIONS = 3
_MODES = frozenset({"rgb_array", "rgb_array_list"})
#: So many failures one after another end filming; a single one may have been a moment's lack of memory or room.
_MOST_FAILURES = 3


class RecordVideoCustom(gym.Wrapper[Any, Any, Any, Any]):
    """Film episodes, or stretches of steps, of an environment that renders RGB arrays.

    Videos are named ``<prefix>-episode-<episode>_<step>.mp4`` or ``<prefix>-step-<episode>_<step>.mp4`` by the episode
    and the step at which they begin, both from 0. One that is there already is not overwritten: the number of the
    episode grows until it is free. What goes wrong with filming is told, and the environment goes on; after three
    failures one after another nothing more is filmed.

    Args:
        env: Environment with ``render_mode="rgb_array"``.
        video_folder: Where videos go; made when it is missing.
        episode_trigger: Which episodes to film: a function of the episode's number, or every so many; None none.
        step_trigger: At which steps to begin to film, likewise; asked once for each, the first of an episode included.
            The last step of an episode begins none.
        video_length: Steps of a video; 0 ends it with the episode.
        name_prefix: First part of the names.
        fps: Frames per second; None takes what the environment says, else 30.
        finish_behind: Go on while a video that has ended is finished, which takes some 50 ms; `close` waits for the
            last one. For whoever always closes the environment: otherwise the last video may come after a run's end.

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
        *,
        finish_behind: bool = False,
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
        self._asked = -1  # the last step that the trigger was asked for
        self._video: VideoFile | None = None
        self._finish_behind = finish_behind
        self._finisher: ThreadPoolExecutor | None = None
        self._finishing: tuple[VideoFile, Future[None]] | None = None  # the video before
        self._is_wanted = False
        self._failures = 0

    @property
    def can_film(self) -> bool:
        """Whether videos are still made; `problem` says why not."""
        return self._failures < _MOST_FAILURES

    def record_next_episode(self) -> int | None:
        """Have the next episode filmed; return its number, or None where nothing is filmed any more."""
        if not self.can_film:
            return None
        self._is_wanted = True
        return self._episode + 1

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Begin an episode; see `gymnasium.Env.reset`."""
        found = super().reset(seed=seed, options=options)
        self._episode += 1
        if self._finishing is not None and self._finishing[1].done():
            self._settle()
        if self._video is not None and (self._is_wanted or not self._length):
            self._end()
        if self._is_wanted or (self._films_episode is not None and self._films_episode(self._episode)):
            self._begin("episode")
        elif self._video is None and self._is_time():
            self._begin("step")
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
        ended = bool(found[2] or found[3])
        if self._video is None:
            if self._films_step is None or ended or not self._is_time():
                return found  # nearly every step: as little as can be
            self._begin("step")
        self._capture()
        if self._video is not None and self._is_over(ended=ended):
            self._end()
        return found

    def _is_time(self) -> bool:
        """Return whether to begin to film at this step."""
        if self._films_step is None or self._asked == self._step:
            return False
        self._asked = self._step
        return self._films_step(self._step)

    def finish(self) -> None:
        """End a video that is being filmed, and wait until the last one is whole."""
        self._end()
        self._settle()

    def close(self) -> None:
        """Finish videos and close the environment."""
        try:
            self.finish()
        finally:
            if self._finisher is not None:
                self._finisher.shutdown(wait=False)
                self._finisher = None
            super().close()

    def _is_over(self, *, ended: bool) -> bool:
        assert self._video is not None
        return self._video.frames > self._length if self._length else ended

    def _begin(self, what: str) -> None:
        if not self.can_film or self._video is not None:
            return
        self._is_wanted = False
        step = self.first_step + self._step * self.step_scale
        self._video = VideoFile(self.video_folder, f"{self._prefix}-{what}", self._episode, step, self._fps)

    def _capture(self) -> None:
        if self._video is None:
            return
        try:
            self._video.add(self._frame())
        except StopSimException:
            self._end()
            raise
        except Exception as error:  # noqa: BLE001 - rendering and encoding are others' code: training goes on
            self._fail(self._video, error)

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
        """Have the video finished, once the one before is."""
        self._settle()
        video, self._video = self._video, None
        if video is None or (self._finish_behind and self._finish_in_thread(video)):
            return
        try:
            self._conclude(video, video.finish)
        except StopSimException:
            video.drop()
            raise

    def _finish_in_thread(self, video: VideoFile) -> bool:
        """Have a thread finish a video; return False where none can be had, as when the program ends."""
        if self._finisher is None:
            self._finisher = ThreadPoolExecutor(1, "gymdash-video")
        try:
            self._finishing = video, self._finisher.submit(video.finish)
        except RuntimeError:
            self._finisher = None  # what was given to it is not done later
            return False
        return True

    def _settle(self) -> None:
        """Wait until the video before is finished; after a stop meanwhile it can be waited for again."""
        if self._finishing is None:
            return
        (video, finished), self._finishing = self._finishing, None
        try:
            self._conclude(video, finished.result)
        except StopSimException:
            self._finishing = video, finished
            raise

    def _conclude(self, video: VideoFile, finish: Callable[[], None]) -> None:
        """Finish a video, and tell what goes wrong."""
        try:
            finish()
        except StopSimException:
            raise
        except Exception as error:  # noqa: BLE001 - as above
            self._fail(video, error)
        else:
            if self.can_film:
                self._failures = 0

    def _fail(self, video: VideoFile, error: Exception) -> None:
        if self._video is video:
            self._video = None
        video.drop()
        is_useless = isinstance(error, ValueError)  # such pictures come again
        self._failures = _MOST_FAILURES if is_useless else self._failures + 1
        what = "a video could not be made" if self.can_film else "no more videos"
        self.problem = f"{what}: {type(error).__name__}: {error}"
        self.on_problem(self.problem)


def _as_function(trigger: Trigger) -> Callable[[int], bool] | None:
    if isinstance(trigger, int):
        every = trigger
        return lambda number: number % every == 0
    return trigger
