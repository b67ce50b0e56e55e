"""SimulationTracker: start, watch, ask, steer and stop simulations from a script; no server, no database.

Data flow: a start is validated (`gymdash_core.describe`), written down (`creation`), launched (`launcher`) by an
executor, and watched through its files (`monitor`). Everything that the tracker tells is read from the run directories,
so it tells the same about runs of other trackers and of servers in the same project.
"""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Self, overload
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from gymdash_core.checkpoints import Checkpoint, CheckpointStore, copy_origin
from gymdash_core.codec import to_plain
from gymdash_core.config import SimulationStartConfig
from gymdash_core.creation import RunRequest, create_run
from gymdash_core.describe import Describer
from gymdash_core.errors import (
    InvalidValueError,
    NotSupportedError,
    TargetError,
    UnknownRequestError,
    WrongStateError,
)
from gymdash_core.events import END_RUN, START_RUN, Countdown, Dispatcher
from gymdash_core.groups import SimulationGroup, TrackedSimulation
from gymdash_core.interaction.requests import ControlRequest, RequestState, read_requests
from gymdash_core.journal import read_json
from gymdash_core.launcher import Launcher, LaunchOrder
from gymdash_core.meta import SignalStep, read_launch, record_signal
from gymdash_core.monitor import RunMonitor
from gymdash_core.params import params_model, validate_kwargs
from gymdash_core.plugins import build_plugin_manager
from gymdash_core.project import Project, RunFolder
from gymdash_core.registry import Registry
from gymdash_core.restore import restore_simulation
from gymdash_core.runview import RunView, read_run, read_statuses
from gymdash_core.simulation import Simulation
from gymdash_core.stats.reader import RunStats
from gymdash_core.status import FINAL_STATES, RunState
from gymdash_core.targets import TargetSpec, describe_class, importing_target, load_target
from gymdash_core.types import SimulationType

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Mapping
    from types import TracebackType

    from gymdash_core.executors.api import RunHandle
    from gymdash_core.interaction.queries import Reply
    from gymdash_core.stats.kinds import StatPoint
    from gymdash_core.status import SimStatus

    AnyId = UUID | str | TrackedSimulation

BY = "tracker"


@dataclasses.dataclass(frozen=True)
class _Seen:
    """A view, and the monotonic time from which on it was true."""

    as_of: float
    view: RunView


class SimulationTracker:
    """Run simulations from a script.

    Leaving its ``with`` block detaches from process runs, which go on, and stops thread runs.

    Thread safety: all methods may be called from any thread. Callbacks run on a thread of their own.

    Args:
        project: Project folder; default ``./.gymdash``.
        executor: Executor of runs that name none: ``process`` or ``thread``.
        max_running: How many runs may go at once, the rest are queued; None has no limit.
        registry: What is registered; None loads the installed plugins.

    Raises:
        TargetError: A worker is importing the script that makes the tracker: its main guard is missing.

    Example:
        >>> import tempfile
        >>> with SimulationTracker(tempfile.mkdtemp()) as tracker:
        ...     run = tracker.start("custom_control", total_runtime=0.2, poll_period=0.05)
        ...     ended = tracker.wait(run, timeout=30)
        ...     str(tracker.state(run))
        'succeeded'
    """

    def __init__(
        self,
        project: str | os.PathLike[str] | Project | None = None,
        *,
        executor: str = "process",
        max_running: int | None = None,
        registry: Registry | None = None,
    ) -> None:
        target = importing_target()
        if target is not None:
            cause = "its module creates a SimulationTracker while it is imported by a worker"
            raise TargetError(target, cause, 'Put the script\'s main part under `if __name__ == "__main__":`.')
        self.project = project if isinstance(project, Project) else Project(project)
        self.registry = registry if registry is not None else Registry(build_plugin_manager())
        self.registry.executor(executor)
        self._executor = executor
        self._describer = Describer(self.project.type_cache)
        self._launcher = Launcher(self.registry, max_running)
        self._dispatcher = Dispatcher()
        self._monitor = RunMonitor(self._on_change, self._end_lingering)
        self._changed = threading.Condition()
        self._views: dict[str, _Seen] = {}
        self._seen_steps: dict[str, set[tuple[int, str]]] = {}
        self._callbacks: dict[str, list[tuple[str, Callable[[], object]]]] = {}
        self._countdowns: list[tuple[str, Countdown]] = []
        self._all_done: dict[UUID, Countdown] = {}
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Detach from process runs, stop thread runs, and end this tracker's threads.

        Stops that were asked for are carried to their end first. Runs that were still queued are stopped, since nobody
        would start them.
        """
        if self._closed:
            return
        self._closed = True
        for run in self._launcher.close():
            record_signal(run, SignalStep.ASK, f"{BY} closed")
        self._monitor.close()
        self._dispatcher.close()
        self._describer.close()
        with self._changed:
            self._changed.notify_all()

    # --- what can be run -------------------------------------------------------------------------------------------

    def register(self, cls: type[Simulation], key: str | None = None) -> str:
        """Serve a class of a script without packaging it; return its key.

        Args:
            cls: The class. For the process executor it must be importable: at the top of a file, not in a notebook
                cell or a function.
            key: Its key; the class's name by default.

        Raises:
            DuplicateItemError: The key is taken.
        """
        name = key or cls.__name__
        try:
            recorded: TargetSpec | None = describe_class(cls)
        except TargetError:
            recorded = None  # the thread executor needs none; a process run raises it at its start
        target = recorded.target if recorded else f"{cls.__module__}:{cls.__name__}"
        self.registry.register_simulation(SimulationType(name, target), cls.__module__, recorded=recorded, cls=cls)
        return name

    # --- starting --------------------------------------------------------------------------------------------------

    def create_simulation(
        self,
        what: str | SimulationStartConfig,
        *,
        name: str | None = None,
        kwargs: Mapping[str, Any] | None = None,
        executor: str | Mapping[str, Any] | None = None,
        **kw: Any,
    ) -> UUID:
        """Validate and write down a run without starting it; `start` it by its id.

        Args:
            what: Key of a simulation type, or a configuration.
            name: What people call the run.
            kwargs: Its arguments.
            executor: Name, or ``{"name", "options"}``; the tracker's by default.
            kw: More arguments.

        Raises:
            UnknownKeyError: No such simulation type, or executor.
            InvalidKwargsError: The arguments are refused. Nothing is created.
        """
        config = _as_config(what, name, {**(kwargs or {}), **kw})
        return UUID(self._create(config, executor).id)

    def _create(
        self, config: SimulationStartConfig, executor: str | Mapping[str, Any] | None, **more: Any
    ) -> RunFolder:
        entry = self.registry.simulation(config.sim_key)
        wanted = {"name": executor} if isinstance(executor, str) else dict(executor or {"name": self._executor})
        chosen = self.registry.executor(str(wanted["name"])).item
        options: Mapping[str, Any] = dict(wanted.get("options") or {})  # type: ignore[arg-type]
        options = validate_kwargs(f"executor {chosen.name}", chosen.options_model or _NoOptions, options)
        if chosen.name != "thread" and entry.cls is not None and entry.recorded is None:
            describe_class(entry.cls)  # raises the reason why another process cannot load it
        kwargs = self._validated(config)
        request = RunRequest(entry, config.name, kwargs, {"name": chosen.name, "options": options}, **more)
        run = create_run(self.project, request)
        self._monitor.watch(run)
        return run

    def _validated(self, config: SimulationStartConfig) -> dict[str, Any]:
        """Return the arguments of a configuration, on top of the type's default configuration, as it accepts them."""
        entry = self.registry.simulation(config.sim_key)
        base = entry.item.default_config.kwargs if entry.item.default_config else {}
        return self._describer.validate(entry, config.sim_key, {**base, **config.kwargs})

    def create_simulations(self, what: Iterable[str | SimulationStartConfig] | SimulationGroup) -> SimulationGroup:
        """Create several runs, all or none, and return them as a group; start them with `start_sims`.

        Raises:
            UnknownKeyError: No such simulation type.
            InvalidKwargsError: Arguments are refused. Nothing is created.
        """
        group = (
            what if isinstance(what, SimulationGroup) else SimulationGroup(_as_config(item, None, {}) for item in what)
        )
        for config in group.configs:
            self._validated(config)
        runs: list[RunFolder] = []
        try:
            for config in group.configs:
                runs.append(self._create(config, None, group=str(group.id)))  # noqa: PERF401 - what there is counts
        except BaseException:
            for run in runs:
                shutil.rmtree(run.path, ignore_errors=True)
            raise
        group._adopt([TrackedSimulation(UUID(run.id), self) for run in runs])
        return group

    def start(
        self,
        what: AnyId | SimulationStartConfig | Simulation,
        *,
        name: str | None = None,
        kwargs: Mapping[str, Any] | None = None,
        executor: str | Mapping[str, Any] | None = None,
        **kw: Any,
    ) -> UUID:
        """Start a run and return its id.

        Args:
            what: Key of a simulation type, a configuration, a simulation object (runs on the thread executor), or
                the id of a created run.
            name: What people call the run.
            kwargs: Its arguments.
            executor: Name, or ``{"name", "options"}``; the tracker's by default.
            kw: For a key: more arguments. Else: the arguments of `_setup` and `_run`.

        Raises:
            UnknownKeyError: No such simulation type, or executor.
            InvalidKwargsError: The arguments are refused. Nothing is created.
            WrongStateError: A run that was started before, or a simulation restored from disk.
            WorkerStartError: The process could not be started; the run has failed.
        """
        if isinstance(what, Simulation):
            return self._start_object(what, name, kwargs or {}, kw)
        if isinstance(what, (UUID, TrackedSimulation)) or (isinstance(what, str) and _is_id(what)):
            return self._launch(self._run(what), kw)
        if isinstance(what, str):
            return self._launch(self._create(_as_config(what, name, {**(kwargs or {}), **kw}), executor), {})
        validate_kwargs(f"{what.sim_key}: start arguments", None, kw)
        return self._launch(self._create(_as_config(what, name, kwargs or {}), executor), kw)

    start_sim = start

    def start_sims(self, group: SimulationGroup, **kw: Any) -> SimulationGroup:
        """Start a group, creating its runs where that is still to do; `kw` are the arguments of `_setup` and `_run`.

        Raises:
            UnknownKeyError: No such simulation type.
            InvalidKwargsError: Arguments are refused. Nothing is created.
        """
        if not group.ids:
            self.create_simulations(group)
        for run_id in group.ids:
            self._launch(self._run(run_id), kw)
        return group

    def _start_object(
        self, simulation: Simulation, name: str | None, kwargs: Mapping[str, Any], start_kwargs: Mapping[str, Any]
    ) -> UUID:
        if simulation.from_disk or simulation._services is not None:
            cause = "restored from disk" if simulation.from_disk else "an object that was started before"
            raise WrongStateError(simulation.config.name, cause, "be started", "Resume the run, or make a new object.")
        cls, config = type(simulation), simulation.config
        key = config.sim_key or cls.__name__
        present = self.registry.simulations.get(key)
        if present is None:
            self.register(cls, key)
        config.kwargs = validate_kwargs(key, params_model(cls), {**config.kwargs, **kwargs})
        config.name, config.sim_key = name or config.name or key, key
        run = self._create(config, "thread")
        shown = {name: _shown(value) for name, value in start_kwargs.items()}
        self._launcher.launch(LaunchOrder(run, shown, make=lambda: simulation, live_kwargs=dict(start_kwargs)))
        return UUID(run.id)

    def _launch(self, run: RunFolder, start_kwargs: Mapping[str, Any], resume_from: str | None = None) -> UUID:
        config = read_json(run.config) or {}
        entry = self.registry.simulations.get(str(config.get("key")))
        make = None
        if entry is not None and entry.cls is not None:
            cls, start = (
                entry.cls,
                SimulationStartConfig(name=config["name"], sim_key=config["key"], kwargs=config["kwargs"]),
            )
            make = lambda: cls(start)  # noqa: E731 - a deferred construction, on the thread that runs it
        self._launcher.launch(LaunchOrder(run, start_kwargs, resume_from, make))
        self._monitor.watch(run)
        return UUID(run.id)

    # --- ending and going on ---------------------------------------------------------------------------------------

    def stop(self, ids: AnyId | Iterable[AnyId], grace_s: float = 30.0, *, save: bool = False) -> None:
        """Ask runs to stop, and see to it: ask, wait `grace_s`, SIGTERM, 5 s, SIGKILL. Returns at once.

        A run that was not started yet is stopped at once; on an ended one this has no effect.

        Args:
            ids: One run or several.
            grace_s: How long a simulation may take before harder steps.
            save: Save a checkpoint first, where the simulation can.
        """
        for run in self._runs(ids):
            self._end(run, lambda handle: handle.stop(grace_s, save=save, by=BY))

    def kill(self, ids: AnyId | Iterable[AnyId]) -> None:
        """End runs at once.

        Raises:
            NotSupportedError: A run is on an executor that cannot kill.
        """
        for run in self._runs(ids):
            self._end(run, lambda handle: handle.kill(by=BY))

    def _end(self, run: RunFolder, end: Callable[[RunHandle], None]) -> None:
        state = read_run(run).state
        if state.is_final:
            return
        if not state.is_live:
            self._launcher.cancel(run)
            record_signal(run, SignalStep.ASK, BY)
        elif (handle := self._launcher.handle(run)) is not None:
            end(handle)
        else:
            record_signal(run, SignalStep.ASK, BY)  # a thread of another process reads it within a second
        self._monitor.watch(run)

    def pause(self, ids: AnyId | Iterable[AnyId]) -> None:
        """Hold the loops of runs at their next tick.

        Raises:
            WrongStateError: A run has no live worker.
            NotSupportedError: A simulation never ticks.
        """
        for run in self._runs(ids):
            self._live(run, "be paused").pause(by=BY)

    def resume(self, run_id: AnyId, checkpoint: str | None = None) -> None:
        """Let a paused run go on, or start the next attempt of an ended run from a checkpoint.

        Args:
            run_id: The run.
            checkpoint: Name of the checkpoint; the latest by default.

        Raises:
            NotSupportedError: The type saves no checkpoints.
            WrongStateError: There is no such checkpoint, or the run was never started.
        """
        run = self._run(run_id)
        state = read_run(run).state
        if state.is_live:
            self._live(run, "be resumed").pause(on=False, by=BY)
            return
        if not state.is_final:
            raise WrongStateError(run.id, state, "be resumed", "Start it.")
        self._require_checkpoints(run)
        found = CheckpointStore(run).find(checkpoint)
        where = found.path.relative_to(run.path).as_posix()
        self._launch(run, read_launch(run).start_kwargs, where)

    def restart(self, run_id: AnyId, *, name: str | None = None) -> UUID:
        """Start a new run with the same arguments; return its id."""
        parent = read_run(self._run(run_id))
        config = SimulationStartConfig(name=name or parent.name, sim_key=parent.key, kwargs=parent.kwargs)
        start_kwargs = read_launch(self._run(run_id)).start_kwargs
        return self._launch(self._create(config, parent.executor, parent=parent.id, tags=parent.tags), start_kwargs)

    def branch(
        self,
        run_id: AnyId,
        checkpoint: str | None = None,
        kwargs: Mapping[str, Any] | None = None,
        *,
        name: str | None = None,
    ) -> UUID:
        """Start a new run from a checkpoint of another, with changed arguments; return its id.

        Args:
            run_id: The parent.
            checkpoint: Name of the checkpoint; the latest by default.
            kwargs: Arguments to change; they win over what the checkpoint holds.
            name: What people call the new run.

        Raises:
            NotSupportedError: The type saves no checkpoints.
            WrongStateError: There is no such checkpoint.
            InvalidKwargsError: The arguments are refused. Nothing is created.
        """
        parent_run = self._run(run_id)
        parent = read_run(parent_run)
        self._require_checkpoints(parent_run)
        found = CheckpointStore(parent_run).find(checkpoint)
        config = SimulationStartConfig(
            name=name or f"{parent.name} (branch)", sim_key=parent.key, kwargs={**parent.kwargs, **(kwargs or {})}
        )
        run = self._create(
            config,
            parent.executor,
            parent=parent.id,
            tags=parent.tags,
            changed_kwargs=dict(kwargs or {}),
            fill=lambda folder: copy_origin(found, parent.id, folder),
        )
        origin = CheckpointStore(run).find().path.relative_to(run.path).as_posix()
        return self._launch(run, read_launch(parent_run).start_kwargs, origin)

    def _require_checkpoints(self, run: RunFolder) -> None:
        entry = self.registry.simulation(read_run(run).key)
        described = self._describer.describe(entry)
        if described.error is not None:
            raise TargetError(described.target, described.error)
        if "checkpoint" not in described.capabilities:
            remedy = "Its class must override save_checkpoint(folder, step)."
            raise NotSupportedError(f"simulation {entry.item.key!r}", "checkpoint", remedy)

    def checkpoints(self, run_id: AnyId) -> list[Checkpoint]:
        """Return the checkpoints of a run, oldest first."""
        return CheckpointStore(self._run(run_id)).list()

    # --- looking ---------------------------------------------------------------------------------------------------

    def view(self, run_id: AnyId) -> RunView:
        """Return a run as it is now.

        Raises:
            RunNotFoundError: No such run in this project.
        """
        return read_run(self._run(run_id))

    def state(self, run_id: AnyId) -> RunState:
        """Return a run's state.

        Raises:
            RunNotFoundError: No such run in this project.
        """
        return self.view(run_id).state

    def views(self) -> list[RunView]:
        """Return all runs of the project, oldest first; also those of other trackers and servers."""
        return sorted((read_run(run) for run in self.project.runs()), key=lambda view: (view.created, view.id))

    def statuses(self, run_id: AnyId) -> list[SimStatus]:
        """Return the statuses of a run, oldest first."""
        return read_statuses(self._run(run_id))

    def stats(self, run_id: AnyId) -> RunStats:
        """Return the stats of a run, live or ended."""
        return RunStats(self._run(run_id), {name: e.item for name, e in self.registry.streamers.items()}, load_target)

    def points(self, run_id: AnyId, key: str, kind: str | None = None) -> list[StatPoint]:
        """Return all points of a stat, in the order in which they were written.

        Raises:
            UnknownStatError: No such stat, or the key exists in several kinds.
        """
        return self.stats(run_id).points(key, kind)

    def load(self, run_id: AnyId) -> Simulation:
        """Return a simulation object restored from disk, for looking; starting it raises.

        Raises:
            TargetError: Its class cannot be loaded.
            StreamersFailedError: `_create_streamers` raised.
        """
        run = self._run(run_id)
        config = read_json(run.config) or {}
        entry = self.registry.simulations.get(str(config.get("key")))
        cls = entry.cls if entry is not None and entry.cls else load_target(TargetSpec.from_json(config["target"]))
        return restore_simulation(run, cls)

    # --- talking ---------------------------------------------------------------------------------------------------

    @overload
    def query(self, ids: AnyId, channels: Mapping[str, Any], timeout_s: float = ...) -> dict[str, Reply]: ...

    @overload
    def query(
        self, ids: list[AnyId] | list[UUID], channels: Mapping[str, Any], timeout_s: float = ...
    ) -> dict[UUID, dict[str, Reply]]: ...

    def query(self, ids: Any, channels: Mapping[str, Any], timeout_s: float = 5.0) -> Any:
        """Send values to channels of live runs and wait for the replies.

        Args:
            ids: One run, or a list.
            channels: Value per channel; None asks for a published value.
            timeout_s: How long to wait.

        Returns:
            Channel -> reply; for a list of runs: id -> channel -> reply.

        Raises:
            UnknownChannelError: A channel does not exist; nothing was delivered to that run.
            InvalidValueError: A channel refuses its value; nothing was delivered to that run.
            WrongStateError: A run has no live worker.
        """
        if isinstance(ids, (UUID, str, TrackedSimulation)):
            return self._query(self._run(ids), channels, timeout_s)
        runs = self._runs(ids)
        with ThreadPoolExecutor(max(1, len(runs)), thread_name_prefix="gymdash-query") as pool:
            replies = list(pool.map(lambda run: self._query(run, channels, timeout_s), runs))
        return {UUID(run.id): reply for run, reply in zip(runs, replies, strict=True)}

    def _query(self, run: RunFolder, channels: Mapping[str, Any], timeout_s: float) -> dict[str, Reply]:
        return self._live(run, "be queried").query(channels, timeout_s, BY)

    def channels(self, run_id: AnyId) -> list[dict[str, Any]]:
        """Return the channels of a live run with their current values.

        Raises:
            WrongStateError: The run has no live worker.
        """
        channels: list[dict[str, Any]] = self._live(self._run(run_id), "be asked").describe()["channels"]
        return channels

    def control_requests(self, ids: AnyId | Iterable[AnyId] | None = None) -> list[ControlRequest]:
        """Return the open questions of some runs, or of all in the project, oldest first."""
        runs = list(self.project.runs()) if ids is None else self._runs(ids)
        found = [request for run in runs for request in _open_requests(run)]
        return sorted(found, key=lambda request: request.created)

    def answer(self, request_id: str, value: Any) -> None:
        """Answer a question; exactly one caller succeeds.

        Raises:
            UnknownRequestError: No open run asks that.
            RequestClosedError: It was answered or withdrawn before.
            InvalidValueError: The question's schema refuses the value; it stays open.
        """
        run = next((run for run in self.project.runs() if _asks(run, request_id)), None)
        if run is None:
            raise UnknownRequestError(request_id)
        self._live(run, "be answered").answer(request_id, value, BY)

    def _live(self, run: RunFolder, wanted: str) -> RunHandle:
        state = read_run(run).state
        handle = self._launcher.handle(run) if state.is_live else None
        if handle is None:
            raise WrongStateError(run.id, state, wanted, "It needs a live worker that this process can reach.")
        return handle

    # --- waiting ---------------------------------------------------------------------------------------------------

    def wait(self, ids: AnyId | Iterable[AnyId], timeout: float | None = None) -> bool:
        """Wait until runs have ended; return whether they have.

        Args:
            ids: One run or several.
            timeout: How long to wait, in seconds; None waits for ever.
        """
        return self._wait(ids, lambda view: view.state.is_final, timeout)

    def wait_for(self, run_id: AnyId, states: Iterable[RunState | str], timeout: float | None = None) -> bool:
        """Wait until a run is in one of some states, or has ended; return whether it is in one of them.

        Args:
            run_id: The run.
            states: What to wait for.
            timeout: How long to wait, in seconds; None waits for ever.
        """
        wanted = {RunState(state) for state in states}
        seen: list[RunState] = []

        def reached(view: RunView) -> bool:
            if view.state in wanted:
                seen.append(view.state)
            return view.state in wanted | FINAL_STATES

        self._wait(run_id, reached, timeout)
        return bool(seen)

    def _wait(self, ids: AnyId | Iterable[AnyId], reached: Callable[[RunView], bool], timeout: float | None) -> bool:
        waiting = {run.id for run in self._runs(ids) if not reached(self._observe(run))}
        with self._changed:

            def done() -> bool:
                waiting.difference_update([i for i in waiting if i in self._views and reached(self._views[i].view)])
                return self._closed or not waiting

            self._changed.wait_for(done, timeout)
        return not waiting

    def _observe(self, run: RunFolder) -> RunView:
        """Return a run as it is now, and keep watching it until it ends."""
        as_of, view = time.monotonic(), read_run(run)
        with self._changed:
            known = self._views.get(run.id)
            self._views[run.id] = _Seen(as_of, view)
        if not view.state.is_final and (known is None or known.view.state.is_final):
            self._monitor.watch(run)
        return view

    def all_done(self, ids: AnyId | Iterable[AnyId]) -> bool:
        """Return whether all runs have ended."""
        return all(read_run(run).state.is_final for run in self._runs(ids))

    def any_running(self, ids: AnyId | Iterable[AnyId]) -> bool:
        """Return whether any run has not ended."""
        return not self.all_done(ids)

    def on_all_done(self, ids: AnyId | Iterable[AnyId], fn: Callable[[], object]) -> UUID:
        """Call a function once, when all runs have ended; return an id for `add_on_all_done`."""
        callback_id = uuid.uuid4()
        self._all_done[callback_id] = self._countdown([UUID(run.id) for run in self._runs(ids)], END_RUN)
        self._all_done[callback_id].add(fn)
        return callback_id

    def add_on_all_done(self, callback_id: UUID, fn: Callable[[], object]) -> None:
        """Add a function to what `on_all_done` calls.

        Raises:
            WrongStateError: No such callback.
        """
        if callback_id not in self._all_done:
            raise WrongStateError(str(callback_id), "no callback of this tracker", "be added to")
        self._all_done[callback_id].add(fn)

    def add_callback(self, run_id: AnyId, event: str, fn: Callable[[], object]) -> None:
        """Call a function in this process at ``start_setup``, ``end_setup``, ``start_run`` or ``end_run`` of a run.

        A run that has ended counts as having ended its run, however it ended.

        Raises:
            ValueError: There is no such event.
        """
        known = (Simulation.START_SETUP, Simulation.END_SETUP, Simulation.START_RUN, Simulation.END_RUN)
        if event not in known:
            message = f"unknown event {event!r}; known: {', '.join(known)}"
            raise ValueError(message)
        run = self._run(run_id)
        attempt = read_run(run).attempt
        with self._changed:
            late = (attempt, event) in self._seen_steps.get(run.id, ())
            self._callbacks.setdefault(run.id, []).append((event, fn))
        if late:
            self._dispatcher.call(fn)
        self._monitor.watch(run)

    def _countdown(self, ids: Iterable[UUID], step: str) -> Countdown:
        runs = self._runs(list(ids))
        countdown = Countdown(self._dispatcher, {run.id for run in runs})
        with self._changed:
            self._countdowns.append((step, countdown))
        for run in runs:
            view = self._observe(run)
            if step in _steps(view):
                countdown.arrive(run.id)
        return countdown

    # --- what the monitor sees -------------------------------------------------------------------------------------

    def _on_change(self, run: RunFolder, view: RunView, as_of: float) -> None:
        with self._changed:
            seen = self._seen_steps.setdefault(run.id, set())
            new = tuple(step for step in _steps(view) if (view.attempt, step) not in seen)
            seen.update((view.attempt, step) for step in new)
            callbacks = [fn for event, fn in self._callbacks.get(run.id, ()) if event in new]
            countdowns = [countdown for step, countdown in self._countdowns if step in new]
            known = self._views.get(run.id)
            if known is None or known.as_of < as_of:
                self._views[run.id] = _Seen(as_of, view)
            self._changed.notify_all()
        for fn in callbacks:
            self._dispatcher.call(fn)
        for countdown in countdowns:
            countdown.arrive(run.id)
        if view.state.is_final:
            self._launcher.release(run.id)

    def _end_lingering(self, run: RunFolder) -> None:
        """Kill what is left of a run that has said how it ended; its state stays as it is."""
        handle = self._launcher.handle(run)
        if handle is not None:
            with contextlib.suppress(NotSupportedError):
                handle.kill(by=f"{BY}: its process outlived its end")

    # --- names -----------------------------------------------------------------------------------------------------

    def _run(self, run_id: AnyId) -> RunFolder:
        return self.project.run(run_id.id if isinstance(run_id, TrackedSimulation) else run_id)

    def _runs(self, ids: AnyId | Iterable[AnyId]) -> list[RunFolder]:
        if isinstance(ids, (UUID, str, TrackedSimulation)):
            return [self._run(ids)]
        return [self._run(run_id) for run_id in ids]


class _NoOptions(BaseModel):
    """Options of an executor that declares none."""

    model_config = ConfigDict(extra="forbid")


def _shown(value: Any) -> Any:
    """Return a start argument as it can be written down: an object that only this process has, by its name."""
    try:
        return to_plain(value, "start argument")
    except InvalidValueError:
        return repr(value)


def _as_config(what: str | SimulationStartConfig, name: str | None, kwargs: Mapping[str, Any]) -> SimulationStartConfig:
    if isinstance(what, str):
        return SimulationStartConfig(name=name or "", sim_key=what, kwargs=dict(kwargs))
    return SimulationStartConfig(name=name or what.name, sim_key=what.sim_key, kwargs={**what.kwargs, **kwargs})


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _steps(view: RunView) -> tuple[str, ...]:
    """Steps of the life cycle that a run has taken.

    The end of the run counts once everything can be read, and however it came.
    """
    steps = [step for step in view.events if step != END_RUN]
    if view.state.is_final:
        steps += [step for step in (START_RUN, END_RUN) if step not in steps]
    return tuple(steps)


def _open_requests(run: RunFolder) -> list[ControlRequest]:
    """Questions of the live attempt; what a killed one left open is nobody's any more."""
    asked = [request for request in read_requests(run.requests) if request.state is RequestState.OPEN]
    view = read_run(run) if asked else None
    if view is None or not view.state.is_live:
        return []
    return [dataclasses.replace(item, simulation_id=run.id) for item in asked if item.attempt == view.attempt]


def _asks(run: RunFolder, request_id: str) -> bool:
    return any(request.id == request_id for request in read_requests(run.requests))
