"""Readings of CPU, memory and GPU: of the machine, and of a run with all its processes."""

from __future__ import annotations

import logging
import os
import time
from typing import TYPE_CHECKING, Any

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

logger = logging.getLogger(__name__)


class MachineProbe:
    """Read what the machine uses.

    Thread safety: one thread at a time.
    """

    def __init__(self) -> None:
        self._gpus = GpuProbe()
        psutil.cpu_percent(None)

    def read(self) -> dict[str, Any]:
        """Return a sample: ``time`` in seconds since the epoch, sizes in bytes, percent of all cores together."""
        memory = psutil.virtual_memory()
        return {
            "time": time.time(),
            "cpu_percent": psutil.cpu_percent(None),
            "cpu_count": psutil.cpu_count(),
            "memory_bytes": memory.total - memory.available,
            "memory_total_bytes": memory.total,
            "gpus": self._gpus.read(),
        }

    def gpu_memory(self) -> dict[int, int]:
        """Return the GPU memory of each process that uses some, bytes by pid."""
        return self._gpus.memory()


class ProcessTable:
    """The living processes of the machine at one time, by session and by parent: one look for all runs."""

    def __init__(self) -> None:
        self._processes: dict[int, psutil.Process] = {}
        self._below: dict[int, list[int]] = {}
        for process in psutil.process_iter(["ppid", "status"]):
            if process.info["status"] in {psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD}:
                continue
            self._processes[process.pid] = process
            for above in {process.info["ppid"], _session_of(process.pid)} - {process.pid, None}:
                self._below.setdefault(above, []).append(process.pid)

    def family(self, pids: Iterable[int]) -> list[psutil.Process]:
        """Return some processes with all that is in their sessions or descends from them."""
        found, waiting = dict[int, psutil.Process](), list(pids)
        while waiting:
            pid = waiting.pop()
            if pid not in found and pid in self._processes:
                found[pid] = self._processes[pid]
                waiting += self._below.get(pid, ())
        return list(found.values())


def _session_of(pid: int) -> int | None:
    try:
        return os.getsid(pid) if hasattr(os, "getsid") else None
    except OSError:
        return None


class RunProbe:
    """Read what one run uses, its children included.

    Thread safety: one thread at a time.
    """

    def __init__(self) -> None:
        self._cpu: dict[tuple[int, float], float] = {}
        self._read_at = 0.0

    def read(
        self, pids: Iterable[int], gpu_memory: Mapping[int, int], table: ProcessTable | None = None
    ) -> dict[str, Any] | None:
        """Return a sample, or None where nothing lives.

        CPU is in percent of one core, since the last reading: two busy cores are 200.

        Args:
            pids: The worker and its supervisor.
            gpu_memory: GPU memory by pid, bytes.
            table: The machine's processes, where they were looked at for several runs.
        """
        now, memory, gpu = time.monotonic(), 0, 0
        seconds: dict[tuple[int, float], float] = {}
        for process in (table or ProcessTable()).family(pids):
            try:
                with process.oneshot():
                    times, identity = process.cpu_times(), (process.pid, process.create_time())
                    memory += process.memory_info().rss
            except psutil.Error:
                continue
            seconds[identity] = times.user + times.system
            gpu += gpu_memory.get(process.pid, 0)
        if not seconds:
            return None
        used = sum(max(0.0, total - self._cpu.get(identity, total)) for identity, total in seconds.items())
        elapsed, self._cpu, self._read_at = now - self._read_at, seconds, now
        return {
            "time": time.time(),
            "cpu_percent": round(100 * used / elapsed, 1),
            "memory_bytes": memory,
            "gpu_memory_bytes": gpu,
            "processes": len(seconds),
        }


class GpuProbe:
    """Read NVIDIA GPUs, where there are any and their driver answers."""

    def __init__(self) -> None:
        self._nvml: Any = None
        self._handles: list[Any] = []
        try:
            import pynvml  # noqa: PLC0415 - most machines have no use for it

            pynvml.nvmlInit()
            self._nvml = pynvml
            self._handles = [pynvml.nvmlDeviceGetHandleByIndex(n) for n in range(pynvml.nvmlDeviceGetCount())]
        except Exception as error:  # noqa: BLE001 - boundary, a driver's library: where it fails there are no GPUs
            logger.debug("no GPU is read: %s", error)

    def read(self) -> list[dict[str, Any]]:
        """Return a sample of each GPU."""
        found = []
        for number, handle in enumerate(self._handles):
            memory, name = self._ask("MemoryInfo", handle), self._ask("Name", handle)
            if memory is None or name is None:
                continue
            load = self._ask("UtilizationRates", handle)  # parts of a shared card do not tell it
            found.append(
                {
                    "index": number,
                    "name": name if isinstance(name, str) else name.decode(errors="replace"),
                    "percent": None if load is None else float(load.gpu),
                    "memory_bytes": int(memory.used),
                    "memory_total_bytes": int(memory.total),
                }
            )
        return found

    def _ask(self, what: str, handle: Any) -> Any:
        """Return what a card tells; None where it does not."""
        try:
            return getattr(self._nvml, f"nvmlDeviceGet{what}")(handle)
        except self._nvml.NVMLError as error:
            logger.debug("GPU %s: %s: %s", handle, what, error)
            return None

    def memory(self) -> dict[int, int]:
        """Return the GPU memory of each process that uses some, bytes by pid."""
        found: dict[int, int] = {}
        for handle in self._handles:
            for process in self._ask("ComputeRunningProcesses", handle) or ():
                found[process.pid] = found.get(process.pid, 0) + int(process.usedGpuMemory or 0)
        return found
