"""Histograms: many numbers of one step, reduced to counts in equally wide bins."""

from __future__ import annotations

import math
import sys
from bisect import bisect_right
from itertools import accumulate
from typing import Any

from pydantic import BaseModel, Field, model_validator

from gymdash_core.errors import FieldError, InvalidValueError
from gymdash_core.stats.arrays import flat, numpy_of, plain_array

_MAX_BINS = 10_000
_LARGEST = sys.float_info.max


class HistogramPoint(BaseModel):
    """The value of a point of kind ``histograms``.

    Attributes:
        edges: Borders of the n bins, ascending, n + 1 of them. A bin holds its left border; the last both.
        counts: How many finite numbers lie in each bin, n of them.
        minimum: Smallest finite number; None where there is none.
        maximum: Largest finite number; None where there is none.
        count: How many finite numbers there are.
        nonfinite: How many NaN and infinities were left out.
    """

    edges: list[float] = Field(min_length=2)
    counts: list[int] = Field(min_length=1)
    minimum: float | None = None
    maximum: float | None = None
    count: int = Field(ge=0)
    nonfinite: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _fits(self) -> HistogramPoint:
        if len(self.edges) != len(self.counts) + 1:
            raise ValueError("edges must have one element more than counts")
        if sum(self.counts) != self.count:
            raise ValueError("counts must add up to count")
        return self


def histogram(values: Any, bins: int = 64) -> HistogramPoint:
    """Return the histogram of some numbers.

    Args:
        values: Iterable of numbers, nested lists, or a numpy array or torch tensor of any shape.
        bins: Number of bins between the smallest and the largest finite number, 1 to 10,000.

    Raises:
        InvalidValueError: Something in it is no number, or the number of bins is out of range.

    Example:
        >>> point = histogram([0.0, 1.0, 1.5, 4.0, float("nan")], bins=2)
        >>> point.edges, point.counts, point.nonfinite
        ([0.0, 2.0, 4.0], [3, 1], 1)
    """
    if type(bins) is not int or not 1 <= bins <= _MAX_BINS:
        raise _refuse("bins", f"an integer from 1 to {_MAX_BINS}, not {bins!r}")
    array = plain_array(values)
    numpy = numpy_of(array)
    try:
        return _of_array(numpy, array, bins) if numpy is not None else _of_values(array, bins)
    except (TypeError, ValueError, OverflowError) as error:
        raise _refuse("values", f"numbers are expected ({error})") from error


def _of_values(values: Any, bins: int) -> HistogramPoint:
    numbers = [_number(value) for value in flat(values)]
    finite = [number for number in numbers if math.isfinite(number)]
    if not finite:
        return _empty(len(numbers))
    low, high = min(finite), max(finite)
    edges = _edges(low, high, bins)
    counts = [0] * bins
    for number in finite:
        counts[max(0, min(bisect_right(edges, number) - 1, bins - 1))] += 1
    return HistogramPoint(
        edges=edges,
        counts=counts,
        minimum=low,
        maximum=high,
        count=len(finite),
        nonfinite=len(numbers) - len(finite),
    )


def _of_array(numpy: Any, array: Any, bins: int) -> HistogramPoint:
    if array.dtype.kind not in "biuf":
        raise TypeError(f"an array of {array.dtype}")
    numbers = array.astype(numpy.float64).ravel()
    finite = numbers[numpy.isfinite(numbers)]
    if not finite.size:
        return _empty(int(numbers.size))
    low, high = float(finite.min()), float(finite.max())
    edges = _edges(low, high, bins)
    places = numpy.clip(numpy.searchsorted(edges, finite, side="right") - 1, 0, bins - 1)
    return HistogramPoint(
        edges=edges,
        counts=numpy.bincount(places, minlength=bins).tolist(),
        minimum=low,
        maximum=high,
        count=int(finite.size),
        nonfinite=int(numbers.size - finite.size),
    )


def _number(value: Any) -> float:
    if isinstance(value, (int, float)) or hasattr(value, "__float__"):
        return float(value)
    raise TypeError(f"{value!r} is no number")


def _edges(low: float, high: float, bins: int) -> list[float]:
    """Return the borders; each is a weighted mean of both ends, since their difference may overflow."""
    if low == high:
        margin = max(0.5, abs(low) * 1e-6)
        low, high = max(low - margin, -_LARGEST), min(high + margin, _LARGEST)
    means = (low * (1 - index / bins) + high * (index / bins) for index in range(1, bins))
    return [*accumulate((min(mean, high) for mean in means), max, initial=low), high]


def _empty(nonfinite: int) -> HistogramPoint:
    return HistogramPoint(edges=[0.0, 1.0], counts=[0], count=0, nonfinite=nonfinite)


def _refuse(field: str, message: str) -> InvalidValueError:
    return InvalidValueError("histogram", [FieldError((field,), message)])
