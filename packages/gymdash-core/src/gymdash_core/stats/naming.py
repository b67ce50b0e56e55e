"""What the stats of attached streamers are called where several have one of the same name.

Nobody registered these streamers, so nobody decided whose ``loss`` is *the* loss. What a registered streamer, or the
simulation itself, calls ``loss`` keeps that name. Of attached ones the stat that began earliest has the plain key, so
that no key vanishes while more folders come; each further one has its folder in front: ``validation/loss``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Mapping

#: Key and kind of a stat.
Pair = tuple[str, str]
#: Name of a streamer type, and the folder relative to the run's; ``"."`` is the run's own.
Place = tuple[str, str]

_DIGITS = re.compile(r"(\d+)")


def tell_apart(
    taken: Container[Pair], offers: Mapping[Place, Iterable[Pair]], began: Callable[[Place, Pair], float]
) -> dict[Pair, tuple[Place, Pair]]:
    """Return where each stat of attached streamers is found: at which place, and under which key and kind there.

    Args:
        taken: The stats of the run that others give.
        offers: The stats at each place.
        began: Returns when a stat began, in seconds since the epoch, infinity where that is not known; called only
            where several places have it.
    """
    places: dict[Pair, list[Place]] = {}
    for place, pairs in offers.items():
        for pair in pairs:
            places.setdefault(pair, []).append(place)
    found: dict[Pair, tuple[Place, Pair]] = {}
    others: list[tuple[Place, Pair]] = []
    for pair, having in places.items():
        ordered = _ordered(having, pair, began) if having[1:] else having
        if pair not in taken:
            found[pair] = ordered[0], pair
            ordered = ordered[1:]
        others += [(place, pair) for place in ordered]
    for place, pair in others:
        key, kind = pair
        while (key, kind) in found or (key, kind) in taken:
            key = f"{_prefix(place)}/{key}"
        found[key, kind] = place, pair
    return found


def _ordered(places: list[Place], pair: Pair, began: Callable[[Place, Pair], float]) -> list[Place]:
    def order(place: Place) -> tuple[float, list[str | int], str]:
        name, folder = place
        numbers = [int(part) if odd % 2 else part for odd, part in enumerate(_DIGITS.split(folder))]
        return began(place, pair), numbers, name

    return sorted(places, key=order)


def _prefix(place: Place) -> str:
    name, folder = place
    return name if folder == "." else folder
