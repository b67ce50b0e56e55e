"""Run a simulation in a test, in a project of its own, and look at what came of it."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from gymdash_core.simulation import Simulation
from gymdash_core.testing.answers import Answerer
from gymdash_core.tracker import SimulationTracker

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gymdash_core.interaction.queries import Reply
    from gymdash_core.interaction.requests import ControlRequest
    from gymdash_core.runview import RunView
    from gymdash_core.stats.kinds import StatPoint
    from gymdash_core.status import RunState, SimStatus

_POLL_S = 0.02


@dataclass
class TestRun:
    """A run in a test, live or ended.

    Attributes:
        id: The run's id.
        tracker: The tracker that runs it.
        timeout_s: Default for every wait.
    """

    __test__ = False  # the name is no invitation to pytest

    id: UUID
    tracker: SimulationTracker
    timeout_s: float = 60.0

    @property
    def view(self) -> RunView:
        """The run as it is now."""
        return self.tracker.view(self.id)

    @property
    def state(self) -> RunState:
        """The run's state."""
        return self.view.state

    @property
    def path(self) -> Path:
        """The run's folder."""
        return self.tracker.project.run(self.id).path

    @property
    def statuses(self) -> list[SimStatus]:
        """The run's statuses, oldest first."""
        return self.tracker.statuses(self.id)

    @property
    def questions(self) -> list[ControlRequest]:
        """The open questions, oldest first."""
        return self.tracker.control_requests(self.id)

    def points(self, key: str, kind: str | None = None) -> list[StatPoint]:
        """Return all points of a stat.

        Raises:
            UnknownStatError: No such stat.
        """
        return self.tracker.points(self.id, key, kind)

    def query(self, channels: Mapping[str, Any], timeout_s: float | None = None) -> dict[str, Reply]:
        """Send values to channels and wait for the replies.

        Raises:
            WrongStateError: The run has ended.
        """
        return self.tracker.query(self.id, channels, self.timeout_s if timeout_s is None else timeout_s)

    def answer(self, value: Any, timeout_s: float | None = None) -> ControlRequest:
        """Wait for a question and answer it; return it.

        Raises:
            AssertionError: None came in time.
        """
        deadline = time.monotonic() + (self.timeout_s if timeout_s is None else timeout_s)
        while not (asked := self.questions):
            if time.monotonic() > deadline or self.state.is_final:
                message = f"the run asked nothing; it is {self.state} ({self.view.reason})"
                raise AssertionError(message)
            time.sleep(_POLL_S)
        self.tracker.answer(asked[0].id, value)
        return asked[0]

    def wait_for(self, *states: RunState | str) -> None:
        """Wait until the run is in one of some states.

        Raises:
            AssertionError: It was not in time, or ended otherwise.
        """
        if not self.tracker.wait_for(self.id, states, self.timeout_s):
            message = f"the run did not become {' or '.join(states)}: it is {self.describe()}"
            raise AssertionError(message)

    def wait(self) -> RunState:
        """Wait for the end and return the final state.

        Raises:
            AssertionError: The run did not end in time.
        """
        if not self.tracker.wait(self.id, self.timeout_s):
            message = f"the run did not end in {self.timeout_s:g} s: it is {self.describe()}"
            raise AssertionError(message)
        return self.state

    def stop(self, grace_s: float = 30.0, *, save: bool = False) -> RunState:
        """Stop the run, wait for its end and return the final state."""
        self.tracker.stop(self.id, grace_s, save=save)
        return self.wait()

    def describe(self) -> str:
        """Return state, reason and statuses in words, for messages."""
        lines = [f"{self.state} ({self.view.reason})", *(s.details or s.error_trace for s in self.statuses)]
        return "; ".join(line for line in lines if line)


@contextlib.contextmanager
def start_simulation(
    what: str | type[Simulation],
    kwargs: Mapping[str, Any] | None = None,
    *,
    executor: str = "thread",
    answers: Sequence[Any] = (),
    timeout_s: float = 60.0,
    project: Path | str | None = None,
) -> Iterator[TestRun]:
    """Start a simulation and stop it when the context is left.

    Args:
        what: Key of an installed simulation type, or a class.
        kwargs: Its arguments.
        executor: ``thread``, or ``process`` for the real thing; a class must then be importable from a file.
        answers: Given to its questions, one each, as they come.
        timeout_s: Default for every wait.
        project: Project folder; a temporary one by default.

    Raises:
        InvalidKwargsError: The arguments are refused.
        AssertionError: An answer is refused, which also ends the run; or the test fails while an answer is missing.
    """
    with contextlib.ExitStack() as stack:
        folder = project or stack.enter_context(tempfile.TemporaryDirectory(prefix="gymdash-test-"))
        tracker = stack.enter_context(SimulationTracker(folder, executor=executor))
        key = what if isinstance(what, str) else tracker.register(what)
        run = TestRun(tracker.start(key, kwargs=kwargs), tracker, timeout_s)
        try:
            with Answerer(run, answers, timeout_s):
                yield run
        finally:
            tracker.stop(run.id, grace_s=5.0)
            tracker.wait(run.id, timeout_s)


def run_simulation(
    what: str | type[Simulation],
    kwargs: Mapping[str, Any] | None = None,
    *,
    executor: str = "thread",
    answers: Sequence[Any] = (),
    timeout_s: float = 60.0,
    project: Path | str | None = None,
) -> TestRun:
    """Run a simulation to its end and return what came of it.

    Args:
        what: Key of an installed simulation type, or a class.
        kwargs: Its arguments.
        executor: ``thread``, or ``process`` for the real thing; a class must then be importable from a file.
        answers: Given to its questions, one each, as they come.
        timeout_s: How long it may take.
        project: Project folder; by default a temporary one, which goes when the result does.

    Raises:
        InvalidKwargsError: The arguments are refused.
        AssertionError: It did not end in time, or an answer is refused.

    Example:
        >>> run = run_simulation("custom_control", {"total_runtime": 0.1, "poll_period": 0.05})
        >>> str(run.state), len(run.points("my_number"))
        ('succeeded', 2)
    """
    place = project or tempfile.mkdtemp(prefix="gymdash-test-")
    try:
        with start_simulation(
            what, kwargs, executor=executor, answers=answers, timeout_s=timeout_s, project=place
        ) as run:
            run.wait()
    except BaseException:
        if project is None:
            shutil.rmtree(place, ignore_errors=True)
        raise
    if project is None:
        weakref.finalize(run, shutil.rmtree, place, ignore_errors=True)
    return run
