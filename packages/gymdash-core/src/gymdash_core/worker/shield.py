"""The shield: our SIGTERM unwinds the simulation's code, never ours.

Python runs signal handlers on the main thread between two bytecodes, so an exception raised by one can come out of any
line, also one that holds a lock or is half through a file. Our own code enters the shield around such lines; a signal
that arrives meanwhile is held back until they are left.
"""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Shield:
    """Hold back an exception from a signal handler while the main thread is in our own code.

    Entering it on another thread than the one that made it does nothing.

    Thread safety: state is touched by the thread that made it alone, which is also where handlers run.
    """

    def __init__(self) -> None:
        self._thread = threading.get_ident()
        self._depth = 0
        self._open = False
        self._pending: BaseException | None = None

    def __enter__(self) -> None:
        if threading.get_ident() == self._thread:
            self._depth += 1

    def __exit__(self, *_: object) -> None:
        if threading.get_ident() == self._thread:
            self._depth -= 1
            self._raise_pending()

    def deliver(self, error: BaseException) -> None:
        """Raise an exception now, when the shield is left, or when the window opens; called by a signal handler."""
        self._pending = error
        self._raise_pending()

    def _raise_pending(self) -> None:
        if self._pending is not None and self._open and not self._depth:
            error, self._pending = self._pending, None
            raise error

    @contextlib.contextmanager
    def window(self) -> Iterator[None]:
        """Let exceptions through for as long as the user's code runs: from `_setup` to the end of `_run`."""
        self._open = True
        try:
            self._raise_pending()
            yield
        finally:
            self._open = False
