"""Media files that a simulation, or a library that it uses, writes by itself: found by name and linked to a stat.

A `MediaFileStatLinker` looks into folders when it is refreshed. The worker refreshes it every second and at the end of
a run, and writes what it finds into ``media.jsonl`` (`stats.manifest`), from which everybody else reads. So a step
function may be a lambda: it never leaves the worker.
"""

from __future__ import annotations

import logging
import os
import re
import threading
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING

from gymdash_core.errors import StatError
from gymdash_core.stats.kinds import StatPoint
from gymdash_core.stats.media_format import is_whole
from gymdash_core.stats.stat import StreamableStat, check_limit, parse_offset
from gymdash_core.stats.streamer import Streamer, resolve_kind
from gymdash_core.stats.values import step_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class MediaFile:
    """A file with one content: overwriting makes another.

    Attributes:
        path: The file, absolute.
        size: Size in bytes.
        mtime_ns: Time of the last change, nanoseconds since the epoch.
    """

    path: Path
    size: int
    mtime_ns: int

    @classmethod
    def of(cls, path: Path) -> MediaFile:
        """Return a file as it is now.

        Raises:
            FileNotFoundError: There is nothing, or something that is no file.
            OSError: It cannot be looked at.
        """
        found = path.stat()
        if not S_ISREG(found.st_mode):
            raise FileNotFoundError(f"{path} is no file")
        return cls(path, found.st_size, found.st_mtime_ns)

    @classmethod
    def all_in(cls, folder: Path, regex: re.Pattern[str] | None = None) -> list[MediaFile]:
        """Return the files of a folder that have a content and no leading dot; none where there is no folder.

        Args:
            folder: The folder.
            regex: Matches the names whole; None takes all.

        Raises:
            OSError: It cannot be looked into.
        """
        try:
            paths = [path for path in folder.iterdir() if not path.name.startswith(".")]
        except (FileNotFoundError, NotADirectoryError):
            return []
        named = paths if regex is None else [path for path in paths if regex.fullmatch(path.name)]
        return [file for file in map(_regular, named) if file is not None]

    @property
    def wall_time(self) -> float:
        """Time of the last change, seconds since the epoch."""
        return self.mtime_ns / 1e9


class MediaLinkStreamableStat(StreamableStat):
    """Media files of one folder as the points of a stat.

    A file counts once it is complete: it has the same size and time at two refreshes in a row. An overwritten file is
    a new point. Points carry the absolute path; the cursor counts them.

    Thread safety: `refresh` and `read` may be called from any thread.

    Args:
        key: Name of the stat, for example ``"episode_video"``.
        tag: Its kind, for example ``stat_tags.VIDEOS``.
        folder: Folder to look in, not into its subfolders; need not exist yet.
        regex: Pattern that a file's name matches whole. Names that begin with a dot never count.
        step_fn: Returns the step from the file's name; None takes the pattern's group ``(?P<step>...)``.

    Raises:
        StatError: The pattern is no regular expression, or there is neither `step_fn` nor the group.

    Example:
        >>> stat = MediaLinkStreamableStat("frame", "images", "frames", r"frame-(?P<step>[0-9]+)[.]png")
        >>> stat.step_of("frame-12.png")
        12
    """

    def __init__(
        self,
        key: str,
        tag: str,
        folder: str | os.PathLike[str],
        regex: str,
        step_fn: Callable[[str], int] | None = None,
    ) -> None:
        super().__init__(key, tag)
        self.folder = Path(os.path.abspath(folder))  # noqa: PTH100 - resolve() would follow links
        try:
            self._regex = re.compile(regex)
        except re.error as error:
            raise StatError(f"media stat {key!r}: {regex!r} is no regular expression: {error}") from error
        if step_fn is None and "step" not in self._regex.groupindex:
            remedy = "Pass step_fn, or put (?P<step>[0-9]+) around the number in the pattern."
            raise StatError(f"media stat {key!r} cannot tell the step of a file", remedy)
        self._step_fn = step_fn
        self._lock = threading.Lock()
        self._seen: dict[Path, MediaFile] = {}
        self._linked: dict[Path, tuple[MediaFile, int]] = {}
        self._refused: set[str] = set()
        self._points: list[StatPoint] = []

    def step_of(self, name: str) -> int | None:
        """Return the step of a file by its name, or None where the file is no point of this stat."""
        match = None if name.startswith(".") else self._regex.fullmatch(name)
        if match is None:
            return None
        try:
            return step_value(int(match["step"]) if self._step_fn is None else self._step_fn(name), self.key)
        except Exception:  # the user's function
            if name not in self._refused:
                self._refused.add(name)
                logger.warning("media stat %r: no step for %r; the file is left out", self.key, name, exc_info=True)
            return None

    def refresh(self, *, final: bool = False, only_whole: bool = False) -> None:
        """Look into the folder once more.

        Args:
            final: Nobody writes any more: files count at once.
            only_whole: With `final`, count only files that their format says were written to their end; for a run
                that was killed.
        """
        with self._lock:
            found = self._scan()
            if found is None:
                return
            self._linked = {path: link for path, link in self._linked.items() if found.get(path) == link[0]}
            complete = [
                file
                for path, file in found.items()
                if path not in self._linked
                and (self._seen.get(path) == file or final)
                and (not only_whole or is_whole(path))
            ]
            self._seen = found
            for file in sorted(complete, key=lambda file: (file.mtime_ns, file.path.name)):
                self._link(file)

    def _scan(self) -> dict[Path, MediaFile] | None:
        try:
            files = MediaFile.all_in(self.folder, self._regex)
        except OSError as error:
            logger.warning("media stat %r: cannot look into %s: %s", self.key, self.folder, error)
            return None
        return {file.path: file for file in files}

    def _link(self, file: MediaFile) -> None:
        step = self.step_of(file.path.name)
        if step is not None:
            self._linked[file.path] = (file, step)
            self._points.append(StatPoint(step, file.wall_time, path=str(file.path)))

    def files(self) -> list[tuple[MediaFile, int]]:
        """Return the complete files that are still there, with their steps, in the order in which they came."""
        with self._lock:
            return list(self._linked.values())

    def read(self, cursor: str | None = None, limit: int | None = None) -> tuple[list[StatPoint], str]:
        """Return the points behind a cursor; see `StreamableStat.read`. Looks for no new files: `refresh` does."""
        start = parse_offset(cursor)
        with self._lock:
            found = self._points[start:][: check_limit(limit)]
        return found, str(start + len(found))


class MediaFileStatLinker(Streamer):
    """Links media files to stats.

    Thread safety: all methods may be called from any thread.

    Args:
        streamer_name: Unique in the simulation, for example ``"media"``.
        stats: The stats, each with its folder and pattern.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = Path(folder, "episode-3_900.mp4").write_bytes(b"...")
        ...     linker = MediaFileStatLinker("media", [
        ...         MediaLinkStreamableStat(
        ...             "episode_video", "videos", folder, r"episode-[0-9]+_[0-9]+[.]mp4",
        ...             lambda name: int(name.split("_")[-1][:-4]),
        ...         )
        ...     ])
        ...     linker.refresh(final=True)
        ...     [point.step for point in linker.stat("episode_video").get_values()]
        [900]
    """

    def __init__(self, streamer_name: str, stats: Iterable[MediaLinkStreamableStat]) -> None:
        super().__init__(streamer_name)
        self.stats = tuple(stats)

    def get_stat_keys(self) -> list[tuple[str, str]]:
        """Return key and kind of each linked stat, also of those without files."""
        return [(stat.key, stat.kind) for stat in self.stats]

    def stat(self, key: str, kind: str | None = None) -> MediaLinkStreamableStat:
        """Return a linked stat; see `Streamer.stat`."""
        found_kind = resolve_kind(self.get_stat_keys(), key, kind)
        return next(stat for stat in self.stats if (stat.key, stat.kind) == (key, found_kind))

    def refresh(self, *, final: bool = False, only_whole: bool = False) -> None:
        """Look into all folders once more; see `MediaLinkStreamableStat.refresh`."""
        for stat in self.stats:
            stat.refresh(final=final, only_whole=only_whole)


def _regular(path: Path) -> MediaFile | None:
    """Return a file that has a content, or None."""
    try:
        file = MediaFile.of(path)
    except OSError:
        return None
    return file if file.size else None
