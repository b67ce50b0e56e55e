"""Cursors over several files: a place in each, as text.

``<name>=<offset>+<skip>@<identity>``, joined by ``|``; the name is quoted as in a URL. A skip of 0 is left
out. The identity tells a file from another that has come in its place (`RecordReader.identity`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from gymdash_core.errors import InvalidCursorError

if TYPE_CHECKING:
    from collections.abc import Mapping

_PLACE = re.compile(r"([0-9]{1,19})(?:\+([0-9]{1,9}))?(?:@([0-9a-f]{8}(?:~[0-9]{1,9})?))?")


@dataclass(frozen=True, slots=True)
class Place:
    """How far a stat was read in one file.

    Attributes:
        offset: All records that end up to here were read.
        skip: How many points of the next record that has some were read as well.
        identity: Which file it was; empty where that is not known.
    """

    offset: int = 0
    skip: int = 0
    identity: str = ""

    def __str__(self) -> str:
        skip = f"+{self.skip}" if self.skip else ""
        return f"{self.offset}{skip}@{self.identity}" if self.identity else f"{self.offset}{skip}"


def make_cursor(places: Mapping[str, Place]) -> str:
    """Return places as a cursor."""
    return "|".join(f"{quote(name)}={place}" for name, place in sorted(places.items()))


def read_cursor(cursor: str | None) -> dict[str, Place]:
    """Return the places of a cursor by the names of the files.

    Raises:
        InvalidCursorError: It is none of ours.
    """
    found: dict[str, Place] = {}
    for part in cursor.split("|") if cursor else ():
        name, equals, text = part.rpartition("=")
        match = _PLACE.fullmatch(text)
        if not equals or match is None:
            raise InvalidCursorError(str(cursor))
        found[unquote(name)] = Place(int(match[1]), int(match[2] or 0), match[3] or "")
    return found
