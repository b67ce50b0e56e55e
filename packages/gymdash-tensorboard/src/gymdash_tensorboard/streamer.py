"""The streamer over a folder of event files, and its stats.

Each file is scanned once, from front to back, by all stats of the folder together (`files`). A cursor names, for each
file, the offset behind the last record that was read, so that it is good in any process and while several files grow.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from gymdash_core.errors import InvalidCursorError
from gymdash_core.stats.stat import StreamableStat, check_limit
from gymdash_core.stats.streamer import Streamer, resolve_kind
from gymdash_tensorboard.files import EventFile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gymdash_core.stats.kinds import StatPoint
    from gymdash_tensorboard.records import Damage

ALL = "*"
_MARK = "tfevents"


class TensorboardStreamer(Streamer):
    """The stats in the event files of a folder and of the folders in it.

    Files are read in the order of folder and time of creation, which is in their names. A torn tail is read when it is
    whole; damage is skipped, logged, and listed in `damages`.

    Args:
        tb_path: The folder; need not exist yet.
        tag_key_map: Keys to read for each kind (the original: tag), such as ``{"scalars": ["loss"]}``; ``"*"`` stands
            for all keys of a kind, None for all of every kind.
        streamer_name: Unique in the simulation; made from the folder by default.

    Thread safety: any thread; reading is serialised.
    """

    def __init__(
        self,
        tb_path: str | os.PathLike[str],
        tag_key_map: Mapping[str, Sequence[str]] | None = None,
        streamer_name: str | None = None,
    ) -> None:
        super().__init__(streamer_name or f"tb:{os.fspath(tb_path)}")
        self.tb_path = Path(tb_path)
        self._map = None if tag_key_map is None else {kind: list(keys) for kind, keys in tag_key_map.items()}
        self._lock = threading.RLock()
        self._files: dict[str, EventFile] = {}

    def get_stat_keys(self) -> list[tuple[str, str]]:
        """Return key and kind of each stat that is there now, in the order in which they came."""
        self.refresh()
        with self._lock:
            return list(dict.fromkeys(pair for file in self._files.values() for pair in file.columns))

    def stat(self, key: str, kind: str | None = None) -> TensorboardStreamableStat:
        """Return a stat; see `Streamer.stat`."""
        return TensorboardStreamableStat(self, key, resolve_kind(self.get_stat_keys(), key, kind))

    def refresh(self) -> None:
        """Look for new files, and read what is new in all of them."""
        with self._lock:
            for name, path in self._found():
                if name not in self._files:
                    self._files[name] = EventFile(path)
            for file in self._files.values():
                file.update(self._wants)

    def spec(self) -> tuple[str, str, dict[str, Any]]:
        """Return what rebuilds the streamer in another process; see `Streamer.spec`."""
        options = {} if self._map is None else {"tag_key_map": self._map}
        return "tensorboard", str(self.tb_path), options

    @property
    def damages(self) -> dict[str, list[Damage]]:
        """What was skipped in each file that has damage, by its name in the folder."""
        with self._lock:
            return {name: list(file.reader.damages) for name, file in self._files.items() if file.reader.damages}

    def faults(self) -> list[str]:
        """Return what cannot be read of each file, where nobody writes any more; see `Streamer.faults`."""
        with self._lock:
            self.refresh()
            told = {name: file.fault() for name, file in self._ordered()}
        return [f"{name}: {fault}" for name, fault in told.items() if fault]

    def _wants(self, kind: str, key: str) -> bool:
        if self._map is None:
            return True
        keys = self._map.get(kind, ())
        return key in keys or ALL in keys

    def _found(self) -> list[tuple[str, Path]]:
        """Return the event files by their names in the folder, in the order of reading."""
        found = []
        for folder, _, names in os.walk(self.tb_path):
            for name in names:
                if _MARK in name:
                    path = Path(folder, name)
                    found.append((path.relative_to(self.tb_path).as_posix(), path))
        return sorted(found, key=lambda item: (item[1].parent.as_posix(), _created(item[1].name), item[1].name))

    def _ordered(self) -> list[tuple[str, EventFile]]:
        order = {name: place for place, (name, _) in enumerate(self._found())}
        return sorted(self._files.items(), key=lambda item: order.get(item[0], len(order)))

    def _read(self, key: str, kind: str, offsets: dict[str, int], limit: int | None) -> list[StatPoint]:
        """Return points behind some offsets, and move the offsets behind them."""
        with self._lock:
            self.refresh()
            points: list[StatPoint] = []
            for name, file in self._ordered():
                left = None if limit is None else limit - len(points)
                if left == 0:
                    break
                found, behind = file.points(key, kind, offsets.get(name, 0), left)
                points += found
                if behind:
                    offsets[name] = behind
            return points


class TensorboardStreamableStat(StreamableStat):
    """A tag of the event files of a folder.

    Images and audio have the bytes of the file as their value, text is a text, histograms are the JSON of a
    `HistogramPoint`.

    Args:
        streamer: The streamer that found it.
        key: Its tag.
        kind: Its kind.
    """

    def __init__(self, streamer: TensorboardStreamer, key: str, kind: str) -> None:
        super().__init__(key, kind)
        self._streamer = streamer

    def read(self, cursor: str | None = None, limit: int | None = None) -> tuple[list[StatPoint], str]:
        """Return the points behind a cursor; see `StreamableStat.read`."""
        check_limit(limit)
        offsets = _offsets(cursor)
        points = self._streamer._read(self.key, self.kind, offsets, limit)
        return points, "|".join(f"{quote(name)}={offset}" for name, offset in sorted(offsets.items()))


def _created(name: str) -> float:
    """Return the time in the name of an event file, 0 where there is none."""
    number = name.partition(f"{_MARK}.")[2].partition(".")[0]
    return float(number) if number.isdigit() else 0.0


def _offsets(cursor: str | None) -> dict[str, int]:
    """Return the offsets of a cursor.

    Raises:
        InvalidCursorError: It is none of ours.
    """
    found: dict[str, int] = {}
    for part in (cursor or "").split("|") if cursor else ():
        name, equals, number = part.rpartition("=")
        if not equals or not (number.isascii() and number.isdigit()):
            raise InvalidCursorError(str(cursor))
        found[unquote(name)] = int(number)
    return found
