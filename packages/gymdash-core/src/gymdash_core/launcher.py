"""The launcher: executors, free slots and the queue of one tracker.

A launch is on the disk (``meta.json``) before its executor begins; a queued run is on the disk as queued. The lock
guards the queue and the slots; user code (a thread run's `_setup`) never runs under it.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gymdash_core.errors import GymDashError, WrongStateError
from gymdash_core.executors.thread import ThreadExecutor
from gymdash_core.journal import read_json
from gymdash_core.meta import record_launch, update_meta
from gymdash_core.runview import judge_run
from gymdash_core.status import RunState, iso, utc_now
from gymdash_core.targets import load_target

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gymdash_core.executors.api import Executor, RunHandle
    from gymdash_core.project import RunFolder
    from gymdash_core.registry import Registry
    from gymdash_core.simulation import Simulation

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class LaunchOrder:
    """A launch that was asked for.

    Attributes:
        run: The run's files.
        start_kwargs: Arguments of `_setup` and `_run`.
        resume_from: Checkpoint folder relative to the run, or None.
        make: Makes the object to run on a thread of this process, or None.
        live_kwargs: The start arguments as they are in this process, for that object; None takes `start_kwargs`.
    """

    run: RunFolder
    start_kwargs: Mapping[str, Any] = field(default_factory=dict)
    resume_from: str | None = None
    make: Callable[[], Simulation] | None = None
    live_kwargs: Mapping[str, Any] | None = None


class Launcher:
    """Start runs as slots become free, and keep their handles.

    Thread safety: all methods may be called from any thread.

    Args:
        registry: Knows the executors.
        max_running: Slots; None has no limit.
    """

    def __init__(self, registry: Registry, max_running: int | None) -> None:
        self._registry = registry
        self._max_running = max_running
        self._lock = threading.Lock()
        self._executors: dict[str, Executor] = {}
        self._handles: dict[str, RunHandle] = {}
        self._queue: deque[LaunchOrder] = deque()
        self._slots: set[str] = set()

    def executor(self, name: str) -> Executor:
        """Return an executor, made at its first use.

        Raises:
            UnknownKeyError: None has that name.
            TargetError: It cannot be loaded.
        """
        entry = self._registry.executor(name)
        with self._lock:
            if name not in self._executors:
                self._executors[name] = load_target(entry.item.target)(self._max_running)
            return self._executors[name]

    def executor_of(self, run: RunFolder) -> Executor:
        """Return the executor that a run asks for."""
        return self.executor(str(((read_json(run.config) or {}).get("executor") or {}).get("name")))

    def launch(self, order: LaunchOrder) -> None:
        """Start a run now, or queue it where no slot is free.

        Raises:
            WrongStateError: The run was started or stopped before.
            WorkerStartError: It could not be started; it has failed.
        """
        with self._lock:
            free = self._max_running is None or len(self._slots) < self._max_running
            if free:
                self._slots.add(order.run.id)
            else:
                self._queue.append(order)
        if free:
            self._start(order)
        else:
            update_meta(order.run, _mark_queued)

    def _start(self, order: LaunchOrder) -> None:
        try:
            executor = self.executor_of(order.run)
            record_launch(
                order.run,
                start_kwargs=order.start_kwargs,
                resume_from=order.resume_from,
                allowed=lambda _: _require_startable(order.run, resuming=order.resume_from is not None),
            )
            if order.make is not None and isinstance(executor, ThreadExecutor):
                executor.adopt(order.run, order.make, order.live_kwargs)
            handle = executor.start(order.run)
        except BaseException:
            self.release(order.run.id)
            raise
        with self._lock:
            self._handles[order.run.id] = handle

    def handle(self, run: RunFolder) -> RunHandle | None:
        """Return the handle of a live run, attaching to one that somebody else started; None where there is none."""
        with self._lock:
            handle = self._handles.get(run.id)
        if handle is not None:
            return handle
        handle = self.executor_of(run).attach(run)
        if handle is not None:
            with self._lock:
                handle = self._handles.setdefault(run.id, handle)
        return handle

    def cancel(self, run: RunFolder) -> None:
        """Take a run out of the queue."""
        with self._lock:
            self._queue = deque(order for order in self._queue if order.run.id != run.id)

    def release(self, run_id: str) -> None:
        """Give back the slot of a run that has ended, and start the next ones."""
        with self._lock:
            self._slots.discard(run_id)
            handle = self._handles.pop(run_id, None)
            ready: list[LaunchOrder] = []
            while self._queue and (self._max_running is None or len(self._slots) < self._max_running):
                ready.append(self._queue.popleft())
                self._slots.add(ready[-1].run.id)
        if handle is not None:
            handle.close(0.0)
        for order in ready:
            name = f"gymdash-start-{order.run.id[:8]}"
            threading.Thread(target=self._start_queued, args=(order,), name=name, daemon=True).start()

    def _start_queued(self, order: LaunchOrder) -> None:
        try:
            self._start(order)
        except GymDashError as error:
            logger.warning("%s", error)

    def close(self) -> list[RunFolder]:
        """Finish stop ladders, stop runs that end with this process, and return the runs that were still queued."""
        with self._lock:
            queued, self._queue = [order.run for order in self._queue], deque()
            handles, self._handles = list(self._handles.values()), {}
            executors = list(self._executors.values())
        for executor in executors:
            executor.close()
        for handle in handles:
            handle.close()
        return queued


def _mark_queued(meta: dict[str, Any]) -> None:
    meta["queued"] = iso(utc_now())


def _require_startable(run: RunFolder, *, resuming: bool) -> None:
    state = judge_run(run)[0].state
    fresh = state in {RunState.CREATED, RunState.QUEUED}
    if fresh or (resuming and state.is_final):
        return
    remedy = "Resume it, or restart it as a new run." if state.is_final else "It is going on already."
    raise WrongStateError(run.id, state, "be started", remedy)
