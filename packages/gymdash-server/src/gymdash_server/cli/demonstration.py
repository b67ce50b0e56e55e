"""The demonstration: runs that are started when the server is up, and stopped when it has ended."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from gymdash_core.errors import GymDashError
from gymdash_core.tracker import SimulationTracker
from gymdash_server.client import Client

if TYPE_CHECKING:
    from gymdash_server.cli.output import Output
    from gymdash_server.schemas.server import SimulationTypeRead
    from gymdash_server.settings import Settings

#: How long the runs may take to stop; `gymdash demo` ends within 5 s.
_GRACE_S = 1.0
_END_S = 2.0
#: How long a machine may take to load what learns.
_LOADING_S = 240.0


class Sample(NamedTuple):
    """A run of the demonstration.

    Attributes:
        key: Its type.
        name: What it is called.
        kwargs: Its arguments.
    """

    key: str
    name: str
    kwargs: dict[str, Any]


#: An agent that learns, where somebody has installed what it takes.
_AGENT = Sample(
    "stable_baselines",
    "learns to balance a pole",
    {"env": "CartPole-v1", "num_steps": 60_000, "episode_trigger": 100, "checkpoint_freq": 20_000, "seed": 1},
)
#: A classifier that learns and can be asked, likewise.
_CLASSIFIER = Sample(
    "example_ml",
    "learns to read digits",
    {
        "dataset": "digits",
        "val": True,
        "test": True,
        "inference": True,
        "train_kwargs": {"epochs": 100, "checkpoint_step": 500, "seed": 1},
        "val_kwargs": {"per_epoch": 5},
    },
)
_NUMBERS = Sample("custom_control", "a minute of numbers", {"total_runtime": 60, "poll_period": 0.2})
_ASKS = Sample(
    "custom_control", "asks before it begins", {"total_runtime": 60, "poll_period": 0.2, "interactive": True}
)


class Demonstration:
    """The runs of ``gymdash demo``.

    Args:
        settings: Those of the server.
        out: Prints.
    """

    PROJECT: ClassVar = "gymdash-demo"

    def __init__(self, settings: Settings, out: Output) -> None:
        self._settings, self._out = settings, out
        self._lock = threading.Lock()
        self._ids: list[str] = []
        self._ended = False

    def begin(self, url: str) -> None:
        """Start the runs on a thread, as soon as the server answers."""
        threading.Thread(target=self._start, args=(url,), name="gymdash-demo", daemon=True).start()

    def _start(self, url: str) -> None:
        try:
            with Client(url, self._settings.secret) as client:
                self._start_one(client, _ASKS)
                for sample in self._learning(client) or [_NUMBERS]:
                    self._start_one(client, sample)
        except GymDashError as error:
            if not self._ended:
                self._out.error(str(error))

    def _start_one(self, client: Client, sample: Sample) -> None:
        """Start a run; one that cannot be started is told, and keeps the others from nothing."""
        with self._lock:
            if self._ended:
                return
            try:
                run = client.start(sample.key, name=sample.name, kwargs=sample.kwargs, tags=["demo"])
                self._ids.append(run.id)
            except GymDashError as error:
                if not self._ended:
                    self._out.error(f"{sample.name!r} is left out: {error}")

    def _learning(self, client: Client) -> list[Sample]:
        """Return what can learn here, once it is loaded: the first time, that takes as long as the disk takes."""
        deadline = time.monotonic() + _LOADING_S
        installed = self._installed(client)
        if any(item.late for _, item in installed):
            names = " and ".join(sample.key for sample, item in installed if item.late)
            self._out.note(f"{names}: still being loaded. The first time, that may take a minute or two.")
        while any(item.late for _, item in installed) and time.monotonic() < deadline and not self._ended:
            installed = self._installed(client)
        for sample, item in installed:
            if item.error is not None and not self._ended:
                self._out.error(f"{sample.name!r} is left out: {item.error}")
        return [sample for sample, item in installed if item.error is None]

    def _installed(self, client: Client) -> list[tuple[Sample, SimulationTypeRead]]:
        """Return what is installed of that which learns; the server waits a while for what is late."""
        types = {item.key: item for item in client.simulation_types()}
        return [(sample, types[sample.key]) for sample in (_AGENT, _CLASSIFIER) if sample.key in types]

    def end(self) -> None:
        """Stop what was started; the server has ended."""
        self._ended = True
        with self._lock:
            ids = self._ids
        if not ids:
            return
        with SimulationTracker(self._settings.project_folder) as tracker:
            ids = [run for run in ids if not tracker.state(run).is_final]
            tracker.stop(ids, grace_s=_GRACE_S)
            in_time = tracker.wait(ids, timeout=_END_S)
        if ids:
            runs = f"{len(ids)} run{'' if len(ids) == 1 else 's'}"
            self._out.note(f"Stopped {runs}." if in_time else f"{runs} told to stop; not all have come to it yet.")
