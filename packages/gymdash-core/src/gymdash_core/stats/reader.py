"""All stats of a run, read from its files, whether the run lives or ended long ago.

Four sources, in this order: the file-backed series, the index of media files, the streamers that ``streams.json`` tells
how to rebuild, and those that the patterns of streamer types attach. No code of the simulation is imported; a streamer
type's target is, and should be light. What cannot be read this way is named in `RunStats.unread`, so that the caller
can ask a helper process.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from gymdash_core.errors import CorruptFileError, InvalidCursorError
from gymdash_core.params import read_params
from gymdash_core.stats.attached import AttachedStreamers
from gymdash_core.stats.attempts import AttemptClock
from gymdash_core.stats.manifest import StreamerEntry, is_media_indexed, read_streams
from gymdash_core.stats.media_index import MediaIndexStreamer, indexed_attempt
from gymdash_core.stats.series import SeriesStreamer
from gymdash_core.stats.stat import StreamableStat
from gymdash_core.stats.streamer import Streamer, resolve_kind
from gymdash_core.targets import load_target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from gymdash_core.project import RunFolder
    from gymdash_core.stats.kinds import StatPoint
    from gymdash_core.types import StreamerType

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class StatSource:
    """Who gives a stat.

    Attributes:
        streamer: Name of the streamer; ``"series"`` and ``"media_index"`` are core's own.
        own: Key and kind of the stat there; of an attached streamer's the run may call it otherwise.
        open: Returns the stat.
        attached: Whether nobody registered the streamer, so that the stat may come to be called otherwise.
    """

    streamer: str
    own: tuple[str, str]
    open: Callable[[], StreamableStat]
    attached: bool = False


class RunStats:
    """Read the stats of a run.

    (key, kind) is unique: of two sources that offer the same pair, the first has it, and what an attached streamer has
    is called otherwise; see `naming`.

    Thread safety: one thread at a time.

    Args:
        run: The run's files.
        streamer_types: The registered streamer types by name.
        load_target: Returns the class that an import string names, ``"package.module:Class"``.
    """

    def __init__(
        self,
        run: RunFolder,
        streamer_types: Mapping[str, StreamerType],
        load_target: Callable[[str], type] = load_target,
    ) -> None:
        self._run = run
        self._types = streamer_types
        self._load_target = load_target
        self._clock = AttemptClock(run)
        self._series = SeriesStreamer(run.stats)
        self.media = MediaIndexStreamer(run)
        self._entries: list[StreamerEntry] | None = None
        self._rebuilt: dict[str, tuple[StreamerEntry, Streamer]] = {}
        self._attached = AttachedStreamers(run, streamer_types, self._attach)
        self._problems: dict[str, str] = {}

    def refresh(self, *, thorough: bool = True) -> None:
        """Read ``streams.json`` again, rebuild streamers that are new in it, and let all look for new files.

        Args:
            thorough: Search the run's folder for files that only the patterns of streamer types know; otherwise that is
                done about once a second.
        """
        self._problems = {}
        self._entries = self._read_entries()
        for entry in self._entries or ():
            if not entry.is_media:
                self._guard(entry.name, lambda entry=entry: self._refresh_one(entry))  # type: ignore[misc] # bound now
        self._attached.refresh(self._entries or (), thorough=thorough)

    @property
    def unread(self) -> list[str]:
        """Names of the streamers whose points cannot be read here; ``"streams.json"`` where the file is missing.

        Ask a helper process for them, which runs the simulation's ``_create_streamers``.
        """
        return list(self.problems)

    @property
    def problems(self) -> dict[str, str]:
        """For each name in `unread`, why."""
        self._ensure()
        return dict(self._problems)

    def is_media_indexed(self, attempt: int) -> bool:
        """Return whether the media files of an attempt that is over were indexed to the end.

        False where its worker died and may have left files that it had not indexed. True where the simulation links
        none.
        """
        self._ensure()
        linkers = [entry for entry in self._entries or () if entry.is_media]
        return not linkers or indexed_attempt(self._run) >= attempt or is_media_indexed(self._run, linkers)

    def faults(self) -> list[str]:
        """Return what of the files of an ended run cannot be read, a sentence for each file; see `Streamer.faults`."""
        self._ensure()
        return [fault for item in self._streamers() for fault in self._guard(item.streamer_name, item.faults) or ()]

    def keys(self) -> list[tuple[str, str]]:
        """Return key and kind of each stat that is there now, each pair once."""
        return list(self.sources())

    def sources(self) -> dict[tuple[str, str], StatSource]:
        """Return who gives each stat that is there now, by key and kind; one look for all of them."""
        self._ensure()
        series, media = self._series.streamer_name, self.media.streamer_name
        found = {pair: StatSource(series, pair, lambda stat=stat: stat) for pair, stat in self._series.stats().items()}  # type: ignore[misc] # bound now
        for pair in self.media.get_stat_keys():
            found.setdefault(pair, StatSource(media, pair, lambda pair=pair: self.media.stat(*pair)))  # type: ignore[misc] # same
        for _, streamer in self._rebuilt.values():
            for pair in self._keys_of(streamer):
                found.setdefault(pair, self._source(streamer, pair))
        attached = self._attached.stats(found, self._keys_of)
        return found | {pair: self._source(streamer, own, pair[0]) for pair, (streamer, own) in attached.items()}

    def gives_all(self, streamer: str) -> bool:
        """Return whether `sources` has all that a streamer which patterns attach, or attached once, has.

        False where its type is not registered, or it has failed: then what is not there may come back.
        """
        return streamer not in self._problems and self._attached.knows(streamer)

    def _streamers(self) -> list[Streamer]:
        return [*(streamer for _, streamer in self._rebuilt.values()), *self._attached.streamers]

    def _keys_of(self, streamer: Streamer) -> Iterable[tuple[str, str]]:
        found = self._guard(streamer.streamer_name, streamer.get_stat_keys)
        return ((key, kind) for key, kind in found or ())

    def _source(self, streamer: Streamer, own: tuple[str, str], known_as: str | None = None) -> StatSource:
        """Return the source of a streamer's stat; `known_as` is what the run calls that of an attached one."""

        def opened() -> StreamableStat:
            refused = partial(self._attached.begin_anew, streamer, own)
            return _StampedStat(streamer.stat(*own), known_as or own[0], self._clock, refused)

        return StatSource(streamer.streamer_name, own, opened, attached=known_as is not None)

    def stat(self, key: str, kind: str | None = None) -> StreamableStat:
        """Return a stat.

        Args:
            key: Name of the stat.
            kind: Its kind; needed where two stats have the same key.

        Raises:
            UnknownStatError: There is no such stat, or there are several of that key.
        """
        sources = self.sources()
        return sources[key, resolve_kind(sources, key, kind)].open()

    def streamer_of(self, key: str, kind: str) -> str:
        """Return the name of the streamer that gives a stat; ``"series"`` and ``"media_index"`` are core's own.

        Raises:
            UnknownStatError: There is no such stat.
        """
        sources = self.sources()
        return sources[key, resolve_kind(sources, key, kind)].streamer

    def points(self, key: str, kind: str | None = None) -> list[StatPoint]:
        """Return all points of a stat.

        Raises:
            UnknownStatError: There is no such stat, or there are several of that key.
        """
        return self.stat(key, kind).get_values()

    def _ensure(self) -> None:
        if self._entries is None:
            self.refresh()

    def _read_entries(self) -> list[StreamerEntry]:
        try:
            entries = read_streams(self._run)
        except CorruptFileError as error:
            self._problems[self._run.streams.name] = str(error)
            return []
        if entries is None:
            self._problems[self._run.streams.name] = "there is no such file"
        return entries or []

    def _refresh_one(self, entry: StreamerEntry) -> None:
        present = self._rebuilt.get(entry.name)
        if present is not None and _same_spec(present[0], entry):
            present[1].refresh()
            return
        self._rebuilt.pop(entry.name, None)
        streamer = self._rebuild(entry)
        if streamer is not None:
            streamer.refresh()
            self._rebuilt[entry.name] = (entry, streamer)

    def _rebuild(self, entry: StreamerEntry) -> Streamer | None:
        known = None if entry.type_name is None else self._types.get(entry.type_name)
        if known is None:
            why = "it has no spec" if entry.type_name is None else f"no streamer type {entry.type_name!r} is registered"
            self._problems[entry.name] = why
            return None
        streamer = self._make(known, entry.folder, dict(entry.options))
        streamer.streamer_name = entry.name
        return streamer

    def _attach(self, known: StreamerType, folder: Path) -> Streamer:
        return self._make(known, str(folder), {})

    def _make(self, known: StreamerType, folder: str, options: dict[str, Any]) -> Streamer:
        if known.options_model is not None:
            options = read_params(known.options_model, options).model_dump(exclude_unset=True)
        streamer = self._load_target(known.target)(folder, **options)
        if not isinstance(streamer, Streamer):
            raise TypeError(f"{known.target} made a {type(streamer).__name__}, which is no Streamer")
        return streamer

    def _guard(self, name: str, call: Callable[[], Any]) -> Any:
        """Call a plugin's code; an exception makes that streamer unread and leaves the others alone."""
        try:
            return call()
        except Exception as error:
            logger.exception("run %s: streamer %r failed", self._run.id, name)
            self._problems[name] = f"{type(error).__name__}: {error}"
            return None


class _StampedStat(StreamableStat):
    """A stat whose files do not name the attempt: it follows from the wall time. It is called as the run calls it."""

    def __init__(self, stat: StreamableStat, key: str, clock: AttemptClock, refused: Callable[[], None]) -> None:
        super().__init__(key, stat.kind)
        self._stat = stat
        self._clock = clock
        self._refused = refused

    def read(self, cursor: str | None = None, limit: int | None = None) -> tuple[list[StatPoint], str]:
        try:
            points, cursor = self._stat.read(cursor, limit)
        except InvalidCursorError:
            self._refused()
            raise
        return [self._stamp(point) for point in points], cursor

    def _stamp(self, point: StatPoint) -> StatPoint:
        attempt = self._clock.at(point.wall_time)
        return point if attempt == 1 or point.attempt != 1 else replace(point, attempt=attempt)


def _same_spec(one: StreamerEntry, other: StreamerEntry) -> bool:
    return (one.type_name, one.folder, dict(one.options)) == (other.type_name, other.folder, dict(other.options))
