"""Following a run to its end: a bar with state, time left and last values on a terminal, else a line a change."""

from __future__ import annotations

import math
import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from gymdash_core.errors import RunNotFoundError
from gymdash_core.status import FINAL_STATES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from gymdash_server.cli.output import Output
    from gymdash_server.client import Client, Event
    from gymdash_server.schemas.simulations import SimulationRead

_EVENTS = ("simulation", "progress", "points", "control_request")
_SHOWN_STATS = 3


class Display(Protocol):
    """Where the state of a run is shown."""

    def show(self, view: RunProgress) -> None:
        """Show it as it is now."""

    def close(self) -> None:
        """Leave the terminal as it was."""


class RunProgress:
    """What is known of a run that is followed.

    Args:
        run: The run when it was last read.
    """

    def __init__(self, run: SimulationRead) -> None:
        self.name, self.state, self.reason = run.name, run.state, run.reason
        self.current: float = 0.0
        self.total: float | None = None
        self.eta_s: float | None = None
        self.values: dict[str, float] = {}
        self._take(run.progress.model_dump() if run.progress else None)

    def apply(self, event: Event) -> None:
        """Take in an event."""
        if event.name == "simulation":
            self.state, self.reason = str(event.data["state"]), str(event.data["reason"])
            self._take(event.data.get("progress"))
        elif event.name == "progress":
            self._take(event.data)
        elif event.name == "points" and event.data.get("kind") == "scalars" and event.data["value"]:
            last = event.data["value"][-1]
            if isinstance(last, (int, float)):
                self.values[str(event.data["key"])] = last

    def _take(self, progress: dict[str, Any] | None) -> None:
        if progress is not None:
            self.current = _number(progress.get("current")) or 0.0
            self.total, self.eta_s = _number(progress.get("total")), _number(progress.get("eta_s"))

    @property
    def shown_state(self) -> str:
        """The state in a word: a run that has come to its end by itself is not stopped by anybody."""
        return "ending" if self.state == "stopping" and self.reason.startswith("ended as ") else self.state

    @property
    def share(self) -> float | None:
        """How much is done, 0 to 1; None where the whole is not known."""
        return min(1.0, self.current / self.total) if self.total else None

    @property
    def left(self) -> str:
        """The time left, in words."""
        if self.eta_s is None:
            return ""
        minutes, seconds = divmod(round(self.eta_s), 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours}:{minutes:02}:{seconds:02} left" if hours else f"{minutes}:{seconds:02} left"

    @property
    def last_values(self) -> str:
        """The last values of some stats."""
        return "  ".join(f"{key} {value:.4g}" for key, value in list(self.values.items())[:_SHOWN_STATS])


def follow_run(client: Client, out: Output, run: SimulationRead) -> SimulationRead | None:
    """Show a run until it ends; return it, or None where the person at the terminal has left it going.

    Args:
        client: Whom to ask.
        out: Where to say what the run asks.
        run: The run.

    Raises:
        RunNotFoundError: It was deleted meanwhile.
        NoServerError: The server was lost and not back in time.
    """
    display: Display = _Bar(run.name) if sys.stderr.isatty() else _Lines(out)
    try:
        with _kept_interrupts() as interrupted:
            return _follow(client, out, run, display, interrupted)
    except KeyboardInterrupt:
        return None
    finally:
        display.close()


@contextmanager
def _kept_interrupts() -> Iterator[threading.Event]:
    """Raise KeyboardInterrupt on Ctrl-C as always, and remember it: Python drops one that is raised in a finaliser."""
    interrupted = threading.Event()

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        interrupted.set()
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield interrupted  # signals reach the main thread alone
        return
    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, before)


def _follow(
    client: Client, out: Output, run: SimulationRead, display: Display, interrupted: threading.Event
) -> SimulationRead:
    view = RunProgress(run)
    told: set[str] = set()
    for event in client.events(simulation=run, event=_EVENTS):
        if interrupted.is_set():
            raise KeyboardInterrupt
        if event.data.get("deleted"):
            raise RunNotFoundError(run.id)
        if event.name in {"hello", "resync"}:
            values, view = view.values, RunProgress(client.get(run))
            view.values = values
            _tell_questions(out, [(item.id, item.details) for item in client.control_requests(run)], told)
        elif event.name == "control_request" and event.data.get("state") == "open":
            _tell_questions(out, [(event.data["id"], event.data["details"])], told)
        view.apply(event)
        display.show(view)
        if view.state in FINAL_STATES:
            return client.get(run)
    raise AssertionError("the stream has no end of its own")


def _tell_questions(out: Output, questions: list[tuple[str, str]], told: set[str]) -> None:
    for identity, details in questions:
        if identity not in told:
            told.add(identity)
            out.note(f"It asks: {details} Answer with: gymdash answer {identity}")


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else None


class _Lines:
    """Lines on standard error: a line for each state and each tenth of the way."""

    def __init__(self, out: Output) -> None:
        self._out = out
        self._shown: tuple[str, int] | None = None

    def show(self, view: RunProgress) -> None:
        share = view.share
        mark = (view.shown_state, int((share or 0) * 10))
        if mark != self._shown:
            self._shown = mark
            done = "" if share is None else f" {share:.0%}"
            self._out.note(
                "  ".join(filter(None, [f"{view.name}: {view.shown_state}{done}", view.left, view.last_values]))
            )

    def close(self) -> None:
        pass


class _Bar:
    """A bar on standard error."""

    def __init__(self, name: str) -> None:
        from rich.console import Console  # noqa: PLC0415 - for terminals alone
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn  # noqa: PLC0415 - same

        texts = [TextColumn(f"{{task.fields[{field}]}}", markup=False) for field in ("state", "left", "values")]
        description = TextColumn("{task.description}", markup=False)
        columns = (description, texts[0], BarColumn(), TaskProgressColumn(), *texts[1:])
        self._progress = Progress(*columns, console=Console(stderr=True))
        self._task = self._progress.add_task(_shown(name), total=None, state="", left="", values="")
        self._progress.start()

    def show(self, view: RunProgress) -> None:
        values = _shown(view.last_values)
        self._progress.update(
            self._task, completed=view.current, total=view.total, state=view.shown_state, left=view.left, values=values
        )

    def close(self) -> None:
        self._progress.stop()


def _shown(text: str) -> str:
    from gymdash_server.cli.output import harmless  # noqa: PLC0415 - for terminals alone

    return harmless(text)
