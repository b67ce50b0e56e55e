"""What the record of interventions keeps of a value: a small one whole, of a large one its beginning, size and kind.

A picture that is asked about, or answered with, would otherwise be kept in the run's folder and in the server's
database with every query. Whoever asked has the whole value. What a control was set to, or an action was sent, steers
the run and stands nowhere else: that is kept whole up to a larger size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from gymdash_core.interaction.channels import ChannelKind
from gymdash_core.journal import dumps

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: A value of at most so many bytes of JSON is kept whole, and so is such a member of an object.
_WHOLE_BYTES: Final = 1024
_OBJECT_BYTES: Final = 8 * _WHOLE_BYTES
#: The same for what steers the run.
_STEERING_BYTES: Final = 16 * _WHOLE_BYTES
_STEERING: Final = frozenset({ChannelKind.CONTROL, ChannelKind.ACTION})
_START: Final = 64
_DEPTH: Final = 3
_KINDS: Final[dict[type, str]] = {str: "string", list: "array", dict: "object"}


class _Part(NamedTuple):
    """A value, or a member of one: its JSON, what is kept of it, and the JSON of that."""

    text: str
    kept: Any
    kept_text: str


def kept_value(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return the ``value`` of an intervention as it is recorded; nothing where there is none.

    Args:
        event: What happened; ``kind`` is the kind of its channel.
    """
    if "value" not in event:
        return {}
    is_steering = event.get("kind") in _STEERING
    return {"value": shortened(event["value"], _STEERING_BYTES if is_steering else _WHOLE_BYTES)}


def shortened(value: Any, whole_bytes: int = _WHOLE_BYTES) -> Any:
    """Return a value as it is recorded.

    Of an object each large member is shortened, and the others stay. What is shortened becomes
    ``{"truncated": kind, "size_bytes": size, "start": text}``: `kind` is ``string``, ``array``, ``object`` or
    ``number``, `size_bytes` the size of its JSON, `text` the first 64 characters of the string, or of the JSON.

    Args:
        value: Plain JSON.
        whole_bytes: How large a value is kept whole, bytes of JSON.
    """
    part = _shorten(value, _DEPTH)
    return value if _size(part.text) <= whole_bytes else part.kept


def _shorten(value: Any, depth: int) -> _Part:
    """Shorten a value; each part of it is made JSON once."""
    if not isinstance(value, dict) or not depth:
        text = dumps(value)
        return _whole_or_start(value, text)
    members = {name: _shorten(member, depth - 1) for name, member in value.items()}
    text = _object((name, member.text) for name, member in members.items())
    if _size(text) > _WHOLE_BYTES:
        kept_text = _object((name, member.kept_text) for name, member in members.items())
        if _size(kept_text) <= _OBJECT_BYTES:
            return _Part(text, {name: member.kept for name, member in members.items()}, kept_text)
    return _whole_or_start(value, text)


def _whole_or_start(value: Any, text: str) -> _Part:
    if (size := _size(text)) <= _WHOLE_BYTES:
        return _Part(text, value, text)
    start = value if isinstance(value, str) else text
    kept = {"truncated": _KINDS.get(type(value), "number"), "size_bytes": size, "start": start[:_START]}
    return _Part(text, kept, dumps(kept))


def _object(members: Iterable[tuple[str, str]]) -> str:
    """Return the JSON of an object from that of its members."""
    return "{" + ",".join(f"{dumps(name)}:{text}" for name, text in members) + "}"


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
