"""Queries and stops of a run in the middle of its updates, through the server, beside the smallest route."""

from __future__ import annotations

import tempfile
import time
from importlib.util import find_spec

from benchmarks.measure import Table
from benchmarks.servers import LOOPS, BenchServer, p50_p95, serving, timed_ms

LIMIT_MS = 20.0
QUERIES, STOPS = 300, 40


def main() -> None:
    """Print how quickly progress is answered and a stop is accepted while a run computes."""
    subjects: dict[str, dict[str, object]] = {"Training": {}}
    if find_spec("gymdash_sb3"):  # PPO itself, where it is installed
        subjects["stable_baselines"] = {"num_steps": 10**7, "seed": 1, "device": "cpu"}
    with tempfile.TemporaryDirectory() as folder, serving(folder, LOOPS) as server:
        for key, kwargs in subjects.items():
            _steer(server, key, kwargs)


def _steer(server: BenchServer, key: str, kwargs: dict[str, object]) -> None:
    run = server.start(key, **kwargs)
    _ask(server, run)  # waits for the first value
    floor = p50_p95(timed_ms(lambda: server.http.get("/health"), QUERIES, 0.003))
    asked = p50_p95(timed_ms(lambda: _ask(server, run), QUERIES, 0.01))
    server.http.post(f"/simulations/{run}/kill")
    stops = p50_p95([_stop_ms(server, key, kwargs) for _ in range(STOPS)])
    table = Table(f"{key}, which computes, steered through the server")
    table.row("the smallest route, p50 / p95", f"{floor[0]:.1f} / {floor[1]:.1f} ms")
    for name, values in (("progress answered", asked), ("stop accepted", stops)):
        table.row(f"{name}, p50 / p95", f"{values[0]:.1f} / {values[1]:.1f} ms", f"{values[0] / floor[0]:.1f} x")
        table.limit(f"{name}, p95", values[1], LIMIT_MS, "ms")


def _ask(server: BenchServer, run: str) -> None:
    body = {"channels": {"progress": None}, "timeout_s": 60}
    answer = server.http.post(f"/simulations/{run}/query", json=body).json()
    if not answer["channels"]["progress"]["triggered"]:
        raise RuntimeError(f"not answered: {answer}")


def _stop_ms(server: BenchServer, key: str, kwargs: dict[str, object]) -> float:
    run = server.start(key, **kwargs)
    _ask(server, run)
    time.sleep(0.3)
    taken = timed_ms(lambda: server.http.post(f"/simulations/{run}/stop").raise_for_status(), 1)[0]
    while server.http.get(f"/simulations/{run}").json()["ended"] is None:
        time.sleep(0.05)
    return taken
