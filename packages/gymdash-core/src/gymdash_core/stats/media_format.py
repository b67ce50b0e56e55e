"""Media formats by their magic numbers: what a file is, and whether it was written to its end.

Source: PNG (ISO/IEC 15948), JPEG (ITU-T T.81), GIF89a, RIFF and WebP (RFC 9649), ISO base media (ISO/IEC 14496-12),
Matroska (RFC 9559), Ogg (RFC 3533), FLAC (RFC 9639), MP3 (ID3v2, ISO/IEC 11172-3).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from gymdash_core.stat_tags import AUDIO, IMAGES, VIDEOS

if TYPE_CHECKING:
    from pathlib import Path

#: How much of a file `sniff` wants to see.
HEAD_BYTES = 1024
_RIFF_HEADER = 8
_BOX_HEADER = 8
_LARGE_BOX_HEADER = 16


@dataclass(frozen=True)
class MediaFormat:
    """A media format.

    Attributes:
        suffix: File suffix with its dot.
        kinds: The stat kinds that such a file can be a point of.
    """

    suffix: str
    kinds: tuple[str, ...]


_PNG = MediaFormat(".png", (IMAGES,))
_JPEG = MediaFormat(".jpg", (IMAGES,))
_GIF = MediaFormat(".gif", (IMAGES, VIDEOS))
_WEBP = MediaFormat(".webp", (IMAGES, VIDEOS))
_BMP = MediaFormat(".bmp", (IMAGES,))
_SVG = MediaFormat(".svg", (IMAGES,))
_WAV = MediaFormat(".wav", (AUDIO,))
_AVI = MediaFormat(".avi", (VIDEOS,))
_MP4 = MediaFormat(".mp4", (VIDEOS, AUDIO))
_MOV = MediaFormat(".mov", (VIDEOS,))
_M4A = MediaFormat(".m4a", (AUDIO,))
_WEBM = MediaFormat(".webm", (VIDEOS, AUDIO))
_MKV = MediaFormat(".mkv", (VIDEOS,))
_OGG = MediaFormat(".ogg", (AUDIO, VIDEOS))
_FLAC = MediaFormat(".flac", (AUDIO,))
_MP3 = MediaFormat(".mp3", (AUDIO,))

_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", _PNG),
    (b"\xff\xd8\xff", _JPEG),
    (b"GIF87a", _GIF),
    (b"GIF89a", _GIF),
    (b"BM", _BMP),
    (b"OggS", _OGG),
    (b"fLaC", _FLAC),
    (b"ID3", _MP3),
    (b"\xff\xfb", _MP3),
    (b"\xff\xf3", _MP3),
    (b"\xff\xf2", _MP3),
)
_RIFF = {b"WEBP": _WEBP, b"WAVE": _WAV, b"AVI ": _AVI}
_BRANDS = {b"qt  ": _MOV, b"M4A ": _M4A, b"M4B ": _M4A}
_ENDS = {_PNG: b"IEND\xaeB`\x82", _JPEG: b"\xff\xd9", _GIF: b";"}


def sniff(head: bytes) -> MediaFormat | None:
    """Return the format of encoded media, or None where it is not known.

    Args:
        head: The first `HEAD_BYTES` bytes, or all.
    """
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12])
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], _MP4)
    if head[:4] == b"\x1aE\xdf\xa3":
        return _WEBM if b"webm" in head[:64] else _MKV
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text.startswith(b"<svg") or (text.startswith(b"<?xml") and b"<svg" in text):
        return _SVG
    return next((found for magic, found in _MAGIC if head.startswith(magic)), None)


def is_whole(path: Path) -> bool:
    """Return whether a media file was written to its end, as far as its format can tell.

    Formats without an end mark, and unknown ones, count as whole unless they are empty.
    """
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            head = file.read(HEAD_BYTES)
            found = sniff(head)
            if found in {_WEBP, _WAV, _AVI}:
                return int.from_bytes(head[4:8], "little") + _RIFF_HEADER <= size
            if found in {_MP4, _MOV, _M4A}:
                return _boxes_end(file, size)
            end = _ENDS.get(found) if found else None
            if end is None:
                return size > 0
            file.seek(max(0, size - len(end)))
            return file.read() == end
    except OSError:
        return False


def _boxes_end(file: BinaryIO, size: int) -> bool:
    """Return whether the boxes fill the file exactly and one of them is the index, which encoders write last."""
    offset, names = 0, set()
    while offset + _BOX_HEADER <= size:
        file.seek(offset)
        header = file.read(_LARGE_BOX_HEADER)
        length = int.from_bytes(header[:4], "big")
        names.add(header[4:8])
        if length == 1:
            length = int.from_bytes(header[8:16], "big")
        elif length == 0:  # to the end of the file
            length = size - offset
        if length < _BOX_HEADER:
            return False
        offset += length
    return offset == size and b"moov" in names
