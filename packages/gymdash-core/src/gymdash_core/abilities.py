"""What a class can do, found out from its code."""

from __future__ import annotations

import types
from collections.abc import Iterator


def calls_tick(cls: type, base: type) -> bool:
    """Return whether any method that a class adds to its base names ``tick``.

    Args:
        cls: The class.
        base: The base whose own methods do not count.
    """
    own = [found for found in cls.__mro__ if found not in base.__mro__]
    functions = [f for found in own for f in vars(found).values() if isinstance(f, types.FunctionType)]
    return any("tick" in code.co_names for f in functions for code in _codes(f.__code__))


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)
