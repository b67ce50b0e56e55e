"""Histograms as TensorBoard writes them, made into the points of our kind.

Source: tensorboard's ``summary.proto`` (HistogramProto) and the histogram plugin's rows of (left, right, count).
"""

from __future__ import annotations

import math
from typing import Any

from gymdash_core.stats.histogram import HistogramPoint


def histogram_of(histo: Any) -> dict[str, Any]:
    """Return the point of a legacy histogram, whose buckets are given by their right borders."""
    limits, counts = list(histo.bucket_limit), list(histo.bucket)
    rows, left = [], float(histo.min)
    for right, count in zip(limits, counts, strict=False):
        rows.append((left, min(float(right), float(histo.max)) if math.isfinite(histo.max) else float(right), count))
        left = rows[-1][1]
    return histogram_of_rows(rows)


def histogram_of_rows(rows: list[Any]) -> dict[str, Any]:
    """Return the point of (left, right, count) rows; empty rows at both ends are left out."""
    kept = [row for row in rows if row[2] > 0 or row[1] > row[0]]
    while kept and kept[0][2] == 0:
        kept = kept[1:]
    while kept and kept[-1][2] == 0:
        kept = kept[:-1]
    if not kept:
        return HistogramPoint(edges=[0.0, 0.0], counts=[0], count=0).model_dump(mode="json")
    edges = [float(kept[0][0]), *(float(row[1]) for row in kept)]
    counts = [round(row[2]) for row in kept]
    point = HistogramPoint(edges=edges, counts=counts, minimum=edges[0], maximum=edges[-1], count=sum(counts))
    return point.model_dump(mode="json")
