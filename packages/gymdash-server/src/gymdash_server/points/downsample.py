"""Fewer points with the same look: the extremes of each bucket stay, so that a spike is never invisible.

Source: "MinMax" of J. Van Der Donckt et al., "tsdownsample: high-performance time series downsampling for scalable
visualization", SoftwareX 2025, without its pre-selection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Points that a bucket may need: lowest, highest, a NaN, and one of each infinity.
_FINITE_PER_BUCKET = 2
_ENDS = 2


def pick_extremes(values: NDArray[np.float64], limit: int) -> NDArray[np.intp]:
    """Return the places of at most `limit` values that keep the extremes.

    The values are cut into buckets of nearly equal size, in their order. Of each bucket the lowest and the highest
    finite value stay, and one of each of NaN and the infinities that are in it. The first and the last value stay.

    Args:
        values: float64 array of shape (n,).
        limit: Most places, from 8.

    Returns:
        Increasing places, an array of shape (m,) with m <= limit.
    """
    if len(values) <= limit:
        return np.arange(len(values))
    strange = [np.isnan(values), values == np.inf, values == -np.inf]
    kinds = [mask for mask in strange if mask.any()]
    buckets = max(1, (limit - _ENDS) // (_FINITE_PER_BUCKET + len(kinds)))
    edges = np.linspace(0, len(values), buckets + 1).astype(np.intp)
    low = np.where(np.isfinite(values), values, np.inf)
    high = np.where(np.isfinite(values), values, -np.inf)
    found = [np.array([0, len(values) - 1], np.intp)]
    for begin, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        found.append(np.array([begin + int(low[begin:end].argmin()), begin + int(high[begin:end].argmax())], np.intp))
        found += [np.array([begin + int(mask[begin:end].argmax())], np.intp) for mask in kinds if mask[begin:end].any()]
    return np.unique(np.concatenate(found))


def pick_evenly(count: int, limit: int) -> NDArray[np.intp]:
    """Return at most `limit` places of `count`, evenly, with the first and the last.

    Args:
        count: How many there are.
        limit: Most places, from 2.
    """
    if count <= limit:
        return np.arange(count)
    return np.unique(np.linspace(0, count - 1, limit).astype(np.intp))
