"""The stat log: everything that a simulation can report about itself as stats, behind one object."""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

from gymdash_core.stat_tags import HISTOGRAMS, SCALARS, TEXT
from gymdash_core.stats.series import SeriesWriter
from gymdash_core.stats.values import step_value

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from gymdash_core.project import RunFolder


class StatLog:
    """Write stats of one attempt.

    A step of None counts the points of the stat, from 0.

    Thread safety: all methods may be called from any thread.

    Args:
        run: The run's files.
        attempt: Number of the attempt; stamped on each point.
        shield: Entered around locks and writes; None needs none.
        note_first_step: Told the step of the first point.
    """

    def __init__(
        self,
        run: RunFolder,
        attempt: int = 1,
        shield: AbstractContextManager[Any] | None = None,
        note_first_step: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._run, self._attempt, self._shield = run, attempt, shield
        self._note_first_step = note_first_step
        self._series = SeriesWriter(run, attempt, shield)
        self._media: Any = None
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str]] = Counter()
        self._begun = False

    def scalar(self, key: str, value: Any, step: int | None) -> None:
        """Add a number; see `Simulation.log`."""
        if step is None or not self._begun:
            step = self._step(SCALARS, key, step)
        self._series.scalar(key, value, step)

    def text(self, key: str, text: str, step: int | None) -> None:
        """Add a text; see `Simulation.log_text`."""
        self._series.write(TEXT, key, str(text), self._step(TEXT, key, step))

    def histogram(self, key: str, values: Any, step: int | None, bins: int) -> None:
        """Add a histogram; see `Simulation.log_histogram`."""
        from gymdash_core.stats.histogram import histogram  # noqa: PLC0415 - few simulations need it

        self._series.write(HISTOGRAMS, key, histogram(values, bins), self._step(HISTOGRAMS, key, step))

    def media(self, kind: str, key: str, source: Any, step: int | None) -> None:
        """Add a file of a media kind; see `Simulation.log_image`."""
        if self._media is None:
            from gymdash_core.stats.media_log import MediaLog  # noqa: PLC0415 - few simulations need it

            self._media = MediaLog(self._run, self._attempt, self._shield)
        self._media.write(kind, key, source, self._step(kind, key, step))

    def point(self, kind: str, key: str, value: Any, step: int | None) -> None:
        """Add a point of any kind; see `Simulation.log_point`."""
        self._series.write(kind, key, value, self._step(kind, key, step))

    def close(self) -> None:
        """Close the files."""
        self._series.close()
        if self._media is not None:
            self._media.close()

    def _step(self, kind: str, key: str, step: int | None) -> int:
        if step is None:
            with self._lock:
                step = self._counts[kind, key]
                self._counts[kind, key] += 1
        elif type(step) is not int:
            step = step_value(step, key)
        if not self._begun:
            self._begun = True
            self._note_first_step(step)
        return step
