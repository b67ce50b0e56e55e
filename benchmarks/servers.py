"""A real server in a process of its own, and projects for it; used by the benchmarks of the server."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from gymdash_core import SimulationTracker
from gymdash_core.executors.process import default_max_running
from gymdash_core.journal import read_json
from gymdash_core.project import Project

TOKEN = "a-token-of-the-benchmarks"
LOOPS = str(Path(__file__).with_name("loops.py"))
_SERVE = """
import sys
from gymdash_server.serving import serve
from gymdash_server.settings import Settings
project, port, token, at_once, *load = sys.argv[1:]
settings = Settings(project=project, port=int(port), token=token, max_running=int(at_once), load=tuple(load))
serve(settings, lambda _: None)
"""


@dataclass
class BenchServer:
    """A running server.

    Attributes:
        http: A client, for paths from ``/api/v1`` on.
        port: Its port.
        process: The process.
        started_s: Seconds from the spawn to the first answered request.
    """

    http: httpx.Client
    port: int
    process: psutil.Process
    started_s: float

    @property
    def memory_mb(self) -> float:
        """Resident memory, megabytes."""
        return float(self.process.memory_info().rss / 1e6)

    def end_s(self) -> float:
        """Send SIGTERM and return the seconds until the process has ended."""
        began = time.perf_counter()
        self.process.terminate()
        self.process.wait(60)
        return time.perf_counter() - began

    def start(self, key: str, **kwargs: object) -> str:
        """Start a run and return its id once it runs."""
        run = str(self.http.post("/simulations", json={"key": key, "kwargs": kwargs}).raise_for_status().json()["id"])
        while self.http.get(f"/simulations/{run}").json()["state"] in {"queued", "created", "starting"}:
            time.sleep(0.01)
        return run


@contextlib.contextmanager
def serving(
    project: str | Path, *load: str, leave: bool = False, max_running: int | None = None
) -> Iterator[BenchServer]:
    """Run a server until the context ends; its runs are killed then, or with `leave`, or if it has ended, go on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    base = f"http://127.0.0.1:{port}/api/v1"
    headers = {"Authorization": f"Bearer {TOKEN}"}
    at_once = str(max_running or default_max_running())
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", _SERVE, str(project), str(port), TOKEN, at_once, *load])
    try:
        with httpx.Client(base_url=base, headers=headers, timeout=60) as http:
            _wait_for_answer(process, port)
            http.get("/health").raise_for_status()
            found = BenchServer(http, port, psutil.Process(process.pid), time.perf_counter() - began)
            try:
                yield found
            finally:
                is_up = found.process.is_running()
                for item in http.get("/simulations", params={"limit": 1000}).json()["items"] if is_up else ():
                    if item["ended"] is None and not leave:
                        http.post(f"/simulations/{item['id']}/kill")
    finally:
        process.terminate()
        process.wait(20)


def _wait_for_answer(process: subprocess.Popen[bytes], port: int) -> None:
    while process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.002)
    raise RuntimeError("the server did not start")


def make_ended_runs(folder: Path, count: int) -> None:
    """Fill a project with copies of one run that has ended, created one second after another."""
    with SimulationTracker(folder) as tracker:
        tracker.register(_loop("Short"))
        run = tracker.start("Short")
        tracker.wait(run)
        source = tracker.project.run(run)
    meta = read_json(source.meta) or {}
    for n in range(count - 1):
        copy = Project(folder).sims / str(uuid.uuid4())
        shutil.copytree(source.path, copy)
        created = f"2026-01-01T{n // 3600:02d}:{n // 60 % 60:02d}:{n % 60:02d}.000000+00:00"
        (copy / "meta.json").write_text(
            json.dumps({**meta, "name": f"run {n}", "tags": [f"t{n % 7}"], "created": created})
        )


def _loop(name: str) -> type:
    from benchmarks import loops  # noqa: PLC0415 - numpy's users import it

    return getattr(loops, name)  # type: ignore[no-any-return] # a class


def timed_ms(call: Callable[[], object], count: int, pause_s: float = 0.0) -> list[float]:
    """Return the milliseconds of each of some calls, one after another."""
    taken = []
    for _ in range(count):
        began = time.perf_counter()
        call()
        taken.append((time.perf_counter() - began) * 1000)
        time.sleep(pause_s)
    return taken


def p50_p95(values: Sequence[float]) -> tuple[float, float]:
    """Return the median and the 95th percentile."""
    ordered = sorted(values)
    return statistics.median(ordered), ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
