"""Trailing: what is recorded behind an answer instead of before it, while readers of the index wait for it."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

#: How long a reader waits at most; what then is not recorded cannot be recorded now.
_SETTLE_S = 1.0


class Trailing:
    """Calls that somebody will not wait for, carried out one after another as soon as they come.

    Who gives a call and then reads sees what it has done: `settle` stands before every reading.

    Thread safety: all methods may be called from any thread.
    """

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="gymdash-trailing")
        self._pending: set[Future[object]] = set()

    def submit(self, call: Callable[[], object]) -> None:
        """Have a call carried out; it must not raise. Nothing is done any more once this is closed."""
        try:
            future: Future[object] = self._pool.submit(call)
        except RuntimeError:  # closed: the next server finds it in the files
            return
        self._pending.add(future)
        future.add_done_callback(self._pending.discard)

    def settle(self) -> None:
        """Wait until the calls that were given before are carried out; for a second at most."""
        pending = tuple(self._pending)
        if pending:
            wait(pending, _SETTLE_S)

    def close(self) -> None:
        """Carry out what was given, and take no more."""
        self._pool.shutdown()
