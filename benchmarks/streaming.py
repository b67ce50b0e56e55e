"""From a write in the worker to clients of the stream, one and fifty, and what being watched costs the worker."""

from __future__ import annotations

import json
import multiprocessing
import socket
import statistics
import tempfile
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import psutil

from benchmarks.measure import Table
from benchmarks.servers import LOOPS, TOKEN, BenchServer, p50_p95, serving
from gymdash_core import SimulationTracker
from gymdash_core.locks import holder
from gymdash_core.project import RunFolder

POINT_MS, LAG_MS, SLOWER = 250.0, 500.0, 0.05
CLIENTS, STATS, SECONDS, ROUNDS = 50, 20, 10.0, 7


def main() -> None:
    """Print latency, the worst lag of any of many clients, and the slowdown of a watched worker."""
    with tempfile.TemporaryDirectory() as folder, serving(folder, LOOPS) as server:
        latencies = _latencies(server)
        worst, median, points = _crowd(server)
    table = Table("from the write in the worker to the client")
    p50, p95 = p50_p95(latencies)
    table.row("one stat, one client, p50 / p95", f"{p50:.0f} / {p95:.0f} ms", f"{len(latencies)} points")
    table.limit("one stat, one client, p95", p95, POINT_MS, "ms")
    table.row(
        f"{CLIENTS} clients of {STATS} stats, median / worst", f"{median:.0f} / {worst:.0f} ms", f"{points} points each"
    )
    table.limit("worst lag of any client", worst, LAG_MS, "ms")
    _slowdown()


def _request(port: int, query: str) -> bytes:
    lines = (f"GET /api/v1/events?{query} HTTP/1.1", f"Host: 127.0.0.1:{port}", f"Authorization: Bearer {TOKEN}")
    return "\r\n".join((*lines, "", "")).encode()


def _events(port: int, query: str) -> Iterator[tuple[float, str, dict[str, object]]]:
    """Yield time of arrival, name and data of each event of a stream."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(_request(port, query))
        rest = b""
        while data := connection.recv(1 << 18):
            now = time.time()
            *blocks, rest = (rest + data).split(b"\n\n")
            for block in blocks:
                fields = dict(line.split(b": ", 1) for line in block.split(b"\n") if b": " in line)
                if b"data" in fields:
                    yield now, fields[b"event"].decode(), json.loads(fields[b"data"])


def _latencies(server: BenchServer) -> list[float]:
    """Return, of each point, the milliseconds from its stamp to its arrival."""
    run, found = server.start("Stamps"), list[float]()
    for now, name, data in _events(server.port, f"event=points&simulation={run}"):
        if name == "points":
            found += [(now - stamp) * 1000 for stamp in data["value"]]  # type: ignore[union-attr] # JSON
        if len(found) > 250:
            break
    server.http.post(f"/simulations/{run}/kill")
    return found[10:]


def _listen(port: int, count: int, seconds: float, out: Connection) -> None:
    """Be several clients, and tell the arrival of each event by its id."""
    import selectors  # noqa: PLC0415 - this process alone needs it

    chosen, arrivals = selectors.DefaultSelector(), [dict[bytes, float]() for _ in range(count)]
    rests = [b""] * count
    for n in range(count):
        connection = socket.create_connection(("127.0.0.1", port))
        connection.sendall(_request(port, "event=points"))
        chosen.register(connection, selectors.EVENT_READ, n)
    stamps: dict[bytes, float] = {}
    deadline = time.time() + seconds
    while time.time() < deadline:
        for key, _ in chosen.select(0.2):
            data, now = key.fileobj.recv(1 << 18), time.time()  # type: ignore[union-attr] # a socket
            *blocks, rests[key.data] = (rests[key.data] + data).split(b"\n\n")
            for block in blocks:
                _, _, identity = block.partition(b"\nid: ")
                identity = identity.partition(b"\n")[0]
                if identity and b'"wall_time":' in block:
                    arrivals[key.data][identity] = now
                    if identity not in stamps:
                        newest = block.partition(b'"wall_time":[')[2].partition(b"]")[0]
                        stamps[identity] = float(newest.split(b",")[0])
    lags = [(at - stamps[identity]) * 1000 for seen in arrivals for identity, at in seen.items()]
    out.send((max(lags), statistics.median(lags), min(len(seen) for seen in arrivals), max(len(s) for s in arrivals)))


def _crowd(server: BenchServer) -> tuple[float, float, int]:
    """Return the worst and the median lag of many clients, from the oldest point of an event to its arrival."""
    run = server.start("Training", stats=STATS)
    here, there = multiprocessing.Pipe()
    listener = multiprocessing.get_context("spawn").Process(
        target=_listen, args=(server.port, CLIENTS, SECONDS, there), daemon=True
    )
    listener.start()
    worst, median, fewest, _ = here.recv()
    listener.join()
    server.http.post(f"/simulations/{run}/kill")
    return worst, median, fewest


def _slowdown() -> None:
    """Print what it costs one worker to be watched, in turns: by nobody, by a server, by a server with clients.

    Steps per second of its processor time leave out what else this machine does; steps per second leave out nothing.
    """
    from benchmarks import loops  # noqa: PLC0415 - numpy's users import it

    rates: dict[str, list[tuple[float, float]]] = {name: [] for name in ("nobody", "a server", f"{CLIENTS} clients")}
    nobody, server_alone, crowd = rates.values()
    with tempfile.TemporaryDirectory() as folder, SimulationTracker(folder) as tracker:
        tracker.register(loops.Training)
        run = tracker.start("Training", stats=STATS)
        files = tracker.project.run(run)
        try:
            tracker.wait_for(run, ["running"], 60)
            worker = psutil.Process(holder(files.worker_lock))
            for _ in range(ROUNDS):
                nobody.append(_rates(files, worker))
                with serving(folder, LOOPS, leave=True) as server:
                    time.sleep(1)
                    server_alone.append(_rates(files, worker))
                    here, there = multiprocessing.Pipe()
                    arguments = (server.port, CLIENTS, SECONDS / 2, there)
                    listener = multiprocessing.get_context("spawn").Process(target=_listen, args=arguments, daemon=True)
                    listener.start()
                    time.sleep(1.5)
                    crowd.append(_rates(files, worker))
                    here.recv()
                    listener.join()
        finally:
            tracker.kill(run)
            tracker.wait(run)
    table = Table(f"a worker that logs {STATS} stats, watched in turns; medians of {ROUNDS} turns")
    for name, values in rates.items():
        wall, busy = (statistics.median(kind) for kind in zip(*values, strict=True))
        table.row(f"watched by {name}", f"{wall:.0f} /s", f"{busy:.0f} steps per second of its processor time")
    for name, values in list(rates.items())[1:]:
        for what, n in (("steps", 0), ("steps per processor second", 1)):
            ratio = statistics.median(one[n] / other[n] for one, other in zip(values, nobody, strict=True))
            table.limit(f"{name}: fewer {what}", max(0.0, 1 - ratio), SLOWER, "")


def _rates(run: RunFolder, worker: psutil.Process, seconds: float = 2.5) -> tuple[float, float]:
    """Return a run's steps per second, and per second of its worker's processor time."""
    began, busy, first = time.time(), sum(worker.cpu_times()[:2]), _last_step(run.stats / "scalars")
    time.sleep(seconds)
    steps = _last_step(run.stats / "scalars") - first
    return steps / (time.time() - began), steps / (sum(worker.cpu_times()[:2]) - busy)


def _last_step(folder: Path) -> int:
    while True:
        lines = [path.read_bytes()[-400:].splitlines() for path in sorted(folder.glob("*.jsonl"))[:1]]
        if lines and len(lines[0]) > 2:
            return int(json.loads(lines[0][-2])["step"])
        time.sleep(0.05)
