"""The executors of one launcher, each made when a run asks for it first."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from gymdash_core.journal import read_json
from gymdash_core.targets import load_target

if TYPE_CHECKING:
    from gymdash_core.executors.api import Executor
    from gymdash_core.project import RunFolder
    from gymdash_core.registry import Registry


class ExecutorPool:
    """Make executors, and keep them.

    Thread safety: all methods may be called from any thread.

    Args:
        registry: Knows the executors.
        max_running: How many runs may go at once, which executors share the processors by; None has no limit.
    """

    def __init__(self, registry: Registry, max_running: int | None) -> None:
        self._registry = registry
        self._max_running = max_running
        self._lock = threading.Lock()
        self._made: dict[str, Executor] = {}

    def get(self, name: str) -> Executor:
        """Return an executor, made at its first use.

        Raises:
            UnknownKeyError: None has that name.
            TargetError: It cannot be loaded.
        """
        entry = self._registry.executor(name)
        with self._lock:
            known = self._made.get(name)
        if known is not None:
            return known
        made: Executor = load_target(entry.item.target)(self._max_running)
        with self._lock:
            return self._made.setdefault(name, made)

    def of(self, run: RunFolder) -> Executor:
        """Return the executor that a run asks for.

        Raises:
            UnknownKeyError: None has that name.
            TargetError: It cannot be loaded.
        """
        return self.get(str(((read_json(run.config) or {}).get("executor") or {}).get("name")))

    def close(self) -> None:
        """Stop the runs that end with this process."""
        with self._lock:
            made = list(self._made.values())
        for executor in made:
            executor.close()
