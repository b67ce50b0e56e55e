"""What the recorder remembers of runs: what was told of each, and whose turn it is."""

from __future__ import annotations

import contextlib
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gymdash_core.runview import RunView

_REMEMBERED = 256


@dataclass
class Known:
    """What was told of a run, so that only what is new is told.

    Attributes:
        view: The run as it was told last; None before.
        mark: Its files as they were then (`rows.fingerprint`).
        judged: Monotonic time of that look.
        json: The run as clients saw it then.
        looked: Monotonic time of the last look of any kind.
        published: Values of its channels that were told.
        logs: How far each stream of its output was told; empty until somebody looks.
        lists: Marks of its lists of attempts and checkpoints as they were then.
        news: Its lists that have changed, which was not told yet.
        problem: Why the last look has failed; empty where it has not.
    """

    view: RunView | None = None
    mark: str = ""
    judged: float = 0.0
    json: dict[str, Any] | None = None
    looked: float = 0.0
    published: dict[str, Any] = field(default_factory=dict)
    logs: dict[str, int] = field(default_factory=dict)
    lists: dict[str, object] = field(default_factory=dict)
    news: set[str] = field(default_factory=set)
    problem: str = ""


class Memory:
    """Remember live runs, and those of the ended ones that were used last.

    Thread safety: all methods may be called from any thread.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._live: dict[str, Known] = {}
        self._ended: OrderedDict[str, Known] = OrderedDict()

    def get(self, run_id: str) -> Known:
        """Return what is remembered of a run; of a stranger, nothing yet."""
        with self._lock:
            known = self._live.get(run_id)
            if known is None:
                known = self._ended.setdefault(run_id, Known())
                self._ended.move_to_end(run_id)
                while len(self._ended) > _REMEMBERED:
                    self._ended.popitem(last=False)
            return known

    def keep(self, run_id: str) -> bool:
        """Remember a run for as long as it lives; return whether that is news."""
        with self._lock:
            if run_id in self._live:
                return False
            self._live[run_id] = self._ended.pop(run_id, Known())
            return True

    def let_go(self, run_id: str) -> None:
        """Remember a run as long as others are not more recent."""
        with self._lock:
            known = self._live.pop(run_id, None)
            if known is not None:
                self._ended[run_id] = known

    def forget(self, run_id: str) -> None:
        """Forget a run."""
        with self._lock:
            self._live.pop(run_id, None)
            self._ended.pop(run_id, None)

    def is_live(self, run_id: str) -> bool:
        """Return whether a run is remembered as live."""
        return run_id in self._live

    def live(self) -> dict[str, Known]:
        """Return the live runs by id."""
        with self._lock:
            return dict(self._live)


class Turns:
    """One lock a run, there only while somebody holds it or waits for it.

    Thread safety: `of` may be called from any thread.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[str, tuple[threading.Lock, int]] = {}

    @contextlib.contextmanager
    def of(self, run_id: str) -> Iterator[None]:
        """Wait for a run's turn and hold it."""
        with self._lock:
            turn, users = self._held.get(run_id, (threading.Lock(), 0))
            self._held[run_id] = (turn, users + 1)
        try:
            with turn:
                yield
        finally:
            with self._lock:
                users = self._held[run_id][1] - 1
                if users:
                    self._held[run_id] = (turn, users)
                else:
                    del self._held[run_id]
