"""Main function of a worker process: carry out one attempt of one run.

Order: take the worker lock, look for a kill, bind the control socket, announce ``starting``, load the target, and then
the session's life cycle. Stops that were written to ``signals.jsonl`` before the socket was bound are read after it.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from gymdash_core.errors import LockHeldError, StopSimException
from gymdash_core.instantiate import make_simulation
from gymdash_core.locks import FileLock, holder
from gymdash_core.meta import SignalStep, read_launch, read_signals
from gymdash_core.project import RunFolder
from gymdash_core.worker.control import ControlServer
from gymdash_core.worker.session import RunSession
from gymdash_core.worker.shield import Shield

if TYPE_CHECKING:
    from types import FrameType


logger = logging.getLogger(__name__)

EXIT_OK = 0
EXIT_LOCKED = 3
#: The final state could not be written: the supervisor's exit.json says that something went wrong.
EXIT_NO_ROOM = 74


class ForeignTermError(BaseException):
    """Unwind the simulation on a SIGTERM that GymDash did not send; the process then ends by that signal."""


def main(path: str, attempt: int | None = None) -> int:
    """Carry out the last launch of a run and return the exit code.

    Args:
        path: The run directory.
        attempt: The attempt that the supervisor was started for; a later one is not carried out in its name.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    run = RunFolder(path)
    lock = FileLock(run.worker_lock)
    try:
        lock.acquire()
    except LockHeldError as error:
        logger.error("%s", error)  # noqa: TRY400 - one line says it all
        return EXIT_LOCKED
    launch = read_launch(run)
    if attempt not in {None, launch.attempt}:
        logger.error("run %s: attempt %s is over before it began; the last is %d", run.id, attempt, launch.attempt)
        return EXIT_LOCKED
    _obey_kill(run, launch.attempt)
    shield = Shield()
    worker = _Worker(run, shield)
    signal.signal(signal.SIGTERM, worker.on_sigterm)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.register_at_fork(after_in_child=_restore_sigterm)
    return worker.carry_out()


def _obey_kill(run: RunFolder, attempt: int) -> None:
    """Carry out a kill that found nobody to kill, since this worker was still on its way.

    Who kills writes it down first and then looks at who holds the locks; a worker takes its lock first and then reads.
    So either the killer sees the lock and kills its holder, or what it wrote is read here. By SIGKILL as well, so that
    the supervisor writes down the same end.
    """
    if any(item.step is SignalStep.KILL for item in read_signals(run, attempt)):
        os.kill(os.getpid(), signal.SIGKILL)


def _restore_sigterm() -> None:
    with suppress(ValueError):
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _end_rest(run: RunFolder) -> None:
    """End what the simulation has left running, where its supervisor, which does so, was killed."""
    if holder(run.supervisor_lock) is not None:
        return
    from gymdash_core.processes import descendants, kill_all, session_members  # noqa: PLC0415 - hardly ever needed

    kill_all(lambda: descendants(os.getpid()) | session_members(os.getpid()))


class _Worker:
    def __init__(self, run: RunFolder, shield: Shield) -> None:
        self._run = run
        self._shield = shield
        self._launch = read_launch(run)
        self._server = ControlServer(run, self._launch.attempt, self._handle)
        self._session = RunSession(run, self._launch, shield, self._server.address)

    def _handle(self, message: Any) -> object:
        return self._session.handle(message)

    def carry_out(self) -> int:
        session = self._session
        session.open()
        self._server.start()
        error = self._user_code(session)
        with self._shield:
            try:
                session.finish(error)
            except OSError as problem:
                logger.error("run %s: cannot write the final state: %s", self._run.id, problem)  # noqa: TRY400 - said
                return EXIT_NO_ROOM
            finally:
                self._server.close()
                _end_rest(self._run)
        if isinstance(error, ForeignTermError):
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGTERM)
        return EXIT_OK

    def _user_code(self, session: RunSession) -> BaseException | None:
        try:
            simulation = make_simulation(self._run)
            session.bind(simulation)
        except BaseException as error:  # noqa: BLE001 - the boundary of user code: recorded as the run's ending
            return error
        try:
            with self._shield.window():
                return session.setup() or session.run()
        except BaseException as error:  # noqa: BLE001 - a signal between two steps
            return error

    def on_sigterm(self, number: int, frame: FrameType | None) -> None:
        """Unwind the simulation: as a stop when the signal is ours, which is on the disk before it is sent."""
        sent = read_signals(self._run, self._launch.attempt)
        if any(item.step is SignalStep.TERM for item in sent):
            self._session.terminated = True
            self._shield.deliver(StopSimException("ended by SIGTERM after it did not stop when asked"))
        else:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            self._shield.deliver(ForeignTermError("SIGTERM that GymDash did not send"))


def run_worker() -> None:
    """Entry point of ``python -m gymdash_core.worker <run directory> [<attempt>]``."""
    code = main(sys.argv[1], int(sys.argv[2]) if sys.argv[2:] else None)
    with suppress(OSError):
        sys.stdout.flush()
    with suppress(OSError):
        sys.stderr.flush()
    sys.exit(code)
