"""Arrays of any library, taken by their methods: shape, element type and values, without importing the library."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType


def plain_array(value: Any) -> Any:
    """Return a tensor as an array in main memory, and anything else as it is.

    Args:
        value: A torch tensor, on any device and with gradients, or an array, or a list.
    """
    if not hasattr(value, "detach"):
        return value
    tensor = value.detach().cpu()
    for convert in (tensor.numpy, lambda: tensor.float().numpy()):  # bfloat16 has no numpy type
        with contextlib.suppress(TypeError, RuntimeError):  # torch may be built or installed without numpy
            return convert()
    return tensor


def numpy_of(array: Any) -> ModuleType | None:
    """Return numpy if the array is one of numpy's, else None; numpy is never imported."""
    numpy = sys.modules.get("numpy")
    return numpy if numpy is not None and isinstance(array, numpy.ndarray) else None


def shape_of(array: Any) -> tuple[int, ...]:
    """Return the shape of an array or of nested lists.

    Raises:
        TypeError: It is neither.
    """
    if hasattr(array, "shape"):
        return tuple(int(size) for size in array.shape)
    if isinstance(array, (list, tuple)):
        inner = shape_of(array[0]) if array and not isinstance(array[0], (int, float)) else ()
        return (len(array), *inner)
    raise TypeError(f"{type(array).__name__} is no array")


def flat(values: Any) -> Iterator[Any]:
    """Yield the elements of an array, of nested lists or of any iterable, in row-major order.

    Raises:
        TypeError: It is none of these.
    """
    if hasattr(values, "tolist"):
        values = values.tolist()
    if isinstance(values, (str, bytes)) or not hasattr(values, "__iter__"):
        raise TypeError(f"{type(values).__name__} is no array")
    for value in values:
        if isinstance(value, (int, float)):
            yield value
        elif hasattr(value, "item") and not getattr(value, "shape", ()):
            yield value.item()
        elif hasattr(value, "__iter__") or hasattr(value, "tolist"):
            yield from flat(value)
        else:
            yield value
