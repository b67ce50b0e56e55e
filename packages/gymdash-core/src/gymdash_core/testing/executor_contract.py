"""The contract suite of executors: subclass it in pytest, return your executor, and it tests what is declared."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gymdash_core.creation import RunRequest, create_run
from gymdash_core.errors import NotSupportedError, UnknownChannelError, WorkerGoneError, WrongStateError
from gymdash_core.executors.api import Capability, Executor, RunHandle
from gymdash_core.logs import read_log
from gymdash_core.meta import LaunchRecord, record_launch
from gymdash_core.project import Project, RunFolder
from gymdash_core.registry import Registered
from gymdash_core.runview import read_run, read_statuses
from gymdash_core.simulation import Simulation
from gymdash_core.status import RunState
from gymdash_core.types import SimulationType

if TYPE_CHECKING:
    from collections.abc import Iterator

_WAIT_S = 60.0
#: Arguments of a loop that ends by itself where nothing else can end it.
_SHORT = {"turns": 300}


class LoopingSimulation(Simulation):
    """Tick until stopped, or for as many turns as asked; optionally fail, exit or go deaf."""

    def create_kwarg_defaults(self) -> dict[str, Any]:
        """Return the default arguments."""
        return {"turns": 1_000_000, "fail": False, "exit_code": None, "deaf": False, "text": "hello from the run"}

    def _run(self, **kwargs: Any) -> None:
        arguments = self._overwrite_new_kwargs(self.kwarg_defaults, self.config.kwargs, kwargs)
        print(arguments["text"])  # noqa: T201 - captured output is under test
        for turn in range(arguments["turns"]):
            if arguments["deaf"]:
                self.interactor.set_out_if_in("progress", (turn, arguments["turns"]))
            else:
                self.tick(turn, arguments["turns"])
            time.sleep(0.01)
        if arguments["exit_code"] is not None:
            os._exit(arguments["exit_code"])
        if arguments["fail"]:
            message = "failed as asked"
            raise RuntimeError(message)


class ExecutorContract:
    """Tests that every executor passes. Override `executor`; run by pytest.

    What an executor does not declare it must not do half. Of the capabilities only ``kill`` is an operation of its
    own, and is refused by `NotSupportedError`. The others show in what happens: without ``signals`` a loop that never
    looks is not unwound by `stop`, without ``logs`` nothing is captured, and without ``survives_parent`` another
    executor object attaches to nothing.

    Example::

        class TestMyExecutor(ExecutorContract):
            def executor(self):
                return MyExecutor()
    """

    def executor(self) -> Executor:
        """Return the executor under test."""
        raise NotImplementedError

    @pytest.fixture
    def subject(self) -> Iterator[Executor]:
        """The executor, closed afterwards."""
        executor = self.executor()
        yield executor
        executor.close()

    @pytest.fixture
    def begin(self, subject: Executor, tmp_path: Path) -> Iterator[Any]:
        """Start a looping simulation with some arguments; every run is ended afterwards."""
        handles: list[RunHandle] = []

        def start(**kwargs: Any) -> RunHandle:
            target = f"{LoopingSimulation.__module__}:{LoopingSimulation.__qualname__}"
            entry = Registered(SimulationType("looping", target), "contract")
            request = RunRequest(entry, "", kwargs, {"name": subject.name, "options": {}})
            run = create_run(Project(tmp_path / "project"), request)
            record_launch(run, LaunchRecord(), allowed=lambda _: None)
            handles.append(subject.start(run))
            return handles[-1]

        yield start
        for handle in handles:
            if handle.exit is None:
                handle.stop(0.0 if Capability.KILL in subject.capabilities else 5.0)
                assert handle.wait(_WAIT_S), "a run could not be ended"
            handle.close(_WAIT_S)

    def test_a_run_that_ends_by_itself_succeeds(self, begin: Any) -> None:
        """A simulation that returns has succeeded, and its handle says so."""
        handle = begin(turns=2)
        assert handle.wait(_WAIT_S)
        assert handle.exit is RunState.SUCCEEDED

    def test_a_run_that_raises_fails_with_its_traceback(self, begin: Any) -> None:
        """An exception fails the run and is recorded."""
        handle = begin(turns=1, fail=True)
        assert handle.wait(_WAIT_S)
        assert handle.exit is RunState.FAILED
        assert "failed as asked" in read_statuses(handle.run)[-1].error_trace

    def test_wait_says_that_a_run_goes_on(self, begin: Any) -> None:
        """A wait that ends early returns False, and there is no exit yet."""
        handle = begin()
        assert not handle.wait(0.05)
        assert handle.exit is None

    def test_progress_is_answered(self, begin: Any) -> None:
        """A query of progress gets the loop's value."""
        handle = begin()
        reply = handle.query({"progress": None}, _WAIT_S)["progress"]
        assert reply.triggered
        assert reply.value[1] == 1_000_000

    def test_an_unknown_channel_is_refused(self, begin: Any) -> None:
        """Nothing is delivered when a channel does not exist."""
        handle = begin()
        with pytest.raises(UnknownChannelError):
            handle.query({"no_such_channel": 1, "progress": None}, _WAIT_S)

    def test_a_stop_is_seen(self, begin: Any) -> None:
        """A loop that ticks stops when asked."""
        handle = begin()
        handle.query({"progress": None}, _WAIT_S)
        handle.stop(_WAIT_S, by="contract")
        assert handle.wait(_WAIT_S)
        assert handle.exit is RunState.STOPPED

    def test_a_pause_holds_the_loop(self, begin: Any) -> None:
        """A paused loop makes no progress until it is resumed."""
        handle = begin()
        handle.query({"progress": None}, _WAIT_S)
        handle.pause()
        _await(lambda: read_run(handle.run).state is RunState.PAUSED)
        held = handle.query({"progress": None}, _WAIT_S)["progress"].value
        assert handle.query({"progress": None}, _WAIT_S)["progress"].value == held
        handle.pause(on=False)
        _await(lambda: handle.query({"progress": None}, _WAIT_S)["progress"].value != held)

    def test_an_ended_run_cannot_be_asked(self, begin: Any) -> None:
        """A query of an ended run says that it has ended."""
        handle = begin(turns=1)
        assert handle.wait(_WAIT_S)
        try:
            replies = handle.query({"progress": None}, 1.0)
        except (WorkerGoneError, WrongStateError):
            return
        assert replies["progress"].reason == "ended"

    def test_attach_finds_a_live_run_alone(self, begin: Any, subject: Executor) -> None:
        """Attaching gives a working handle for a live run and None for an ended one."""
        handle = begin(turns=1)
        assert handle.wait(_WAIT_S)
        assert subject.attach(handle.run) is None
        live = begin()
        live.query({"progress": None}, _WAIT_S)
        attached = subject.attach(live.run)
        assert attached is not None
        assert attached.query({"progress": None}, _WAIT_S)["progress"].triggered
        attached.close()

    def test_survives_parent_is_what_is_declared(self, begin: Any, subject: Executor) -> None:
        """A new executor object reaches the run exactly where the executor says that runs survive their parent."""
        live = begin()
        live.query({"progress": None}, _WAIT_S)
        attached = self.executor().attach(live.run)
        assert (attached is not None) == (Capability.SURVIVES_PARENT in subject.capabilities)
        if attached is not None:
            attached.close()

    def test_kill_is_what_is_declared(self, begin: Any, subject: Executor) -> None:
        """Killing ends the run at once, or is refused and leaves the run as it is."""
        able = Capability.KILL in subject.capabilities
        handle = begin(deaf=True, **({} if able else _SHORT))
        handle.query({"progress": None}, _WAIT_S)
        if not able:
            with pytest.raises(NotSupportedError):
                handle.kill()
            assert handle.wait(_WAIT_S)
            assert handle.exit is RunState.SUCCEEDED
            return
        handle.kill()
        assert handle.wait(_WAIT_S)
        assert handle.exit is RunState.KILLED

    def test_signals_are_what_is_declared(self, begin: Any, subject: Executor) -> None:
        """A loop that never looks for a stop is stopped by SIGTERM where there are signals, and only there.

        Without them it is killed where the executor can, and else goes on to its end and succeeds.
        """
        able = subject.capabilities & {Capability.SIGNALS, Capability.KILL}
        handle = begin(deaf=True, **({} if able else _SHORT))
        handle.query({"progress": None}, _WAIT_S)
        handle.stop(0.0, by="contract")
        assert handle.wait(_WAIT_S)
        if Capability.SIGNALS in able:
            assert handle.exit is RunState.STOPPED
        else:
            assert handle.exit is (RunState.KILLED if able else RunState.SUCCEEDED)

    def test_an_exit_in_the_middle_is_a_failure_that_names_the_code(self, begin: Any, subject: Executor) -> None:
        """``os._exit(7)`` fails the run; only an executor with processes survives it."""
        if Capability.KILL not in subject.capabilities:
            return
        handle = begin(turns=1, exit_code=7)
        assert handle.wait(_WAIT_S)
        assert handle.exit is RunState.FAILED
        assert "7" in read_run(handle.run).reason

    def test_logs_are_what_is_declared(self, begin: Any, subject: Executor) -> None:
        """What the run prints is captured where the executor says so."""
        handle = begin(turns=1)
        assert handle.wait(_WAIT_S)
        captured = "hello from the run" in _stdout(handle.run)
        assert captured == (Capability.LOGS in subject.capabilities)


def _stdout(run: RunFolder) -> str:
    return read_log(run, "stdout").text if run.log("stdout").exists() else ""


def _await(condition: Any) -> None:
    deadline = time.monotonic() + _WAIT_S
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)
