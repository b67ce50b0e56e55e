"""A run session: one attempt of one run, from binding its simulation to writing down how it ended.

The same session serves a worker process and a thread: executors differ in who calls it. It owns the run's files on the
worker's side (`records`), keeps them up to date once a second (`upkeep`), and answers control messages.

Order at the end: queries and questions are closed, media are indexed, the last statuses, ``attempts.jsonl`` and then
the final ``state.json`` are written. Whoever sees the final state can read everything else.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from contextlib import AbstractContextManager, ExitStack
from typing import TYPE_CHECKING, Any

from gymdash_core.checkpoints import CheckpointStore
from gymdash_core.errors import (
    GymDashError,
    NotSupportedError,
    StopSimException,
    WrongStateError,
)
from gymdash_core.interaction.channels import CHECKPOINT, STOP
from gymdash_core.interaction.requests import RequestBook
from gymdash_core.meta import SignalStep, read_meta, read_signals
from gymdash_core.services import Gate, Launch, RunServices
from gymdash_core.stats.log import StatLog
from gymdash_core.status import Ending, RunState, SimStatus, SimStatusCode, from_iso, iso, resolve_ending, utc_now
from gymdash_core.worker import protocol
from gymdash_core.worker.first_values import first_values
from gymdash_core.worker.forks import leave_fork
from gymdash_core.worker.records import RunRecords
from gymdash_core.worker.state import StateFile
from gymdash_core.worker.upkeep import Upkeep

if TYPE_CHECKING:
    from gymdash_core.interaction.interactor import SimulationInteractor
    from gymdash_core.project import RunFolder
    from gymdash_core.simulation import Simulation
    from gymdash_core.worker.control import Address

logger = logging.getLogger(__name__)

#: How long a message other than a query waits for a simulation that is still being imported.
READY_S = 60.0
#: How long a run's end waits for its provenance: git may be slow. Five seconds behind our SIGTERM comes SIGKILL.
PROVENANCE_S, HURRIED_S = 10.0, 2.0
_LOOK_S = 0.1


class RunSession:
    """One attempt of one run.

    Thread safety: `setup`, `run` and `finish` are called by the simulation's thread (thread executor: `setup` on the
    caller's); `handle` and `ask_stop` by any thread.

    Args:
        run: The run's files; the caller holds its worker lock.
        launch: How the attempt was asked for.
        shield: Entered around our locks and writes on the simulation's thread.
        address: Where the worker listens; None for a run without a process of its own.
    """

    def __init__(
        self, run: RunFolder, launch: Launch, shield: AbstractContextManager[Any], address: Address | None = None
    ) -> None:
        self.run_folder = run
        self.launch = launch
        self.state = StateFile(run, launch.attempt, shield, address)
        self.terminated = False
        self._shield = shield
        self._records = RunRecords(run, launch.attempt, shield)
        self._gate = Gate(self._on_held)
        self._simulation: Simulation | None = None
        self._pid = os.getpid()
        self._questions = threading.RLock()
        self._stop_turn = threading.Lock()
        self._ready = threading.Event()
        self._stack = ExitStack()
        more = (self.check_signals, self.state.beat)
        owns_process = address is not None
        self._upkeep = Upkeep(run, launch.attempt, self.ask_stop, self._add_status, more, owns_process=owns_process)
        self._provenance = threading.Thread(target=self._record_provenance, name="gymdash-provenance", daemon=True)

    # --- life cycle ------------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Announce the attempt: state ``starting``, a line in ``attempts.jsonl``, the heartbeat.

        Raises:
            OSError: The disk is full or read-only.
        """
        self._records.ballast.load()
        self.state.enter(RunState.STARTING)
        resume_from = self.launch.resume_from
        where = resume_from.relative_to(self.run_folder.path).as_posix() if resume_from else None
        self._records.attempt("started", time=self.state.started, resume_from=where)
        self._upkeep.start()

    def bind(self, simulation: Simulation) -> None:
        """Attach a simulation to the run: files, channels, control values, and a stop that came before it.

        Raises:
            GymDashError: Its arguments or channels are invalid.
        """
        simulation._bind(
            RunServices(
                run=self.run_folder,
                launch=self.launch,
                stats=StatLog(self.run_folder, self.launch.attempt, self._shield, self._records.first_step),
                checkpoints=CheckpointStore(self.run_folder, self.launch.attempt),
                gate=self._gate,
                shield=self._shield,
                record_status=self._records.status,
                note_first_step=self._records.first_step,
            )
        )
        created = read_meta(self.run_folder).get("created")
        simulation._meta_create_time = from_iso(created) if created else None
        simulation._meta_start_time = utc_now()
        interactor = simulation.interactor
        interactor.attach(
            shield=self._shield,
            record=self._records.intervention,
            requests=RequestBook(self._records.request, self.launch.attempt, self._on_questions),
            initial=first_values(simulation),
        )
        self._stack.enter_context(interactor.listening(self._on_arrival))
        simulation.streamer.on_register, simulation.streamer.shield = self._upkeep.write_streams, self._shield
        self._simulation = self._upkeep.simulation = simulation
        self.state.published = interactor.published
        self.state.set_channels({channel.key: str(channel.kind) for channel in interactor.channels})
        self._upkeep.write_streams()
        self._ready.set()
        self.check_signals()

    def setup(self) -> BaseException | None:
        """Call `Simulation.setup`; return the exception that escaped."""
        return self._step(self._bound.START_SETUP, self._bound.END_SETUP, self._bound.setup)

    def run(self) -> BaseException | None:
        """Enter ``running`` and call `Simulation.run`; return the exception that escaped."""
        self.state.enter(RunState.RUNNING)
        self._provenance.start()
        return self._step(self._bound.START_RUN, self._bound.END_RUN, self._bound.run)

    def _step(self, start: str, end: str, step: Any) -> BaseException | None:
        self.state.mark(start)
        error: BaseException | None = None
        try:
            step(**self._bound.start_kwargs)
        except BaseException as problem:  # noqa: BLE001 - the boundary of user code: recorded as the run's ending
            error = problem
        self._require_own_process(error)
        self.state.mark(end)
        return error

    def _require_own_process(self, error: BaseException | None) -> None:
        """End a child that the user's code has forked: the run, its files and its end belong to the parent alone."""
        if os.getpid() != self._pid:
            leave_fork(error)

    def finish(self, error: BaseException | None) -> RunState:
        """Write down how the attempt ended, and close everything.

        Args:
            error: The exception that escaped from the user's code, or None.

        Returns:
            The final state.

        Raises:
            OSError: Not even the ballast made room for the final state.
        """
        self._require_own_process(error)
        simulation = self._simulation
        stop_raised = isinstance(error, StopSimException)
        ending = Ending(
            error=error,
            stop_raised=stop_raised,
            terminated=self.terminated,
            cancelled=simulation is not None and simulation.was_cancelled(),
            meta_failed=simulation is not None and simulation._meta_failed,
            statuses=tuple(self._records.recorded),
        )
        final = resolve_ending(ending)
        if error is not None and not stop_raised:
            self._add_status(SimStatus.from_exception(error))
        self._close(simulation)
        reason = _reason(final, error, self._records.recorded)
        if final is RunState.STOPPED and simulation is not None and not reason:
            reason = simulation._unsaved
        if final is RunState.STOPPED and self.terminated and not reason:
            reason = "did not stop when asked; ended by SIGTERM"
        self._write_end(final, reason)
        return final

    def _write_end(self, final: RunState, reason: str) -> None:
        ballast, ended = self._records.ballast, {"time": iso(utc_now()), "state": str(final), "reason": reason}
        ballast.write(lambda: self._records.attempt("ended", **ended))
        ballast.write(lambda: self.state.enter(final, reason, ended["time"]))
        ballast.drop()
        self.close_files()

    def close_files(self) -> None:
        """Let go of the run's files: nothing is recorded from now on."""
        self._records.close()

    def _close(self, simulation: Simulation | None) -> None:
        """Stop the heartbeat, close queries and questions, index the last media, and close the files."""
        self._upkeep.stop()
        if self._provenance.ident is None:
            self._provenance.start()
        self._await_provenance()
        self._ready.set()
        if simulation is None:
            return
        simulation._meta_end_time = utc_now()
        self._stack.close()
        upkeep = self._upkeep
        written = (lambda: upkeep.refresh_media(final=True), lambda: upkeep.write_streams(final=True))
        last = (*written, upkeep.tell_faults)
        for step in (simulation.interactor.end, *last):
            try:
                self._records.ballast.write(step)
            except Exception as error:  # noqa: BLE001 - streamers may be user code; the end is written in any case
                logger.warning("run %s: %s", self.run_folder.id, error)
                self._add_status(SimStatus.from_exception(error, f"at the end: {error}", SimStatusCode.INFO))
        if simulation._services is not None:
            simulation._services.stats.close()

    def _await_provenance(self) -> None:
        """Wait for what git says; SIGTERM may come while we wait."""
        began = time.monotonic()
        while time.monotonic() - began < (HURRIED_S if self.terminated else PROVENANCE_S):
            self._provenance.join(_LOOK_S)
            if not self._provenance.is_alive():
                return

    # --- control ---------------------------------------------------------------------------------------------------

    def handle(self, message: protocol.Message) -> object:
        """Carry out a control message and return its result as plain JSON.

        Raises:
            GymDashError: The message cannot be carried out.
        """
        if isinstance(message, protocol.Stop):
            self.ask_stop(message.by, save=message.save)
            return {"accepted": True}
        simulation = self._await_simulation(message.remaining_s() if isinstance(message, protocol.Query) else READY_S)
        interactor = simulation.interactor
        if isinstance(message, protocol.Query):
            replies = interactor.query(message.channels, message.remaining_s(), message.by, message.ids)
            if any(message.channels[key] is not None for key in interactor.controls_in_force() if key in replies):
                self.state.beat()  # who changes a control and is told so must not read its old value from the disk
            return {key: reply.as_json() for key, reply in replies.items()}
        if isinstance(message, protocol.Answer):
            return self._answer(interactor, message)
        if isinstance(message, protocol.Pause):
            self._pause(simulation, message)
            return {"accepted": True}
        return {
            "channels": interactor.describe(),
            "requests": [request.as_json() for request in interactor.requests.open_requests()],
        }

    def _answer(self, interactor: SimulationInteractor, message: protocol.Answer) -> dict[str, Any]:
        request = interactor.answer(message.request_id, message.value, message.by)
        done = {"event": "answer", "channel": request.channel, "id": request.id, "value": request.answer}
        interactor.note({**done, "by": message.by})
        return request.as_json()

    def ask_stop(self, by: str, *, save: bool = False) -> None:
        """Ask the simulation to stop; also before it is there."""
        self._gate.save_on_stop = self._gate.save_on_stop or save
        self.state.set_condition(RunState.STOPPING, holds=True, reason="asked to stop")
        if self._simulation is None or not self._stop_turn.acquire(blocking=False):
            return  # it is not there yet; or another thread asks it now: the message and its line on the disk meet here
        try:
            if not self._simulation.interactor.stop_asked:
                self._simulation.interactor.set_in(STOP, True)
                self._simulation.interactor.note({"event": "stop", "channel": STOP, "save": save, "by": by})
        finally:
            self._stop_turn.release()

    def check_signals(self) -> None:
        """Take over a stop that was written down before the control socket was there, or that could not use it."""
        for signal in read_signals(self.run_folder, self.launch.attempt):
            if signal.step is SignalStep.ASK:
                self.ask_stop(signal.by, save=bool(signal.details.get("save")))

    def _pause(self, simulation: Simulation, message: protocol.Pause) -> None:
        if message.on and "pause" not in simulation.capabilities() and not self._gate.ticking:
            remedy = "Call self.tick() in the loop, or set pausable = True."
            raise NotSupportedError(type(simulation).__name__, "pause", remedy)
        if message.on:
            self._gate.pause()
        else:
            self._gate.resume()
        simulation.interactor.note({"event": "pause" if message.on else "resume", "by": message.by})

    def _await_simulation(self, timeout_s: float | None) -> Simulation:
        if not self._ready.wait(timeout_s):
            remedy = "Its module is still being imported: try again, or give it more time."
            raise WrongStateError(self.run_folder.id, RunState.STARTING, "be talked to", remedy)
        if self._simulation is None or self._upkeep.is_over:
            raise WrongStateError(self.run_folder.id, "ended", "be talked to", "Read its files.")
        return self._simulation

    @property
    def _bound(self) -> Simulation:
        assert self._simulation is not None
        return self._simulation

    # --- what happens meanwhile ------------------------------------------------------------------------------------

    def _on_arrival(self, key: str) -> None:
        if key == STOP:
            self.state.set_condition(RunState.STOPPING, holds=True, reason="asked to stop")
        if key in (STOP, CHECKPOINT) or self._gate.held:
            self._gate.call()

    def _on_held(self) -> None:
        self.state.set_condition(RunState.PAUSED, holds=self._gate.held)

    def _on_questions(self) -> None:
        with self._shield, self._questions:  # looking and telling in one go, so that the last look wins
            self._tell_questions()

    def _tell_questions(self) -> None:
        if self._simulation is not None:
            asked = self._simulation.interactor.requests.open_requests()
            reason = f"asks: {asked[0].details}" if asked else ""
            self.state.set_condition(RunState.WAITING, holds=bool(asked), reason=reason)

    def _add_status(self, status: SimStatus) -> None:
        if self._simulation is not None:
            self._simulation.add_status(status)
        else:
            self._records.status(status)

    def _record_provenance(self) -> None:
        """Collect provenance beside the run; imported here, since it is not needed before the run is announced."""
        from gymdash_core.provenance import record_provenance  # noqa: PLC0415 - see above

        seed = None
        if self._simulation is not None:
            with contextlib.suppress(GymDashError):  # arguments that are refused have ended the run already
                seed = getattr(self._simulation.params, "seed", None)
        record_provenance(self.run_folder, seed)


def _reason(final: RunState, error: BaseException | None, statuses: list[SimStatus]) -> str:
    if error is not None and not isinstance(error, StopSimException):
        return f"{type(error).__name__}: {error}"
    if final is RunState.FAILED:
        return next((s.details for s in reversed(statuses) if s.code is SimStatusCode.FAIL), "")
    return ""
