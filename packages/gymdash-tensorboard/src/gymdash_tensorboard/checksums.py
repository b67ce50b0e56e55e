"""Checksums of many records at once: which fit, and where a header begins in any bytes.

Source: TFRecord, https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details
"""

from __future__ import annotations

import struct
from functools import cache, reduce
from typing import TYPE_CHECKING, Final

import google_crc32c
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

HEADER_BYTES: Final = 12
FOOTER_BYTES: Final = 4
#: Largest record that is believed; a longer length is damage.
MAX_RECORD_BYTES: Final = 1 << 30
#: What is added to a rotated checksum.
MASK: Final = 0xA282EAD8


def find_header(data: bytes) -> int | None:
    """Return where the first header in some bytes begins: a length that is believed, with its checksum behind it."""
    count = len(data) - HEADER_BYTES + 1
    if count <= 0:
        return None
    chunk = np.frombuffer(data, np.uint8)
    columns = [chunk[place : place + count] for place in range(HEADER_BYTES)]
    # Lengths fit into 4 bytes: the upper half of a true header is zero, which most places are not. In a run of zeros
    # all are, and a length of zero has another checksum than zero.
    upper, rest = reduce(np.bitwise_or, columns[4:8]), reduce(np.bitwise_or, columns[:4] + columns[8:])
    places = np.flatnonzero((upper == 0) & (rest != 0) & (columns[3] <= MAX_RECORD_BYTES >> 24))
    crc = np.zeros(len(places), np.uint32)
    for place, table in enumerate(_length_tables()):
        crc ^= table[chunk[places + place]]
    for at in places[_masked(crc) == _little(chunk, places + 8)].tolist():
        if struct.unpack_from("<Q", data, at)[0] <= MAX_RECORD_BYTES:
            return int(at)
    return None


@cache
def _length_tables() -> NDArray[np.uint32]:
    """Return what each byte of a length adds to its checksum, an array of shape (4, 256): CRCs are linear."""
    zero = int(google_crc32c.value(bytes(8)))
    tables = np.zeros((4, 256), np.uint32)
    for place in range(4):
        for byte in range(256):
            tables[place, byte] = int(google_crc32c.value(struct.pack("<Q", byte << 8 * place))) ^ zero
    tables[0] ^= np.uint32(zero)
    return tables


def are_whole(data: bytes, ends: list[int], crcs: list[int]) -> NDArray[np.bool_] | None:
    """Return of each record whether its checksum fits, an array of shape (n,); None where all do."""
    if not ends:
        return None
    stored = _little(np.frombuffer(data, np.uint8), np.array(ends) - FOOTER_BYTES)
    fits: NDArray[np.bool_] = _masked(np.array(crcs, np.uint32)) == stored
    return None if fits.all() else fits


def _masked(crc: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Return checksums as records hold them."""
    masked: NDArray[np.uint32] = (crc >> np.uint32(15) | crc << np.uint32(17)) + np.uint32(MASK)
    return masked


def _little(chunk: NDArray[np.uint8], at: NDArray[np.int64]) -> NDArray[np.uint32]:
    """Return the numbers of 4 bytes, little-endian, at some places."""
    found = np.zeros(len(at), np.uint32)
    for place in range(FOOTER_BYTES):
        found |= chunk[at + place].astype(np.uint32) << np.uint32(8 * place)
    return found
