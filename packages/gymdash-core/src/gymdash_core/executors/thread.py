"""The thread executor: a run on a thread of this process, for scripts, tests and simulation objects.

The run's files are the same as a process run's. There is no kill and no captured output, and the run ends with its
process.
"""

from __future__ import annotations

import contextlib
import dataclasses
import threading
from typing import TYPE_CHECKING, Any, ClassVar

from gymdash_core.errors import LockHeldError, WorkerStartError
from gymdash_core.executors.api import Executor, RunHandle
from gymdash_core.executors.ladder import StopLadder
from gymdash_core.instantiate import make_simulation
from gymdash_core.interaction.queries import Reply
from gymdash_core.locks import FileLock
from gymdash_core.meta import read_launch, record_ask
from gymdash_core.status import RunState, SimStatus, SimStatusCode
from gymdash_core.worker import protocol
from gymdash_core.worker.session import RunSession

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gymdash_core.project import RunFolder
    from gymdash_core.simulation import Simulation


_LOCK_S = 10.0


class ThreadExecutor(Executor):
    """Carry out each run on a thread of this process.

    Thread safety: `start` and `attach` may be called from any thread.
    """

    name: ClassVar = "thread"

    def __init__(self, max_running: int | None = None) -> None:
        super().__init__(max_running)
        self._handles: dict[str, ThreadHandle] = {}
        self._adopted: dict[str, tuple[Callable[[], Simulation], Mapping[str, Any] | None]] = {}

    def adopt(
        self, run: RunFolder, make: Callable[[], Simulation], start_kwargs: Mapping[str, Any] | None = None
    ) -> None:
        """Have a run's next start use the object that `make` returns, instead of one of the recorded class.

        Args:
            run: The run's files.
            make: Makes the object.
            start_kwargs: Arguments of `_setup` and `_run` that need not be JSON; None takes the recorded ones.
        """
        self._adopted[run.id] = (make, start_kwargs)

    def start(self, run: RunFolder) -> ThreadHandle:
        """Set the simulation up on the calling thread, then run it on one of its own.

        Raises:
            WorkerStartError: The run is going on already.
            KeyboardInterrupt: It came during `_setup`; the run has failed with it.
        """
        lock = FileLock(run.worker_lock)
        try:
            lock.acquire_wait(_LOCK_S)
        except (LockHeldError, OSError) as error:
            raise WorkerStartError(f"run {run.id} cannot be started: {error}") from error
        try:
            handle = ThreadHandle(run, lock, *self._adopted.pop(run.id, (None, None)), on_over=self._forget)
        except BaseException:
            lock.release()
            raise
        self._handles[run.id] = handle
        handle.begin()
        return handle

    def _forget(self, handle: ThreadHandle) -> None:
        if self._handles.get(handle.run.id) is handle:
            del self._handles[handle.run.id]

    def attach(self, run: RunFolder) -> ThreadHandle | None:
        """Return the handle of a run that goes on in this process."""
        handle = self._handles.get(run.id)
        return handle if handle is not None and not handle.wait(0) else None

    def close(self) -> None:
        """Ask every run of this process to stop, and wait for the threads."""
        live = [handle for handle in self._handles.values() if not handle.wait(0)]
        for handle in live:
            handle.stop(by="the executor closes")
        for handle in live:
            handle.wait(30.0)


class ThreadHandle(RunHandle):
    """A run on a thread of this process.

    Args:
        run: The run's files.
        lock: The worker lock, held; released at the end.
        make: Makes the object to run; None makes one of the recorded class.
        start_kwargs: Arguments of `_setup` and `_run`; None takes the recorded ones.
        on_over: Told the handle when the attempt has ended.
    """

    def __init__(
        self,
        run: RunFolder,
        lock: FileLock,
        make: Callable[[], Simulation] | None,
        start_kwargs: Mapping[str, Any] | None,
        *,
        on_over: Callable[[ThreadHandle], None] = lambda _: None,
    ) -> None:
        super().__init__(run)
        self._lock = lock
        self._make = make if make is not None else lambda: make_simulation(run)
        launch = read_launch(run)
        if start_kwargs is not None:
            launch = dataclasses.replace(launch, start_kwargs=start_kwargs)
        self._session = RunSession(run, launch, contextlib.nullcontext())
        self._on_over = on_over
        self._over = threading.Event()
        self._ladder = StopLadder(run.id, self.wait, [(self._say_stuck, 0.0)])
        self._thread = threading.Thread(target=self._run, name=f"gymdash-run-{run.id[:8]}", daemon=True)
        self.simulation: Simulation | None = None

    def begin(self) -> None:
        """Announce the attempt and set it up here; on success go on in the thread.

        Raises:
            KeyboardInterrupt: It came meanwhile; the attempt has ended with it.
        """
        error = self._set_up()
        if error is not None:
            self._finish(error)
        if isinstance(error, KeyboardInterrupt):
            raise error

    def _set_up(self) -> BaseException | None:
        session = self._session
        try:
            session.open()
            self.simulation = self._make()
            session.bind(self.simulation)
            error = session.setup()
            if error is None:
                self._thread.start()
        except BaseException as problem:  # noqa: BLE001 - the boundary of user code: recorded as the run's ending
            return problem
        return error

    def _run(self) -> None:
        try:
            error = self._session.run()
        except Exception as problem:  # noqa: BLE001 - the end is written in any case
            error = problem
        self._finish(error)

    def _finish(self, error: BaseException | None) -> None:
        try:
            self._session.finish(error)
        finally:
            self._lock.release()
            self._over.set()
            self._on_over(self)

    def query(self, channels: Mapping[str, Any], timeout_s: float | None = 5.0, by: str = "") -> dict[str, Reply]:
        """Send values to channels and wait for the replies; see `RunHandle.query`."""
        replies = self._handle(protocol.Query(dict(channels), timeout_s, by))
        return {key: Reply.from_json(value) for key, value in replies.items()}

    def answer(self, request_id: str, value: Any, by: str = "") -> dict[str, Any]:
        """Answer a control request; see `RunHandle.answer`."""
        result: dict[str, Any] = self._handle(protocol.Answer(request_id, value, by))
        return result

    def describe(self) -> dict[str, Any]:
        """Return channels and open questions; see `RunHandle.describe`."""
        result: dict[str, Any] = self._handle(protocol.Describe())
        return result

    def pause(self, *, on: bool = True, by: str = "") -> None:
        """Hold the loop at its next tick, or let it go on; see `RunHandle.pause`."""
        self._handle(protocol.Pause(on, by))

    def _handle(self, message: protocol.Message) -> Any:
        return self._session.handle(message)

    def stop(self, grace_s: float = 30.0, *, save: bool = False, by: str = "") -> None:
        """Ask the simulation to stop; a thread that does not is left going and says so in a status."""
        record_ask(self.run, by, grace_s=grace_s, save=save)
        self._session.ask_stop(by, save=save)
        self._ladder.climb(grace_s)

    def _say_stuck(self) -> None:
        if self.simulation is not None:
            details = "did not stop when asked, and a thread cannot be killed; use the process executor"
            self.simulation.add_status(SimStatus(SimStatusCode.INFO, details=details))

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait for the end of the attempt; return whether it has ended."""
        return self._over.wait(timeout_s)

    @property
    def exit(self) -> RunState | None:
        """The final state, or None while the attempt goes on."""
        return super().exit if self._over.is_set() else None
