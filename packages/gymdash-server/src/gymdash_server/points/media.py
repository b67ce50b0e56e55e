"""Media of a run: ids instead of paths, types from names, and files that are proven to lie inside the run."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gymdash_core.stats.media_index import media_id, read_media
from gymdash_server.errors import NoSuchItemError

if TYPE_CHECKING:
    from pathlib import Path

    from gymdash_core.project import RunFolder
    from gymdash_core.stats.media_index import MediaEntry

#: What a browser may show in the page; anything else is sent as an attachment.
_SHOWN = ("image/", "video/", "audio/")
_UNSAFE = frozenset({"image/svg+xml"})
_KNOWN = {".webp": "image/webp", ".webm": "video/webm", ".mp4": "video/mp4", ".wav": "audio/wav", ".ogg": "audio/ogg"}


@dataclass(frozen=True)
class MediaFile:
    """A file that may be sent.

    Attributes:
        id: Its id: path, size and time in one.
        path: The file.
        media_type: MIME type by its name.
    """

    id: str
    path: Path
    media_type: str

    @property
    def is_shown(self) -> bool:
        """Whether a browser may show it."""
        return self.media_type.startswith(_SHOWN) and self.media_type not in _UNSAFE


def media_json(entry: MediaEntry) -> dict[str, Any]:
    """Return what the index of points keeps of a media file."""
    return {"id": entry.id, "media_type": type_of(entry.path), "size": entry.size, "outside": entry.outside}


def type_of(name: str) -> str:
    """Return the MIME type that a file's name tells."""
    suffix = "." + name.rpartition(".")[2].lower()
    return _KNOWN.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"


def media_url(run_id: str, identity: str) -> str:
    """Return the address of a media file, from ``/api/v1/`` on."""
    return f"/api/v1/simulations/{run_id}/media/{identity}"


def question_media(run: RunFolder, paths: list[str]) -> list[dict[str, Any]]:
    """Return the files that a question shows, as JSON objects with ``url``; those that are not there are left out."""
    found = []
    for path in paths:
        file = _inside(run, path)
        if file is not None:
            status = file.stat()
            identity = media_id(path, status.st_size, status.st_mtime_ns)
            found.append(
                {"url": media_url(run.id, identity), "media_type": type_of(path), "size": status.st_size, "path": path}
            )
    return found


def find_media(run: RunFolder, identity: str, more: list[str]) -> MediaFile:
    """Return a media file of a run.

    Args:
        run: The run.
        identity: The file's id.
        more: Paths of files that are not in the run's own index: of its questions, of plugins' streamers.

    Raises:
        NoSuchItemError: The run has no such file, it has changed since, or it lies outside the run.
    """
    indexed = (added for _, added, _ in read_media(run) if added is not None and added.id == identity)
    paths = [entry.path for entry in indexed if not entry.outside]
    for path in dict.fromkeys([*paths, *more]):
        file = _inside(run, path)
        if file is not None:
            status = file.stat()
            if media_id(path, status.st_size, status.st_mtime_ns) == identity:
                return MediaFile(identity, file, type_of(path))
    raise NoSuchItemError("media file", identity)


def is_inside(run: RunFolder, path: Path) -> bool:
    """Return whether a path of a run, links followed, stays inside of it; also where nothing is there yet."""
    try:
        return path.resolve().is_relative_to(run.path.resolve())
    except (OSError, RuntimeError):
        return False


def _inside(run: RunFolder, path: str) -> Path | None:
    """Return a file of a run, links followed, or None where it is none or lies elsewhere."""
    try:
        file, root = (run.path / path).resolve(strict=True), run.path.resolve(strict=True)
    except (OSError, RuntimeError, ValueError):
        return None
    return file if file.is_relative_to(root) and file.is_file() else None
