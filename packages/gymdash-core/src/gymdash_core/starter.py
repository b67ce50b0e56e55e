"""The starter: how runs of one tracker come to be, from what was asked for to a launch, and how they go on.

Everything is validated first; a run is then written down whole (`creation`) and launched (`launcher`).
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from gymdash_core.checkpoints import CheckpointStore, copy_origin
from gymdash_core.config import SimulationStartConfig
from gymdash_core.creation import RunRequest, create_run
from gymdash_core.describe import Describer
from gymdash_core.errors import (
    FieldError,
    GymDashError,
    InvalidKwargsError,
    NotSupportedError,
    ProjectAccessError,
    TargetError,
    WrongStateError,
)
from gymdash_core.executors.api import Capability
from gymdash_core.instantiate import config_of
from gymdash_core.journal import read_json
from gymdash_core.launcher import Launcher
from gymdash_core.orders import LaunchOrder, is_unbegun, object_order, start_kwargs_of
from gymdash_core.params import params_model, validate_kwargs
from gymdash_core.project import Project, RunFolder
from gymdash_core.registry import Registered, Registry
from gymdash_core.runview import read_run
from gymdash_core.simulation import Simulation
from gymdash_core.status import RunState
from gymdash_core.targets import TargetSpec, describe_class
from gymdash_core.types import SimulationType

logger = logging.getLogger(__name__)

ExecutorChoice = str | Mapping[str, Any] | None


@dataclass(frozen=True)
class StartPolicy:
    """What a starter does where a start leaves it open, and what it refuses.

    Attributes:
        executor: Executor of runs that name none.
        needs: What an executor must be able to do.
        queue: Whose queue a new run is in from its first moment on, so that no crash forgets its start; empty where a
            created run waits to be started by its id.
        trusts_runs: Whether a run may go on whose type is not registered here: its ``config.json`` says how to load it.
    """

    executor: str = "process"
    needs: frozenset[Capability] = frozenset()
    queue: str = ""
    trusts_runs: bool = True


class Starter:
    """Create, launch, resume and branch runs.

    Thread safety: all methods may be called from any thread.

    Args:
        project: Where runs are written down.
        registry: What can be run.
        describer: Validates arguments.
        launcher: Starts what was written down.
        policy: What starts leave open.
        watch: Told each run that was created or launched.

    Raises:
        UnknownKeyError: The policy's executor does not exist.
        NotSupportedError: It cannot do what the policy needs.
    """

    def __init__(
        self,
        project: Project,
        registry: Registry,
        describer: Describer,
        launcher: Launcher,
        policy: StartPolicy,
        watch: Callable[[RunFolder], None],
    ) -> None:
        self._project, self._registry, self._describer = project, registry, describer
        self._launcher, self._policy, self._watch = launcher, policy, watch
        self._require_able(policy.executor)

    def register(self, cls: type[Simulation], key: str | None = None) -> str:
        """Serve a class of a script; return its key. See `SimulationTracker.register`."""
        _require_simulation(cls)
        name = key or cls.__name__
        try:
            recorded: TargetSpec | None = describe_class(cls)
        except TargetError:
            recorded = None  # the thread executor needs none; a process run raises it at its start
        target = recorded.target if recorded else f"{cls.__module__}:{cls.__name__}"
        self._registry.register_simulation(SimulationType(name, target), cls.__module__, recorded=recorded, cls=cls)
        return name

    # --- creating --------------------------------------------------------------------------------------------------

    def create(self, config: SimulationStartConfig, executor: ExecutorChoice = None, **more: Any) -> RunFolder:
        """Validate a configuration and write its run down.

        Args:
            config: What was asked for.
            executor: Name, or ``{"name", "options"}``.
            more: Further fields of `RunRequest`.

        Raises:
            UnknownKeyError: No such simulation type, or executor.
            InvalidKwargsError: The arguments or options are refused. Nothing is created.
            TargetError: The class cannot go into another process.
            ProjectError: The tracker is closed.
            OSError: The disk is full or read-only. Nothing is created.
        """
        return self._write(self._request(config, self._validated([config])[0], executor, **more))

    def create_all(self, configs: Iterable[SimulationStartConfig], group: str) -> list[RunFolder]:
        """Write several runs down, all or none."""
        configs = list(configs)
        validated = self._validated(configs)
        requests = [
            self._request(config, kwargs, None, group=group, is_of_batch=True)
            for config, kwargs in zip(configs, validated, strict=True)
        ]
        runs: list[RunFolder] = []
        try:
            for request in requests:
                runs.append(self._write(request))  # noqa: PERF401 - what there is counts
        except BaseException:
            for run in runs:
                self._take_back(run)
            raise
        return runs

    def _write(self, request: RunRequest) -> RunFolder:
        run = create_run(self._project, request)
        self._watch(run)
        return run

    def _request(
        self, config: SimulationStartConfig, kwargs: Mapping[str, Any], executor: ExecutorChoice, **more: Any
    ) -> RunRequest:
        """Check all but the arguments, which were validated before."""
        self._launcher.require_open()
        entry = self._registry.simulation(config.sim_key)
        chosen, options = self._executor_of(executor)
        if chosen != "thread" and entry.cls is not None and entry.recorded is None:
            describe_class(entry.cls)  # raises the reason why another process cannot load it
        executor_json = {"name": chosen, "options": options}
        return RunRequest(entry, config.name, kwargs, executor_json, queue=self._policy.queue, **more)

    def executor_name(self, choice: ExecutorChoice) -> str:
        """Return the name of the executor that a choice means.

        Raises:
            UnknownKeyError: No such executor.
            InvalidKwargsError: Its options are refused.
        """
        return self._executor_of(choice)[0]

    def _executor_of(self, choice: ExecutorChoice) -> tuple[str, dict[str, Any]]:
        """Return name and validated options of an executor."""
        wanted = {"name": choice} if isinstance(choice, str) else dict(choice or {})
        unknown = sorted(wanted.keys() - {"name", "options"})
        if unknown:
            raise InvalidKwargsError("executor", [FieldError((name,), "is not name or options") for name in unknown])
        chosen = self._registry.executor(str(wanted.get("name") or self._policy.executor)).item
        self._require_able(chosen.name)
        given: Any = wanted.get("options") or {}
        return chosen.name, validate_kwargs(f"executor {chosen.name}", chosen.options_model or _NoOptions, given)

    def _require_able(self, executor: str) -> None:
        self._registry.executor(executor)
        if self._policy.needs:
            missing = sorted(self._policy.needs - self._launcher.executors.get(executor).capabilities)
            if missing:
                able = [name for name in self._registry.executors if name != executor]
                remedy = f"Use another one: {', '.join(able)}."
                raise NotSupportedError(f"executor {executor!r}", ", ".join(map(str, missing)), remedy)

    def _validated(self, configs: list[SimulationStartConfig]) -> list[dict[str, Any]]:
        """Return the arguments of configurations, on top of their types' defaults, as the types accept them."""
        found: dict[int, dict[str, Any]] = {}
        for key in dict.fromkeys(config.sim_key for config in configs):
            entry = self._registry.simulation(key)
            base = entry.item.default_config.kwargs if entry.item.default_config else {}
            places = [place for place, config in enumerate(configs) if config.sim_key == key]
            many = [{**base, **configs[place].kwargs} for place in places]
            found.update(zip(places, self._describer.validate_all(entry, key, many), strict=True))
        return [found[place] for place in range(len(configs))]

    # --- launching -------------------------------------------------------------------------------------------------

    def launch(self, run: RunFolder, start_kwargs: Mapping[str, Any], resume_from: str | None = None) -> UUID:
        """Launch a run that was written down.

        Raises:
            InvalidKwargsError: The start arguments are no JSON.
            WrongStateError: The run was started or stopped before.
            WorkerStartError: It could not be started; it has failed.
        """
        self._launcher.launch(self._order(run, start_kwargs, resume_from))
        self._watch(run)
        return UUID(run.id)

    def launch_new(self, runs: Sequence[RunFolder]) -> None:
        """Launch runs that were created just now, without start arguments: all, or none, and they are removed.

        One that cannot be started although its launch was written down has failed.

        Raises:
            OSError: A launch could not be written down. Nothing is left.
            ProjectError: The tracker is closed. Nothing is left.
        """
        try:
            self._launcher.launch_all([self._order(run, {}) for run in runs])
        except BaseException:
            for run in runs:
                self._take_back(run)
            raise
        for run in runs:
            self._watch(run)

    def _launch_new(self, order: LaunchOrder) -> UUID:
        """Launch a run that was created just now; one that has not begun is removed."""
        try:
            self._launcher.launch(order)
        except BaseException:
            self._take_back(order.run)
            raise
        self._watch(order.run)
        return UUID(order.run.id)

    def _take_back(self, run: RunFolder) -> None:
        """Remove a run that was created just now, unless it has begun or ended since."""
        try:
            if is_unbegun(run) or read_run(run).state in {RunState.CREATED, RunState.QUEUED}:
                self._project.remove_run(run)
        except ProjectAccessError:  # a full disk may have no room even for the folder that it is moved to
            shutil.rmtree(run.path, ignore_errors=True)
        except (GymDashError, OSError) as error:
            logger.warning("run %s, whose start was refused, is not removed: %s", run.id, error)

    def _order(self, run: RunFolder, start_kwargs: Mapping[str, Any], resume_from: str | None = None) -> LaunchOrder:
        config = config_of(run)
        plain = validate_kwargs(f"{config.sim_key}: start arguments", None, start_kwargs)
        entry = self._registry.simulations.get(config.sim_key)
        cls = entry.cls if entry is not None else None
        return LaunchOrder(run, plain, resume_from, None if cls is None else lambda: cls(config))

    def start_config(
        self, config: SimulationStartConfig, executor: ExecutorChoice, start_kwargs: Mapping[str, Any]
    ) -> UUID:
        """Create and launch a run; see `SimulationTracker.start`."""
        validate_kwargs(f"{config.sim_key}: start arguments", None, start_kwargs)
        return self._launch_new(self._order(self.create(config, executor), start_kwargs))

    def start_object(self, simulation: Simulation, config: SimulationStartConfig, start_kwargs: dict[str, Any]) -> UUID:
        """Run an object on a thread of this process; see `SimulationTracker.start`."""
        if simulation.from_disk or simulation._was_accepted:
            cause = "restored from disk" if simulation.from_disk else "an object that was started before"
            raise WrongStateError(config.name, cause, "be started", "Resume the run, or make a new object.")
        cls = type(simulation)
        key = config.sim_key or cls.__name__
        present = self._registry.simulations.get(key)
        if present is None or present.item.target != f"{cls.__module__}:{cls.__qualname__}":
            self.register(cls, key)
        simulation.config.kwargs = validate_kwargs(key, params_model(cls), config.kwargs)
        simulation.config.name, simulation.config.sim_key = config.name or key, key
        run = self.create(simulation.config, "thread")
        simulation._was_accepted = True
        return self._launch_new(object_order(run, simulation, start_kwargs))

    # --- going on --------------------------------------------------------------------------------------------------

    def require_launchable(self, run: RunFolder) -> None:
        """Check that a run may be launched here as its directory says.

        Raises:
            UnknownKeyError: Its type is not registered, and runs are not trusted.
            TargetError: It names another class than the registered type, and runs are not trusted.
            NotSupportedError: Its executor cannot do what the policy needs.
        """
        entry, config = self._adopt_type(run), read_json(run.config) or {}
        recorded = TargetSpec.from_json(config.get("target") or {"target": ""})
        if not self._policy.trusts_runs and (recorded.target, recorded.file) != (entry.spec.target, entry.spec.file):
            cause = f"is what run {run.id} names, and not the class that is registered as {entry.item.key!r}"
            raise TargetError(recorded.target, cause, "Restart it as a new run, which is of the registered class.")
        self._require_able(str((config.get("executor") or {}).get("name")))

    def resume(self, run: RunFolder, checkpoint: str | None) -> None:
        """Start the next attempt of an ended run; see `SimulationTracker.resume`."""
        self.require_launchable(run)
        self._require_checkpoints(run)
        found = CheckpointStore(run).find(checkpoint)
        self.launch(run, start_kwargs_of(run, "resumed"), found.path.relative_to(run.path).as_posix())

    def restart(self, run: RunFolder, name: str | None) -> UUID:
        """Start a new run with the same arguments; see `SimulationTracker.restart`."""
        parent = read_run(run)
        self._adopt_type(run)
        start_kwargs = start_kwargs_of(run, "restarted")
        config = SimulationStartConfig(name=name or parent.name, sim_key=parent.key, kwargs=parent.kwargs)
        created = self.create(config, parent.executor, parent=parent.id, tags=parent.tags)
        return self._launch_new(self._order(created, start_kwargs))

    def branch(self, run: RunFolder, checkpoint: str | None, kwargs: Mapping[str, Any], name: str | None) -> UUID:
        """Start a new run from a checkpoint of another; see `SimulationTracker.branch`."""
        parent = read_run(run)
        self._require_checkpoints(run)
        found = CheckpointStore(run).find(checkpoint)
        start_kwargs = start_kwargs_of(run, "branched")
        config = SimulationStartConfig(
            name=name or f"{parent.name} (branch)", sim_key=parent.key, kwargs={**parent.kwargs, **kwargs}
        )
        validated = self._validated([config])[0]

        def changed(name: str, value: Any) -> bool:
            return name in kwargs or name not in parent.kwargs or parent.kwargs[name] != value

        request = self._request(
            config,
            validated,
            parent.executor,
            parent=parent.id,
            tags=parent.tags,
            changed_kwargs={name: value for name, value in validated.items() if changed(name, value)},
            fill=lambda folder: copy_origin(found, parent.id, folder),
        )
        created = self._write(request)
        origin = CheckpointStore(created).find().path.relative_to(created.path).as_posix()
        kept = {name: value for name, value in start_kwargs.items() if name not in kwargs}
        return self._launch_new(self._order(created, kept, origin))

    def _adopt_type(self, run: RunFolder) -> Registered[SimulationType]:
        """Return the type of a run; one that nobody registered here is taken as its creator has recorded it."""
        config = read_json(run.config) or {}
        key = str(config.get("key"))
        if key not in self._registry.simulations and self._policy.trusts_runs:
            spec = TargetSpec.from_json(config["target"])
            self._registry.register_simulation(SimulationType(key, spec.target), f"run {run.id}", recorded=spec)
        return self._registry.simulation(key)

    def _require_checkpoints(self, run: RunFolder) -> None:
        entry = self._adopt_type(run)
        described = self._describer.describe(entry, patient=True)
        if described.error is not None:
            raise TargetError(described.target, described.error)
        if "checkpoint" not in described.capabilities:
            remedy = "Its class must override save_checkpoint(folder, step)."
            raise NotSupportedError(f"simulation {entry.item.key!r}", "checkpoint", remedy)


class _NoOptions(BaseModel):
    """Options of an executor that declares none."""

    model_config = ConfigDict(extra="forbid")


def _require_simulation(cls: object) -> None:
    if not isinstance(cls, type) or not issubclass(cls, Simulation):
        raise TargetError(repr(cls), "is no Simulation class", "Pass the class itself, derived from Simulation.")
    if missing := sorted(getattr(cls, "__abstractmethods__", ())):
        raise TargetError(cls.__qualname__, f"does not implement {', '.join(missing)}", "Override it.")
