"""All stats of a run, read from its files, whether the run lives or ended long ago.

Three sources, in this order: the file-backed series, the index of media files, and the streamers that ``streams.json``
tells how to rebuild. No code of the simulation is imported; a streamer type's target is, and should be light. What
cannot be read this way is named in `RunStats.unread`, so that the caller can ask a helper process.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from gymdash_core.errors import CorruptFileError
from gymdash_core.params import read_params
from gymdash_core.stats.attempts import AttemptClock
from gymdash_core.stats.manifest import StreamerEntry, read_streams
from gymdash_core.stats.media_index import MediaIndexStreamer, indexed_attempt
from gymdash_core.stats.series import SeriesStreamer
from gymdash_core.stats.stat import StreamableStat
from gymdash_core.stats.streamer import Streamer, resolve_kind, stat_owners
from gymdash_core.targets import load_target

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydantic import BaseModel

    from gymdash_core.project import RunFolder
    from gymdash_core.stats.kinds import StatPoint

logger = logging.getLogger(__name__)


class StreamerTypeLike(Protocol):
    """What is needed of a `StreamerType`."""

    @property
    def target(self) -> str:
        """Import string of the streamer's class."""

    @property
    def options_model(self) -> type[BaseModel] | None:
        """Model of the options, or None."""


class RunStats:
    """Read the stats of a run.

    (key, kind) is unique: of two sources that offer the same pair, the first has it.

    Thread safety: one thread at a time.

    Args:
        run: The run's files.
        streamer_types: The registered streamer types by name.
        load_target: Returns the class that an import string names, ``"package.module:Class"``.
    """

    def __init__(
        self,
        run: RunFolder,
        streamer_types: Mapping[str, StreamerTypeLike],
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
        self._problems: dict[str, str] = {}

    def refresh(self) -> None:
        """Read ``streams.json`` again, rebuild streamers that are new in it, and let all look for new files."""
        self._problems = {}
        self._entries = self._read_entries()
        for entry in self._entries or ():
            if not entry.is_media:
                self._guard(entry.name, lambda entry=entry: self._refresh_one(entry))  # type: ignore[misc] # bound now

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
        """Return whether the media files of an attempt were indexed to the end.

        False for an attempt that lives, or whose worker died; then linked files may be missing from the index. True
        where the simulation links none.
        """
        self._ensure()
        has_linkers = any(entry.is_media for entry in self._entries or ())
        return not has_linkers or indexed_attempt(self._run) >= attempt

    def keys(self) -> list[tuple[str, str]]:
        """Return key and kind of each stat that is there now, each pair once."""
        return list(self._owners())

    def stat(self, key: str, kind: str | None = None) -> StreamableStat:
        """Return a stat.

        Args:
            key: Name of the stat.
            kind: Its kind; needed where two stats have the same key.

        Raises:
            UnknownStatError: There is no such stat, or there are several of that key.
        """
        owners = self._owners()
        found_kind = resolve_kind(owners, key, kind)
        owner = owners[key, found_kind]
        stat = owner.stat(key, found_kind)
        return stat if owner is self._series or owner is self.media else _StampedStat(stat, self._clock)

    def streamer_of(self, key: str, kind: str) -> str:
        """Return the name of the streamer that gives a stat; ``"series"`` and ``"media_index"`` are core's own.

        Raises:
            UnknownStatError: There is no such stat.
        """
        owners = self._owners()
        return owners[key, resolve_kind(owners, key, kind)].streamer_name

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
        options: dict[str, Any] = dict(entry.options)
        if known.options_model is not None:
            options = read_params(known.options_model, options).model_dump(exclude_unset=True)
        streamer = self._load_target(known.target)(entry.folder, **options)
        if not isinstance(streamer, Streamer):
            raise TypeError(f"{known.target} made a {type(streamer).__name__}, which is no Streamer")
        streamer.streamer_name = entry.name
        return streamer

    def _owners(self) -> dict[tuple[str, str], Streamer]:
        self._ensure()
        owners = stat_owners((self._series, self.media))
        for name, (_, streamer) in list(self._rebuilt.items()):
            found = self._guard(name, lambda streamer=streamer: streamer.get_stat_keys())  # type: ignore[misc] # bound now
            for key, kind in found or ():
                owners.setdefault((key, kind), streamer)
        return owners

    def _guard(self, name: str, call: Callable[[], Any]) -> Any:
        """Call a plugin's code; an exception makes that streamer unread and leaves the others alone."""
        try:
            return call()
        except Exception as error:
            logger.exception("run %s: streamer %r failed", self._run.id, name)
            self._problems[name] = f"{type(error).__name__}: {error}"
            return None


class _StampedStat(StreamableStat):
    """A stat whose files do not name the attempt: it follows from the wall time."""

    def __init__(self, stat: StreamableStat, clock: AttemptClock) -> None:
        super().__init__(stat.key, stat.kind)
        self._stat = stat
        self._clock = clock

    def read(self, cursor: str | None = None, limit: int | None = None) -> tuple[list[StatPoint], str]:
        points, cursor = self._stat.read(cursor, limit)
        return [self._stamp(point) for point in points], cursor

    def _stamp(self, point: StatPoint) -> StatPoint:
        attempt = self._clock.at(point.wall_time)
        return point if attempt == 1 or point.attempt != 1 else replace(point, attempt=attempt)


def _same_spec(one: StreamerEntry, other: StreamerEntry) -> bool:
    return (one.type_name, one.folder, dict(one.options)) == (other.type_name, other.folder, dict(other.options))
