"""The index of one run's points: reads what is new in its stats, appends it to columns, and answers windows.

The order in which points were first read gives them their ordinals. ``index.json`` says, for each stat, the cursor
behind the last point that was read and how many records count; it is replaced after the columns were written. So a kill
leaves either both or neither, and a restart goes on with the same ordinals. A stat whose columns are not whole, or
whose cursor its reader refuses, begins anew under a new series id; so does one that a power cut has damaged. What an
attached streamer does not give any more under that name is dropped.

Readers are shown what is committed and wait for nobody. Those who are to be told of new points are told each once, in
order, whoever has read them first.

Thread safety: all methods of `PointsIndex` may be called from any thread.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from gymdash_core.errors import CorruptFileError, InvalidCursorError
from gymdash_core.stat_tags import SCALARS
from gymdash_core.stats.reader import StatSource
from gymdash_core.stats.stat import StreamableStat
from gymdash_core.stats.streamer import resolve_kind
from gymdash_server.points.columns import ColumnFile
from gymdash_server.points.embedded import EmbeddedMedia
from gymdash_server.points.feed import Feed
from gymdash_server.points.media import MediaPaths
from gymdash_server.points.model import EVENT_BYTES, EVENT_POINTS, Answer, NewPoints, Shown, StatEntry, Window
from gymdash_server.points.store import load_index, save_index
from gymdash_server.points.windows import answer_window

if TYPE_CHECKING:
    from collections.abc import Callable, Container
    from pathlib import Path

    from gymdash_core.project import RunFolder
    from gymdash_core.stats.kinds import StatPoint
    from gymdash_core.stats.reader import RunStats
    from gymdash_server.points.feed import Batch

logger = logging.getLogger(__name__)


@dataclass
class _Draft:
    """A stat as it is being read; what readers see is its last commit.

    Attributes:
        entry: The stat.
        file: Its columns.
        feed: Reads it; None until it is read for the first time since the index was opened.
        told: How many points were told.
    """

    entry: StatEntry
    file: ColumnFile
    feed: Feed | None = None
    told: int = 0


@dataclass
class _State:
    """What is committed."""

    shown: dict[tuple[str, str], Shown] = field(default_factory=dict)
    complete: int = 0


class PointsIndex:
    """The points of one run.

    Args:
        folder: Where the index keeps its files.
        run: The run.
        open_stats: Makes the reader of the run's stats.

    Attributes:
        embedded: Files that stand inside of points.
        finishing: Held by whoever reads an ended run to its end.
        is_read: Whether it was read at all since it was opened.
    """

    def __init__(self, folder: Path, run: RunFolder, open_stats: Callable[[RunFolder], RunStats]) -> None:
        self._folder = folder
        self._run = run
        self._open_stats = open_stats
        self._writing = threading.RLock()  # guards all but `_state`, which is replaced whole
        self._stats: RunStats | None = None
        self._drafts: dict[tuple[str, str], _Draft] = {}
        self._state = _State()
        self._kept = 0  # what a later server is told of `complete_attempt`
        self._dropped = False
        self._next = 0  # which stat is read first
        self._gone = False  # stats were dropped, or began anew
        self._media = MediaPaths()
        self.embedded = EmbeddedMedia(folder / "media")
        self.finishing = threading.Lock()  # one reads the run to its end
        self.is_read = False
        self._load()

    # --- writing ---------------------------------------------------------------------------------------------------

    @property
    def complete_attempt(self) -> int:
        """The last attempt that was read to its end; 0 if none."""
        return self._state.complete

    def update(
        self, told: Callable[[NewPoints], None] | None = None, *, thorough: bool = False, most: float = float("inf")
    ) -> bool:
        """Read what is new in all stats.

        Args:
            told: Told what nobody was told yet, at most `EVENT_POINTS` and about `EVENT_BYTES` at a time, once it is
                committed. None leaves it for the next who is.
            thorough: Also search for files that only the patterns of streamer types know.
            most: About how many points to read at most: a run that writes faster than anybody reads would otherwise be
                read for ever.

        Returns:
            Whether there is more to be read already.

        Raises:
            OSError: The index cannot be written; what was read is committed by the next update.
        """
        with self._writing:
            if self._dropped:
                return False
            stats = self._reader()
            stats.refresh(thorough=thorough)
            self._renew_cut(lambda draft: draft.told < draft.entry.count)
            given = stats.sources()
            self._drop_gone(stats, given)
            left, sources = most, list(given.items())
            begin = self._next % max(1, len(sources))
            for n, ((key, kind), source) in enumerate(sources[begin:] + sources[:begin], begin):
                if left <= 0:
                    self._next = n  # the others have had their turn
                    break
                left -= self._read_stat(key, kind, source, left)
            self.is_read = True
            self._commit()
            if told is not None:
                self._tell(told)
            return left <= 0

    def _drop_gone(self, stats: RunStats, given: Container[tuple[str, str]]) -> None:
        """Forget the stats of attached streamers that are not there, or called otherwise, now."""
        for pair, entry in [(pair, draft.entry) for pair, draft in self._drafts.items() if draft.entry.attached]:
            if pair not in given and not entry.odd and stats.gives_all(entry.streamer):
                del self._drafts[pair]

    def add_odd(self, key: str, kind: str, points: list[StatPoint], streamer: str) -> None:
        """Take in all points of a stat that only the run's own code could read, where there are more than before.

        Raises:
            OSError: The index cannot be written.
        """
        with self._writing:
            given = StatSource(streamer, (key, kind), lambda: _Given(key, kind))
            draft = self._draft(key, kind, given)
            if not self._dropped and len(points) > draft.entry.count:
                known_as = draft.entry.media if draft.entry.count else None
                batch = Feed(self._run, given.open(), self.embedded, known_as).clean(points)
                if draft.entry.count < len(batch.points):
                    self._append(draft, _from(batch, draft.entry.count), draft.entry.cursor, odd=True)
                self._commit()

    def complete(self, attempt: int, told: Callable[[NewPoints], None] | None = None, *, kept: bool = True) -> None:
        """Note that an attempt was read to its end.

        Args:
            attempt: Its number.
            told: Told what nobody was told yet.
            kept: Also for later servers; False where they may have more luck.

        Raises:
            OSError: The index cannot be written.
        """
        with self._writing:
            if attempt > self._state.complete and not self._dropped:
                if kept:
                    self._kept = attempt
                    self._save(self._state.shown)
                self._state = _State(self._state.shown, attempt)
            if told is not None:
                self._tell(told)

    def take_gone(self) -> bool:
        """Return whether stats were dropped, or began anew, since this was asked last."""
        with self._writing:
            gone, self._gone = self._gone, False
            return gone

    def hush(self) -> None:
        """Count all points as told: what was there before anybody asked is no news."""
        with self._writing:
            for draft in self._drafts.values():
                draft.told = draft.entry.count

    def drop(self) -> None:
        """Write no more: the run was deleted."""
        with self._writing:
            self._dropped = True

    def _read_stat(self, key: str, kind: str, source: StatSource, most: float) -> int:
        """Append what is new of a stat, up to about so many points; return how many there were."""
        draft, is_last, count = self._draft(key, kind, source), False, 0
        if not draft.entry.is_of(source) and not draft.entry.odd:  # its cursor means nothing to another
            draft = self._renew(StatEntry.of(key, kind, source))
        while not is_last and count < most:
            try:
                batch = self._read_batch(draft, source)
            except InvalidCursorError:
                if draft.entry.cursor is None and not draft.entry.count:
                    logger.exception("run %s: stat %r cannot be read", self._run.id, key)
                    return count
                logger.warning("run %s: stat %r begins anew", self._run.id, key)
                draft = self._renew(StatEntry.of(key, kind, source))
                continue
            except Exception:  # a streamer is a plugin's code: its stat waits, the others go on
                logger.exception("run %s: stat %r cannot be read", self._run.id, key)
                return count
            self._append(draft, batch, batch.cursor)
            is_last, count = batch.is_last, count + len(batch.points)
        return count

    def _read_batch(self, draft: _Draft, source: StatSource) -> Batch:
        entry = draft.entry
        if draft.feed is None:
            draft.feed = Feed(self._run, source.open(), self.embedded, entry.media if entry.count else None)
        batch = draft.feed.read(entry.cursor)
        if batch.points and entry.count and (entry.odd or not draft.file.is_whole()):
            raise InvalidCursorError(str(entry.cursor))
        return batch

    def _append(self, draft: _Draft, batch: Batch, cursor: str | None, *, odd: bool = False) -> None:
        if batch.points:
            self._folder.mkdir(parents=True, exist_ok=True)
            try:
                draft.file.append(batch.points, batch.values)
            except (OverflowError, TypeError, ValueError):  # a damaged file may hold any number
                if draft.feed is None:
                    raise
                batch = replace(draft.feed.clean(batch.points), cursor=cursor)
                draft.file.append(batch.points, batch.values)
        entry = draft.entry
        if batch.points or cursor != entry.cursor:
            draft.entry = replace(
                entry,
                media=entry.media if entry.count else batch.media,
                count=draft.file.count,
                payload_bytes=draft.file.payload_bytes,
                checks=draft.file.checks,
                cursor=cursor,
                odd=odd,
            )

    def _commit(self) -> None:
        """Make what was read durable, and show it."""
        before = self._state.shown
        grown = [
            draft.entry
            for pair, draft in self._drafts.items()
            if (old := before.get(pair)) is None
            or (old.entry.count, old.entry.series) != (draft.entry.count, draft.entry.series)
        ]
        gone = before.keys() - self._drafts.keys()
        if not grown and not gone:
            return
        self._gone |= bool(gone) or any(e.series != before[e.pair].entry.series for e in grown if e.pair in before)
        shown = {pair: item for pair, item in before.items() if pair not in gone}
        shown |= {entry.pair: Shown(entry, self._drafts[entry.pair].file.snapshot()) for entry in grown}
        self._save(shown)
        self._state = _State(shown, self._state.complete)
        for pair in gone:
            before[pair].file.remove()

    def _tell(self, told: Callable[[NewPoints], None]) -> None:
        for pair, shown in self._state.shown.items():
            draft = self._drafts.get(pair)
            if draft is None or draft.entry.series != shown.entry.series:
                continue  # it is gone or began anew, and that is not committed yet
            while draft.told < shown.entry.count:
                end = min(draft.told + EVENT_POINTS, shown.entry.count)
                end = shown.file.fitting(draft.told, end, EVENT_BYTES)
                told(NewPoints(shown.entry, draft.told, end, shown.file))
                draft.told = end

    def _reader(self) -> RunStats:
        if self._stats is None:
            self._stats = self._open_stats(self._run)
        return self._stats

    def _draft(self, key: str, kind: str, source: StatSource) -> _Draft:
        draft = self._drafts.get((key, kind))
        return draft or self._begin(StatEntry.of(key, kind, source))

    def _begin(self, entry: StatEntry) -> _Draft:
        draft = self._drafts[entry.pair] = _Draft(entry, self._open(entry))
        return draft

    def _renew(self, entry: StatEntry) -> _Draft:
        """Forget what was read of a stat, and begin it anew with this entry."""
        old = self._drafts.pop(entry.pair)
        old.file.remove()
        if old.entry.odd:
            self._kept = 0
            self._state = _State(self._state.shown)
        return self._begin(entry)

    def _renew_cut(self, select: Callable[[_Draft], bool]) -> None:
        """Forget what was read of the stats whose columns somebody has removed or cut."""
        cut = [draft.entry for draft in self._drafts.values() if select(draft) and not draft.file.is_whole()]
        for entry in cut:
            self._renew(entry.anew())

    def _open(self, entry: StatEntry) -> ColumnFile:
        path = self._folder / entry.file
        counted = {"count": entry.count, "payload_bytes": entry.payload_bytes}
        return ColumnFile(path, scalar=entry.kind == SCALARS, checks=entry.checks, **counted)

    def _load(self) -> None:
        try:
            stored = load_index(self._folder)
        except (CorruptFileError, TypeError, ValueError) as error:
            logger.warning("run %s: its index of points begins anew: %s", self._run.id, error)
            return
        for entry in stored.entries:
            file = self._open(entry)
            if file.is_whole() and (stored.is_of_this_boot or file.is_sound()):
                self._drafts[entry.pair] = _Draft(entry, file, told=entry.count)
            else:
                with contextlib.suppress(OSError):
                    file.remove()
        shown = {pair: Shown(draft.entry, draft.file.snapshot()) for pair, draft in self._drafts.items()}
        self._kept = stored.complete if len(shown) == len(stored.entries) else 0
        self._state = _State(shown, self._kept)
        if not stored.is_of_this_boot:
            with contextlib.suppress(OSError):  # what was looked through need not be again
                self._save(shown)

    def _save(self, shown: dict[tuple[str, str], Shown]) -> None:
        save_index(self._folder, [item.entry for item in shown.values()], self._kept)

    # --- reading ---------------------------------------------------------------------------------------------------

    def needs_helper(self, attempt: int) -> bool:
        """Return whether there may be points of an ended attempt that only the run's own code can read."""
        with self._writing:
            stats = self._reader()
            return bool(stats.problems) or not stats.is_media_indexed(attempt)

    def stats(self) -> list[dict[str, Any]]:
        """Return what stats there are, as JSON objects."""
        return [shown.as_json() for shown in self._state.shown.values()]

    def media_path(self, identity: str) -> str | None:
        """Return the path of a media file by its id; None where no point shows such a file."""
        return self._media.find(identity, self._state.shown.values())

    def answer(self, window: Window) -> Answer:
        """Return the points of a window.

        Raises:
            UnknownStatError: There is no such stat, or the key exists in several kinds.
            InvalidCursorError: The cursor is of another series, or none.
            OSError: The columns were removed, and cannot be written anew.
        """
        shown = self._state.shown
        kind = resolve_kind(shown, window.key, window.kind)
        if not shown[window.key, kind].file.is_whole():
            self._mend()
            shown = self._state.shown
            kind = resolve_kind(shown, window.key, window.kind)
        found = shown[window.key, kind]
        return answer_window(found.entry, found.file, window)

    def _mend(self) -> None:
        """Read anew the stats whose columns somebody has removed or cut."""
        with self._writing:
            self._renew_cut(lambda _: True)
            self.update(thorough=True)


class _Given(StreamableStat):
    """Stands for the reader of points that are there already."""

    def read(self, cursor: str | None = None, limit: int | None = None) -> tuple[list[StatPoint], str]:
        return [], ""


def _from(batch: Batch, begin: int) -> Batch:
    values = None if batch.values is None else batch.values[begin:]
    return replace(batch, points=batch.points[begin:], values=values)
