"""Files that stand inside of a stat's points, as the images and audio of event files do.

Each is kept by its content beside the index, and is there before the point that shows it counts: a kill leaves at most
a file that no point shows, and the next reading finds it.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

from gymdash_core.journal import write_bytes
from gymdash_server.points.media import MediaFile, type_of

if TYPE_CHECKING:
    from pathlib import Path

#: What a file begins with, what stands at byte 8, and the ending that it is given.
_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", b"", ".png"),
    (b"\xff\xd8\xff", b"", ".jpg"),
    (b"GIF8", b"", ".gif"),
    (b"RIFF", b"WEBP", ".webp"),
    (b"RIFF", b"WAVE", ".wav"),
    (b"OggS", b"", ".ogg"),
    (b"ID3", b"", ".mp3"),
)
_OTHER = ".bin"
_ENDINGS = (*(ending for _, _, ending in _SIGNATURES), _OTHER)
_ID = re.compile(r"[0-9a-f]{40}")


class EmbeddedMedia:
    """The embedded files of one run.

    Thread safety: all methods may be called from any thread.

    Args:
        folder: Where they are kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, data: bytes) -> dict[str, Any]:
        """Keep a file, and return what the index of points keeps of it.

        Raises:
            OSError: It cannot be written.
        """
        identity = hashlib.sha256(data).hexdigest()[:40]
        path = self._folder / f"{identity}{_ending(data)}"
        if not path.exists():
            self._folder.mkdir(parents=True, exist_ok=True)
            write_bytes(path, data)
        return {"id": identity, "media_type": type_of(path.name), "size": len(data), "outside": False}

    def find(self, identity: str) -> MediaFile | None:
        """Return a file by its id, or None where there is none."""
        if not _ID.fullmatch(identity):
            return None
        for ending in _ENDINGS:  # some looks at one name each are quicker than one at all names
            path = self._folder / f"{identity}{ending}"
            if path.is_file():
                return MediaFile(identity, path, type_of(path.name))
        return None


def _ending(data: bytes) -> str:
    found = (end for begin, later, end in _SIGNATURES if data.startswith(begin) and data.startswith(later, 8))
    return next(found, _OTHER)
