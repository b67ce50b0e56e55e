"""File-backed series: what `Simulation.log` writes, and the readers over it.

One append-only file per stat, ``stats/<kind>/<key>.jsonl``. Its first line is a header that names key and kind; each
further line is one point. A point is one write straight to the file, so nothing that was logged is lost to a kill, and
a reader sees it at once. A torn last line is left alone until it is whole; a broken line in the middle is skipped.

::

    {"format":"gymdash-series","version":1,"key":"loss","kind":"scalars"}
    {"step":1,"wall_time":1700000000.1,"attempt":1,"value":0.5}
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gymdash_core.errors import InvalidCursorError, StatWriteError
from gymdash_core.journal import open_for_append, write_all
from gymdash_core.stat_tags import SCALARS
from gymdash_core.stats.filenames import quote_name, unquote_name
from gymdash_core.stats.kinds import StatPoint
from gymdash_core.stats.stat import StreamableStat, check_limit, parse_offset
from gymdash_core.stats.streamer import Streamer, resolve_kind
from gymdash_core.stats.values import MAX_STEP, float_text, json_text, key_value, scalar_value, step_value

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from gymdash_core.project import RunFolder

FORMAT = "gymdash-series"
_SUFFIX = ".jsonl"
_HEADER_BYTES = 1 << 16
_MAX_OPEN = 64
_SETTLED_S = 2.0
_NON_FINITE = frozenset({"NaN", "Infinity", "-Infinity"})


class SeriesWriter:
    """Append points to the series of a run.

    Thread safety: all methods may be called from any thread; one process writes.

    Args:
        run: The run's files.
        attempt: Number of the attempt; stamped on each point.
        shield: Entered around the lock and the write, so that no signal unwinds inside; None needs none.
    """

    def __init__(self, run: RunFolder, attempt: int = 1, shield: AbstractContextManager[Any] | None = None) -> None:
        self._folder = run.stats
        self._attempt = attempt
        self._shield = contextlib.nullcontext() if shield is None else shield
        self._lock = threading.Lock()
        self._files: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._begun: dict[tuple[str, str], str] = {}  # paths of files that need no look before they are written

    def scalar(self, key: str, value: Any, step: int, wall_time: float | None = None) -> None:
        """Append a number; it is in the file when this returns.

        Args:
            key: Name of the stat.
            value: A Python number, or an object that holds one; NaN and infinities are kept.
            step: Step of the simulation, an integer of up to 64 bits.
            wall_time: Seconds since the epoch; None is now.

        Raises:
            InvalidValueError: Value or step are refused.
            StatWriteError: The disk is full or read-only.
        """
        if type(value) is not float:
            value = scalar_value(value, key)
        text = repr(value) if value - value == 0.0 else float_text(value)
        self._append(SCALARS, key, text, step, wall_time)

    def scalars(self, values: Mapping[str, Any], step: int) -> None:
        """Append one number to each of several stats, at the same time.

        Raises:
            InvalidValueError: Step or a value are refused; the values before it were written.
            StatWriteError: The disk is full or read-only.
        """
        now = time.time()
        for key, value in values.items():
            self.scalar(key, value, step, now)

    def write(self, kind: str, key: str, value: Any, step: int, wall_time: float | None = None) -> None:
        """Append a point of any kind whose points are no files.

        Args:
            kind: Name of the kind.
            key: Name of the stat.
            value: JSON or a pydantic model; a number for ``scalars``. Non-finite floats inside become the strings
                ``"NaN"``, ``"Infinity"`` and ``"-Infinity"``.
            step: Step of the simulation, an integer of up to 64 bits.
            wall_time: Seconds since the epoch; None is now.

        Raises:
            InvalidValueError: Kind, key, value or step are refused.
            StatWriteError: The disk is full or read-only.
        """
        if kind == SCALARS:
            self.scalar(key, value, step, wall_time)
        else:
            self._append(kind, key, json_text(value, key), step, wall_time)

    def close(self) -> None:
        """Close all files; a later point opens its file again."""
        with self._shield, self._lock:
            self._begun.clear()
            while self._files:
                os.close(self._files.popitem()[1])

    def _append(self, kind: str, key: str, value: str, step: int, wall_time: float | None) -> None:
        if type(step) is not int or not -MAX_STEP <= step <= MAX_STEP:
            step = step_value(step, key)
        now = time.time() if wall_time is None else float(wall_time)
        line = f'{{"step":{step},"wall_time":{now!r},"attempt":{self._attempt},"value":{value}}}\n'
        data = line.encode("utf-8", "surrogatepass")
        pair = (kind, key)
        with self._shield, self._lock:
            try:
                descriptor = self._files.get(pair)
                if descriptor is None:
                    descriptor = self._open(kind, key)
                else:
                    self._files.move_to_end(pair)
                written = os.write(descriptor, data)
                if written != len(data):
                    write_all(descriptor, data[written:])
            except OSError as error:
                self._drop(pair)
                raise StatWriteError(self._path(kind, key), error.strerror or str(error)) from error

    def _path(self, kind: str, key: str) -> Path:
        return self._folder / quote_name(kind) / (quote_name(key) + _SUFFIX)

    def _open(self, kind: str, key: str) -> int:
        if len(self._files) >= _MAX_OPEN:
            os.close(self._files.popitem(last=False)[1])
        descriptor = self._open_again(kind, key)
        self._files[kind, key] = self._begin(kind, key) if descriptor is None else descriptor
        return self._files[kind, key]

    def _open_again(self, kind: str, key: str) -> int | None:
        """Open a file that was closed only since others were written: where there are many stats, each time."""
        path = self._begun.get((kind, key))
        with contextlib.suppress(FileNotFoundError):
            return None if path is None else os.open(path, os.O_WRONLY | os.O_APPEND | getattr(os, "O_CLOEXEC", 0))
        return None

    def _begin(self, kind: str, key: str) -> int:
        key_value(key)
        key_value(kind)
        path = self._path(kind, key)
        for folder in (self._folder, path.parent):
            folder.mkdir(exist_ok=True)
        descriptor = open_for_append(path)
        try:
            if _read_header(path) is None:
                header = {"format": FORMAT, "version": 1, "key": key, "kind": kind}
                write_all(descriptor, (json.dumps(header, separators=(",", ":")) + "\n").encode())
        except BaseException:
            os.close(descriptor)
            raise
        self._begun[kind, key] = str(path)
        return descriptor

    def _drop(self, pair: tuple[str, str]) -> None:
        # A torn line may be in the file: opening it again closes the line first.
        self._begun.pop(pair, None)
        descriptor = self._files.pop(pair, None)
        if descriptor is not None:
            os.close(descriptor)


class SeriesStat(StreamableStat):
    """A series that `SeriesWriter` wrote; the cursor is a byte offset.

    Args:
        path: The file; need not exist yet.
        key: Name of the stat.
        kind: Its kind.
    """

    def __init__(self, path: Path, key: str, kind: str) -> None:
        super().__init__(key, kind)
        self.path = path

    def read(self, cursor: str | None = None, limit: int | None = None) -> tuple[list[StatPoint], str]:
        """Return the points behind a cursor; see `StreamableStat.read`."""
        offset = parse_offset(cursor)
        check_limit(limit)
        points: list[StatPoint] = []
        try:
            file = self.path.open("rb")
        except (FileNotFoundError, NotADirectoryError):
            return points, str(offset)
        with file:
            seek_line(file, offset)
            for line in file:
                if len(points) == limit or not line.endswith(b"\n"):
                    break
                offset += len(line)
                point = self._parse(line)
                if point is not None:
                    points.append(point)
        return points, str(offset)

    def _parse(self, line: bytes) -> StatPoint | None:
        try:
            data = json.loads(line.decode("utf-8", "surrogatepass"))
            step, wall_time, value, attempt = data["step"], data["wall_time"], data["value"], data.get("attempt", 1)
            if type(step) is not int or type(attempt) is not int or type(wall_time) not in {int, float}:
                return None
            if self.kind == SCALARS:
                value = _to_float(value)
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
            return None
        return StatPoint(step, float(wall_time), value, attempt)


class SeriesStreamer(Streamer):
    """All series of a run.

    Args:
        folder: The run's ``stats`` folder; need not exist yet.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        super().__init__("series")
        self.folder = Path(folder)
        self._headers: dict[Path, tuple[str, str]] = {}
        self._seen: tuple[tuple[str, int], ...] = ()
        self._known: dict[tuple[str, str], Path] = {}

    def stats(self) -> dict[tuple[str, str], SeriesStat]:
        """Return all series that are there now by key and kind, from one look at the folder."""
        return {(key, kind): SeriesStat(path, key, kind) for (key, kind), path in self._paths().items()}

    def get_stat_keys(self) -> list[tuple[str, str]]:
        """Return key and kind of each series that is there now, sorted by file."""
        return list(self._paths())

    def stat(self, key: str, kind: str | None = None) -> SeriesStat:
        """Return a series; see `Streamer.stat`."""
        paths = self._paths()
        found_kind = resolve_kind(paths, key, kind)
        return SeriesStat(paths[key, found_kind], key, found_kind)

    def _paths(self) -> dict[tuple[str, str], Path]:
        """Return the file of each series; the folders are read again only where one of them has changed."""
        seen = _folder_times(self.folder)
        if not seen or seen != self._seen:
            self._known = self._find()
            self._seen = seen
        return self._known

    def _find(self) -> dict[tuple[str, str], Path]:
        found: dict[tuple[str, str], Path] = {}
        for path in sorted(self.folder.glob(f"*/*{_SUFFIX}")):
            names = self._headers.get(path) or _read_header(path)
            if names is None:  # its first line is still to come
                names = _names_of(path)
            else:
                self._headers[path] = names
            if names is not None:
                found.setdefault(names, path)
        return found


def _folder_times(folder: Path) -> tuple[tuple[str, int], ...]:
    """Return when each folder of series last got or lost a file; nothing where that was just now.

    Clocks of file systems are coarse: a file may come within the same instant behind a look, so a change that is
    younger than `_SETTLED_S` proves nothing.
    """
    try:
        with os.scandir(folder) as entries:
            places = [folder, *(Path(entry.path) for entry in entries if entry.is_dir())]
        times = tuple(sorted((str(place), place.stat().st_mtime_ns) for place in places))
    except OSError:
        return ()
    newest = max(time_ns for _, time_ns in times)
    return times if abs(time.time_ns() - newest) > _SETTLED_S * 1e9 else ()


def seek_line(file: Any, offset: int) -> None:
    """Go to an offset in a line file.

    Raises:
        InvalidCursorError: No line begins there.
    """
    if offset:
        file.seek(offset - 1)
        if file.read(1) != b"\n":
            raise InvalidCursorError(str(offset))


def _to_float(value: object) -> float:
    if type(value) in {int, float} or value in _NON_FINITE:
        return float(value)  # type: ignore[arg-type] # a number, or the name of one
    raise ValueError(f"{value!r} is no number")


def _read_header(path: Path) -> tuple[str, str] | None:
    """Return key and kind from the first header; behind a torn one comes a whole one."""
    try:
        with path.open("rb") as file:
            lines = file.read(_HEADER_BYTES).splitlines()
    except OSError:
        return None
    for line in lines:
        with contextlib.suppress(ValueError, KeyError, RecursionError):
            data = json.loads(line)
            if isinstance(data, dict) and data.get("format") == FORMAT:
                return str(data["key"]), str(data["kind"])
    return None


def _names_of(path: Path) -> tuple[str, str] | None:
    key, kind = unquote_name(path.name.removesuffix(_SUFFIX)), unquote_name(path.parent.name)
    return (key, kind) if key and kind else None
