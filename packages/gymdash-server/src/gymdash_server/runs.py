"""Commands on runs: what clients may do to them, carried out by core and recorded before it is answered."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from gymdash_core.config import SimulationStartConfig
from gymdash_core.conversation import Conversation
from gymdash_core.errors import NotSupportedError, WorkerGoneError, WrongStateError
from gymdash_core.executors.api import Capability
from gymdash_core.groups import SimulationGroup
from gymdash_core.launcher import Launcher
from gymdash_core.locks import UNKNOWN_PID, holder
from gymdash_core.meta import held_meta, update_meta
from gymdash_core.processes import await_end
from gymdash_core.runview import read_run
from gymdash_core.starter import Starter, StartPolicy
from gymdash_core.status import iso, utc_now
from gymdash_server.describing import describe_run
from gymdash_server.runbook import RunBook
from gymdash_server.takeover import BY, Takeover

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gymdash_core.describe import Describer
    from gymdash_core.interaction.queries import Reply
    from gymdash_core.interaction.requests import ControlRequest
    from gymdash_core.project import Project, RunFolder
    from gymdash_core.registry import Registry
    from gymdash_server.orders import StartOrder

logger = logging.getLogger(__name__)

#: Key of imported runs; no type of that name is registered.
IMPORTED = "imported"
#: How long a worker may take to be gone once it hears nobody any more.
_ENDING_S = 2.0


class RunService(RunBook):
    """Start, steer and end runs.

    Every command returns the run as it is after it: in the index, but for those that end a run, which wait for the disk
    alone and are recorded right behind; who reads the index then waits for that.

    Thread safety: all methods may be called from any thread.

    Args:
        project: The project.
        registry: What can be run.
        describer: Validates arguments.
        executor: Executor of runs that name none.
        max_running: How many runs go at once.

    Raises:
        UnknownKeyError: There is no such executor.
        NotSupportedError: The executor carries runs out in the server's own process.
    """

    def __init__(
        self, project: Project, registry: Registry, describer: Describer, executor: str, max_running: int
    ) -> None:
        super().__init__(project)
        self._launcher = Launcher(registry, max_running, BY)
        self._talk = Conversation(self._launcher, BY)
        needs = frozenset({Capability.SURVIVES_PARENT})
        policy = StartPolicy(executor, needs, queue=BY, trusts_runs=False)
        self._starter = Starter(project, registry, describer, self._launcher, policy, lambda _: None)

    def resume_queue(self, unfinished: Iterable[RunFolder]) -> None:
        """Take over what an earlier server of the project has left; see `Takeover`.

        Args:
            unfinished: The runs that have not ended, or of which nobody knows how.
        """
        Takeover(self._project, self._launcher, self._starter, self._talk, self._forget).take_over(unfinished)

    def close(self) -> None:
        """Let go of all runs: they go on, and what is queued waits for the next server."""
        self._launcher.close(finish=False)

    def hang_up(self) -> None:
        """End all waits for the replies of runs, and those to come, with `WorkerGoneError`."""
        self._launcher.hang_up()

    def release(self, run: RunFolder, attempt: int) -> None:
        """Give back the slot of an attempt that has ended."""
        self._launcher.release(run.id, attempt)

    def end_lingering(self, run: RunFolder) -> None:
        """Kill what is left of a run that has said how it ended."""
        self._talk.end_lingering(run)

    # --- starting --------------------------------------------------------------------------------------------------

    def start(self, order: StartOrder) -> dict[str, Any]:
        """Create and start a run.

        Raises:
            UnknownKeyError: No such simulation type, or executor.
            InvalidKwargsError: The arguments are refused. Nothing is created.
            NotSupportedError: The executor carries runs out in the server's own process.
            OSError: The disk is full or read-only, also as a `ProjectAccessError`. Nothing is created.
        """
        run = self._starter.create(_config(order), order.executor, tags=order.tags, group=order.group)
        return self._launch([run])[0]

    def start_batch(
        self,
        key: str,
        kwargs: Mapping[str, Any],
        grid: Mapping[str, Sequence[Any]],
        seeds: Sequence[int] | None,
        name: str,
    ) -> tuple[str, list[dict[str, Any]]]:
        """Create and start a group of runs, all or none; return its id and the runs.

        Raises:
            UnknownKeyError: No such simulation type.
            InvalidKwargsError: Arguments are refused. Nothing is created.
            OSError: The disk is full or read-only. Nothing is created.
        """
        group = SimulationGroup.over(key, kwargs, seeds, grid)
        configs = group.configs
        if name:
            varied = [config.name.removeprefix(key).removeprefix(", ") for config in configs]
            names = [f"{name}, {part}" if part else name for part in varied]
            configs = [
                SimulationStartConfig(name=given, sim_key=key, kwargs=config.kwargs)
                for given, config in zip(names, configs, strict=True)
            ]
        runs = self._starter.create_all(configs, str(group.id))
        return str(group.id), self._launch(runs)

    def _launch(self, runs: Sequence[RunFolder]) -> list[dict[str, Any]]:
        self._starter.launch_new(runs)
        return [self._record(run) for run in runs]

    # --- ending and going on ---------------------------------------------------------------------------------------

    def stop(self, run_id: str, grace_s: float, *, save: bool, by: str = BY) -> dict[str, Any]:
        """Begin the stop ladder; a queued run is stopped at once, an ended one is left alone."""
        run = self.run(run_id)
        self._talk.held_by(by).stop(run, grace_s, save=save)
        return self._record_behind(run)

    def kill(self, run_id: str, by: str = BY) -> dict[str, Any]:
        """End a run at once."""
        run = self.run(run_id)
        self._talk.held_by(by).kill(run)
        return self._record_behind(run)

    def pause(self, run_id: str, by: str = BY) -> dict[str, Any]:
        """Hold the loop of a run.

        Raises:
            WrongStateError: It has no live worker.
            NotSupportedError: The simulation never ticks.
        """
        run = self.run(run_id)
        self._talk.held_by(by).pause(run, on=True)
        return self._record(run)

    def resume(self, run_id: str, checkpoint: str | None, by: str = BY) -> dict[str, Any]:
        """Let a paused run go on, or start the next attempt of an ended one.

        Raises:
            NotSupportedError: The type saves no checkpoints.
            WrongStateError: There is no such checkpoint, the run has not ended, or it is in the trash.
            UnknownKeyError: The run's type is not registered.
        """
        run = self._own(run_id, "resume")
        state = read_run(run).state
        if state.is_live and checkpoint is not None:
            raise WrongStateError(run.id, state, "go on from a checkpoint", "Stop it first, or branch from it.")
        if state.is_live:
            self._talk.held_by(by).pause(run, on=False)
        elif state.is_final:
            self._starter.resume(run, checkpoint)
        else:
            raise WrongStateError(run.id, state, "be resumed", "It waits for a free slot.")
        return self._record(run)

    def restart(self, run_id: str, name: str | None = None) -> dict[str, Any]:
        """Start a new run with the same arguments.

        Raises:
            NotSupportedError: The run was imported.
            UnknownKeyError: The run's type is not registered.
        """
        return self._record_id(self._starter.restart(self._own(run_id, "restart"), name))

    def branch(
        self, run_id: str, checkpoint: str | None, kwargs: Mapping[str, Any], name: str | None
    ) -> dict[str, Any]:
        """Start a new run from a checkpoint of another, with changed arguments.

        Raises:
            NotSupportedError: The type saves no checkpoints.
            WrongStateError: There is no such checkpoint.
            InvalidKwargsError: The arguments are refused. Nothing is created.
            UnknownKeyError: The run's type is not registered.
        """
        return self._record_id(self._starter.branch(self._own(run_id, "branch"), checkpoint, kwargs, name))

    # --- talking ---------------------------------------------------------------------------------------------------

    def query(self, run_id: str, channels: Mapping[str, Any], timeout_s: float, by: str = BY) -> dict[str, Reply]:
        """Send values to channels of a live run and wait for the replies.

        Raises:
            UnknownChannelError: A channel does not exist; nothing was delivered.
            InvalidValueError: A channel refuses its value; nothing was delivered.
            WrongStateError: The run has no live worker.
        """
        return self._talk.held_by(by).query(self.run(run_id), channels, timeout_s)

    def channels(self, run_id: str) -> list[dict[str, Any]]:
        """Return the channels of a run with their current values; none where it has no live worker.

        Raises:
            RunNotFoundError: There is no such run.
            WorkerGoneError: The worker lives and does not answer.
        """
        run = self.run(run_id)
        try:
            return self._talk.channels(run)
        except WrongStateError:
            return []
        except WorkerGoneError:
            worker = holder(run.worker_lock)
            if worker is not None and (self._launcher.has_hung_up or not _has_ended(worker)):
                raise
            return []  # it has ended, which its supervisor has not written yet

    def questions(self, run_id: str) -> list[ControlRequest]:
        """Return the open questions of a run."""
        return self._talk.questions([self.run(run_id)])

    def answer(self, run_id: str, request_id: str, value: Any, by: str = BY) -> None:
        """Answer a question; exactly one caller succeeds.

        Raises:
            UnknownRequestError: The run asks nothing of that id.
            RequestClosedError: It was answered or withdrawn before.
            InvalidValueError: The schema refuses the value; it stays open.
        """
        run = self.run(run_id)
        try:
            self._talk.held_by(by).answer([run], request_id, value)
        finally:
            self._record(run)

    # --- describing and removing -----------------------------------------------------------------------------------

    def describe(
        self, run_id: str, changes: Mapping[str, Any], known: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Change name, tags and notes.

        Raises:
            PreconditionError: It is not described any more as is `known`.
        """
        run = self.run(run_id)
        describe_run(run, changes, known)
        return self._record(run)

    def trash(self, run_id: str) -> dict[str, Any]:
        """Move an ended run to the trash.

        Raises:
            WrongStateError: It has not ended.
        """
        run = self.run(run_id)

        def trash(meta: dict[str, Any]) -> None:
            _require_ended(run, "be deleted")
            meta["trashed"] = meta.get("trashed") or iso(utc_now())

        update_meta(run, trash)
        return self._record(run)

    def restore(self, run_id: str) -> dict[str, Any]:
        """Take a run out of the trash."""
        run = self.run(run_id)
        update_meta(run, lambda meta: meta.update(trashed=None))
        return self._record(run)

    def purge(self, run_id: str) -> None:
        """Remove an ended run for good.

        Raises:
            WrongStateError: It has not ended.
        """
        run = self.run(run_id)
        with held_meta(run):
            _require_ended(run, "be deleted")
            self._project.remove_run(run)
        self._forget(run)

    def _own(self, run_id: str, wanted: str) -> RunFolder:
        """Return a run that can be carried out.

        Raises:
            NotSupportedError: Another program has written it.
        """
        run = self.run(run_id)
        if read_run(run).key == IMPORTED:
            raise NotSupportedError("an imported run", wanted, "Another program has written it: it can only be read.")
        return run


def _config(order: StartOrder) -> SimulationStartConfig:
    return SimulationStartConfig(name=order.name, sim_key=order.key, kwargs=dict(order.kwargs))


def _has_ended(worker: int) -> bool:
    """Wait for a worker that does not answer; one that this process cannot see lives as long as it holds its lock."""
    return worker != UNKNOWN_PID and await_end(worker, _ENDING_S)


def _require_ended(run: RunFolder, wanted: str) -> None:
    """Check that a run has ended; its ``meta.json`` is locked, so that nobody resumes it meanwhile."""
    state = read_run(run).state
    if not state.is_final:
        raise WrongStateError(run.id, state, wanted, "Stop it first.")
