"""Checkpoints of a run: folders that appear whole or not at all.

A checkpoint is written into a hidden folder and renamed when the simulation's `save_checkpoint` has returned, so that a
kill in the middle leaves nothing that looks like one. ``.checkpoint.json`` inside says what it is.
"""

from __future__ import annotations

import os
import shutil
import threading
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from gymdash_core.errors import NoCheckpointError
from gymdash_core.journal import read_json, write_json
from gymdash_core.project import CHECKPOINT_INFO, CHECKPOINT_ORIGIN, RunFolder
from gymdash_core.status import from_iso, iso, utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from pathlib import Path


@dataclass(frozen=True)
class Checkpoint:
    """A published checkpoint.

    Attributes:
        name: Folder name, unique in the run, in the order of saving.
        path: The folder.
        step: Step at which it was saved.
        time: When.
        attempt: The attempt that saved it.
        origin: Run that it was copied from, for the first checkpoint of a branch; else None.
    """

    name: str
    path: Path
    step: int
    time: datetime
    attempt: int
    origin: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return ``name, step, time, attempt, origin`` as a JSON object."""
        return {
            "name": self.name,
            "step": self.step,
            "time": iso(self.time),
            "attempt": self.attempt,
            "origin": self.origin,
        }


class CheckpointStore:
    """Checkpoints of one run.

    Thread safety: saving is serialised; listing needs no lock.

    Args:
        run: The run's files.
        attempt: Number of the attempt that saves.
    """

    def __init__(self, run: RunFolder, attempt: int = 1) -> None:
        self._run = run
        self._attempt = attempt
        self._lock = threading.Lock()

    def list(self) -> list[Checkpoint]:
        """Return the published checkpoints, oldest first."""
        folder = self._run.checkpoints
        paths = sorted(folder.iterdir(), key=_place) if folder.is_dir() else []
        return [found for path in paths if not path.name.startswith(".") and (found := self._read(path))]

    @staticmethod
    def _read(path: Path) -> Checkpoint | None:
        info = read_json(path / CHECKPOINT_INFO)
        if info is None:
            return None
        return Checkpoint(
            path.name, path, int(info["step"]), from_iso(info["time"]), int(info["attempt"]), info.get("origin")
        )

    def find(self, name: str | None = None) -> Checkpoint:
        """Return a checkpoint by name, or the latest.

        Raises:
            NoCheckpointError: There is none, or none of that name.
        """
        found = self.list()
        match = next((c for c in reversed(found) if name in (None, c.name)), None)
        if match is None:
            raise NoCheckpointError(self._run.id, name, [c.name for c in found])
        return match

    def save(
        self, step: int, write: Callable[[Path], None], controls: Mapping[str, Any] = MappingProxyType({})
    ) -> Checkpoint:
        """Publish a checkpoint.

        Args:
            step: Step at which it is saved.
            write: Writes the content into the folder that it is given.
            controls: The values of the controls, as JSON; those who go on from it begin with them.

        Raises:
            OSError: The disk is full or read-only; nothing is published.
        """
        with self._lock:
            folder = self._run.checkpoints
            folder.mkdir(exist_ok=True)
            name = f"{self._next_number():04d}-step-{step}"
            hidden = folder / f".{name}.new"
            shutil.rmtree(hidden, ignore_errors=True)
            hidden.mkdir()
            try:
                write(hidden)
                info = {"step": step, "time": iso(utc_now()), "attempt": self._attempt, "origin": None}
                write_json(hidden / CHECKPOINT_INFO, {**info, "controls": dict(controls)}, fsync=True)
                hidden.rename(folder / name)
            except BaseException:
                shutil.rmtree(hidden, ignore_errors=True)
                raise
        found = self._read(folder / name)
        assert found is not None
        return found

    def _next_number(self) -> int:
        numbers = [int(c.name.split("-")[0]) for c in self.list() if c.name.split("-")[0].isdigit()]
        return max(numbers, default=0) + 1


def saved_controls(folder: Path) -> tuple[dict[str, Any], bool]:
    """Return the values that the controls had when a checkpoint was saved, and whether another run saved it.

    Raises:
        CorruptFileError: What says so is damaged.
    """
    info = read_json(folder / CHECKPOINT_INFO) or {}
    controls = info.get("controls")
    return (dict(controls) if isinstance(controls, dict) else {}), info.get("origin") is not None


def _place(path: Path) -> tuple[float, str]:
    """Return what sorts checkpoints: numbers have four digits or more, and a folder without one comes last."""
    number = path.name.partition("-")[0]
    return (int(number) if number.isdecimal() else float("inf"), path.name)


def copy_origin(source: Checkpoint, parent: str, target: Path) -> str:
    """Copy a parent's checkpoint into a new run's folder, as links where the file system can.

    Args:
        source: The parent's checkpoint; published ones never change, so links are safe.
        parent: The parent's id.
        target: Folder of the new run.

    Returns:
        The checkpoint's path relative to the new run.
    """
    folder = RunFolder(target).checkpoints / CHECKPOINT_ORIGIN
    shutil.copytree(source.path, folder, copy_function=_link_or_copy)
    info = (read_json(source.path / CHECKPOINT_INFO) or {}) | source.as_json() | {"origin": parent}
    (folder / CHECKPOINT_INFO).unlink()
    write_json(folder / CHECKPOINT_INFO, info, fsync=True)
    return folder.relative_to(target).as_posix()


def _link_or_copy(source: str, target: str) -> str:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
    return target
