"""What the record of interventions keeps of a value: a small one whole, of a large one its beginning, size and kind.

A picture that is asked about, or answered with, would otherwise be kept in the run's folder and in the server's
database with every query. Whoever asked has the whole value.
"""

from __future__ import annotations

from typing import Any, Final

from gymdash_core.journal import dumps

#: A value of at most so many bytes of JSON is kept whole, and so is such a member of an object.
_WHOLE_BYTES: Final = 1024
_OBJECT_BYTES: Final = 8 * _WHOLE_BYTES
_START: Final = 64
_DEPTH: Final = 3
_KINDS: Final[dict[type, str]] = {str: "string", list: "array", dict: "object"}


def shortened(value: Any) -> Any:
    """Return a value as it is recorded.

    Of an object each large member is shortened, and the others stay. What is shortened becomes
    ``{"truncated": kind, "size_bytes": size, "start": text}``: `kind` is ``string``, ``array``, ``object`` or
    ``number``, `size_bytes` the size of its JSON, `text` the first 64 characters of the string, or of the JSON.

    Args:
        value: Plain JSON.
    """
    return _shorten(value, _DEPTH)


def _shorten(value: Any, depth: int) -> Any:
    text = dumps(value)
    if _size(text) <= _WHOLE_BYTES:
        return value
    if isinstance(value, dict) and depth:
        kept = {name: _shorten(member, depth - 1) for name, member in value.items()}
        if _size(dumps(kept)) <= _OBJECT_BYTES:
            return kept
    start = value if isinstance(value, str) else text
    return {"truncated": _KINDS.get(type(value), "number"), "size_bytes": _size(text), "start": start[:_START]}


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
