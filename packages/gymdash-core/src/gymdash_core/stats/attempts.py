"""Which attempt of a run was under way at a time: for points whose files do not say it."""

from __future__ import annotations

import bisect
import contextlib
from typing import TYPE_CHECKING

from gymdash_core.journal import read_lines
from gymdash_core.status import from_iso

if TYPE_CHECKING:
    from gymdash_core.project import RunFolder


class AttemptClock:
    """The start times of a run's attempts, from ``attempts.jsonl``.

    Args:
        run: The run's files; read on demand, so that a later attempt is seen.
    """

    def __init__(self, run: RunFolder) -> None:
        self._path = run.attempts
        self._offset = 0
        self._starts: list[tuple[float, int]] = []

    def at(self, wall_time: float) -> int:
        """Return the attempt that was the last to start by a time; before all, the first.

        Args:
            wall_time: Seconds since the epoch.
        """
        self._read()
        index = bisect.bisect_right(self._starts, wall_time, key=lambda start: start[0])
        return self._starts[max(0, index - 1)][1] if self._starts else 1

    def _read(self) -> None:
        for offset, line in read_lines(self._path, self._offset):
            self._offset = offset
            if line.get("event") == "started":
                with contextlib.suppress(KeyError, ValueError, TypeError):  # a damaged line
                    bisect.insort(self._starts, (from_iso(str(line["time"])).timestamp(), int(line["attempt"])))
