"""Events: what a record says of a stat. The usual scalar is taken apart by hand, everything else by protobuf.

Source: tensorboard's ``event.proto``, ``summary.proto`` and ``tensor.proto``; the wire format is protocol buffers'.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gymdash_core import stat_tags
from gymdash_core.stats.histogram import HistogramPoint

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Kinds by the name of the TensorBoard plugin that writes them as tensors.
_PLUGIN_KINDS: Final = {
    "scalars": stat_tags.SCALARS,
    "images": stat_tags.IMAGES,
    "audio": stat_tags.AUDIO,
    "text": stat_tags.TEXT,
    "histograms": stat_tags.HISTOGRAMS,
}
#: What stands between step and number of an event that has nothing but one simple value: the frames of summary (5) and
#: value (1), the tag (1), and the head of simple_value (2, float).
_MIDDLE = re.compile(
    rb"\x2a(?:[\x00-\x7f]|[\x80-\xff][\x01-\x7f])\x0a(?:[\x00-\x7f]|[\x80-\xff][\x01-\x7f])"
    rb"\x0a([\x00-\x7f]|[\x80-\xff][\x01-\x7f])(.*)\x15\Z",
    re.DOTALL,
)
_FRAME_BYTES = 5  # head and bytes of the simple value


@dataclass(frozen=True, slots=True)
class Value:
    """One value of an event.

    Attributes:
        kind: Kind of the stat.
        key: Its name.
        step: Step of the simulation.
        wall_time: Seconds since the epoch.
        value: A float for scalars; else None, to be decoded from the record when it is read.
    """

    kind: str
    key: str
    step: int
    wall_time: float
    value: float | None = None


def plain_tag(middle: bytes) -> str | None:
    """Return the tag of a plain scalar's event, from the bytes between its step and its number.

    Returns:
        The tag; None where the event may hold anything else, and is protobuf's to read.
    """
    match = _MIDDLE.match(middle)
    if match is None:
        return None
    size, tag = match.groups()
    inner = 1 + len(size) + len(tag) + _FRAME_BYTES
    if (
        _varint(size) != len(tag)
        or _varint(middle[match.start(1) - 1 - len(_as_varint(inner)) : match.start(1) - 1]) != inner
    ):
        return None
    return tag.decode("utf-8", "replace")


class EventDecoder:
    """Take events apart. It remembers what tags are, since only the first event of a tensor says so."""

    def __init__(self) -> None:
        self._kinds: dict[str, str] = {}

    def values(self, data: bytes) -> list[Value]:
        """Return the values of a record's data; an event without values has none.

        Raises:
            DecodeError: The data is no event.
        """
        return list(self._parsed(data))

    def _parsed(self, data: bytes) -> Iterator[Value]:
        event = _parse(data)
        for item in event.summary.value:
            kind = self._kind_of(item)
            if kind is not None:
                number = scalar_of(item) if kind == stat_tags.SCALARS else None
                yield Value(kind, item.tag, event.step, event.wall_time, number)

    def _kind_of(self, item: Any) -> str | None:
        which = item.WhichOneof("value")
        if which == "tensor":
            plugin = item.metadata.plugin_data.plugin_name
            if plugin in _PLUGIN_KINDS:
                self._kinds[item.tag] = _PLUGIN_KINDS[plugin]
            return self._kinds.get(item.tag)
        kinds = {
            "simple_value": stat_tags.SCALARS,
            "image": stat_tags.IMAGES,
            "audio": stat_tags.AUDIO,
            "histo": stat_tags.HISTOGRAMS,
        }
        return kinds.get(which)


def decode_value(data: bytes, key: str, kind: str) -> Any:
    """Return the value of a stat in a record: text, a `HistogramPoint`'s JSON, or the bytes of a file.

    Args:
        data: The record's data.
        key: Name of the stat.
        kind: Its kind.

    Raises:
        ValueError: The record has no such value.
    """
    item = next((item for item in _parse(data).summary.value if item.tag == key), None)
    if item is None:
        raise ValueError(f"the record has no value {key!r}")
    which = item.WhichOneof("value")
    if kind == stat_tags.SCALARS:
        return scalar_of(item)
    if which == "image":
        return bytes(item.image.encoded_image_string)
    if which == "audio":
        return bytes(item.audio.encoded_audio_string)
    if which == "histo":
        return _histogram_of(item.histo)
    array = _array_of(item.tensor)
    if kind == stat_tags.TEXT:
        return "\n".join(_text(part) for part in array.reshape(-1).tolist())
    if kind == stat_tags.HISTOGRAMS:
        return _histogram_of_rows(array.reshape(-1, 3).tolist())
    flat = array.reshape(-1).tolist()
    # Images begin with their width and height; audio pairs each clip with a label.
    first = flat[2] if kind == stat_tags.IMAGES else flat[0]
    return first if isinstance(first, bytes) else str(first).encode()


def scalar_of(item: Any) -> float:
    """Return the number of a summary value."""
    if item.WhichOneof("value") == "simple_value":
        return float(item.simple_value)
    flat = _array_of(item.tensor).reshape(-1)
    return float(flat[0]) if len(flat) else math.nan


def _parse(data: bytes) -> Any:
    from tensorboard.compat.proto.event_pb2 import Event  # noqa: PLC0415 - plain scalars need none

    return Event.FromString(data)


def _array_of(tensor: Any) -> Any:
    from tensorboard.util.tensor_util import make_ndarray  # noqa: PLC0415 - same

    return make_ndarray(tensor)


def _text(part: object) -> str:
    return part.decode("utf-8", "replace") if isinstance(part, bytes) else str(part)


def _histogram_of(histo: Any) -> dict[str, Any]:
    """Return the point of a legacy histogram, whose buckets are given by their right borders."""
    limits, counts = list(histo.bucket_limit), list(histo.bucket)
    rows, left = [], float(histo.min)
    for right, count in zip(limits, counts, strict=False):
        rows.append((left, min(float(right), float(histo.max)) if math.isfinite(histo.max) else float(right), count))
        left = rows[-1][1]
    return _histogram_of_rows(rows)


def _histogram_of_rows(rows: list[Any]) -> dict[str, Any]:
    """Return the point of (left, right, count) rows; empty rows at both ends are left out."""
    kept = [row for row in rows if row[2] > 0 or row[1] > row[0]]
    while kept and kept[0][2] == 0:
        kept = kept[1:]
    while kept and kept[-1][2] == 0:
        kept = kept[:-1]
    if not kept:
        return HistogramPoint(edges=[0.0, 0.0], counts=[0], count=0).model_dump(mode="json")
    edges = [float(kept[0][0]), *(float(row[1]) for row in kept)]
    counts = [round(row[2]) for row in kept]
    point = HistogramPoint(edges=edges, counts=counts, minimum=edges[0], maximum=edges[-1], count=sum(counts))
    return point.model_dump(mode="json")


def _varint(data: bytes) -> int:
    number = 0
    for place, byte in enumerate(data):
        number |= (byte & 0x7F) << 7 * place
    return number


def _as_varint(number: int) -> bytes:
    found = bytearray()
    while number > 0x7F:  # noqa: PLR2004 - seven bits a byte
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])
