"""The process executor: each run is a worker process with a supervisor, and outlives whoever started it.

``start`` only spawns the supervisor, in a session of its own; everything after that is read from the run's files and
locks, so that a handle from ``start`` and one from ``attach`` are the same thing.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from typing import TYPE_CHECKING, Any, ClassVar

from gymdash_core.errors import CorruptFileError, LockHeldError, WorkerGoneError, WorkerStartError
from gymdash_core.executors.api import Capability, Executor, RunHandle
from gymdash_core.executors.ladder import TERM_S, StopLadder
from gymdash_core.executors.options import ProcessOptions
from gymdash_core.interaction.channels import ChannelKind
from gymdash_core.interaction.queries import Reply
from gymdash_core.journal import read_json
from gymdash_core.locks import await_free, holder
from gymdash_core.meta import SignalStep, last_attempt, read_meta, read_signals, record_ask, record_signal
from gymdash_core.processes import (
    await_end,
    descendants,
    kill_all,
    session_members,
    thread_environment,
    threads_per_run,
)
from gymdash_core.runview import judge_run
from gymdash_core.status import from_iso, utc_now
from gymdash_core.worker import protocol, supervising
from gymdash_core.worker.client import ControlClient
from gymdash_core.worker.control import Address

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import psutil

    from gymdash_core.meta import Signal
    from gymdash_core.project import RunFolder

#: Published values come from ``state.json`` when the worker does not reply for this long.
PUBLISHED_S = 0.25
#: Beyond a query's own time-out: the worker keeps the time, this is for one that cannot.
_REPLY_MARGIN_S = 0.5
_CALL_S = 10.0
#: Before its simulation is there a worker imports, which takes as long as the user's libraries take. It gives up itself
#: after a minute, and its own words go before ours.
_STARTING_S = 65.0
_WATCH_S = 0.02
_LOCKS_S = 10.0


class ProcessExecutor(Executor):
    """Carry out each run in a process of its own; `max_running` decides the threads per run."""

    name: ClassVar = "process"
    capabilities: ClassVar = frozenset(Capability)

    def start(self, run: RunFolder) -> ProcessHandle:
        """Spawn the supervisor of the last launch, which detaches: this process has no child to bury.

        Raises:
            WorkerStartError: It could not be spawned, or the options are invalid.
        """
        config = read_json(run.config) or {}
        try:
            options = ProcessOptions.model_validate(config.get("executor", {}).get("options") or {})
            await_free((run.worker_lock, run.supervisor_lock), _LOCKS_S)  # of an earlier attempt, told to have ended
            run.logs.mkdir(exist_ok=True)
            with run.supervisor_log.open("ab") as log:
                subprocess.run(
                    self._command(run, config, options),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=options.cwd,
                    env=self.environment(options),
                    start_new_session=True,
                    check=True,
                )
        except (OSError, ValueError, LockHeldError, subprocess.SubprocessError) as error:
            remedy = "Check the interpreter, the working directory and the executor's options."
            raise WorkerStartError(f"run {run.id}: the worker could not be started: {error}", remedy) from error
        return ProcessHandle(run)

    def attach(self, run: RunFolder) -> ProcessHandle | None:
        """Return a handle where a worker or its supervisor lives, or is on its way."""
        if not judge_run(run)[0].state.is_live and holder(run.worker_lock) is None:
            return None
        if (read_json(run.config) or {}).get("executor", {}).get("name") != self.name:
            return None
        return ProcessHandle(run)

    def environment(self, options: ProcessOptions) -> dict[str, str]:
        """Return the environment of a worker: the starter's, the threads per run, and the run's own variables.

        Threads that the run asks for win over the starter's variables; those that nobody asked for yield to them.
        """
        shared = thread_environment(threads_per_run(self.max_running or default_max_running()))
        asked = {} if options.threads is None else thread_environment(options.threads)
        return {**shared, **os.environ, **asked, **options.env}

    @staticmethod
    def _command(run: RunFolder, config: Mapping[str, Any], options: ProcessOptions) -> list[str]:
        interpreter = str(config.get("interpreter") or sys.executable)
        attempt = last_attempt(read_meta(run))
        worker = [interpreter, "-P", "-u", "-m", "gymdash_core.worker", str(run.path), str(attempt)]
        return supervising.command(str(run.path), attempt, options.log_limit_bytes, worker, detach=True)


class ProcessHandle(RunHandle):
    """A run in a process of its own."""

    def __init__(self, run: RunFolder) -> None:
        super().__init__(run)
        self._lock = threading.Lock()
        self._client: ControlClient | None = None
        self._hung_up = threading.Event()
        self._asked = 0  # the attempt that is to end
        self._ladder = StopLadder(run.id, self._is_over, [(self.terminate, TERM_S), (self.kill, TERM_S)])

    # --- talking ---------------------------------------------------------------------------------------------------

    def query(self, channels: Mapping[str, Any], timeout_s: float | None = 5.0, by: str = "") -> dict[str, Reply]:
        """Send values to channels and wait for the replies; see `RunHandle.query`."""
        ids = {key: uuid.uuid4().hex[:16] for key in channels}
        message = protocol.Query(dict(channels), timeout_s, by, ids=ids)
        limit = None if timeout_s is None else timeout_s + _REPLY_MARGIN_S
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        try:
            client = self._connect(deadline)
            replies = client.call(message, limit, fallback=lambda: self._published(channels), after_s=PUBLISHED_S)
        except WorkerGoneError:
            if self._hung_up.is_set():
                raise
            return self._replies_without_worker(channels, ids)
        return {key: value if isinstance(value, Reply) else Reply.from_json(value) for key, value in replies.items()}

    def _published(self, channels: Mapping[str, Any]) -> dict[str, Reply] | None:
        """Replies from ``state.json``, where it holds a value for every channel that is asked for."""
        values = self._state().get("published") or {}
        if any(key not in values or not _is_look(key, value, self._kinds()) for key, value in channels.items()):
            return None
        now = utc_now()
        return {
            key: Reply(
                triggered=True,
                value=values[key]["value"],
                age_s=max(0.0, (now - from_iso(values[key]["time"])).total_seconds()),
                step=values[key]["step"],
            )
            for key in channels
        }

    def _replies_without_worker(self, channels: Mapping[str, Any], ids: Mapping[str, str]) -> dict[str, Reply]:
        """Replies for a worker that ended before it could reply, is stuck, or is not there yet.

        Raises:
            WorkerGoneError: The run had ended before it was asked.
        """
        kinds, alive = self._kinds(), self.exit is None and not judge_run(self.run)[0].state.is_final
        if not kinds and not alive:
            raise WorkerGoneError(f"run {self.run.id}: no worker lives", "Read its files, or resume it.")
        published = {key: self._published({key: value}) for key, value in channels.items()} if alive else {}
        replies: dict[str, Reply] = {}
        for key in channels:
            found = published.get(key)
            pending = alive and kinds.get(key) in (ChannelKind.ACTION, ChannelKind.CONTROL)
            reason = "timeout" if alive else "ended"
            missing = Reply(triggered=False, pending=pending, request_id=ids[key], reason=reason)
            replies[key] = found[key] if found else missing
        return replies

    def answer(self, request_id: str, value: Any, by: str = "") -> dict[str, Any]:
        """Answer a control request; see `RunHandle.answer`."""
        result: dict[str, Any] = self._call(protocol.Answer(request_id, value, by))
        return result

    def describe(self) -> dict[str, Any]:
        """Return channels and open questions of the live attempt; see `RunHandle.describe`."""
        result: dict[str, Any] = self._call(protocol.Describe())
        return result

    def pause(self, *, on: bool = True, by: str = "") -> None:
        """Hold the loop at its next tick, or let it go on; see `RunHandle.pause`."""
        self._call(protocol.Pause(on, by))

    def _call(self, message: protocol.Message) -> Any:
        """Send a message that the simulation answers, with patience while it is not there yet.

        Raises:
            WorkerGoneError: There is no worker, or no reply in time; one that is still starting is named so.
        """
        client = self._connect()
        try:
            return client.call(message, _STARTING_S if self._is_starting() else _CALL_S)
        except WorkerGoneError as error:
            if not self._is_starting():
                raise
            what = f"run {self.run.id}: no reply yet: the worker is still starting"
            raise WorkerGoneError(what, "Try again when it has imported what it needs.") from error

    def _is_starting(self) -> bool:
        """Whether a worker lives whose simulation is not there yet: it then has channels."""
        return not self._kinds() and holder(self.run.worker_lock) is not None

    # --- ending ----------------------------------------------------------------------------------------------------

    def stop(self, grace_s: float = 30.0, *, save: bool = False, by: str = "") -> None:
        """Begin the stop ladder; see `RunHandle.stop`.

        The ask is on the disk first: a worker whose socket is not there yet, or no longer, reads it from there.
        """
        record_ask(self.run, by, grace_s=grace_s, save=save)
        self._asked = last_attempt(read_meta(self.run))
        threading.Thread(target=self._ask, args=(save, by), name="gymdash-stop-ask", daemon=True).start()
        self._ladder.climb(grace_s)

    def carry_on_stop(self) -> bool:
        """Carry a stop to its end that somebody did not live to finish; see `RunHandle.carry_on_stop`.

        The worker reads what it was asked from the disk, so that only the harder steps are left to be taken.
        """
        self._asked = last_attempt(read_meta(self.run))
        sent = read_signals(self.run, self._asked)
        left = {step: _time_left([item for item in sent if item.step is step]) for step in SignalStep}
        if left[SignalStep.KILL] is not None:
            self._ladder.climb(0.0, done=1)
        elif (term_s := left[SignalStep.TERM]) is not None:
            self._ladder.climb(term_s, done=1)
        elif (grace_s := left[SignalStep.ASK]) is not None:
            self._ladder.climb(grace_s)
        return any(seconds is not None for seconds in left.values())

    def _is_over(self, timeout_s: float) -> bool:
        """Wait for the end of the attempt that was asked to end."""
        return self.wait(timeout_s) or self._is_superseded()

    def _is_superseded(self) -> bool:
        """Whether the next attempt has begun, which nobody has asked to end."""
        return last_attempt(read_meta(self.run)) != self._asked

    def _ask(self, save: bool, by: str) -> None:  # noqa: FBT001 - a thread's target
        if self._is_superseded():
            return
        with contextlib.suppress(WorkerGoneError):
            self._connect(time.monotonic()).call(protocol.Stop(save, by), _CALL_S)

    def terminate(self, by: str = "stop ladder") -> None:
        """Send SIGTERM to the worker alone: its children must outlive its cleaning up."""
        worker = holder(self.run.worker_lock)
        if worker is not None:
            record_signal(self.run, SignalStep.TERM, by)
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker, signal.SIGTERM)

    def kill(self, by: str = "stop ladder") -> None:
        """Send SIGKILL to everything that the run has started, the supervisor apart: it writes down the end."""
        if self.exit is not None:
            return
        self._record_kill(by)
        worker, guard = holder(self.run.worker_lock), holder(self.run.supervisor_lock)

        def members() -> set[psutil.Process]:
            """Processes of the run; the worker's session outlives the worker."""
            found = set() if worker is None else session_members(worker) | descendants(worker)
            return found if guard is None else found | descendants(guard)

        kill_all(members, exclude={os.getpid()} if guard is None else {os.getpid(), guard})

    def _record_kill(self, by: str) -> None:
        """Write the kill down, on a full disk with the room that the worker keeps for its last words.

        The worker will not need it; and a run that fills the disk must be stoppable.
        """
        try:
            record_signal(self.run, SignalStep.KILL, by)
        except (OSError, LockHeldError):
            self.run.ballast.unlink(missing_ok=True)
            record_signal(self.run, SignalStep.KILL, by)

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait for the end of the attempt: for its processes to go, and then for its files to say so."""
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        while self.exit is None:
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                return False
            self._await_processes(left)
        return True

    def _await_processes(self, left: float | None) -> None:
        """Wait a while for the process that will be the last to go."""
        limit = 0.5 if left is None else min(left, 0.5)
        guard = holder(self.run.supervisor_lock)
        pid = guard if guard is not None else holder(self.run.worker_lock)
        if pid is None or await_end(pid, limit):
            time.sleep(min(limit, _WATCH_S))  # its files will say so, or it lives where nobody here sees it

    def hang_up(self) -> None:
        """End all waits for replies; see `RunHandle.hang_up`."""
        self._hung_up.set()
        with self._lock:
            client = self._client
        if client is not None:
            client.hang_up()

    def close(self, timeout_s: float | None = None) -> None:
        """Finish a ladder that is under way, and close the connections; the run goes on."""
        self._ladder.join(timeout_s)
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    # --- the worker's address --------------------------------------------------------------------------------------

    def _state(self) -> dict[str, Any]:
        """Return ``state.json`` of the last launch; empty before its worker has written it."""
        with contextlib.suppress(CorruptFileError):
            state = read_json(self.run.state) or {}
            if state.get("attempt") == last_attempt(read_meta(self.run)):
                return state
        return {}

    def _kinds(self) -> dict[str, str]:
        return self._state().get("channels") or {}

    def _connect(self, deadline: float | None = None) -> ControlClient:
        """Return a client for the worker, waiting for one that is still starting.

        Raises:
            WorkerGoneError: There is no worker, it did not come up before the deadline, or this process hangs up.
        """
        while not self._hung_up.is_set():
            state = self._state()
            if state.get("control"):
                return self._client_for(Address.from_json(state["control"]))
            if judge_run(self.run)[0].state.is_final or (deadline is not None and time.monotonic() >= deadline):
                raise WorkerGoneError(f"run {self.run.id}: no worker is there", "Read its files, or resume it.")
            self._hung_up.wait(_WATCH_S)
        raise WorkerGoneError(f"run {self.run.id}: this process hangs up", "The run goes on; ask the next one.")

    def _client_for(self, address: Address) -> ControlClient:
        with self._lock:
            if self._client is None or self._client.address != address:
                self._client = ControlClient(address, self.run.id)
            client = self._client
        if self._hung_up.is_set():
            client.hang_up()
        return client


def default_max_running() -> int:
    """Return how many runs are taken to go at once where nobody has said."""
    return max(4, (os.cpu_count() or 1) // 4)


def _time_left(sent: Sequence[Signal]) -> float | None:
    """Return the seconds that a step of the ladder has left; None where it was not taken, or has no end."""
    ends = []
    for item in sent:
        limit = item.details.get("grace_s") if item.step is SignalStep.ASK else TERM_S
        if isinstance(limit, (int, float)):
            ends.append(limit - min(max(0.0, (utc_now() - item.time).total_seconds()), limit))
    return min(ends, default=None)


def _is_look(key: str, value: Any, kinds: Mapping[str, str]) -> bool:
    """Whether a query only looks at a published value."""
    return value is None or kinds.get(key) != ChannelKind.CONTROL
