"""Streamers for files that nobody registered: what `StreamerType.patterns` match in a run's folder.

A streamer covers its folder and all below it. A file that matches a pattern of a type and lies in no folder that a
streamer of that type covers, whether the run registered it or it is attached here, has the type attached to its own
folder, without options. So a program that knows nothing of GymDash is read once it writes a known format into its run.
Where two of them, or one and another source of the run, have a stat of the same name, `naming` tells them apart.

What GymDash itself writes (series, media, checkpoints) and hidden files are never taken for such files.
"""

from __future__ import annotations

import logging
import math
import time
from typing import TYPE_CHECKING

from gymdash_core.stats.naming import tell_apart
from gymdash_core.stats.streamer import Streamer

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping
    from pathlib import Path

    from gymdash_core.project import RunFolder
    from gymdash_core.stats.manifest import StreamerEntry
    from gymdash_core.stats.naming import Pair, Place
    from gymdash_core.types import StreamerType

logger = logging.getLogger(__name__)

#: A folder is searched this often at most; in large ones, so that searching takes a twentieth of the time.
_SEARCH_S = 1.0
_SHARE = 20


class AttachedStreamers:
    """The streamers of one run that patterns have attached.

    Thread safety: one thread at a time.

    Args:
        run: The run's files.
        types: The registered streamer types by name.
        make: Makes a streamer of a type over a folder, without options.
    """

    def __init__(
        self, run: RunFolder, types: Mapping[str, StreamerType], make: Callable[[StreamerType, Path], Streamer]
    ) -> None:
        self._run = run
        self._types = {name: known for name, known in types.items() if known.patterns}
        self._make = make
        self._found: dict[tuple[str, Path], Streamer] = {}
        self._failed: set[tuple[str, Path] | str] = set()
        self._search_at = 0.0
        self._began: dict[Place, dict[Pair, float]] = {}

    @property
    def streamers(self) -> list[Streamer]:
        """The attached streamers, in the order of types and folders."""
        return [self._found[place] for place in sorted(self._found)]

    def knows(self, streamer: str) -> bool:
        """Return whether all that there is for a streamer of that name would be found.

        False where its type is not registered, cannot be searched for, or does not read the folder.
        """
        for name, known in self._types.items():
            if streamer.startswith(f"{name}:"):
                place = (name, self._run.path / streamer.removeprefix(f"{name}:"))
                return self._failed.isdisjoint({place, *known.patterns})
        return False

    def stats(
        self, taken: Container[Pair], keys_of: Callable[[Streamer], Iterable[Pair]]
    ) -> dict[Pair, tuple[Streamer, Pair]]:
        """Return where each stat is found: by which streamer, and what it is there.

        Args:
            taken: Key and kind of the stats that others give; those here are called otherwise.
            keys_of: Returns the stats of a streamer, none where it fails.
        """
        streamers = {self._place(*at): self._found[at] for at in sorted(self._found)}
        offers = {place: list(keys_of(streamer)) for place, streamer in streamers.items()}
        named = tell_apart(taken, offers, lambda place, pair: self._begin(streamers[place], place, pair))
        return {pair: (streamers[place], own) for pair, (place, own) in named.items()}

    def _begin(self, streamer: Streamer, place: Place, pair: Pair) -> float:
        """Return the time of a stat's first point; it is kept once there is one, until the stat begins anew."""
        began = self._began.setdefault(place, {})
        if pair not in began:
            try:
                points, _ = streamer.stat(*pair).read(None, 1)
            except Exception:
                logger.exception("run %s: streamer %r failed", self._run.id, streamer.streamer_name)
                return math.inf
            if not points:
                return math.inf
            began[pair] = _seconds(points[0].wall_time)
        return began[pair]

    def begin_anew(self, streamer: Streamer, pair: Pair) -> None:
        """Forget when a stat of an attached streamer began: it refused a cursor, so its files are others now."""
        for at in [at for at, present in self._found.items() if present is streamer]:
            self._began.get(self._place(*at), {}).pop(pair, None)

    def _place(self, name: str, folder: Path) -> Place:
        return name, folder.relative_to(self._run.path).as_posix()

    def refresh(self, registered: Iterable[StreamerEntry], *, thorough: bool = True) -> None:
        """Look for files that are new, let go of those that a registered streamer covers now, and refresh the others.

        Args:
            registered: What the run has registered.
            thorough: Search now; otherwise only if the last search is a while ago.
        """
        if not self._types:
            return
        covered = [(str(entry.type_name), self._run.path / entry.folder) for entry in registered if entry.type_name]
        for place in [place for place in self._found if _covers(covered, *place)]:
            self._let_go(place)
        began = time.monotonic()
        if thorough or began >= self._search_at:
            for name, known in self._types.items():
                self._search(name, known, covered)
            self._search_at = time.monotonic() + max(_SEARCH_S, _SHARE * (time.monotonic() - began))
        for streamer in self._found.values():
            try:
                streamer.refresh()
            except Exception:
                logger.exception("run %s: streamer %r failed", self._run.id, streamer.streamer_name)

    def _search(self, name: str, known: StreamerType, covered: list[tuple[str, Path]]) -> None:
        files = (file for pattern in known.patterns for file in self._files(name, pattern))
        folders = {file.parent for file in files if not _covers(covered, name, file)}
        for folder in sorted(folders):  # what holds others comes first
            place = (name, folder)
            if place not in self._failed and not _covers(self._found, *place):
                self._attach(name, known, folder)
        for place in [place for place in self._found if _covers(self._found.keys() - {place}, *place)]:
            self._let_go(place)

    def _let_go(self, place: tuple[str, Path]) -> None:
        del self._found[place]
        self._began.pop(self._place(*place), None)

    def _attach(self, name: str, known: StreamerType, folder: Path) -> None:
        _, relative = self._place(name, folder)
        try:
            streamer = self._make(known, folder)
        except Exception:
            self._failed.add((name, folder))
            logger.exception("run %s: streamer type %r does not read %r", self._run.id, name, relative)
            return
        streamer.streamer_name = f"{name}:{relative}"
        self._found[name, folder] = streamer

    def _files(self, name: str, pattern: str) -> Iterator[Path]:
        own = {self._run.stats, self._run.media, self._run.checkpoints}
        try:
            for file in self._run.path.glob(pattern):
                parts = file.relative_to(self._run.path).parts
                is_ours = not own.isdisjoint(file.parents) or any(part.startswith(".") for part in parts)
                if not is_ours and file.is_file():
                    yield file
        except (OSError, ValueError, NotImplementedError) as error:
            if pattern not in self._failed:
                self._failed.add(pattern)
                logger.warning("streamer type %r: pattern %r cannot be searched for: %s", name, pattern, error)


def _seconds(value: object) -> float:
    """Return a time that can be ordered: infinity for what a plugin's point holds instead of one."""
    try:
        time_s = float(value)  # type: ignore[arg-type] # that is what is found out
    except (TypeError, ValueError, OverflowError):
        return math.inf
    return math.inf if math.isnan(time_s) else time_s


def _covers(places: Iterable[tuple[str, Path]], name: str, path: Path) -> bool:
    """Return whether a streamer of the same type is over a folder or a file."""
    return any(name == other and path.is_relative_to(above) for other, above in places)
