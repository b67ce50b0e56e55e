"""Media of a run: ids instead of paths, types from names, and files that are proven to lie inside the run."""

from __future__ import annotations

import mimetypes
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gymdash_core.stats.media_index import media_id, read_media
from gymdash_server.errors import NoSuchItemError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from gymdash_core.project import RunFolder
    from gymdash_core.stats.media_index import MediaEntry
    from gymdash_server.points.model import Shown

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
    known = {"id": entry.id, "media_type": type_of(entry.path), "size": entry.size, "outside": entry.outside}
    return known | {"path": entry.path}


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


class MediaPaths:
    """The paths of the media files that points show, by their ids; each point is looked at once.

    Thread safety: all methods may be called from any thread.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._paths: dict[str, str] = {}
        self._seen: dict[str, int] = {}

    def find(self, identity: str, stats: Iterable[Shown]) -> str | None:
        """Return the path of a file, or None.

        Args:
            identity: The file's id.
            stats: The stats of the run as they are now.
        """
        with self._lock:
            if identity not in self._paths:
                for stat in stats:
                    self._look_at(stat)
            return self._paths.get(identity)

    def _look_at(self, stat: Shown) -> None:
        entry = stat.entry
        seen = self._seen.get(entry.series, 0)
        if not entry.media or seen >= entry.count or not stat.file.is_whole():
            return
        for file in stat.file.read(seen, entry.count).value:
            if isinstance(file, dict) and "path" in file:
                self._paths[str(file.get("id"))] = str(file["path"])
        self._seen[entry.series] = entry.count


def recorded_paths(run: RunFolder, identity: str) -> Iterator[str]:
    """Yield the paths that the run's own index gives a media file; it is read to its end for that."""
    for _, added, _ in read_media(run):
        if added is not None and added.id == identity and not added.outside:
            yield added.path


def find_media(run: RunFolder, identity: str, paths: Iterable[str | None]) -> MediaFile:
    """Return a media file of a run.

    Args:
        run: The run.
        identity: The file's id.
        paths: Where it may be, the likeliest first; asked for one by one, and None is none.

    Raises:
        NoSuchItemError: It is in none of these places, it has changed since, or it lies outside the run.
    """
    for path in paths:
        file = None if path is None else _inside(run, path)
        if path is not None and file is not None:
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
