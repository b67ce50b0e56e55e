"""What the worker writes down so that others can read a run's stats without its code.

``streams.json`` says how to rebuild each registered streamer; ``media.jsonl`` is the index of media files
(`stats.media_index`). Folders inside the run directory are written relative to it.

::

    {"version":1,"streamers":[{"name":"tb","class":"pkg:Class","type":"tensorboard","folder":"tb","options":{},
                               "media":false,"links":[],"stats":[["loss","scalars"]]}]}
"""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gymdash_core.codec import to_json
from gymdash_core.errors import CorruptFileError
from gymdash_core.journal import append_line, read_json, write_json
from gymdash_core.stats.attempts import AttemptClock
from gymdash_core.stats.media import MediaFile, MediaFileStatLinker
from gymdash_core.stats.media_index import MediaEntry, media_id, read_media, relative_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager

    from gymdash_core.project import RunFolder
    from gymdash_core.stats.streamer import SimulationStreamer, Streamer


# --- streams.json ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class StreamerEntry:
    """One registered streamer.

    Attributes:
        name: Its name in the simulation.
        class_name: Its class, ``"module:Class"``, for people.
        type_name: Streamer type that rebuilds it; None where none does.
        folder: Folder of its files, absolute; empty without a type.
        options: Keyword arguments of the type's target.
        is_media: Its points are in ``media.jsonl``, so it needs not be rebuilt.
        links: Folder of each stat that it links media to, absolute; None where nobody has said.
        stats: Key and kind of the stats that it had when this was written.
    """

    name: str
    class_name: str = ""
    type_name: str | None = None
    folder: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    is_media: bool = False
    links: tuple[str, ...] | None = None
    stats: tuple[tuple[str, str], ...] = ()


def write_streams(run: RunFolder, streamer: SimulationStreamer, earlier: Sequence[Mapping[str, Any]] = ()) -> None:
    """Replace ``streams.json`` with what is registered now.

    Args:
        run: The run's files.
        streamer: The simulation's streamers.
        earlier: Entries of the attempts before, see `entries_of`, which stay where none of their name is registered.

    Raises:
        InvalidValueError: The options of a streamer's spec are no JSON.
        OSError: The disk is full or read-only; the old content stays.
    """
    entries = [_entry_json(run, name, item) for name, item in streamer.streamers().items()]
    names = {entry["name"] for entry in entries}
    entries += [dict(entry) for entry in earlier if entry["name"] not in names]
    write_json(run.streams, {"version": 1, "streamers": entries})


def entries_of(run: RunFolder) -> list[dict[str, Any]]:
    """Return the entries of ``streams.json`` as they are written there; none where it is missing or damaged."""
    with contextlib.suppress(CorruptFileError):
        if read_streams(run):
            return [dict(entry) for entry in (read_json(run.streams) or {})["streamers"]]
    return []


def _entry_json(run: RunFolder, name: str, streamer: Streamer) -> dict[str, Any]:
    cls, spec = type(streamer), streamer.stream_spec()
    type_name, folder, options = (None, "", {}) if spec is None else spec
    linked = streamer.stats if isinstance(streamer, MediaFileStatLinker) else ()
    return {
        "name": name,
        "class": f"{cls.__module__}:{cls.__qualname__}",
        "type": type_name,
        "folder": "" if spec is None else relative_path(run, folder)[0],
        "options": to_json(dict(options), f"spec of streamer {name!r}"),
        "media": isinstance(streamer, MediaFileStatLinker),
        "links": [relative_path(run, stat.folder)[0] for stat in linked],
        "stats": [list(pair) for pair in streamer.get_stat_keys()],
    }


def read_streams(run: RunFolder) -> list[StreamerEntry] | None:
    """Return what ``streams.json`` holds, or None where there is no such file.

    Raises:
        CorruptFileError: The file is there and is none of ours.
    """
    data = read_json(run.streams)
    if data is None:
        return None
    try:
        return [_entry(run, item) for item in data["streamers"]]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CorruptFileError(run.streams, f"no list of streamers ({error!r})") from error


def _entry(run: RunFolder, item: dict[str, Any]) -> StreamerEntry:
    return StreamerEntry(
        name=str(item["name"]),
        class_name=str(item.get("class", "")),
        type_name=item.get("type"),
        folder=str(run.path / item["folder"]) if item.get("type") else "",
        options=dict(item.get("options") or {}),
        is_media=bool(item.get("media")),
        links=tuple(str(run.path / folder) for folder in item["links"]) if "links" in item else None,
        stats=tuple((str(key), str(kind)) for key, kind in item.get("stats", ())),
    )


# --- media.jsonl -----------------------------------------------------------------------------------------------------


def is_media_indexed(run: RunFolder, linkers: Sequence[StreamerEntry]) -> bool:
    """Return whether the index of a run that has ended has just the files in the folders that media are linked from.

    Then nothing is missing, also where the worker did not live to say so. Where several stats link from one folder, or
    it cannot be looked into, only the simulation's own code can tell.
    """
    if any(entry.links is None for entry in linkers):
        return False
    folders = [folder for entry in linkers for folder in entry.links or ()]
    if len(set(folders)) < len(folders):
        return False
    try:
        files = [file for folder in folders for file in MediaFile.all_in(Path(folder))]
    except OSError:
        return False
    present = {media_id(relative_path(run, file.path)[0], file.size, file.mtime_ns) for file in files}
    indexed: set[str] = set()
    for _, added, gone in read_media(run):
        if added is not None and added.streamer:
            indexed.add(added.id)
        elif gone is not None:
            indexed.discard(gone)
    return present == indexed


class MediaJournal:
    """Write the index of a run's media files.

    Knows what was indexed before it was made, so that no file is added twice. The index is opened for each line: media
    are rare, and so several journals of one process never continue each other's torn line.

    Thread safety: all methods may be called from any thread; one process writes.

    Args:
        run: The run's files.
        attempt: Number of the attempt.
        shield: Entered around our locks and writes, so that no signal unwinds inside; None needs none.
    """

    def __init__(self, run: RunFolder, attempt: int = 1, shield: AbstractContextManager[Any] | None = None) -> None:
        self._run = run
        self._attempt = attempt
        self._clock = AttemptClock(run)
        self._shield = contextlib.nullcontext() if shield is None else shield
        self._lock = threading.Lock()
        self._active: dict[tuple[str, str, str], MediaEntry] = {}
        self._names: dict[MediaFile, tuple[str, str, bool]] = {}
        for _, added, gone in read_media(run):
            if added is not None:
                self._active[added.id, added.key, added.kind] = added
            elif gone is not None:
                self._forget(gone)

    def add(self, key: str, kind: str, path: Path, step: int, wall_time: float) -> MediaEntry:
        """Index a file that was logged.

        Args:
            key: Name of the stat.
            kind: Its kind.
            path: The file, complete.
            step: Step of the simulation.
            wall_time: Seconds since the epoch.

        Raises:
            OSError: The file is not there, or the index cannot be written.
        """
        with self._shield, self._lock:
            file = MediaFile.of(path)
            identity, where, outside = self._name(file)
            size, mtime_ns = file.size, file.mtime_ns
            entry = MediaEntry(identity, key, kind, where, step, wall_time, self._attempt, size, mtime_ns, "", outside)
            return self._append(entry)

    def sync(self, name: str, linker: MediaFileStatLinker) -> None:
        """Index the files that a linker has found, and note which of them are gone.

        Args:
            name: Name of the linker in the simulation.
            linker: The linker, refreshed.

        Raises:
            OSError: The index cannot be written; the next call tries again.
        """
        with self._shield, self._lock:
            present: set[tuple[str, str, str]] = set()
            for stat in linker.stats:
                for file, step in stat.files():
                    entry = self._link(name, stat.key, stat.kind, file, step)
                    present.add((entry.id, entry.key, entry.kind))
            missing = [self._active[names] for names in self._active.keys() - present]
            for entry in missing:
                if entry.streamer == name and self._is_gone(entry):
                    append_line(self._run.media_index, {"event": "gone", "id": entry.id})
                    self._forget(entry.id)

    def mark_indexed(self) -> None:
        """Write down that all media files of this attempt are in the index, so that no one looks for more.

        Raises:
            OSError: The index cannot be written.
        """
        with self._shield, self._lock:
            append_line(self._run.media_index, {"event": "indexed", "attempt": self._attempt})

    def _link(self, name: str, key: str, kind: str, file: MediaFile, step: int) -> MediaEntry:
        identity, where, outside = self._name(file)
        present = self._active.get((identity, key, kind))
        if present is not None:
            return present
        # A file of an attempt that died before it was indexed belongs to that attempt.
        attempt = min(self._attempt, self._clock.at(file.wall_time))
        size, mtime_ns = file.size, file.mtime_ns
        entry = MediaEntry(identity, key, kind, where, step, file.wall_time, attempt, size, mtime_ns, name, outside)
        return self._append(entry)

    def _append(self, entry: MediaEntry) -> MediaEntry:
        append_line(self._run.media_index, entry.as_json())
        self._active[entry.id, entry.key, entry.kind] = entry
        return entry

    def _name(self, file: MediaFile) -> tuple[str, str, bool]:
        names = self._names.get(file)
        if names is None:
            where, outside = relative_path(self._run, file.path)
            names = self._names[file] = (media_id(where, file.size, file.mtime_ns), where, outside)
        return names

    def _is_gone(self, entry: MediaEntry) -> bool:
        if (entry.id, entry.key, entry.kind) not in self._active:
            return False  # noted for another stat
        try:
            file = MediaFile.of(self._run.path / entry.path)
        except (FileNotFoundError, NotADirectoryError):
            return True
        except OSError:
            return False  # cannot be looked at: perhaps still there
        return (file.size, file.mtime_ns) != (entry.size, entry.mtime_ns)

    def _forget(self, identity: str) -> None:
        for names in [names for names in self._active if names[0] == identity]:
            del self._active[names]


class MediaIndexer:
    """Keep the index up to date with a simulation's media linkers.

    Thread safety: `refresh` may be called from any thread.

    Args:
        run: The run's files.
        attempt: Number of the attempt.
        journal: Where to write; None makes one.
    """

    def __init__(self, run: RunFolder, attempt: int = 1, journal: MediaJournal | None = None) -> None:
        self._journal = MediaJournal(run, attempt) if journal is None else journal

    def refresh(self, streamer: SimulationStreamer, *, final: bool = False, only_whole: bool = False) -> None:
        """Look for media files once more and index them.

        Args:
            streamer: The simulation's streamers.
            final: Nobody writes any more: files count at once, and the index says that it is complete.
            only_whole: With `final`, count only files that were written to their end; for a run that was killed.

        Raises:
            OSError: The index cannot be written; the next call tries again.
        """
        for name, linker in streamer.streamers().items():
            if isinstance(linker, MediaFileStatLinker):
                linker.refresh(final=final, only_whole=only_whole)
                self._journal.sync(name, linker)
        if final:
            self._journal.mark_indexed()
