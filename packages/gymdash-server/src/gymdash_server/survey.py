"""A look through all points of a run that another program has written: when it was, and what cannot be read.

The points are read by the streamer types, as a server reads them, and not kept.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gymdash_core.stats.reader import RunStats

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gymdash_core.project import RunFolder
    from gymdash_core.stats.kinds import StatPoint
    from gymdash_core.stats.stat import StreamableStat
    from gymdash_core.types import StreamerType

logger = logging.getLogger(__name__)

_PAGE = 500  # points may hold whole files
_END_OF_TIME: Final = 253_402_300_800.0  # the year 10000


@dataclass(frozen=True)
class Survey:
    """What was found.

    Attributes:
        times: Time of the first and of the last point, seconds since the epoch; empty where no point has one.
        faults: Sentences about what cannot be read.
    """

    times: Sequence[float]
    faults: Sequence[str]


def survey_run(run: RunFolder, types: Mapping[str, StreamerType]) -> Survey:
    """Look through a run's points."""
    stats = RunStats(run, types)
    times: list[float] = []
    faults: list[str] = []
    for key, kind in stats.keys():  # noqa: SIM118 - no mapping
        try:
            for page in _pages(stats.stat(key, kind)):
                found = [point.wall_time for point in page if 0 < point.wall_time < _END_OF_TIME]
                times = [min(found + times), max(found + times)] if found else times
        except Exception as error:
            logger.exception("run %s: stat %r cannot be read", run.id, key)
            faults.append(f"stat {key!r} cannot be read: {type(error).__name__}: {error}")
    problems = [f"streamer {name!r} cannot read: {why}" for name, why in stats.problems.items()]
    return Survey(times, [*stats.faults(), *problems, *faults])


def _pages(stat: StreamableStat) -> Iterator[list[StatPoint]]:
    cursor: str | None = None
    while True:
        page, following = stat.read(cursor, _PAGE)
        yield page
        if len(page) < _PAGE or following == cursor:
            return
        cursor = following
