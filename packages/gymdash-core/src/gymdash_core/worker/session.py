"""A run session: one attempt of one run, from binding its simulation to writing down how it ended.

The same session serves a worker process and a thread: executors differ in who calls it. It owns the run's files on the
worker's side, keeps them up to date once a second, and answers control messages.

Order at the end: queries and questions are closed, media are indexed, the last statuses, ``attempts.jsonl`` and then
the final ``state.json`` are written. Whoever sees the final state can read everything else.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import threading
import traceback
from contextlib import AbstractContextManager, ExitStack
from typing import TYPE_CHECKING, Any, NoReturn

from gymdash_core.checkpoints import CheckpointStore
from gymdash_core.errors import (
    FieldError,
    GymDashError,
    InvalidValueError,
    NotSupportedError,
    StopSimException,
    WrongStateError,
    did_you_mean,
)
from gymdash_core.interaction.channels import CHECKPOINT, STOP, Channel, ChannelKind
from gymdash_core.interaction.requests import ControlRequest, RequestBook
from gymdash_core.journal import JsonLines
from gymdash_core.logs import is_unbounded
from gymdash_core.meta import SignalStep, read_meta, read_signals
from gymdash_core.runview import read_statuses
from gymdash_core.services import Gate, Launch, RunServices
from gymdash_core.stats.log import StatLog
from gymdash_core.stats.manifest import MediaIndexer, write_streams
from gymdash_core.status import Ending, RunState, SimStatus, SimStatusCode, from_iso, iso, resolve_ending, utc_now
from gymdash_core.worker import protocol
from gymdash_core.worker.ballast import Ballast
from gymdash_core.worker.state import StateFile

if TYPE_CHECKING:
    from gymdash_core.interaction.interactor import SimulationInteractor
    from gymdash_core.project import RunFolder
    from gymdash_core.simulation import Simulation
    from gymdash_core.worker.control import Address

logger = logging.getLogger(__name__)

BEAT_S = 1.0
#: How long a process goes on after its run was deleted, heartbeats.
ORPHAN_BEATS = 10
EXIT_ORPHANED = 75
#: How long a message other than a query waits for a simulation that is still being imported.
READY_S = 60.0
#: How long a run's end waits for its provenance: git may be slow.
PROVENANCE_S = 10.0


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
        self._ballast = Ballast(run)
        self._statuses = JsonLines(run.statuses)
        self._requests = JsonLines(run.requests)
        self._interventions = JsonLines(run.interventions)
        self._attempts = JsonLines(run.attempts)
        self._media = MediaIndexer(run, launch.attempt)
        self._gate = Gate(self._on_held)
        self._recorded: list[SimStatus] = []
        self._simulation: Simulation | None = None
        self._first_step: int | None = None
        self._pid = os.getpid()
        self._address = address
        self._orphaned_beats = 0
        self._questions = threading.RLock()
        self._closed = False
        self._said_unbounded = False
        self._ready = threading.Event()
        self._over = threading.Event()
        self._stack = ExitStack()
        self._heart = threading.Thread(target=self._beat, name="gymdash-heartbeat", daemon=True)
        self._provenance = threading.Thread(target=self._record_provenance, name="gymdash-provenance", daemon=True)

    # --- life cycle ------------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Announce the attempt: state ``starting``, a line in ``attempts.jsonl``, the heartbeat.

        Raises:
            OSError: The disk is full or read-only.
        """
        self._ballast.load()
        self.state.enter(RunState.STARTING)
        resume_from = self.launch.resume_from
        where = resume_from.relative_to(self.run_folder.path).as_posix() if resume_from else None
        self._note_attempt("started", time=iso(utc_now()), resume_from=where)
        self._heart.start()

    def bind(self, simulation: Simulation) -> None:
        """Attach a simulation to the run: files, channels, control values, and a stop that came before it.

        Raises:
            GymDashError: Its arguments or channels are invalid.
        """
        simulation._bind(
            RunServices(
                run=self.run_folder,
                launch=self.launch,
                stats=StatLog(self.run_folder, self.launch.attempt, self._shield, self.note_first_step),
                checkpoints=CheckpointStore(self.run_folder, self.launch.attempt),
                gate=self._gate,
                shield=self._shield,
                record_status=self._record_status,
                note_first_step=self.note_first_step,
            )
        )
        created = read_meta(self.run_folder).get("created")
        simulation._meta_create_time = from_iso(created) if created else None
        simulation._meta_start_time = utc_now()
        interactor = simulation.interactor
        interactor.attach(
            shield=self._shield,
            record=self._record_intervention,
            requests=RequestBook(self._record_request, self.launch.attempt, self._on_questions),
            initial={c.key: _initial(simulation, c) for c in interactor.channels if c.kind is ChannelKind.CONTROL},
        )
        self._stack.enter_context(interactor.listening(self._on_arrival))
        simulation.streamer.on_register, simulation.streamer.shield = self._write_streams, self._shield
        self._simulation = simulation
        self.state.published = interactor.published
        self.state.set_channels({channel.key: str(channel.kind) for channel in interactor.channels})
        self._write_streams()
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
            _leave_fork(error)

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
            statuses=tuple(self._recorded),
        )
        final = resolve_ending(ending)
        if error is not None and not stop_raised:
            self._add_status(SimStatus.from_exception(error))
        self._close(simulation)
        reason = _reason(final, error, self._recorded)
        if final is RunState.STOPPED and self.terminated and not reason:
            reason = "did not stop when asked; ended by SIGTERM"
        self._ballast.write(lambda: self._note_attempt("ended", time=iso(utc_now()), state=str(final), reason=reason))
        self._ballast.write(lambda: self.state.enter(final, reason))
        self._ballast.drop()
        self.close_files()
        return final

    def close_files(self) -> None:
        """Let go of the run's files: nothing is recorded from now on."""
        self._closed = True
        for lines in (self._statuses, self._requests, self._interventions, self._attempts):
            lines.close()

    def _close(self, simulation: Simulation | None) -> None:
        """Stop the heartbeat, close queries and questions, index the last media, and close the files."""
        self._over.set()
        if self._heart.is_alive():
            self._heart.join()
        if self._provenance.ident is None:
            self._provenance.start()
        self._provenance.join(PROVENANCE_S)
        self._ready.set()
        if simulation is None:
            return
        simulation._meta_end_time = utc_now()
        self._stack.close()
        last = (lambda: self._refresh_media(final=True), self._write_streams, self._tell_faults)
        for step in (simulation.interactor.end, *last):
            try:
                self._ballast.write(step)
            except Exception as error:  # noqa: BLE001 - streamers may be user code; the end is written in any case
                logger.warning("run %s: %s", self.run_folder.id, error)
                self._add_status(SimStatus.from_exception(error, f"at the end: {error}", SimStatusCode.INFO))
        if simulation._services is not None:
            simulation._services.stats.close()

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
        if self._simulation is not None and not self._simulation.interactor.stop_asked:
            self._simulation.interactor.set_in(STOP, True)
            self._simulation.interactor.note({"event": "stop", "channel": STOP, "save": save, "by": by})

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
        if self._simulation is None or self._over.is_set():
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

    def _beat(self) -> None:
        """Keep the files up to date until the attempt is over; no step may end it."""
        steps = (self._beat_interactor, self.check_signals, self._refresh_media, self._check_logs, self.state.beat)
        while not self._over.wait(BEAT_S):
            for step in (self._check_folder, *steps):
                try:
                    step()
                except Exception as error:  # noqa: BLE001 - streamers may be user code; the heart goes on
                    logger.warning("run %s: %s failed: %s", self.run_folder.id, step.__name__, error)

    def _check_folder(self) -> None:
        """End where the run was deleted: nobody can reach it any more, and nothing of it is wanted."""
        if self.run_folder.config.exists():
            return
        if self._simulation is not None and not self._simulation.interactor.stop_asked:
            logger.warning("run %s: its folder was deleted; it stops", self.run_folder.id)
            self.ask_stop("its folder was deleted")
        elif self._address is not None and self._orphaned_beats >= ORPHAN_BEATS:
            os._exit(EXIT_ORPHANED)
        self._orphaned_beats += 1

    def _check_logs(self) -> None:
        if not self._said_unbounded and is_unbounded(self.run_folder):
            self._said_unbounded = True
            details = "this file system cannot free the head of a file: the logs grow without bound"
            self._add_status(SimStatus(SimStatusCode.INFO, details=details))

    def _beat_interactor(self) -> None:
        if self._simulation is not None:
            self._simulation.interactor.ask_progress()
            self._simulation.interactor.settle()

    def _refresh_media(self, *, final: bool = False) -> None:
        if self._simulation is not None:
            self._media.refresh(self._simulation.streamer, final=final)

    def _write_streams(self) -> None:
        if self._simulation is not None:
            write_streams(self.run_folder, self._simulation.streamer)

    def _tell_faults(self) -> None:
        """Say once in the statuses, also over several attempts, what cannot be read of the files of streamers."""
        streamers = self._simulation.streamer.streamers().values() if self._simulation is not None else ()
        faults = [fault for streamer in streamers for fault in streamer.faults()]
        said = {status.details for status in read_statuses(self.run_folder)} if faults else set()
        for fault in dict.fromkeys(faults):
            if fault not in said:
                self._add_status(SimStatus(SimStatusCode.INFO, details=fault))

    # --- records ---------------------------------------------------------------------------------------------------

    def note_first_step(self, step: int) -> None:
        """Record the first step of the attempt; later calls do nothing."""
        if self._first_step is None:
            self._first_step = step
            self._note_attempt("first_step", step=step)

    def _note_attempt(self, event: str, **fields: Any) -> None:
        self._append(self._attempts, {"attempt": self.launch.attempt, "event": event, **fields}, fsync=event == "ended")

    def _append(self, lines: JsonLines, data: dict[str, Any], *, fsync: bool = False) -> None:
        """Write a line, unless the attempt is over: threads that the user's code left behind may still report."""
        with self._shield:
            if self._closed:
                logger.warning("run %s has ended; not recorded: %s", self.run_folder.id, data)
            else:
                lines.append(data, fsync=fsync)

    def _add_status(self, status: SimStatus) -> None:
        if self._simulation is not None:
            self._simulation.add_status(status)
        else:
            self._record_status(status)

    def _record_status(self, status: SimStatus) -> None:
        self._recorded.append(status)
        line = status.as_json() | {"attempt": self.launch.attempt}
        self._ballast.write(lambda: self._append(self._statuses, line))

    def _record_provenance(self) -> None:
        """Collect provenance beside the run; imported here, since it is not needed before the run is announced."""
        from gymdash_core.provenance import record_provenance  # noqa: PLC0415 - see above

        seed = None
        if self._simulation is not None:
            with contextlib.suppress(GymDashError):  # arguments that are refused have ended the run already
                seed = getattr(self._simulation.params, "seed", None)
        record_provenance(self.run_folder, seed)

    def _record_request(self, request: ControlRequest) -> None:
        self._append(self._requests, request.as_json(), fsync=True)

    def _record_intervention(self, event: dict[str, Any]) -> None:
        self._append(self._interventions, {"time": iso(utc_now()), "attempt": self.launch.attempt, **event})


def _leave_fork(error: BaseException | None) -> NoReturn:
    """End a forked child as Python would have ended it, without running what belongs to its parent."""
    if error is not None and not isinstance(error, SystemExit):
        traceback.print_exception(error)
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    code = error.code if isinstance(error, SystemExit) else error is not None
    os._exit(code if isinstance(code, int) else int(code is not None))


def _initial(simulation: Simulation, channel: Channel) -> Any:
    """First value of a control: its own, or the argument of its name."""
    if channel.initial != "params":
        return channel.initial
    given = simulation._overwrite_new_kwargs(simulation.kwarg_defaults, simulation.config.kwargs)
    if simulation.params is not None and hasattr(simulation.params, channel.key):
        return getattr(simulation.params, channel.key)
    if channel.key in given:
        return given[channel.key]
    message = f"begins with the argument of its name, and there is none. {did_you_mean(channel.key, given)}"
    remedy = "Or give the channel an `initial` of its own."
    raise InvalidValueError(f"control {channel.key!r}", [FieldError((), f"{message} {remedy}")])


def _reason(final: RunState, error: BaseException | None, statuses: list[SimStatus]) -> str:
    if error is not None and not isinstance(error, StopSimException):
        return f"{type(error).__name__}: {error}"
    if final is RunState.FAILED:
        return next((s.details for s in reversed(statuses) if s.code is SimStatusCode.FAIL), "")
    return ""
