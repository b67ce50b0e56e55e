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

from benchmarks.measure import Table
from benchmarks.servers import LOOPS, TOKEN, BenchServer, p50_p95, serving
from gymdash_core import SimulationTracker

POINT_MS, LAG_MS, SLOWER = 250.0, 500.0, 0.05
CLIENTS, STATS, SECONDS, ROUNDS = 50, 20, 10.0, 5


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
    """Print the steps per second of a worker by itself, and watched by a server and by its clients."""
    alone, watched, heard = [], [], []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder, SimulationTracker(folder) as tracker:
            from benchmarks import loops  # noqa: PLC0415 - numpy's users import it

            tracker.register(loops.Training)
            run = tracker.start("Training", stats=STATS)
            tracker.wait_for(run, ["running"], 60)
            alone.append(_rate(folder, str(run)))
            tracker.kill(run)
            tracker.wait(run)
        with tempfile.TemporaryDirectory() as folder, serving(folder, LOOPS) as server:
            name = server.start("Training", stats=STATS)
            watched.append(_rate(folder, name))
            here, there = multiprocessing.Pipe()
            arguments = (server.port, CLIENTS, SECONDS / 2, there)
            listener = multiprocessing.get_context("spawn").Process(target=_listen, args=arguments, daemon=True)
            listener.start()
            time.sleep(1)
            heard.append(_rate(folder, name))
            here.recv()
            listener.join()
    table = Table(f"steps per second of a worker that logs {STATS} stats, medians of {ROUNDS} alternating runs")
    base = statistics.median(alone)
    table.row("by itself", f"{base:.0f} /s")
    for name, values in (("with a server", watched), (f"with a server and {CLIENTS} clients", heard)):
        rate = statistics.median(values)
        table.row(name, f"{rate:.0f} /s", f"{rate / base:.3f} x")
        table.limit(f"{name}: slowdown", max(0.0, 1 - rate / base), SLOWER, "of the rate")


def _rate(folder: str, run: str, seconds: float = 3.0) -> float:
    """Return a run's steps per second."""
    from gymdash_core.project import Project  # noqa: PLC0415 - spawned listeners do without

    state = Project(folder).run(run).stats / "scalars"
    began, first = time.time(), _last_step(state)
    time.sleep(seconds)
    return (_last_step(state) - first) / (time.time() - began)


def _last_step(folder: object) -> int:
    from pathlib import Path  # noqa: PLC0415 - as above

    for _ in range(200):
        lines = [path.read_bytes().splitlines() for path in sorted(Path(str(folder)).glob("*.jsonl"))[:1]]
        if lines and len(lines[0]) > 2:
            return int(json.loads(lines[0][-2])["step"])
        time.sleep(0.05)
    raise RuntimeError("nothing was logged")
