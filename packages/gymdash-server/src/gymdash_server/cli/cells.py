"""Values in the cells of tables, for people; `--json` has them as they are."""

from __future__ import annotations

import json
import math
import struct
from typing import Any, Final

#: Longest text in a cell; of a longer one so much is shown.
_MOST_LETTERS, _SHOWN_LETTERS = 200, 40
#: Digits that tell every float32 apart; a number of more than so many digits may have come from one.
_FLOAT32_DIGITS, _MANY_DIGITS = 9, 12
_FLOAT32_MAX: Final = 3.4028234663852886e38


def cell(value: Any, *, whole: bool = False) -> str:
    """Return a value of a stat as the text of a cell.

    Args:
        value: JSON; a text stands for itself.
        whole: Cut nothing off, and round nothing.

    Example:
        >>> cell(0.0003000000142492354), cell("NaN"), cell([1, 2]), cell(2)
        ('0.0003', 'NaN', '[1, 2]', '2')
    """
    from gymdash_server.jsonvalues import finite  # noqa: PLC0415 - help needs none

    if isinstance(value, float) and math.isfinite(value):
        return repr(value) if whole else shortest(value)
    value = finite(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if whole else _cut(text)


def reply_cell(value: Any) -> str:
    """Return what a channel has replied as JSON, long texts cut: a picture is thousands of letters."""
    return json.dumps(_with_cut_texts(value), ensure_ascii=False)


def shortest(value: float) -> str:
    """Return a finite number as text; one that was a float32, as TensorBoard's, in the digits that a float32 has.

    What is rounded off is below the precision of a float32, and nothing is of numbers with few digits, or none behind
    the point.

    Example:
        >>> shortest(0.20000000298023224), shortest(0.1), shortest(4294967296.0), shortest(1048576.125)
        ('0.2', '0.1', '4294967296.0', '1048576.125')
    """
    length = sum(map(str.isdigit, repr(value).partition("e")[0]))
    if length > _MANY_DIGITS and not value.is_integer() and _as_float32(value) == value:
        for digits in range(1, _FLOAT32_DIGITS + 1):
            short = float(f"{value:.{digits}g}")
            if _as_float32(short) == value:
                return repr(short)
    return repr(value)


def _as_float32(value: float) -> float | None:
    """Return the nearest float32; None where there is none."""
    if abs(value) > _FLOAT32_MAX:
        return None
    (single,) = struct.unpack("f", struct.pack("f", value))
    return float(single)


def _with_cut_texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _with_cut_texts(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_with_cut_texts(item) for item in value]
    return _cut(value) if isinstance(value, str) else value


def _cut(text: str) -> str:
    if len(text) <= _MOST_LETTERS:
        return text
    return f"{text[:_SHOWN_LETTERS]}\N{HORIZONTAL ELLIPSIS} ({len(text):,} characters; --json has them)"
