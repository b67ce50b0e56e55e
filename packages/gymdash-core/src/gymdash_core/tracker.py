"""SimulationTracker: start, watch, ask, steer and stop simulations from a script; no server, no database.

Data flow: a start is validated (`gymdash_core.describe`), written down (`creation`), launched (`launcher`) by an
executor, and watched through its files (`monitor`). It is talked to (`talking`) and waited for (`waiting`). Everything
that the tracker tells is read from the run directories (`reading`), so it tells the same about runs of other trackers
and of servers in the same project.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from gymdash_core.checkpoints import Checkpoint
from gymdash_core.config import SimulationStartConfig
from gymdash_core.conversation import Conversation
from gymdash_core.errors import (
    FieldError,
    InvalidValueError,
    LockHeldError,
    NotSupportedError,
    TargetError,
    WrongStateError,
)
from gymdash_core.groups import SimulationGroup, TrackedSimulation
from gymdash_core.launcher import Launcher
from gymdash_core.meta import withdraw_queued
from gymdash_core.plugins import build_plugin_manager
from gymdash_core.project import Project
from gymdash_core.registry import Registry
from gymdash_core.runview import read_run
from gymdash_core.simulation import Simulation
from gymdash_core.starter import Starter, StartPolicy
from gymdash_core.status import RunState
from gymdash_core.talking import RunTalker
from gymdash_core.targets import importing_target
from gymdash_core.watch import RunWatch

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping
    from types import TracebackType

    AnyId = UUID | str | TrackedSimulation

logger = logging.getLogger(__name__)

BY = "tracker"


class SimulationTracker(RunTalker):
    """Run simulations from a script.

    Leaving its ``with`` block detaches from process runs, which go on, and stops thread runs.

    Thread safety: all methods may be called from any thread. Callbacks run on a thread of their own.

    Args:
        project: Project folder; default ``./.gymdash``.
        executor: Executor of runs that name none: ``process`` or ``thread``.
        max_running: How many runs may go at once, from 1, the rest are queued; None has no limit.
        registry: What is registered; None loads the installed plugins.

    Raises:
        TargetError: A worker is importing the script that makes the tracker: its main guard is missing.
        UnknownKeyError: No such executor.
        InvalidValueError: `max_running` is less than 1.

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
        opened = project if isinstance(project, Project) else Project(project)
        known = registry if registry is not None else Registry(build_plugin_manager())
        self._launcher = Launcher(known, max_running, BY)
        talk = Conversation(self._launcher, BY)
        watch = RunWatch(lambda run, attempt: self._launcher.release(run.id, attempt), talk.end_lingering)
        super().__init__(opened, known, watch, talk)
        self._launcher.on_attach = watch.watch
        policy = StartPolicy(executor)
        self._starter = Starter(self.project, self.registry, self._describer, self._launcher, policy, watch.watch)
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
        try:
            for run in self._launcher.close():
                try:
                    withdraw_queued(run, f"{BY} closed")
                except (OSError, LockHeldError) as error:
                    logger.warning("run %s stays queued: %s", run.id, error)
        finally:
            self._watch.close()
            self._describer.close()

    # --- what can be run -------------------------------------------------------------------------------------------

    def register(self, cls: type[Simulation], key: str | None = None) -> str:
        """Serve a class of a script without packaging it; return its key.

        Args:
            cls: The class. For the process executor it must be importable: at the top of a file, not in a notebook
                cell or a function.
            key: Its key; the class's name by default.

        Raises:
            DuplicateItemError: The key is taken.
            TargetError: It is no simulation class, or one without ``_run``.
        """
        return self._starter.register(cls, key)

    # --- starting --------------------------------------------------------------------------------------------------

    def create_simulation(
        self,
        what: str | SimulationStartConfig,
        /,
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
            ProjectError: The tracker is closed, or the project folder cannot be used.
        """
        config = _as_config(what, name, {**(kwargs or {}), **kw})
        return UUID(self._starter.create(config, executor).id)

    def create_simulations(self, what: Iterable[str | SimulationStartConfig] | SimulationGroup) -> SimulationGroup:
        """Create several runs, all or none, and return them as a group; start them with `start_sims`.

        Raises:
            UnknownKeyError: No such simulation type.
            InvalidKwargsError: Arguments are refused. Nothing is created.
        """
        group = (
            what if isinstance(what, SimulationGroup) else SimulationGroup(_as_config(item, None, {}) for item in what)
        )
        runs = self._starter.create_all(group.configs, str(group.id))
        group._adopt([TrackedSimulation(UUID(run.id), self) for run in runs])
        return group

    def start(
        self,
        what: AnyId | SimulationStartConfig | Simulation | type[Simulation],
        /,
        *,
        name: str | None = None,
        kwargs: Mapping[str, Any] | None = None,
        executor: str | Mapping[str, Any] | None = None,
        **kw: Any,
    ) -> UUID:
        """Start a run and return its id.

        Args:
            what: Key of a simulation type, a class (which is registered under its name), a configuration, a simulation
                object (runs on the thread executor), or the id of a created run.
            name: What people call the run.
            kwargs: Its arguments.
            executor: Name, or ``{"name", "options"}``; the tracker's by default.
            kw: For a key: more arguments. Else: the arguments of `_setup` and `_run`.

        Raises:
            UnknownKeyError: No such simulation type, or executor.
            InvalidKwargsError: The arguments are refused. Nothing is created.
            WrongStateError: A run that was started before, or a simulation restored from disk.
            WorkerStartError: The process could not be started; the run has failed.
            NotSupportedError: A simulation object on another executor than ``thread``.
            TargetError: What was given is no simulation class, or one that cannot go into another process.
            ProjectError: The tracker is closed, or the project folder cannot be used.
        """
        if isinstance(what, type):
            what = self.register(what)
        if isinstance(what, Simulation):
            if executor is not None and self._starter.executor_name(executor) != "thread":
                remedy = "Start it by its key, or its class: another process makes its own object."
                raise NotSupportedError("a simulation object", "another executor than thread", remedy)
            return self._starter.start_object(what, _as_config(what.config, name, kwargs or {}), kw)
        if isinstance(what, (UUID, TrackedSimulation)) or (isinstance(what, str) and _is_id(what)):
            return self._starter.launch(self._run(what), kw)
        if isinstance(what, str):
            return self._starter.start_config(_as_config(what, name, {**(kwargs or {}), **kw}), executor, {})
        return self._starter.start_config(_as_config(what, name, kwargs or {}), executor, kw)

    start_sim = start

    def start_sims(self, group: SimulationGroup, **kw: Any) -> SimulationGroup:
        """Start a group, creating its runs where that is still to do; `kw` are the arguments of `_setup` and `_run`.

        Raises:
            UnknownKeyError: No such simulation type.
            InvalidKwargsError: Arguments are refused. Nothing is created.
            InvalidValueError: It is no group.
        """
        if not isinstance(group, SimulationGroup):
            message = f"a SimulationGroup is wanted, not {group!r}; start single runs with start()"
            raise InvalidValueError("start_sims", [FieldError((), message)])
        if not group.ids:
            self.create_simulations(group)
        for run_id in group.ids:
            self._starter.launch(self._run(run_id), kw)
        return group

    # --- going on --------------------------------------------------------------------------------------------------

    def resume(self, run_id: AnyId, checkpoint: str | Checkpoint | None = None) -> None:
        """Let a paused run go on, or start the next attempt of an ended run from a checkpoint.

        Args:
            run_id: The run.
            checkpoint: The checkpoint or its name, for an ended run; the latest by default.

        Raises:
            NotSupportedError: The type saves no checkpoints.
            WrongStateError: There is no such checkpoint, the run was never started, or a live run is to go on from a
                checkpoint.
        """
        run = self._run(run_id)
        state = read_run(run).state
        if state.is_live and checkpoint is not None:
            raise WrongStateError(run.id, state, "go on from a checkpoint", "Stop it first, or branch from it.")
        if state.is_live:
            self._talk.pause(run, on=False)
        elif state.is_final:
            self._starter.resume(run, _checkpoint_name(checkpoint))
        else:
            remedy = "It waits for a free slot." if state is RunState.QUEUED else "Start it."
            raise WrongStateError(run.id, state, "be resumed", remedy)

    def restart(self, run_id: AnyId, *, name: str | None = None) -> UUID:
        """Start a new run with the same arguments; return its id."""
        return self._starter.restart(self._run(run_id), name)

    def branch(
        self,
        run_id: AnyId,
        checkpoint: str | Checkpoint | None = None,
        kwargs: Mapping[str, Any] | None = None,
        *,
        name: str | None = None,
    ) -> UUID:
        """Start a new run from a checkpoint of another, with changed arguments; return its id.

        Args:
            run_id: The parent.
            checkpoint: The checkpoint or its name; the latest by default.
            kwargs: Arguments to change; they win over what the checkpoint holds.
            name: What people call the new run.

        Raises:
            NotSupportedError: The type saves no checkpoints.
            WrongStateError: There is no such checkpoint.
            InvalidKwargsError: The arguments are refused. Nothing is created.
        """
        return self._starter.branch(self._run(run_id), _checkpoint_name(checkpoint), kwargs or {}, name)


def _as_config(what: str | SimulationStartConfig, name: str | None, kwargs: Mapping[str, Any]) -> SimulationStartConfig:
    if isinstance(what, str):
        return SimulationStartConfig(name=name or "", sim_key=what, kwargs=dict(kwargs))
    return SimulationStartConfig(name=name or what.name, sim_key=what.sim_key, kwargs={**what.kwargs, **kwargs})


def _checkpoint_name(checkpoint: str | Checkpoint | None) -> str | None:
    return checkpoint.name if isinstance(checkpoint, Checkpoint) else checkpoint


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
