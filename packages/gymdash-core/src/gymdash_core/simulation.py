"""Simulation: the class that users write.

A subclass declares its arguments (`Params`) and channels, and implements `_run`, perhaps `_setup`, `_create_streamers`
and `save_checkpoint`. Executors call the public steps `setup` and `run`, which wrap the overridable ones with
callbacks. The simulation talks to the outside through `interactor`, and reports through `log`, `add_status` and
`streamer`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, TypeVar, cast

from pydantic import BaseModel

from gymdash_core.abilities import calls_tick
from gymdash_core.callbacks import Callbacks
from gymdash_core.errors import FieldError, InvalidValueError, NotSupportedError, WrongStateError
from gymdash_core.errors import StopSimException as StopSim
from gymdash_core.interaction.asking import NO_DEFAULT, Ask
from gymdash_core.interaction.channels import (
    CHECKPOINT,
    CUSTOM_QUERY,
    PROGRESS,
    STOP,
    Channel,
    builtin_channels,
)
from gymdash_core.interaction.declaring import declared_channels
from gymdash_core.interaction.interactor import ChannelRequest, SimulationInteractor
from gymdash_core.params import defaults_of, read_params
from gymdash_core.reporting import Reporting
from gymdash_core.services import Gate, RunServices
from gymdash_core.stats.streamer import SimulationStreamer
from gymdash_core.stats.values import step_value
from gymdash_core.status import SimStatus, SimStatusCode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime
    from pathlib import Path

    from gymdash_core.config import SimulationStartConfig

_Model = TypeVar("_Model", bound=BaseModel)


class Simulation(Reporting, ABC):
    """Base of all simulations: override `_run`, and what else you need.

    Args:
        config: What was asked for. An override of ``__init__`` calls ``super().__init__(config)`` and stays cheap: it
            also runs when somebody only asks what the type can do.

    Example:
        >>> class Walk(Simulation):
        ...     class Params(BaseModel):
        ...         steps: int = 3
        ...
        ...     def _run(self, **kwargs):
        ...         for step in range(self.params.steps):
        ...             self.log("height", step * 0.5, step)
        ...             self.tick(step + 1, self.params.steps)
        >>> from gymdash_core.testing import run_simulation
        >>> [point.value for point in run_simulation(Walk).points("height")]
        [0.0, 0.5, 1.0]
    """

    START_SETUP: ClassVar = "start_setup"
    END_SETUP: ClassVar = "end_setup"
    START_RUN: ClassVar = "start_run"
    END_RUN: ClassVar = "end_run"

    #: Pydantic model of the start arguments; None accepts anything.
    Params: ClassVar[type[BaseModel] | None] = None
    #: Whether a pause takes effect; None finds out whether the class's code calls ``tick``.
    pausable: ClassVar[bool | None] = None

    def __init__(self, config: SimulationStartConfig) -> None:
        super().__init__()
        self.config = config
        self.interactor = SimulationInteractor(type(self).own_channels())
        self.streamer = SimulationStreamer()
        self.start_kwargs: dict[str, Any] = {}
        self.force_stopped = False
        self._meta_cancelled = False
        self._unsaved = ""  # why a stop with save has saved nothing
        self._meta_failed = False
        self._meta_create_time: datetime | None = None
        self._meta_start_time: datetime | None = None
        self._meta_end_time: datetime | None = None
        self._gate = Gate()
        self._ticks = 0
        events = (self.START_SETUP, self.END_SETUP, self.START_RUN, self.END_RUN)
        self._callbacks = Callbacks(events, self._note_callback_error)

    # --- to override -----------------------------------------------------------------------------------------------

    @classmethod
    def channels(cls) -> list[Channel]:
        """Return the channels that the simulation adds to the built-in ones."""
        return []

    def create_kwarg_defaults(self) -> dict[str, Any]:
        """Return the default arguments; by default those of `Params`."""
        return defaults_of(self.Params) if self.Params is not None else {}

    def _create_streamers(self, kwargs: dict[str, Any]) -> None:
        """Register the streamers that read this run's data back.

        Called only on a separate instance with ``from_disk=True``, never on one that runs.

        Args:
            kwargs: Defaults, configuration and start arguments merged.
        """

    def _setup(self, **kwargs: Any) -> None:
        """Prepare the run. An exception fails the run, and `_run` is not called.

        Args:
            kwargs: `start_kwargs`.
        """

    @abstractmethod
    def _run(self, **kwargs: Any) -> None:
        """Run the simulation: the loop that ticks, logs and polls.

        Args:
            kwargs: `start_kwargs`.
        """

    def save_checkpoint(self, folder: Path, step: int) -> None:
        """Write all that is needed to go on later.

        Overriding it makes stop-and-save, checkpoint now, resume and branch possible. Called from `tick` and
        `checkpoint`, on the loop's thread.

        Args:
            folder: An empty folder; published by rename when this returns.
            step: Step of the simulation.
        """
        raise NotSupportedError(type(self).__name__, "checkpoint", "Override save_checkpoint(folder, step).")

    # --- what the type can do --------------------------------------------------------------------------------------

    @classmethod
    def capabilities(cls) -> list[str]:
        """Return what the type can do beyond running: ``checkpoint``, ``pause``; sorted."""
        can = {
            "checkpoint": cls.saves_checkpoints(),
            "pause": calls_tick(cls, Simulation) if cls.pausable is None else cls.pausable,
        }
        return sorted(name for name, able in can.items() if able)

    @classmethod
    def saves_checkpoints(cls) -> bool:
        """Return whether the type overrides `save_checkpoint`."""
        return cls.save_checkpoint is not Simulation.save_checkpoint

    @classmethod
    def own_channels(cls) -> list[Channel]:
        """Return `channels` and, for types that save checkpoints, the action ``checkpoint``.

        Raises:
            InvalidValueError: Two channels have the same key, or one has a reserved key.
        """
        checkpoints = cls.saves_checkpoints()
        return declared_channels(cls.__name__, cls.channels(), cls.Params, saves_checkpoints=checkpoints)

    @classmethod
    def all_channels(cls) -> list[Channel]:
        """Return the built-in channels and those of the type; a declared ``custom_query`` replaces the built-in one."""
        merged = {channel.key: channel for channel in (*builtin_channels(), *cls.own_channels())}
        assert CUSTOM_QUERY in merged
        return list(merged.values())

    # --- arguments -------------------------------------------------------------------------------------------------

    @cached_property
    def kwarg_defaults(self) -> dict[str, Any]:
        """The result of `create_kwarg_defaults`."""
        return self.create_kwarg_defaults()

    @cached_property
    def params(self) -> Any:
        """The validated instance of `Params`; None for a type without."""
        return None if self.Params is None else read_params(self.Params, self.config.kwargs)

    def _overwrite_new_kwargs(self, *dicts: Mapping[str, Any]) -> dict[str, Any]:
        """Return a new dictionary of all arguments; later ones win, nested values are replaced whole."""
        merged: dict[str, Any] = {}
        for arguments in dicts:
            merged.update(arguments)
        return merged

    # --- life cycle ------------------------------------------------------------------------------------------------

    def _bind(self, services: RunServices) -> None:
        """Attach the simulation to its run."""
        self._services = services
        self._gate = services.gate
        self.start_kwargs = dict(services.launch.start_kwargs)

    def add_callback(self, event: str, fn: Callable[[], object]) -> None:
        """Call a function without arguments at ``start_setup``, ``end_setup``, ``start_run`` or ``end_run``.

        It runs on the run's thread; an exception becomes an INFO status and disturbs nothing.

        Raises:
            ValueError: There is no such event.
        """
        self._callbacks.add(event, fn)

    def setup(self, **kwargs: Any) -> None:
        """Run `_setup` with its callbacks; called by executors.

        Raises:
            WrongStateError: The instance was restored from disk.
        """
        with self._step_around(self.START_SETUP, self.END_SETUP):
            self._setup(**kwargs)

    def run(self, **kwargs: Any) -> None:
        """Run `_run` with its callbacks; called by executors.

        Raises:
            WrongStateError: The instance was restored from disk.
        """
        with self._step_around(self.START_RUN, self.END_RUN):
            self._run(**kwargs)

    def _step_around(self, start: str, end: str) -> AbstractContextManager[None]:
        if self.from_disk:
            raise WrongStateError(str(self._project_sim_id), "restored from disk", "start", "Resume the run instead.")
        return self._callbacks.around(start, end)

    def _note_callback_error(self, event: str, error: Exception) -> None:
        self.add_status(SimStatus.from_exception(error, f"callback {event} failed: {error}", SimStatusCode.INFO))

    def set_cancelled(self) -> None:
        """Record that the run was stopped on request."""
        self._meta_cancelled = True

    def was_cancelled(self) -> bool:
        """Return whether the run was stopped on request."""
        return self._meta_cancelled

    # --- the loop --------------------------------------------------------------------------------------------------

    def tick(self, step: int | None = None, total: int | None = None) -> None:
        """Do once per turn of the loop all that the outside may want.

        Publishes progress, saves a checkpoint that was asked for, waits while paused, and ends the run when a stop was
        asked for. Hooks are called here and from no other thread.

        Args:
            step: Steps done, an integer; None counts the ticks.
            total: Steps to do, where known.

        Raises:
            StopSimException: A stop was asked for.
            InvalidValueError: The step is no integer.
        """
        self._ticks += 1
        if type(step) is not int:
            step = self._ticks if step is None else step_value(step, PROGRESS)
        self._step = self.interactor.step = step
        self.interactor.set_out_if_in(PROGRESS, (self._step, total))
        gate = self._gate
        if not gate.ticking:
            self._first_tick(gate)
        if gate.attention or self.interactor.stop_asked:
            self._attend(gate)

    def _first_tick(self, gate: Gate) -> None:
        gate.ticking = True
        if self._services is not None and self._step is not None:
            self._services.note_first_step(self._step)

    def _attend(self, gate: Gate) -> None:
        while True:
            gate.lower()
            self._save_where_asked()
            if self.interactor.stop_asked:
                self._stop_here(gate)
            if not gate.pause_asked:
                gate.release()
                return
            self.interactor.apply_controls()
            gate.hold(self._is_wanted)

    def _is_wanted(self) -> bool:
        """Whether something cannot wait for the end of a pause."""
        interactor = self.interactor
        return interactor.stop_asked or interactor.has_changes() or interactor.has_pending(CHECKPOINT)

    def _save_where_asked(self) -> None:
        while self.saves_checkpoints() and (press := self.interactor.take(CHECKPOINT)):
            try:
                press.answer({"checkpoint": self.checkpoint().name, "step": self._step})
            except StopSim:
                raise
            except Exception as error:  # noqa: BLE001 - save_checkpoint is a stranger's code: refused, never fatal
                self.add_status(SimStatus.from_exception(error, f"checkpoint failed: {error}", SimStatusCode.INFO))
                press.refuse(f"{type(error).__name__}: {error}")

    def _stop_here(self, gate: Gate) -> NoReturn:
        if gate.save_on_stop and self.saves_checkpoints():
            gate.save_on_stop = False
            try:
                self.checkpoint()
            except Exception as error:  # noqa: BLE001 - the stop goes on without the checkpoint
                self._unsaved = f"stopped without the checkpoint that was asked for: {type(error).__name__}: {error}"
                self.add_status(SimStatus.from_exception(error, f"checkpoint failed: {error}", SimStatusCode.INFO))
        gate.release()
        self.interactor.set_out(STOP, value=True)
        self.set_cancelled()
        message = "stopped on request"
        raise StopSim(message)

    def checkpoint(self, step: int | None = None) -> Path:
        """Save a checkpoint now, on the calling thread.

        Args:
            step: Step of the simulation; None is the step of the last `tick`.

        Returns:
            The published folder.

        Raises:
            NotSupportedError: The type does not override `save_checkpoint`.
            WrongStateError: The instance was restored from disk.
            OSError: The disk is full or read-only; nothing is published.
        """
        services = self._writable("checkpoint")
        at = (self._step or 0) if step is None else int(step)
        controls = self.interactor.controls_in_force()
        return services.checkpoints.save(at, lambda folder: self.save_checkpoint(folder, at), controls).path

    # --- talking ---------------------------------------------------------------------------------------------------

    def control(self, key: str) -> Any:
        """Return the current value of a control, taking over the newest change.

        Raises:
            UnknownChannelError: There is no such control.
        """
        return self.interactor.control(key)

    def take(self, key: str) -> ChannelRequest | None:
        """Return one pending press or query of a channel, to be answered now or later; None when there is none.

        Raises:
            UnknownChannelError: There is no such channel.
            InvalidValueError: The channel is a control or ``progress``.
        """
        return self.interactor.take(key)

    def ask(
        self,
        details: str,
        model: type[_Model],
        *,
        media: Sequence[str | Path] = (),
        timeout_s: float | None = None,
        default: _Model | Any = NO_DEFAULT,
    ) -> _Model:
        """Ask people and wait for a valid answer.

        Args:
            details: The question.
            model: Pydantic model of the answer.
            media: Files to show with it, inside the run's folder.
            timeout_s: How long to wait; None waits until answered.
            default: What to return when nobody answers in time.

        Raises:
            AskTimeout: Nobody answered in time and there is no default.
            StopSimException: A stop was asked for; the question is withdrawn.
            InvalidValueError: A file is outside the run's folder.
            WrongStateError: The instance was restored from disk.
        """
        services = self._writable("ask")
        question = Ask(self.interactor, services.shield, details, model, lambda: self._stop_here(self._gate))
        return cast("_Model", question.wait(self._relative(media), timeout_s, default))

    def _relative(self, media: Sequence[str | Path]) -> list[str]:
        paths = [(self.run_dir / path).resolve() for path in media]
        root = self.run_dir.resolve()
        for path in paths:
            if not path.is_relative_to(root):
                message = f"{path} is outside the run's folder {root}"
                raise InvalidValueError("media", [FieldError((), message)])
        return [path.relative_to(root).as_posix() for path in paths]
