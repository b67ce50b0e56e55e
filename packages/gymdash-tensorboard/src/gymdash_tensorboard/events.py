"""Events: what a record says of its stats, read by protobuf.

Source: tensorboard's ``event.proto``, ``summary.proto`` and ``tensor.proto``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gymdash_core import stat_tags
from gymdash_tensorboard.histograms import histogram_of, histogram_of_rows

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
#: Kinds by the field that holds a value that is no tensor.
_FIELD_KINDS: Final = {
    "simple_value": stat_tags.SCALARS,
    "image": stat_tags.IMAGES,
    "audio": stat_tags.AUDIO,
    "histo": stat_tags.HISTOGRAMS,
}


@dataclass(frozen=True, slots=True)
class Value:
    """One point of an event.

    Attributes:
        kind: Kind of the stat.
        key: Its name.
        step: Step of the simulation.
        wall_time: Seconds since the epoch.
        value: A float for scalars; else None, to be decoded from the record when it is read.
        problem: Why it has no value; empty where it has one.
    """

    kind: str
    key: str
    step: int
    wall_time: float
    value: float | None = None
    problem: str = ""


class EventDecoder:
    """Take events apart. It remembers what tags are, since only the first event of a tensor says so."""

    def __init__(self) -> None:
        self._kinds: dict[str, str] = {}

    def values(self, data: bytes) -> list[Value]:
        """Return the values of a record's data, one for each item of a batch; an event without values has none.

        Raises:
            DecodeError: The data is no event.
        """
        return list(self._parsed(data))

    def _parsed(self, data: bytes) -> Iterator[Value]:
        event = _parse(data)
        for item in event.summary.value:
            kind, number, problem = self._kind_of(item), None, ""
            if kind is None:
                continue
            if kind == stat_tags.SCALARS:
                try:
                    number = scalar_of(item)
                except Exception as error:  # noqa: BLE001 - numpy's and tensorboard's errors differ
                    problem = repr(error)
            for _ in range(_count(item, kind)):
                yield Value(kind, item.tag, event.step, event.wall_time, number, problem)

    def contents(self, data: bytes, key: str, kind: str) -> list[Any]:
        """Return what a record holds of a stat: texts, `HistogramPoint`s' JSON, or the bytes of files.

        As many as `values` told of; of an item that is malformed, an error is raised.

        Args:
            data: The record's data.
            key: Name of the stat.
            kind: Its kind, which is not ``scalars``.

        Raises:
            Exception: Some item is malformed; protobuf's and numpy's errors differ.
        """
        items = [item for item in _parse(data).summary.value if item.tag == key and self._kind_of(item) == kind]
        return [content for item in items for content in _contents(item, kind)]

    def _kind_of(self, item: Any) -> str | None:
        which = item.WhichOneof("value")
        if which == "tensor":
            plugin = item.metadata.plugin_data.plugin_name
            if plugin in _PLUGIN_KINDS:
                self._kinds[item.tag] = _PLUGIN_KINDS[plugin]
            return self._kinds.get(item.tag)
        return _FIELD_KINDS.get(which)


def _count(item: Any, kind: str) -> int:
    """Return how many points a summary value has; a malformed one has one, which fails when it is read."""
    if item.WhichOneof("value") != "tensor":
        return 1
    if kind == stat_tags.IMAGES:
        # A batch begins with its width and height.
        return max(len(item.tensor.string_val) - 2, 0) if len(item.tensor.string_val) > 1 else 1
    return len(_clips(item.tensor)) if kind == stat_tags.AUDIO else 1


def _contents(item: Any, kind: str) -> list[Any]:
    """Return what `_count` has counted."""
    which = item.WhichOneof("value")
    if which == "image":
        return [bytes(item.image.encoded_image_string)]
    if which == "audio":
        return [bytes(item.audio.encoded_audio_string)]
    if which == "histo":
        return [histogram_of(item.histo)]
    if kind == stat_tags.IMAGES:
        _width, _height, *images = item.tensor.string_val
        return [bytes(image) for image in images]
    if kind == stat_tags.AUDIO:
        return [bytes(clip) for clip in _clips(item.tensor)]
    array = _array_of(item.tensor).reshape(-1)
    if kind == stat_tags.TEXT:
        return ["\n".join(_text(part) for part in array.tolist())]
    return [histogram_of_rows(array.reshape(-1, 3).tolist())]


def _clips(tensor: Any) -> list[bytes]:
    """Return the clips of a batch, of shape (n,), or (n, 2) where each is followed by its label."""
    sizes = [dim.size for dim in tensor.tensor_shape.dim]
    return list(tensor.string_val[:: 2 if sizes[1:] == [2] else 1])


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
