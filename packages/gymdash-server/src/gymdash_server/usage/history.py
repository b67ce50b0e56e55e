"""What a run has used so far: the samples in its ``usage.jsonl``, thinned out so that peaks stay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gymdash_core.journal import read_lines
from gymdash_server.usage.thinning import is_sample, thinned

if TYPE_CHECKING:
    from gymdash_core.project import RunFolder

#: The first, the last, and so many of a span of time, at most.
_ENDS = 2
_OF_SPAN = 6


def usage_history(run: RunFolder, max_points: int) -> dict[str, Any]:
    """Return the samples of a run, oldest first, and how many there are in the file.

    Lines that are no samples are left out: the file may be of another version.

    Args:
        run: The run.
        max_points: Most samples, from 8.
    """
    samples = [line for _, line in read_lines(run.usage) if is_sample(line)]
    items = samples if len(samples) <= max_points else thinned(samples, (max_points - _ENDS) // _OF_SPAN)
    return {"items": items, "next_cursor": None, "total": len(samples)}
