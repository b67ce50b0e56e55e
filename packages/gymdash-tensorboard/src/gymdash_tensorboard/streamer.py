"""The streamer over a folder of event files, and its stats.

Each file is scanned once, from front to back, by all stats of the folder together (`files`). A cursor names, for each
file, the offset behind the last record that was read, so that it is good in any process and while several files grow.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gymdash_core.errors import InvalidCursorError, UnknownStatError
from gymdash_core.stats.stat import StreamableStat, check_limit
from gymdash_core.stats.streamer import Streamer, resolve_kind
from gymdash_tensorboard.cursors import Place, make_cursor, read_cursor
from gymdash_tensorboard.files import EventFile
from gymdash_tensorboard.names import Source, find_files, folder_of, name_stats, reading_order

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gymdash_core.stats.kinds import StatPoint
    from gymdash_tensorboard.records import Damage

ALL = "*"


class TensorboardStreamer(Streamer):
    """The stats in the event files of a folder and of the folders in it.

    The files of one folder are one curve for each tag, in the order of their creation, which is in their names. Where
    several folders have a tag of the same kind, the first keeps it as its key, and the others have their folder in
    front (`names`). A torn tail is read when it is whole; damage is skipped, logged, and listed in `damages`. A file
    that was cut or replaced is read anew, and cursors into it are refused.

    Args:
        tb_path: The folder; need not exist yet.
        tag_key_map: Keys to read for each kind (the original: tag), such as ``{"scalars": ["loss"]}``; ``"*"`` stands
            for all keys of a kind, None for all of every kind. It chooses tags, in every folder that has them.
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
        self._files: dict[str, EventFile] = {}  # in the order of reading
        self._stats: dict[tuple[str, str], Source] = {}

    def get_stat_keys(self) -> list[tuple[str, str]]:
        """Return key and kind of each stat that is there now, plain tags first."""
        self.refresh()
        with self._lock:
            return list(self._stats)

    def stat(self, key: str, kind: str | None = None) -> TensorboardStreamableStat:
        """Return a stat; see `Streamer.stat`."""
        return TensorboardStreamableStat(self, key, resolve_kind(self.get_stat_keys(), key, kind))

    def refresh(self) -> None:
        """Look for new files, and read what is new in all of them."""
        with self._lock:
            found = {
                name: EventFile(path, self._wants) for name, path in find_files(self.tb_path) if name not in self._files
            }
            if found:
                files = self._files | found
                self._files = {name: files[name] for name in sorted(files, key=reading_order)}
            changed = [file.update() for file in self._files.values()]
            if any(changed):
                self._stats = self._named()

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
            told = {name: file.fault() for name, file in self._files.items()}
        return [f"{name}: {fault}" for name, fault in told.items() if fault]

    def _wants(self, kind: str, key: str) -> bool:
        if self._map is None:
            return True
        keys = self._map.get(kind, ())
        return key in keys or ALL in keys

    def _named(self) -> dict[tuple[str, str], Source]:
        """Return where each stat is found."""
        begins: dict[tuple[str, str], dict[str, float]] = {}
        for name, file in self._files.items():
            for pair, columns in file.columns.items():
                begins.setdefault(pair, {}).setdefault(folder_of(name), columns.times[0])
        return name_stats(begins)

    def _read(self, key: str, kind: str, places: dict[str, Place], limit: int | None) -> list[StatPoint]:
        """Return points behind some places, and move the places behind them.

        Raises:
            InvalidCursorError: A place is in a file that is none of the stat's, or in another of that name.
            UnknownStatError: There is no such stat any more.
        """
        with self._lock:
            self.refresh()
            source = self._stats.get((key, kind))
            if source is None:
                raise UnknownStatError(key, known={name for name, _ in self._stats})
            for name in places:
                if folder_of(name) != source.folder:
                    raise InvalidCursorError(name)
            points: list[StatPoint] = []
            for name, file in self._files.items():
                left = None if limit is None else limit - len(points)
                if left == 0:
                    break
                if folder_of(name) == source.folder:
                    found, behind = file.points(source.tag, kind, places.get(name, Place()), left)
                    points += found
                    if behind.offset or behind.skip:
                        places[name] = behind
            return points


class TensorboardStreamableStat(StreamableStat):
    """A tag of the event files of a folder.

    Images and audio have the bytes of the file as their value, one point for each of a batch; text is a text,
    histograms are the JSON of a `HistogramPoint`.

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
        places = read_cursor(cursor)
        points = self._streamer._read(self.key, self.kind, places, limit)
        return points, make_cursor(places)
