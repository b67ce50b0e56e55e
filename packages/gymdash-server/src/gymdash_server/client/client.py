"""The client: one object, one server, the verbs of `gymdash_core.SimulationTracker`.

Data flow: a method → `Connection` → one request → an answer of `gymdash_server.schemas`, or an error of the tree. Live
news come over `EventStream`.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from gymdash_core.errors import RunNotFoundError, UnknownKeyError
from gymdash_core.status import FINAL_STATES, RunState
from gymdash_server.client.reading import RunReader, pairs
from gymdash_server.client.stream import Event, EventStream
from gymdash_server.errors import NoServerError
from gymdash_server.schemas import simulations as runs
from gymdash_server.schemas import talking

if TYPE_CHECKING:
    AnyId = UUID | str | runs.SimulationRead

#: More runs than this are not named in the address of a stream; all are heard then.
_MOST_NAMED = 50
#: How much longer than a query the request for it may take.
_SLACK_S = 15.0


class Client(RunReader):
    """Start, watch, ask, steer and stop the runs of a server.

    A run is named by its id, a unique prefix of 4 or more characters, its unique name, or a record of it. The errors
    are those that the server has raised, of the tree of `gymdash_core.errors`.

    Thread safety: all methods may be called from any thread.

    Args:
        url: Address of the server, also as it prints it, with ``?token=``; by default that in ``GYMDASH_URL``, else
            that which the project's server has written down.
        token: Its secret; by default that in ``GYMDASH_TOKEN``, or the one that was written down with the address.
        project: Project folder in which a server has written down its address; given, it wins over ``GYMDASH_URL``.
            By default that in ``GYMDASH_PROJECT``, else ``./.gymdash``.
        agent: What the record of interventions names: letters, digits, ``.``, ``_`` and ``-``.

    Raises:
        NoServerError: Nothing says where a server is.
    """

    # --- starting --------------------------------------------------------------------------------------------------

    def start(
        self,
        key: str,
        /,
        *,
        name: str = "",
        kwargs: Mapping[str, Any] | None = None,
        executor: str | Mapping[str, Any] | None = None,
        tags: Iterable[str] = (),
        group: str | None = None,
        **kw: Any,
    ) -> runs.SimulationRead:
        """Start a run, or queue it; return it.

        Args:
            key: Simulation type.
            name: What people call the run; the key by default.
            kwargs: Its arguments.
            executor: Name, or ``{"name", "options"}``; the server's by default.
            tags: Words for finding it.
            group: Id of a group that it joins.
            kw: More arguments; they win.

        Raises:
            UnknownKeyError: No such simulation type, or executor.
            InvalidKwargsError: The arguments are refused. Nothing is created.
        """
        body = {"key": key, "name": name, "kwargs": {**(kwargs or {}), **kw}, "tags": list(tags), "group": group}
        if executor is not None:
            body["executor"] = executor if isinstance(executor, str) else dict(executor)
        return self._post(runs.SimulationRead, "simulations", body)

    def start_batch(
        self,
        key: str,
        /,
        *,
        kwargs: Mapping[str, Any] | None = None,
        grid: Mapping[str, Sequence[Any]] | None = None,
        seeds: Sequence[int] | None = None,
        name: str = "",
    ) -> runs.BatchRead:
        """Start a group of runs, all or none: every combination of the grid, for every seed.

        Args:
            key: Simulation type.
            kwargs: Arguments that all share.
            grid: Values of each argument that varies.
            seeds: Values of the argument ``seed``.
            name: What people call them.

        Raises:
            UnknownKeyError: No such simulation type.
            InvalidKwargsError: Arguments are refused. Nothing is created.
        """
        body = {"key": key, "kwargs": dict(kwargs or {}), "name": name, "seeds": seeds}
        body["grid"] = {argument: list(values) for argument, values in (grid or {}).items()}
        return self._post(runs.BatchRead, "simulations/batch", body)

    # --- ending and going on ---------------------------------------------------------------------------------------

    def stop(self, run: AnyId, grace_s: float = 30.0, *, save: bool = False) -> runs.SimulationRead:
        """Ask a run to stop, and see to it: ask, wait `grace_s`, SIGTERM, 5 s, SIGKILL. Returns at once.

        Args:
            run: The run; one that is queued is stopped at once, on an ended one this has no effect.
            grace_s: How long the simulation may take before harder steps.
            save: Save a checkpoint first, where the simulation can.

        Raises:
            RunNotFoundError: There is no such run.
        """
        return self._do(run, "stop", {"grace_s": grace_s, "save": save})

    def kill(self, run: AnyId) -> runs.SimulationRead:
        """End a run at once.

        Raises:
            RunNotFoundError: There is no such run.
            NotSupportedError: Its executor cannot kill.
        """
        return self._do(run, "kill")

    def pause(self, run: AnyId) -> runs.SimulationRead:
        """Hold the loop of a run at its next tick.

        Raises:
            WrongStateError: It has no live worker.
            NotSupportedError: The simulation never ticks.
        """
        return self._do(run, "pause")

    def resume(self, run: AnyId, checkpoint: str | None = None) -> runs.SimulationRead:
        """Let a paused run go on, or start the next attempt of an ended one.

        Args:
            run: The run.
            checkpoint: Name of the checkpoint, for an ended run; the latest by default.

        Raises:
            NotSupportedError: The type saves no checkpoints.
            WrongStateError: There is no such checkpoint, or the run has not ended.
        """
        return self._do(run, "resume", {"checkpoint": checkpoint})

    def restart(self, run: AnyId, *, name: str | None = None) -> runs.SimulationRead:
        """Start a new run with the same arguments; return it.

        Args:
            run: The run.
            name: Name of the new run; that of the other by default.

        Raises:
            UnknownKeyError: The run's type is not registered.
        """
        return self._do(run, "restart", {"name": name})

    def branch(
        self,
        run: AnyId,
        checkpoint: str | None = None,
        kwargs: Mapping[str, Any] | None = None,
        *,
        name: str | None = None,
    ) -> runs.SimulationRead:
        """Start a new run from a checkpoint of another, with changed arguments; return it.

        Args:
            run: The parent.
            checkpoint: Name of the checkpoint; the latest by default.
            kwargs: Arguments to change; they win over what the checkpoint holds.
            name: What people call the new run.

        Raises:
            NotSupportedError: The type saves no checkpoints.
            WrongStateError: There is no such checkpoint.
            InvalidKwargsError: The arguments are refused. Nothing is created.
        """
        return self._do(run, "branch", {"checkpoint": checkpoint, "kwargs": dict(kwargs or {}), "name": name})

    # --- talking ---------------------------------------------------------------------------------------------------

    def query(self, run: AnyId, channels: Mapping[str, Any], timeout_s: float = 5.0) -> dict[str, talking.ReplyRead]:
        """Send values to channels of a live run and wait for the replies.

        Args:
            run: The run.
            channels: Value per channel; None asks for a published value.
            timeout_s: How long to wait, 0 to 60.

        Raises:
            UnknownChannelError: A channel does not exist; nothing was delivered.
            InvalidValueError: A channel refuses its value; nothing was delivered.
            WrongStateError: The run has no live worker.
        """
        body = {"channels": dict(channels), "timeout_s": timeout_s}
        answer = self._connection.request("POST", self._path(run, "query"), body=body, read_s=timeout_s + _SLACK_S)
        return self._read(talking.QueryRead, answer).channels

    def channels(self, run: AnyId) -> list[talking.ChannelRead]:
        """Return the channels of a run with their current values; none where it has no live worker.

        Raises:
            RunNotFoundError: There is no such run.
        """
        return self._get(talking.ChannelList, self._path(run, "channels")).items

    def control_requests(
        self,
        run: AnyId | None = None,
        *,
        open: bool | None = True,  # noqa: A002 - as the route calls it
    ) -> list[talking.ControlRequestRead]:
        """Return questions, oldest first.

        Args:
            run: Those of one run; None for all.
            open: The open ones, or with False the closed ones; None for both.

        Raises:
            RunNotFoundError: There is no such run.
        """
        wanted = None if open is None else str(open).lower()
        params = pairs(open=wanted, simulation=None if run is None else self.resolve(run))
        return self._pages(talking.ControlRequestList, "control-requests", params)

    def answer(self, request_id: str, value: Any) -> talking.ControlRequestRead:
        """Answer a question; exactly one client succeeds.

        Raises:
            UnknownRequestError: There is no such question.
            RequestClosedError: It was answered or withdrawn before.
            InvalidValueError: Its schema refuses the value; it stays open.
        """
        return self._post(talking.ControlRequestRead, f"control-requests/{request_id}/answer", value)

    # --- describing and removing -----------------------------------------------------------------------------------

    def update(
        self, run: AnyId, *, name: str | None = None, tags: Iterable[str] | None = None, notes: str | None = None
    ) -> runs.SimulationRead:
        """Change name, tags or notes; what is None stays.

        Raises:
            RunNotFoundError: There is no such run.
        """
        body = dict(pairs(name=name, tags=None if tags is None else list(tags), notes=notes))
        answer = self._connection.request("PATCH", self._path(run), body=body)
        return self._read(runs.SimulationRead, answer)

    def delete(self, run: AnyId, *, purge: bool = False) -> None:
        """Move an ended run to the trash, or remove it for good.

        Raises:
            WrongStateError: It has not ended.
        """
        self._connection.request("DELETE", self._path(run), params=pairs(purge=str(purge).lower()))

    def restore(self, run: AnyId) -> runs.SimulationRead:
        """Take a run out of the trash.

        Raises:
            RunNotFoundError: There is no such run.
        """
        return self._do(run, "restore")

    # --- listening and waiting -------------------------------------------------------------------------------------

    def events(
        self,
        *,
        simulation: AnyId | Iterable[AnyId] = (),
        event: str | Iterable[str] = (),
        last_event_id: str | None = None,
        patience_s: float = 60.0,
    ) -> Iterator[Event]:
        """Yield what happens, from now on, for as long as the caller listens.

        The first event is ``hello``. A lost connection is made anew behind the last event; ``hello`` comes again then,
        and ``resync`` where the server has forgotten too much: read anew what you show. Points come once: after a
        later ``hello`` read them by cursor.

        Args:
            simulation: Runs; all by default.
            event: Names of events; all by default.
            last_event_id: Go on behind this event.
            patience_s: For how long a lost server is looked for.

        Raises:
            NoServerError: There is none, or it was not back in time.
            UnknownKeyError: There is no such event.
        """
        names = [event] if isinstance(event, str) else list(event)
        ids = [self.resolve(run) for run in _several(simulation)]
        return iter(self._stream(ids, names, last_event_id=last_event_id, patience_s=patience_s))

    def wait(self, ids: AnyId | Iterable[AnyId], timeout: float | None = None) -> bool:
        """Wait until runs have ended; return whether they have.

        Args:
            ids: One run or several.
            timeout: How long to wait, in seconds; None waits for ever.

        Raises:
            RunNotFoundError: There is no such run, or it was deleted meanwhile.
            NoServerError: The server was lost and not back in time.
        """
        left = {self.resolve(run) for run in _several(ids)}
        for state, run_id in self._states(left, timeout):
            if state in FINAL_STATES:
                left.discard(run_id)
            if not left:
                return True
        return not left

    def wait_for(self, run: AnyId, states: str | Iterable[str], timeout: float | None = None) -> bool:
        """Wait until a run is in one of some states, or has ended; return whether it is in one of them.

        Args:
            run: The run.
            states: What to wait for: one state or several.
            timeout: How long to wait, in seconds; None waits for ever.

        Raises:
            UnknownKeyError: There is no such state.
            RunNotFoundError: There is no such run, or it was deleted meanwhile.
        """
        wanted = {states} if isinstance(states, str) else {str(state) for state in states}
        unknown = sorted(wanted - set(RunState))
        if unknown:
            raise UnknownKeyError("state", unknown[0], list(RunState))
        for state, _ in self._states({self.resolve(run)}, timeout):
            if state in wanted | FINAL_STATES:
                return state in wanted
        return False

    def _states(self, ids: set[str], timeout: float | None) -> Iterator[tuple[str, str]]:
        """Yield the states of runs, now and whenever they change; they are read anew after each connection."""
        deadline = None if timeout is None else time.monotonic() + timeout
        if deadline is not None:
            yield from self._states_now(ids)
        named = sorted(ids) if len(ids) <= _MOST_NAMED else []
        for event in self._stream(named, ["simulation"], deadline=deadline) if ids else ():
            if event.name in {"hello", "resync"}:
                with contextlib.suppress(NoServerError):  # lost again: the stream says hello when it is back
                    yield from self._states_now(ids)
            elif event.data.get("id") in ids:
                if event.data.get("deleted"):
                    raise RunNotFoundError(event.data["id"])
                yield str(event.data["state"]), str(event.data["id"])

    def _states_now(self, ids: Iterable[str]) -> list[tuple[str, str]]:
        return [(self.get(run_id).state, run_id) for run_id in sorted(ids)]

    def _stream(self, ids: Iterable[str], names: Iterable[str], **more: Any) -> EventStream:
        params = [*(("simulation", run_id) for run_id in ids), *(("event", name) for name in names)]
        return EventStream(self._connection.renewed, tuple(params), **more)


def _several(ids: AnyId | Iterable[AnyId]) -> list[AnyId]:
    return [ids] if isinstance(ids, (str, UUID, runs.SimulationRead)) else list(ids)
