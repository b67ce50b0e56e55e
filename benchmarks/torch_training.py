"""Steps a second of a CNN on pictures of MNIST's size: plain, with `steer`, and watched; and how soon it answers."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from typing import Any

import httpx

from benchmarks.measure import Table
from benchmarks.servers import TOKEN, BenchServer, p50_p95, serving, timed_ms
from gymdash_core import Simulation

ROUNDS, STEPS, WARM_UP = 5, 200, 20
BATCH, SIDE, CLASSES = 64, 28, 10
LEAST_WATCHED, LEAST_ALONE = 0.95, 0.98
QUERIES, LIMIT_MS = 100, 200.0
PLAIN = "from benchmarks.torch_training import train; print(train(lambda batches: iter(batches), lambda *_: None))"


class SteeredCnn(Simulation):
    """The loop of `train`, with `steer` and its loss logged; its speed is its last point."""

    def _run(self, **kwargs: Any) -> None:
        from gymdash_torch.steering import steer  # noqa: PLC0415 - beside torch

        speed = train(lambda batches: steer(batches, self), lambda step, loss: self.log("loss", loss, step))
        self.log("steps_per_s", speed)


def train(batches_of: Any, log: Any) -> float:
    """Train a CNN; return its steps a second after some to warm up."""
    import torch  # noqa: PLC0415 - the benchmark itself measures without it

    from gymdash_torch.example.model import make_model  # noqa: PLC0415 - likewise

    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    torch.manual_seed(0)
    data = [(torch.rand(BATCH, 1, SIDE, SIDE), torch.randint(CLASSES, (BATCH,))) for _ in range(50)]
    model = make_model(SIDE, CLASSES)
    optimizer = torch.optim.Adam(model.parameters())
    began = 0.0
    for step, (pixels, labels) in enumerate(batches_of([data[n % 50] for n in range(WARM_UP + STEPS)])):
        if step == WARM_UP:
            began = time.perf_counter()
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(pixels), labels)
        loss.backward()
        optimizer.step()
        if step % 10 == 0:
            log(step, loss.item())
    return STEPS / (time.perf_counter() - began)


def main() -> None:
    """Print steps a second each way with their ratios, and how soon an inference query is answered."""
    speeds: dict[str, list[float]] = {"plain": [], "no client": [], "watched": []}
    with tempfile.TemporaryDirectory() as folder, serving(folder, __file__) as server:
        for _ in range(ROUNDS):
            speeds["plain"].append(_plain())
            speeds["no client"].append(_steered(server))
            with _Watcher(server):
                speeds["watched"].append(_steered(server))
        answers = _answers(server)
    median = {name: statistics.median(values) for name, values in speeds.items()}
    table = Table(f"a CNN on {SIDE} x {SIDE} pictures, batches of {BATCH}, one thread of torch")
    for name, values in speeds.items():
        table.row(name, f"{median[name]:.1f} steps/s", f"{min(values):.1f} to {max(values):.1f}")
    for name, least in (("no client", LEAST_ALONE), ("watched", LEAST_WATCHED)):
        ratio = median[name] / median["plain"]
        table.row(f"{name} / plain", f"{ratio:.3f}", "within" if ratio >= least else f"OVER: less than {least}")
    table.row("a picture classified, p50 / p95", f"{answers[0]:.1f} / {answers[1]:.1f} ms")
    table.limit("a picture classified, p95", answers[1], LIMIT_MS, "ms")


def _plain() -> float:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", PLAIN], capture_output=True, text=True, check=True, env=environment)
    return float(done.stdout)


def _steered(server: BenchServer) -> float:
    options = {"name": "process", "options": {"threads": 1}}
    body = {"key": "SteeredCnn", "executor": options}
    run = server.http.post("/simulations", json=body).raise_for_status().json()["id"]
    ended = threading.Event()
    while server.http.get(f"/simulations/{run}").json()["ended"] is None:
        ended.wait(1.0)  # a look costs little, but it is a client
    points = server.http.get(f"/simulations/{run}/points", params={"key": "steps_per_s"}).json()
    return float(points["value"][-1])


class _Watcher:
    """A client that hears everything, on a thread of its own."""

    def __init__(self, server: BenchServer) -> None:
        self._http = httpx.Client(base_url=server.http.base_url, headers={"Authorization": f"Bearer {TOKEN}"})
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def _listen(self) -> None:
        try:
            with self._http.stream("GET", "/events", timeout=None) as stream:
                for line in stream.iter_lines():
                    if line.startswith("data:"):
                        json.loads(line[5:])
        except (httpx.HTTPError, httpx.StreamError, OSError, RuntimeError):
            return  # closed


def _answers(server: BenchServer) -> tuple[float, float]:
    """Return p50 and p95 of the milliseconds until a picture is classified."""
    kwargs = {"dataset": "digits", "inference": True, "train_kwargs": {"epochs": 1, "seed": 1}}
    run = server.start("example_ml", **kwargs)
    body = {"channels": {"classify": {"values": [0.5] * 64}}, "timeout_s": 60}

    def ask() -> None:
        answer = server.http.post(f"/simulations/{run}/query", json=body).raise_for_status().json()
        assert answer["channels"]["classify"]["triggered"], answer

    ask()
    return p50_p95(timed_ms(ask, QUERIES, 0.01))
