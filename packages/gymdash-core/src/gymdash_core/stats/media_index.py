"""The index of a run's media files, ``media.jsonl``, and the readers over it.

One line for each file that became a point, and one for each that is gone or was overwritten. Paths are relative to the
run directory, with ``/``, so that a project can be moved. `stats.manifest` writes it.

::

    {"event":"added","id":"5f0c..","key":"video","kind":"videos","path":"videos/a.mp4","step":900,"wall_time":1.7e9,
     "attempt":1,"size":31415,"mtime_ns":1700000000000000000,"streamer":"media","outside":false}
    {"event":"gone","id":"5f0c.."}
    {"event":"indexed","attempt":1}
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gymdash_core.journal import read_lines
from gymdash_core.stats.kinds import StatPoint
from gymdash_core.stats.series import seek_line
from gymdash_core.stats.stat import StreamableStat, check_limit, parse_offset
from gymdash_core.stats.streamer import Streamer, resolve_kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gymdash_core.project import RunFolder

_ID_DIGITS = 32
_FIELD_TYPES = {"str": str, "int": int, "float": (int, float), "bool": bool}


@dataclass(frozen=True)
class MediaEntry:
    """One media file as a point of a stat.

    Attributes:
        id: Id of the file with this content.
        key: Name of the stat.
        kind: Its kind.
        path: Relative to the run directory with ``/``; absolute where `outside`.
        step: Step of the simulation.
        wall_time: Seconds since the epoch.
        attempt: Attempt that produced it.
        size: Size in bytes.
        mtime_ns: Time of the last change, nanoseconds since the epoch.
        streamer: Name of the linker that found it; empty where it was logged.
        outside: It lies outside the run directory; such a file is not served.
    """

    id: str
    key: str
    kind: str
    path: str
    step: int
    wall_time: float
    attempt: int
    size: int
    mtime_ns: int
    streamer: str = ""
    outside: bool = False

    @property
    def point(self) -> StatPoint:
        """The entry as a point."""
        return StatPoint(self.step, self.wall_time, None, self.attempt, self.path)

    def as_json(self) -> dict[str, Any]:
        """Return the entry as an ``added`` line."""
        return {"event": "added", **vars(self)}

    @classmethod
    def from_json(cls, line: Mapping[str, Any]) -> MediaEntry | None:
        """Return the entry of an ``added`` line; None for any other line."""
        if line.get("event") != "added":
            return None
        known = {item.name: line[item.name] for item in fields(cls) if item.name in line}
        types = {item.name: _FIELD_TYPES[str(item.type)] for item in fields(cls)}
        if not all(isinstance(value, types[name]) for name, value in known.items()):  # type: ignore[arg-type] # a type or a tuple
            return None
        try:
            return cls(**known)
        except TypeError:
            return None


def media_id(path: str, size: int, mtime_ns: int) -> str:
    """Return the id of a file with one content: 32 hexadecimal digits.

    Args:
        path: As in ``media.jsonl``.
        size: Size in bytes.
        mtime_ns: Time of the last change, nanoseconds since the epoch.
    """
    text = f"{path}\0{size}\0{mtime_ns}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_ID_DIGITS]


def relative_path(run: RunFolder, path: str | os.PathLike[str]) -> tuple[str, bool]:
    """Return a path relative to the run directory, with ``/``, and whether it lies outside.

    A path outside stays absolute. The run directory itself is ``"."``.
    """
    absolute = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow links
    if absolute.is_relative_to(run.path):
        return absolute.relative_to(run.path).as_posix(), False
    real, real_run = Path(os.path.realpath(absolute)), Path(os.path.realpath(run.path))
    if real.is_relative_to(real_run):
        return real.relative_to(real_run).as_posix(), False
    return str(absolute), True


def read_media(run: RunFolder, offset: int = 0) -> Iterator[tuple[int, MediaEntry | None, str | None]]:
    """Yield (offset behind the line, added entry or None, id that is gone or None) for each line of the index."""
    for end, line in read_lines(run.media_index, offset):
        gone = str(line.get("id")) if line.get("event") == "gone" else None
        yield end, MediaEntry.from_json(line), gone


def indexed_attempt(run: RunFolder) -> int:
    """Return the last attempt whose media files were indexed to the end; 0 if none."""
    lines = (line for _, line in read_lines(run.media_index))
    return max((int(line.get("attempt", 0)) for line in lines if line.get("event") == "indexed"), default=0)


class MediaIndexStat(StreamableStat):
    """The media files of one stat, as they were indexed; the cursor is a byte offset in ``media.jsonl``.

    Points of files that are gone are kept: they are part of what happened.

    Args:
        run: The run's files.
        key: Name of the stat.
        kind: Its kind.
    """

    def __init__(self, run: RunFolder, key: str, kind: str) -> None:
        super().__init__(key, kind)
        self._run = run

    def read(self, cursor: str | None = None, limit: int | None = None) -> tuple[list[StatPoint], str]:
        """Return the points behind a cursor, with ``path``; see `StreamableStat.read`."""
        entries, cursor = self.read_entries(cursor, limit)
        return [entry.point for entry in entries], cursor

    def read_entries(self, cursor: str | None = None, limit: int | None = None) -> tuple[list[MediaEntry], str]:
        """Return what `read` returns, as entries of the index.

        Raises:
            InvalidCursorError: The cursor was not made by this stat.
            ValueError: The limit is negative.
        """
        offset = parse_offset(cursor)
        check_limit(limit)
        if offset:
            with self._run.media_index.open("rb") as file:
                seek_line(file, offset)
        entries: list[MediaEntry] = []
        for end, entry, _ in read_media(self._run, offset):
            if len(entries) == limit:
                break
            offset = end
            if entry is not None and (entry.key, entry.kind) == (self.key, self.kind):
                entries.append(entry)
        return entries, str(offset)


class MediaIndexStreamer(Streamer):
    """All media stats of a run, from its index.

    Args:
        run: The run's files.
    """

    def __init__(self, run: RunFolder) -> None:
        super().__init__("media_index")
        self._run = run
        self._offset = 0
        self._keys: dict[tuple[str, str], None] = {}
        self._gone: set[str] = set()

    def refresh(self) -> None:
        """Read what was added to the index."""
        for offset, entry, gone in read_media(self._run, self._offset):
            self._offset = offset
            if entry is not None:
                self._keys[entry.key, entry.kind] = None
                self._gone.discard(entry.id)
            elif gone is not None:
                self._gone.add(gone)

    def get_stat_keys(self) -> list[tuple[str, str]]:
        """Return key and kind of each stat that has media, in the order in which they came."""
        self.refresh()
        return list(self._keys)

    def stat(self, key: str, kind: str | None = None) -> MediaIndexStat:
        """Return a media stat; see `Streamer.stat`."""
        return MediaIndexStat(self._run, key, resolve_kind(self.get_stat_keys(), key, kind))

    def gone(self) -> frozenset[str]:
        """Return the ids of files that are not there any more with the content that was indexed."""
        self.refresh()
        return frozenset(self._gone)
