"""How everything here is measured: medians of alternating runs in one process, told as ratios."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping


def alternate(subjects: Mapping[str, Callable[[], object]], rounds: int = 5) -> dict[str, float]:
    """Return the median seconds of each subject, all run in turn in each round after one round to warm up."""
    taken: dict[str, list[float]] = {name: [] for name in subjects}
    for turn in range(rounds + 1):
        for name, subject in subjects.items():
            began = time.perf_counter()
            subject()
            if turn:
                taken[name].append(time.perf_counter() - began)
    return {name: statistics.median(values) for name, values in taken.items()}


class Table:
    """A printed table.

    Args:
        title: What is measured.
    """

    def __init__(self, title: str) -> None:
        print(f"\n{title}")

    def row(self, name: str, value: str, note: str = "") -> None:
        """Print one line."""
        print(f"  {name:<44} {value:>14}   {note}")

    def limit(self, name: str, value: float, limit: float, unit: str) -> None:
        """Print how a value stands to its limit."""
        verdict = "within" if value <= limit else "OVER"
        self.row(f"{name} / limit of {limit:g} {unit}", f"{value / limit:.2f}", verdict)
