"""The launcher: free slots, handles and the queue of one tracker.

A launch is on the disk (``meta.json``) before its executor begins; a queued run is on the disk as queued. The lock
guards the queue and the slots; user code (a thread run's `_setup`) never runs under it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from gymdash_core.errors import FieldError, InvalidValueError, ProjectError, WrongStateError
from gymdash_core.executors.pool import ExecutorPool
from gymdash_core.executors.thread import ThreadExecutor
from gymdash_core.holdups import await_earlier, record_queued_launch
from gymdash_core.meta import (
    last_attempt,
    read_meta,
    record_failed_queued,
    record_failed_start,
    record_launch,
    record_queued,
)
from gymdash_core.orders import LaunchOrder, is_unbegun, require_startable
from gymdash_core.runview import note_end
from gymdash_core.status import RunState, from_iso, utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gymdash_core.executors.api import RunHandle
    from gymdash_core.project import RunFolder
    from gymdash_core.registry import Registry

logger = logging.getLogger(__name__)

#: How long `close` waits for starts that are under way.
_STARTS_S = 30.0
#: How long a supervisor may take from the launch to its lock.
_ON_ITS_WAY_S = 5.0
_LOOK_S = 0.05


@dataclass(eq=False)
class _Slot:
    """A slot that a run of this launcher holds; the attempt is None until the launch is on the disk."""

    attempt: int | None = None


@dataclass(frozen=True)
class _Held:
    """A handle, and the attempt that it belongs to."""

    attempt: int
    handle: RunHandle


class Launcher:
    """Start runs as slots become free, and keep their handles.

    A slot and a handle belong to one attempt of a run: what ends late cannot give back what a resume has taken.

    Thread safety: all methods may be called from any thread.

    Attributes:
        executors: Where runs are started.
        has_hung_up: Whether waits for the replies of runs are at an end.

    Args:
        registry: Knows the executors.
        max_running: Slots; None has no limit.
        by: Whose queue this is, for the record.

    Raises:
        InvalidValueError: There is not even one slot.
    """

    def __init__(self, registry: Registry, max_running: int | None, by: str = "tracker") -> None:
        if max_running is not None and max_running < 1:
            error = FieldError((), f"{max_running} is less than 1: nothing could ever start", "greater_than_equal")
            raise InvalidValueError("max_running", [error])
        self.executors = ExecutorPool(registry, max_running)
        self._max_running = max_running
        self._by = by
        self._lock = threading.Lock()
        self._handles: dict[str, _Held] = {}
        self._queue: deque[LaunchOrder] = deque()
        self._slots: dict[str, _Slot] = {}
        self._under_way: set[str] = set()  # runs between the call of `launch` and their start
        self._starts = 0
        self._idle = threading.Condition(self._lock)
        #: Told each run that was attached to: whoever follows it sees to it that its handle is given back.
        self.on_attach: Callable[[RunFolder], None] = lambda _: None
        self._closed = self.has_hung_up = False
        self._ending = threading.Event()  # set by both

    def require_open(self) -> None:
        """Raise where nothing is started any more.

        Raises:
            ProjectError: The launcher is closed.
        """
        if self._closed:
            raise ProjectError("this tracker is closed", "Make a new one; the runs are in the project.")

    def launch(self, order: LaunchOrder) -> None:
        """Start a run now, or queue it where no slot is free.

        Raises:
            WrongStateError: The run was started or stopped before.
            WorkerStartError: It could not be started; it has failed.
            LockHeldError: Processes of its last attempt do not go; nothing has begun.
            WorkerGoneError: The launcher hung up while it waited for these; nothing has begun.
            ProjectError: The launcher is closed.
            OSError: The launch could not be written down; nothing has begun.
        """
        self._begin(order, self._write_down(order))

    def launch_all(self, orders: Sequence[LaunchOrder]) -> None:
        """Start or queue several runs, none before the launches of all are written down.

        A run that was called off meanwhile is left out; one that could not be started has failed.

        Raises:
            ProjectError: The launcher is closed; nothing has begun.
            OSError: A launch could not be written down; nothing has begun.
        """
        written: list[tuple[LaunchOrder, _Slot | None]] = []
        try:
            for order in orders:
                try:
                    written.append((order, self._write_down(order)))
                except WrongStateError as error:
                    logger.info("left out: %s", error)
        except BaseException:
            for order, slot in written:
                self._give_up(order.run.id, slot)
            raise
        for order, slot in written:
            try:
                self._begin(order, slot)
            except Exception:  # its failure has become the run's ending; the others go on
                logger.exception("run %s could not be started", order.run.id)

    def _write_down(self, order: LaunchOrder) -> _Slot | None:
        """Make a launch durable, in a slot that is returned or, where none is free, in the queue."""
        self.require_open()
        run = order.run
        require_startable(run, order)
        self.executors.of(run)
        with self._lock:
            if run.id in self._under_way:
                raise WrongStateError(run.id, RunState.QUEUED, "be started", "It is being started already.")
            self._under_way.add(run.id)
            slot = self._take_slot(run.id)
        try:
            if slot is not None:
                await_earlier(run, self._ending)
                self._record(order, slot)
            else:
                record_queued(run, order.record(self._by), allowed=lambda meta: require_startable(run, order, meta))
        except BaseException:
            self._give_up(run.id, slot)
            raise
        return slot

    def _record(self, order: LaunchOrder, slot: _Slot, *, queued: bool = False) -> None:
        def require(meta: dict[str, Any]) -> None:
            require_startable(order.run, order, meta, queued=queued)
            note_end(order.run, meta)

        slot.attempt = record_launch(order.run, order.record(self._by), allowed=require)

    def adopt(self, run: RunFolder, attempt: int) -> None:
        """Count a live attempt, which an earlier launcher has started, as holding a slot."""
        with self._lock:
            self._slots[run.id] = _Slot(attempt)

    def start_again(self, run: RunFolder, attempt: int) -> None:
        """Carry out a launch that was written down and never begun, since whoever wrote it has died in between.

        A supervisor that is on its way all the same is waited for.
        """
        slot = _Slot(attempt)
        with self._lock:
            self._slots[run.id] = slot
            self._under_way.add(run.id)
        name = f"gymdash-start-{run.id[:8]}"
        threading.Thread(target=self._start_anew, args=(run, slot), name=name, daemon=True).start()

    def _start_anew(self, run: RunFolder, slot: _Slot) -> None:
        try:
            launched = from_iso(read_meta(run)["launches"][-1]["time"])
            while abs((utc_now() - launched).total_seconds()) < _ON_ITS_WAY_S and is_unbegun(run) and not self._closed:
                time.sleep(_LOOK_S)
            if self._closed or not is_unbegun(run):
                self._leave(run.id)
                return
            handle = self.executors.of(run).start(run)
        except Exception as error:  # nobody waits for this launch: its failure becomes the run's ending
            logger.exception("run %s could not be started again", run.id)
            record_failed_start(run, error, slot.attempt)
            self._leave(run.id, slot)
            self._advance()
        else:
            self._keep(run.id, slot, handle)

    def enqueue(self, order: LaunchOrder) -> None:
        """Take a run that is queued on the disk into the queue."""
        with self._lock:
            self._under_way.add(order.run.id)
            self._queue.append(order)
        self._advance()

    def _take_slot(self, run_id: str) -> _Slot | None:
        """Return a new slot, or None where none is free; a run's own slot of an ended attempt is free to it."""
        if self._closed:
            return None
        if self._max_running is not None and len(self._slots.keys() - {run_id}) >= self._max_running:
            return None
        slot = self._slots[run_id] = _Slot()
        self._starts += 1
        return slot

    def _leave(self, run_id: str, slot: _Slot | None = None) -> None:
        """End a launch that was under way, and give back its slot where it has come to nothing."""
        with self._lock:
            self._under_way.discard(run_id)
            if slot is not None and self._slots.get(run_id) is slot:
                del self._slots[run_id]

    def _give_up(self, run_id: str, slot: _Slot | None) -> None:
        """End a launch that was under way and comes to nothing, and let the next have its slot."""
        self._leave(run_id, slot)
        if slot is not None:
            self._end_start()
            self._advance()

    def _end_start(self) -> None:
        with self._lock:
            self._starts -= 1
            self._idle.notify_all()

    def _begin(self, order: LaunchOrder, slot: _Slot | None) -> None:
        """Carry out a launch that was written down."""
        run = order.run
        if slot is None:
            self.enqueue(order)
            return
        try:
            executor = self.executors.of(run)
            if order.make is not None and isinstance(executor, ThreadExecutor):
                executor.adopt(run, order.make, order.live_kwargs)
            handle = executor.start(run)
        except BaseException as error:
            if isinstance(error, Exception):
                record_failed_start(run, error, slot.attempt)
            self._give_up(run.id, slot)
            raise
        self._keep(run.id, slot, handle)
        self._end_start()

    def _keep(self, run_id: str, slot: _Slot, handle: RunHandle) -> None:
        """Keep the handle of an attempt that goes on, unless somebody has attached to it meanwhile."""
        assert slot.attempt is not None
        with self._lock:
            self._under_way.discard(run_id)
            if self._slots.get(run_id) is slot:
                known = self._handles.get(run_id)
                if known is None or known.attempt != slot.attempt:
                    self._handles[run_id] = _Held(slot.attempt, handle)
            kept = self._handles.get(run_id)
        if kept is None or kept.handle is not handle:
            handle.close(0.0)

    def handle(self, run: RunFolder) -> RunHandle | None:
        """Return the handle of a live run, attaching to one that somebody else started; None where there is none."""
        with self._lock:
            held = self._handles.get(run.id)
        if held is not None:
            return self._lent(held.handle)
        attempt, handle = last_attempt(read_meta(run)), self.executors.of(run).attach(run)
        if handle is None:
            return None
        with self._lock:
            kept = self._handles.setdefault(run.id, _Held(attempt, handle)).handle
        self.on_attach(run)
        return self._lent(kept)

    def hang_up(self) -> None:
        """End all waits for runs, and those to come, with `WorkerGoneError`; the runs go on."""
        with self._lock:
            self.has_hung_up = True
            self._ending.set()
            held = list(self._handles.values())
        for item in held:
            item.handle.hang_up()

    def _lent(self, handle: RunHandle) -> RunHandle:
        if self.has_hung_up:
            handle.hang_up()
        return handle

    def cancel(self, run: RunFolder) -> None:
        """Take a run out of the queue."""
        with self._lock:
            kept = deque(order for order in self._queue if order.run.id != run.id)
            if len(kept) < len(self._queue):
                self._under_way.discard(run.id)
            self._queue = kept

    def release(self, run_id: str, attempt: int) -> None:
        """Give back slot and handle of an attempt that has ended, and start the next runs."""
        with self._lock:
            slot, held = self._slots.get(run_id), self._handles.get(run_id)
            if slot is not None and slot.attempt is not None and slot.attempt <= attempt:
                del self._slots[run_id]
            if held is not None and held.attempt <= attempt:
                del self._handles[run_id]
        if held is not None and held.attempt <= attempt:
            held.handle.close(0.0)
        self._advance()

    def _advance(self) -> None:
        """Start what waits, as far as there are slots."""
        ready: list[tuple[LaunchOrder, _Slot]] = []
        with self._lock:
            while self._queue and (slot := self._take_slot(self._queue[0].run.id)) is not None:
                ready.append((self._queue.popleft(), slot))
        for order, slot in ready:
            name = f"gymdash-start-{order.run.id[:8]}"
            threading.Thread(target=self._start_queued, args=(order, slot), name=name, daemon=True).start()

    def _start_queued(self, order: LaunchOrder, slot: _Slot) -> None:
        run = order.run
        try:
            self.executors.of(run)
            is_recorded = record_queued_launch(run, partial(self._record, order, slot, queued=True), self._ending)
        except Exception as error:  # nobody waits for this launch: its failure becomes the run's ending
            if isinstance(error, WrongStateError):
                logger.info("not started from the queue: %s", error)  # called off, or started by somebody else
            else:
                logger.exception("run %s could not be started from the queue", run.id)
                record_failed_queued(run, error, before=partial(note_end, run))
            is_recorded = False
        if not is_recorded:
            self._give_up(run.id, slot)
            return
        try:
            self._begin(order, slot)
        except Exception:  # it is the run's ending already
            logger.exception("run %s could not be started from the queue", run.id)

    def close(self, *, finish: bool = True) -> list[RunFolder]:
        """Start nothing more, stop runs that end with this process, and return the runs that were still queued.

        Args:
            finish: Carry stops that are under way to their end; else they are left as they are.
        """
        with self._lock:
            self._closed = True
            self._ending.set()
            self._idle.notify_all()
            queued, self._queue = [order.run for order in self._queue], deque()
            self._idle.wait_for(lambda: not self._starts, _STARTS_S)  # what is under way comes into the executors first
            held, self._handles = list(self._handles.values()), {}
        self.executors.close()
        for item in held:
            item.handle.close(None if finish else 0.0)
        return queued
