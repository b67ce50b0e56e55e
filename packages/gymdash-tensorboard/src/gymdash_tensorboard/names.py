"""Names: in which order the files of a folder are read, and what a tag is called where several folders have it.

A folder that holds event files is what TensorBoard calls a run, and its tags are curves of their own. The first folder
that has a tag keeps the plain tag as its key, so that no key vanishes while more folders come; each further one has
its folder in front: ``validation/loss``. Tags of the folder that is watched itself always keep their names.
"""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MARK: Final = "tfevents"
_DIGITS = re.compile(r"(\d+)")


@dataclass(frozen=True, slots=True)
class Source:
    """Where the points of a stat are.

    Attributes:
        folder: Folder of the files, relative to the one that is watched; empty for that one.
        tag: The tag in these files.
    """

    folder: str
    tag: str


def find_files(root: Path) -> Iterator[tuple[str, Path]]:
    """Yield the event files of a folder and of the folders in it, with their names in it."""
    for folder, _, names in os.walk(root):
        for name in names:
            if _MARK in name:
                path = Path(folder, name)
                yield path.relative_to(root).as_posix(), path


def folder_of(name: str) -> str:
    """Return the folder in the name of a file; empty where there is none."""
    return name.rpartition("/")[0]


def reading_order(name: str) -> tuple[object, ...]:
    """Return what files are sorted by: folder, time of creation, and the rest of the name, numbers by their size."""
    folder, _, base = name.rpartition("/")
    created = base.partition(f"{_MARK}.")[2].partition(".")[0]
    return _parts(folder), int(created) if created.isdecimal() else 0, _parts(base), name


def name_stats(begins: Mapping[tuple[str, str], Mapping[str, float]]) -> dict[tuple[str, str], Source]:
    """Return where each stat is found, by key and kind.

    Args:
        begins: When each tag of a kind begins in each folder that has it, in seconds since the epoch.
    """
    owners = {pair: _first(folders) for pair, folders in begins.items()}
    found = {pair: Source(owners[pair], pair[0]) for pair in begins}
    for (tag, kind), folders in begins.items():
        for folder in folders:
            if folder != owners[tag, kind]:
                key = f"{folder}/{tag}"
                while (key, kind) in found:
                    key = f"{folder}/{key}"
                found[key, kind] = Source(folder, tag)
    return found


def _first(folders: Mapping[str, float]) -> str:
    """Return the folder that keeps a plain tag."""

    def place(folder: str) -> tuple[bool, float, list[str | int]]:
        time = folders[folder]
        return bool(folder), math.inf if math.isnan(time) else time, _parts(folder)

    return min(folders, key=place)


def _parts(text: str) -> list[str | int]:
    return [int(part) if place % 2 else part for place, part in enumerate(_DIGITS.split(text))]
