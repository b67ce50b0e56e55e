"""Values in the cells of tables, for people; `--json` has them as they are."""

from __future__ import annotations

import json
import math
import struct
from typing import Any, Final

#: Longest text in a cell; of a longer one so much is shown.
_MOST_LETTERS, _SHOWN_LETTERS = 200, 40
#: Digits that tell every float32 apart.
_FLOAT32_DIGITS: Final = 9
_FLOAT32_MAX: Final = 3.4028234663852886e38


def cell(value: Any, *, whole: bool = False) -> str:
    """Return a value of a stat as the text of a cell.

    Args:
        value: JSON; a text stands for itself.
        whole: Cut nothing off.

    Example:
        >>> cell(0.0003000000142492354), cell("NaN"), cell([1, 2]), cell(2)
        ('0.0003', 'NaN', '[1, 2]', '2')
    """
    from gymdash_server.jsonvalues import finite  # noqa: PLC0415 - help needs none

    if isinstance(value, float) and math.isfinite(value):
        return shortest(value)
    value = finite(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if whole else _cut(text)


def reply_cell(value: Any) -> str:
    """Return what a channel has replied as JSON, long texts cut: a picture is thousands of letters."""
    return json.dumps(_with_cut_texts(value), ensure_ascii=False)


def shortest(value: float) -> str:
    """Return a finite number in the fewest digits that name it; one that was a float32, as TensorBoard's, as a float32.

    Example:
        >>> shortest(0.20000000298023224), shortest(0.1), shortest(16777217.0)
        ('0.2', '0.1', '16777217.0')
    """
    if abs(value) <= _FLOAT32_MAX and _as_float32(value) == value:
        for digits in range(1, _FLOAT32_DIGITS + 1):
            short = float(f"{value:.{digits}g}")
            if abs(short) <= _FLOAT32_MAX and _as_float32(short) == value:
                return repr(short)
    return repr(value)


def _as_float32(value: float) -> float:
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
