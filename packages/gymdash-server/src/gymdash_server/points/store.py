"""The file ``index.json``: what counts of a run's columns, and during which life of the machine that was written.

A kill of the server loses nothing that was written; a power cut may lose any block of a file whose size is right all
the same. Columns are therefore looked through once, by their check sums, when the machine has started anew since.
"""

from __future__ import annotations

import contextlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from gymdash_core.journal import read_json, write_json
from gymdash_server.points.model import StatEntry

if TYPE_CHECKING:
    from collections.abc import Sequence

INDEX = "index.json"
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class Stored:
    """What an ``index.json`` says.

    Attributes:
        entries: The stats.
        complete: The last attempt that was read to its end; 0 if none.
        is_of_this_boot: The machine has not started anew since it was written, so that what was written is there.
    """

    entries: Sequence[StatEntry] = ()
    complete: int = 0
    is_of_this_boot: bool = True


def load_index(folder: Path) -> Stored:
    """Return what is stored; nothing where there is no file.

    Raises:
        CorruptFileError: It is damaged.
        TypeError: It is of another version.
        ValueError: It is of another version.
    """
    data = read_json(folder / INDEX)
    if data is None:
        return Stored()
    entries = [_entry(item) for item in data.get("stats", ())]
    return Stored(entries, int(data.get("complete", 0)), data.get("boot") == boot_mark())


def _entry(item: dict[str, Any]) -> StatEntry:
    own = item.get("own")
    pairs = {"checks": tuple(item.get("checks", ())), "own": None if own is None else tuple(own)}
    return StatEntry(**{**item, **pairs})


def save_index(folder: Path, entries: Sequence[StatEntry], complete: int) -> None:
    """Replace what is stored.

    Raises:
        OSError: The disk is full or read-only; what was stored stays.
    """
    folder.mkdir(parents=True, exist_ok=True)
    stats = [asdict(entry) for entry in entries]
    write_json(folder / INDEX, {"version": 1, "boot": boot_mark(), "complete": complete, "stats": stats})


def boot_mark() -> str:
    """Return what tells this life of the machine from others."""
    with contextlib.suppress(OSError):
        return _BOOT_ID.read_text().strip()
    return str(int(psutil.boot_time()))
