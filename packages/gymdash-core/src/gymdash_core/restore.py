"""Simulations restored from disk: an instance of an old run's class, for looking, never for running."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from gymdash_core.checkpoints import CheckpointStore
from gymdash_core.config import SimulationStartConfig
from gymdash_core.errors import StreamersFailedError
from gymdash_core.journal import read_json
from gymdash_core.meta import read_launch
from gymdash_core.runview import read_run, read_statuses
from gymdash_core.services import Gate, RunServices
from gymdash_core.stats.log import StatLog
from gymdash_core.status import RunState

if TYPE_CHECKING:
    from gymdash_core.project import RunFolder
    from gymdash_core.simulation import Simulation


def restore_simulation(run: RunFolder, cls: type[Simulation]) -> Simulation:
    """Return an instance with ``from_disk=True``: what was asked for, how it went, and its streamers.

    Args:
        run: The run's files.
        cls: Its class.

    Raises:
        StreamersFailedError: `_create_streamers` raised.
    """
    config, view = read_json(run.config) or {}, read_run(run)
    simulation = cls(SimulationStartConfig(name=view.name, sim_key=view.key, kwargs=view.kwargs))
    launch = read_launch(run)
    simulation._bind(
        RunServices(
            run=run,
            launch=launch,
            stats=StatLog(run, launch.attempt),
            checkpoints=CheckpointStore(run, launch.attempt),
            gate=Gate(),
            shield=contextlib.nullcontext(),
            record_status=lambda _: None,
            note_first_step=lambda _: None,
        )
    )
    for status in read_statuses(run):
        simulation.add_status(status)
    simulation.from_disk = True
    simulation.force_stopped = view.state in {RunState.KILLED, RunState.LOST}
    simulation._meta_cancelled = view.state in {RunState.STOPPED, RunState.KILLED}
    simulation._meta_failed = view.state is RunState.FAILED
    simulation._meta_create_time, simulation._meta_start_time = view.created, view.started
    simulation._meta_end_time = view.ended
    merged = simulation._overwrite_new_kwargs(simulation.kwarg_defaults, config["kwargs"], simulation.start_kwargs)
    try:
        simulation._create_streamers(merged)
    except Exception as error:
        message = f"{cls.__name__}._create_streamers failed: {type(error).__name__}: {error}"
        raise StreamersFailedError(message, "The run and its other stats are unaffected.") from error
    return simulation
