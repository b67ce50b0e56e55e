"""The sampler: one thread that reads usage now and then, writes it into the run directories and tells it."""

from __future__ import annotations

import logging
import threading
from collections import deque
from typing import TYPE_CHECKING, Any

from gymdash_core.journal import append_line
from gymdash_core.locks import holder
from gymdash_server.usage.probe import MachineProbe, ProcessTable, RunProbe
from gymdash_server.usage.thinning import MOST_BYTES, thin_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gymdash_core.project import RunFolder
    from gymdash_server.live.hub import Hub

logger = logging.getLogger(__name__)

_KEPT = 300


class UsageSampler:
    """Sample the machine and the live runs.

    Thread safety: all methods may be called from any thread.

    Args:
        live: Returns the live runs.
        hub: Where samples are told.
        period_s: Seconds between two samples.
    """

    def __init__(self, live: Callable[[], Iterable[RunFolder]], hub: Hub, period_s: float) -> None:
        self._live, self._hub, self._period_s = live, hub, period_s
        self._kept: deque[dict[str, Any]] = deque(maxlen=_KEPT)
        self._runs: dict[str, dict[str, Any]] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="gymdash-usage", daemon=True)

    def start(self) -> None:
        """Begin to sample."""
        self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def latest(self) -> dict[str, Any]:
        """Return the newest sample of the machine and of each run that is live, and the machine's recent history."""
        history, live = list(self._kept), {run.id for run in self._live()}
        runs = {run_id: sample for run_id, sample in self._runs.copy().items() if run_id in live}
        return {"machine": history[-1] if history else None, "runs": runs, "history": history}

    def _work(self) -> None:
        machine, probes = MachineProbe(), dict[str, RunProbe]()
        while not self._stop.wait(self._period_s):
            try:
                self._sample(machine, probes)
            except Exception:  # boundary, the main of a thread: a reading that fails must not end the others
                logger.exception("usage cannot be read")

    def _sample(self, machine: MachineProbe, probes: dict[str, RunProbe]) -> None:
        sample = machine.read()
        self._kept.append(sample)
        self._hub.publish("usage", {"machine": sample}, None)
        gpu_memory, runs = machine.gpu_memory(), {run.id: run for run in self._live()}
        table = ProcessTable() if runs else None
        for gone in probes.keys() - runs.keys():
            del probes[gone]
            self._runs.pop(gone, None)
        for run in runs.values():
            pids = [pid for pid in (holder(run.worker_lock), holder(run.supervisor_lock)) if pid is not None]
            found = probes.setdefault(run.id, RunProbe()).read(pids, gpu_memory, table)
            if found is not None:
                self._runs[run.id] = found
                self._write(run, found)
                self._hub.publish("usage", found, run.id)

    @staticmethod
    def _write(run: RunFolder, sample: dict[str, Any]) -> None:
        try:
            if run.config.exists():
                append_line(run.usage, sample)
                if run.usage.stat().st_size > MOST_BYTES:
                    thin_file(run.usage)
        except OSError as error:
            logger.debug("run %s: its usage is not written: %s", run.id, error)
