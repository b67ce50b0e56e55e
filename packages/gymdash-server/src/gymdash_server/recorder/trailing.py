"""Trailing: what is recorded behind an answer instead of before it, while readers of the index wait for it."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

#: How long a reader waits at most; what then is not recorded cannot be recorded now.
_SETTLE_S = 1.0


class Trailing:
    """Calls about runs that somebody will not wait for, carried out as soon as they come.

    Who gives a call and then reads of its run sees what it has done: `settle` stands before every reading.

    Thread safety: all methods may be called from any thread.
    """

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="gymdash-trailing")
        self._pending: dict[Future[object], str] = {}

    def submit(self, run_id: str, call: Callable[[], object]) -> None:
        """Have a call carried out; it must not raise. Nothing is done any more once this is closed."""
        try:
            future: Future[object] = self._pool.submit(call)
        except RuntimeError:  # closed: the next server finds it in the files
            return
        self._pending[future] = run_id
        future.add_done_callback(lambda done: self._pending.pop(done, None))

    def settle(self, run_id: str | None = None) -> None:
        """Wait until the calls that were given before are carried out; for a second at most.

        Args:
            run_id: The run that is read of; None for all.
        """
        pending = [future for future, about in self._pending.copy().items() if run_id in {None, about}]
        if pending:
            wait(pending, _SETTLE_S)

    def close(self) -> None:
        """Finish what is being done, and take no more: the next server finds the rest in the files."""
        self._pool.shutdown(cancel_futures=True)
