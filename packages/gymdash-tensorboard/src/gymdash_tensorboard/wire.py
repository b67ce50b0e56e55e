"""Bytes of events: where the one number of a usual scalar stands, and where its step ends.

Source: protocol buffers' encoding, https://protobuf.dev/programming-guides/encoding; the numbers of the fields are
those of tensorboard's ``event.proto``, ``summary.proto`` and ``tensor.proto``.
"""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

NUMBER_BYTES: Final = 4
_SUMMARY, _VALUE, _SIMPLE_VALUE, _TENSOR = 5, 1, 2, 8
_DTYPE, _CONTENT, _FLOATS = 1, 4, 5
_FLOAT = b"\x01"  # the type of a tensor of 4-byte floats
_SIZES: Final = {1: 8, 5: 4}  # bytes by wire type


def number_place(data: bytes, at: int, value: float) -> int | None:
    """Return where the only number of an event begins: 4 bytes, little-endian, which may be any others of their kind.

    Args:
        data: An event that protobuf has read, and that has one value.
        at: Where the fields behind its time and step begin.
        value: What protobuf says of the value.

    Returns:
        The place; None where the number has another form, and is protobuf's to read.
    """
    try:
        item = _only(data, _only(data, range(at, len(data)), _SUMMARY), _VALUE)
        simple, tensor = _only(data, item, _SIMPLE_VALUE), _only(data, item, _TENSOR)
        place = _tensor_number(data, tensor) if tensor else simple
    except (ValueError, IndexError):
        return None
    if len(place) != NUMBER_BYTES or (simple and tensor):
        return None
    number = struct.unpack("<f", data[place.start : place.stop])[0]
    return place.start if number == value or (math.isnan(number) and math.isnan(value)) else None


def long_step(data: bytes) -> tuple[int, int]:
    """Return the step of an event whose time comes first, and where it ends; (0, 0) where it has no end."""
    try:
        step, at = _varint(data, 10)
    except IndexError:
        return 0, 0
    return (step if step < 1 << 63 else step - (1 << 64)), at


def _tensor_number(data: bytes, tensor: range) -> range:
    """Return the place of the only number of a tensor of floats; empty where it has another form."""
    dtype = _only(data, tensor, _DTYPE)
    content, floats = _only(data, tensor, _CONTENT), _only(data, tensor, _FLOATS)
    if data[dtype.start : dtype.stop] != _FLOAT or (content and floats):
        return range(0)
    return content or floats


def _only(data: bytes, message: range, field: int) -> range:
    """Return the place of a field's content; empty where there is none.

    Raises:
        ValueError: The field is there twice, or the message has groups.
        IndexError: The message is cut.
    """
    found = [place for number, place in _fields(data, message) if number == field]
    if len(found) > 1:
        raise ValueError(f"field {field} is there {len(found)} times")
    return found[0] if found else range(0)


def _fields(data: bytes, message: range) -> Iterator[tuple[int, range]]:
    at = message.start
    while at < message.stop:
        head, at = _varint(data, at)
        begin, kind = at, head & 7
        if kind == 0:
            _, at = _varint(data, at)
        elif kind == 2:  # noqa: PLR2004 - wire type: length and bytes
            size, begin = _varint(data, at)
            at = begin + size
        elif kind in _SIZES:
            at += _SIZES[kind]
        else:
            raise ValueError(f"wire type {kind}")
        yield head >> 3, range(begin, at)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Return a number, and where it ends."""
    number = shift = 0
    while True:
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004 - the last byte of a varint has no highest bit
            return number, at
        shift += 7
