"""What a simulation logs, turned into what a series file holds: numbers, steps and JSON, or refused with a reason.

Numpy and torch scalars are taken by their methods; neither library is imported.
"""

from __future__ import annotations

import json
import math
import operator
from typing import Any

from gymdash_core.codec import to_plain
from gymdash_core.errors import FieldError, InvalidValueError

#: Largest step, either way: what a signed 64-bit column holds.
MAX_STEP = (1 << 63) - 1
_MAX_KEY = 4096
_NAMES = {"nan": '"NaN"', "inf": '"Infinity"', "-inf": '"-Infinity"'}


def scalar_value(value: Any, key: str) -> float:
    """Return the number that was logged.

    Args:
        value: A Python number, or a numpy, torch or similar object that holds one.
        key: Name of the stat, for the error.

    Raises:
        InvalidValueError: It is no number, or holds several.
    """
    try:
        if isinstance(value, (int, float)):
            return float(value)
        # .item() first: __float__ of a tensor with gradients, or of an array of one element, warns.
        if hasattr(value, "item"):
            return float(value.item())
        if hasattr(value, "__float__"):
            return float(value)
    except (TypeError, ValueError, OverflowError, RuntimeError) as error:
        raise _refuse(key, f"{type(value).__name__} cannot be one number ({error})") from error
    raise _refuse(key, f"{type(value).__name__} is no number")


def step_value(step: Any, key: str) -> int:
    """Return the step that was logged.

    Args:
        step: A Python int, or a numpy or torch integer.
        key: Name of the stat, for the error.

    Raises:
        InvalidValueError: It is no integer, or beyond 64 bits.
    """
    try:
        number = operator.index(step)
    except (TypeError, ValueError, RuntimeError) as error:
        raise _refuse(key, f"a step is an integer, not {step!r}", "step") from error
    if not -MAX_STEP <= number <= MAX_STEP:
        raise _refuse(key, f"step {number} does not fit into 64 bits", "step")
    return number


def key_value(key: Any) -> str:
    """Return the name of a stat.

    Raises:
        InvalidValueError: It is no text, empty, or longer than 4,096 characters.
    """
    if not isinstance(key, str) or not 0 < len(key) <= _MAX_KEY:
        message = f"a stat's name is a text of 1 to {_MAX_KEY} characters, not {key!r:.100}"
        raise InvalidValueError("log", [FieldError(("key",), message)])
    return str(key)


def float_text(value: float) -> str:
    """Return a float as strict JSON: non-finite values are the strings ``"NaN"``, ``"Infinity"``, ``"-Infinity"``."""
    text = repr(value)
    return _NAMES.get(text, text)


def json_text(value: Any, key: str) -> str:
    """Return a logged value as strict JSON on one line; non-finite floats as in `float_text`.

    Args:
        value: JSON, or a pydantic model, dataclass, enum, path or time.
        key: Name of the stat, for the error.

    Raises:
        InvalidValueError: Something in it is no JSON.
    """
    plain = to_plain(value, f"stat {key!r}")
    try:
        return _dumps(plain)
    except ValueError:
        return _dumps(_finite(plain))


def _dumps(plain: Any) -> str:
    return json.dumps(plain, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _finite(plain: Any) -> Any:
    if isinstance(plain, float):
        return plain if math.isfinite(plain) else _NAMES[repr(plain)].strip('"')
    if isinstance(plain, list):
        return [_finite(item) for item in plain]
    if isinstance(plain, dict):
        return {name: _finite(item) for name, item in plain.items()}
    return plain


def _refuse(key: str, message: str, field: str = "value") -> InvalidValueError:
    return InvalidValueError(f"stat {key!r}", [FieldError((field,), message)])
