"""The ballast: a little disk space kept back, so that a run on a full disk can still write down how it ended."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, TypeVar

from gymdash_core.journal import FULL_DISK

if TYPE_CHECKING:
    from collections.abc import Callable

    from gymdash_core.project import RunFolder

BALLAST_BYTES = 64 * 1024
_T = TypeVar("_T")


class Ballast:
    """Reserve space in a run's folder and give it back when the disk is full.

    Args:
        run: The run's files.
    """

    def __init__(self, run: RunFolder) -> None:
        self._path = run.ballast

    def load(self) -> None:
        """Take the space; a disk that is full already has none to take."""
        with contextlib.suppress(OSError):
            self._path.write_bytes(b"\0" * BALLAST_BYTES)

    def drop(self) -> None:
        """Give the space back."""
        with contextlib.suppress(OSError):
            self._path.unlink()

    def write(self, action: Callable[[], _T]) -> _T:
        """Carry out a write that must not be lost, giving the space back where the disk is full.

        Raises:
            OSError: There is no room even then.
        """
        try:
            return action()
        except OSError as error:
            if error.errno not in FULL_DISK:
                raise
            self.drop()
            return action()
