"""Orders to launch a run: what was asked for, and whether it may be done as the run's files stand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gymdash_core.codec import to_plain
from gymdash_core.errors import InvalidValueError, NotSupportedError, WrongStateError
from gymdash_core.meta import LaunchRecord, SignalStep, read_launch, read_meta
from gymdash_core.runview import gather, judge_run
from gymdash_core.status import RunState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gymdash_core.project import RunFolder
    from gymdash_core.simulation import Simulation


@dataclass(frozen=True)
class LaunchOrder:
    """A launch that was asked for.

    Attributes:
        run: The run's files.
        start_kwargs: Arguments of `_setup` and `_run`.
        resume_from: Checkpoint folder relative to the run, or None.
        make: Makes the object to run on a thread of this process, or None.
        live_kwargs: The start arguments as they are in this process, for that object; None takes `start_kwargs`.
        shown: Names of start arguments that are written down by their looks alone: only this process has them.
    """

    run: RunFolder
    start_kwargs: Mapping[str, Any] = field(default_factory=dict)
    resume_from: str | None = None
    make: Callable[[], Simulation] | None = None
    live_kwargs: Mapping[str, Any] | None = None
    shown: tuple[str, ...] = ()

    def record(self, by: str) -> LaunchRecord:
        """Return what is written down of the launch."""
        return LaunchRecord(by, self.start_kwargs, self.resume_from, self.shown)


def is_unbegun(run: RunFolder) -> bool:
    """Return whether the last launch of a run is written down, and nothing else of that attempt."""
    evidence = gather(run)
    said = (evidence.state, evidence.exit, evidence.ended)
    is_silent = not evidence.alive and all(item is None for item in said)
    return evidence.attempt > 0 and is_silent and not evidence.sent(SignalStep.KILL)


def require_startable(
    run: RunFolder, order: LaunchOrder, meta: dict[str, Any] | None = None, *, queued: bool = False
) -> None:
    """Check that a launch may be carried out.

    Args:
        run: The run.
        order: The launch.
        meta: Content of ``meta.json``, where its lock is held.
        queued: The launch waited in a queue.

    Raises:
        WrongStateError: The run was started, stopped or called off before, or is in the trash.
    """
    if (read_meta(run) if meta is None else meta).get("trashed"):
        raise WrongStateError(run.id, "in the trash", "be started", "Restore it first.")
    state = judge_run(run)[0].state
    if meta is not None and queued and not meta.get("queued"):
        raise WrongStateError(run.id, state, "be started", "Its start was called off.")
    fresh = state in {RunState.CREATED, RunState.QUEUED}
    if fresh or (order.resume_from is not None and state.is_final):
        return
    remedy = "Resume it, or restart it as a new run." if state.is_final else "It is going on already."
    raise WrongStateError(run.id, state, "be started", remedy)


def start_kwargs_of(run: RunFolder, wanted: str) -> Mapping[str, Any]:
    """Return the start arguments of a run's last launch.

    Raises:
        NotSupportedError: Some exist only in the process that gave them.
    """
    launch = read_launch(run)
    if launch.shown:
        what = f"run {run.id}, whose start arguments {', '.join(launch.shown)} only the process that gave them has,"
        raise NotSupportedError(what, f"being {wanted}", "Start a new object with such arguments.")
    return launch.start_kwargs


def object_order(run: RunFolder, simulation: Simulation, start_kwargs: Mapping[str, Any]) -> LaunchOrder:
    """Return the order to launch an object on a thread of this process."""
    recorded = {name: _shown(value) for name, value in start_kwargs.items()}
    shown = tuple(name for name, value in start_kwargs.items() if not _is_json(value))
    return LaunchOrder(run, recorded, make=lambda: simulation, live_kwargs=start_kwargs, shown=shown)


def _is_json(value: Any) -> bool:
    try:
        to_plain(value, "start argument")
    except InvalidValueError:
        return False
    return True


def _shown(value: Any) -> Any:
    """Return a start argument as it can be written down: an object that only this process has, by its name."""
    try:
        return to_plain(value, "start argument")
    except InvalidValueError:
        return repr(value)
