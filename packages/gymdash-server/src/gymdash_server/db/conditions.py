"""Conditions on the arguments that runs were given, such as ``learning_rate<0.001``.

They are judged here rather than in SQL: arguments are JSON, whose types databases compare in ways of their own. The
dashboard judges the same (``lib/runFilter.ts``), defaults and newest values included.
"""

from __future__ import annotations

import json
import operator
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gymdash_server.errors import InvalidConditionError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_CONDITION = re.compile(r"([^\s<>=!]+)(<=|>=|!=|=|<|>)(\S.*)", re.DOTALL)
_ORDERS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_MISSING = object()


@dataclass(frozen=True)
class Condition:
    """A condition on one argument; a run without that argument does not meet it.

    Attributes:
        name: An argument, or a path with dots to what is inside of one.
        operator: ``=``, ``!=``, ``<``, ``<=``, ``>`` or ``>=``; the last four hold of numbers alone.
        wanted: What it is compared with: a number, a text of any case, or JSON.
    """

    name: str
    operator: str
    wanted: str

    @classmethod
    def parse(cls, text: str) -> Condition:
        """Read a condition.

        Raises:
            InvalidConditionError: It is none.
        """
        found = _CONDITION.fullmatch(text.strip())
        if found is None:
            raise InvalidConditionError(text)
        return cls(*found.groups())

    def holds(self, kwargs: Mapping[str, Any]) -> bool:
        """Return whether the arguments of a run meet it."""
        found = _within(kwargs, self.name)
        if found is _MISSING:
            return False
        if self.operator in {"=", "!="}:
            return _is_equal(found, self.wanted) == (self.operator == "=")
        number = _number(self.wanted)
        return _is_number(found) and number is not None and _ORDERS[self.operator](found, number)


def _within(kwargs: Any, name: str) -> Any:
    if not isinstance(kwargs, dict):
        return _MISSING
    if name in kwargs:
        return kwargs[name]
    outer, dot, inner = name.partition(".")
    return _within(kwargs.get(outer), inner) if dot else _MISSING


def _is_equal(found: Any, wanted: str) -> bool:
    if _is_number(found):
        return bool(found == _number(wanted))
    text = found if isinstance(found, str) else json.dumps(found, separators=(",", ":"), ensure_ascii=False)
    return text.casefold() == wanted.casefold()


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
