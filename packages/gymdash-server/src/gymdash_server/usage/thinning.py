"""Thinning of ``usage.jsonl``: a run of weeks keeps a bounded file, in which peaks stay.

The time from the first sample to the last is cut into equal spans, and of each span the samples stay that are the
lowest or the highest of something that is measured. So all of a run is told as finely as its file has room for.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from gymdash_core.journal import dumps, read_lines, write_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

#: From this size on a file is thinned.
MOST_BYTES = 1 << 20
_SPANS = 500
#: What is measured; the extremes of each stay.
_MEASURED = ("cpu_percent", "memory_bytes", "gpu_memory_bytes")


def thin_file(path: Path) -> None:
    """Replace a file of samples by fewer of them; lines that are no samples are left out.

    Raises:
        OSError: The disk is full or read-only; the file stays as it is.
    """
    samples = [line for _, line in read_lines(path) if is_sample(line)]
    text = "".join(dumps(sample) + "\n" for sample in thinned(samples, _SPANS))
    write_bytes(path, text.encode())


def thinned(samples: Sequence[dict[str, Any]], spans: int) -> list[dict[str, Any]]:
    """Return the samples that are extremes of their span of time, with the first and the last, in their order.

    Args:
        samples: Samples of one run.
        spans: Into how many spans the time is cut; at most six samples of each stay.
    """
    if not samples:
        return []
    begin, end = min(sample["time"] for sample in samples), max(sample["time"] for sample in samples)
    span_s = (end - begin) / spans or 1.0
    of_span: dict[int, list[int]] = {}
    for place, sample in enumerate(samples):
        of_span.setdefault(min(int((sample["time"] - begin) / span_s), spans - 1), []).append(place)
    kept = {0, len(samples) - 1}
    for places in of_span.values():
        for name in _MEASURED:
            kept.add(min(places, key=lambda place: samples[place][name]))
            kept.add(max(places, key=lambda place: samples[place][name]))
    return [samples[place] for place in sorted(kept)]


def is_sample(line: dict[str, Any]) -> bool:
    """Return whether a line of such a file is a sample."""
    return all(_is_number(line.get(name)) for name in ("time", *_MEASURED))


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value)
