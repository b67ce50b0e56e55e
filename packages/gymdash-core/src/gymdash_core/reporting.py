"""How a simulation reports: stats, media and statuses. A part of `Simulation`, apart for its size."""

from __future__ import annotations

import sys
import threading
import traceback
from typing import TYPE_CHECKING, Any

from gymdash_core.bound import Bound
from gymdash_core.status import SimStatus, SimStatusCode, SimStatusSubcode

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike

    from gymdash_core.stats.log import StatLog


class Reporting(Bound):
    """Stats, media and statuses of a simulation; all methods are thread-safe."""

    def __init__(self) -> None:
        super().__init__()
        self._step: int | None = None
        self._status_lock = threading.Lock()
        self._statuses: list[SimStatus] = []

    @property
    def _stat_log(self) -> StatLog:
        return self._writable("log").stats

    # --- stats -----------------------------------------------------------------------------------------------------

    def log(self, key: str, value: float, step: int | None = None) -> None:
        """Add a point to a scalar stat. It is in the file when the call returns.

        Args:
            key: Name of the stat, for example ``"rollout/ep_rew_mean"``.
            value: A number, or a numpy or torch scalar; NaN and infinities are kept.
            step: Step of the simulation; any order. None is the step of the last `tick`, else a count per key.

        Raises:
            InvalidValueError: The value is no number, or the step no integer.
            StatWriteError: The disk is full or read-only.
        """
        self._stat_log.scalar(key, value, self._step if step is None else step)

    def log_many(self, values: Mapping[str, float], step: int | None = None) -> None:
        """Add one point to each of several scalar stats, as `log` does.

        Raises:
            InvalidValueError: A value is no number; the ones before it were added.
            StatWriteError: The disk is full or read-only.
        """
        for key, value in values.items():
            self.log(key, value, step)

    def log_text(self, key: str, text: str, step: int | None = None) -> None:
        """Add a text to a stat of kind ``text``.

        Raises:
            InvalidValueError: The key is no name of a stat, or the step no integer.
            StatWriteError: The disk is full or read-only.
        """
        self._stat_log.text(key, text, self._step if step is None else step)

    def log_histogram(self, key: str, values: Any, step: int | None = None, bins: int = 64) -> None:
        """Add a histogram of numbers to a stat of kind ``histograms``.

        Args:
            key: Name of the stat.
            values: Iterable of numbers, or a numpy array or torch tensor of any shape.
            step: As in `log`.
            bins: Number of equally wide bins between the smallest and the largest finite value.

        Raises:
            InvalidValueError: A value is no number, or `bins` is not from 1 to 10,000.
            StatWriteError: The disk is full or read-only.
        """
        self._stat_log.histogram(key, values, self._step if step is None else step, bins)

    def log_image(self, key: str, source: str | PathLike[str] | bytes | Any, step: int | None = None) -> None:
        """Add a picture to a stat of kind ``images``.

        Args:
            key: Name of the stat.
            source: A file (copied), encoded bytes, or an array of shape (height, width), (height, width, 1), (height,
                width, 3) RGB or (height, width, 4) RGBA, uint8 or float from 0 to 1; arrays need Pillow.
            step: As in `log`.

        Raises:
            InvalidValueError: The source is no picture.
            StatError: The source is an array and Pillow is not installed.
            StatWriteError: The disk is full or read-only.
        """
        self._stat_log.media("images", key, source, self._step if step is None else step)

    def log_video(self, key: str, source: str | PathLike[str] | bytes | Any, step: int | None = None) -> None:
        """Add a video to a stat of kind ``videos``.

        Args:
            key: Name of the stat.
            source: A file (copied), encoded bytes, or a uint8 array of shape (frames, height, width, 3), RGB, which
                needs Pillow and becomes an animated WebP.
            step: As in `log`.

        Raises:
            InvalidValueError: The source is no video.
            StatError: The source is an array and Pillow is not installed.
            StatWriteError: The disk is full or read-only.
        """
        self._stat_log.media("videos", key, source, self._step if step is None else step)

    def log_audio(self, key: str, source: str | PathLike[str] | bytes | Any, step: int | None = None) -> None:
        """Add a sound to a stat of kind ``audio``.

        Args:
            key: Name of the stat.
            source: A file (copied), encoded bytes, or a float array of shape (samples,) or (samples, channels) from -1
                to 1 at 44,100 Hz, which becomes a WAV file.
            step: As in `log`.

        Raises:
            InvalidValueError: The source is no sound.
            StatWriteError: The disk is full or read-only.
        """
        self._stat_log.media("audio", key, source, self._step if step is None else step)

    def log_point(self, kind: str, key: str, value: Any, step: int | None = None) -> None:
        """Add a point to a stat of a plugin's kind.

        Args:
            kind: Name of the stat kind.
            key: Name of the stat.
            value: JSON, or an instance of the kind's point model.
            step: As in `log`.

        Raises:
            InvalidValueError: The value is no JSON.
            StatWriteError: The disk is full or read-only.
        """
        self._stat_log.point(kind, key, value, self._step if step is None else step)

    # --- statuses --------------------------------------------------------------------------------------------------

    @property
    def statuses(self) -> list[SimStatus]:
        """The statuses that were added, oldest first."""
        with self._status_lock:
            return list(self._statuses)

    def add_status(self, status: SimStatus) -> None:
        """Add a remark about the run; the last one that is not INFO helps to decide how the run ended."""
        services = self._services
        if services is None:
            with self._status_lock:
                self._statuses.append(status)
            return
        with services.shield, self._status_lock:
            self._statuses.append(status)
            services.record_status(status)

    def add_error_details(self, details: str) -> None:
        """Add a FAIL/ERROR status with the traceback of the exception that is being handled."""
        trace = traceback.format_exc() if sys.exc_info()[0] is not None else ""
        self.add_status(SimStatus(SimStatusCode.FAIL, SimStatusSubcode.ERROR, str(details), trace))
