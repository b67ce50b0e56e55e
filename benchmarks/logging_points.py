"""`log` of one scalar against a raw write of the same line and a buffered JSON line, in one run."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

from benchmarks.measure import Table, alternate
from gymdash_core.meta import new_meta
from gymdash_core.project import Project
from gymdash_core.stats.log import StatLog

COUNT = 20_000
LIMIT_US = 10.0
LINE = b'{"step":12,"wall_time":1700000000.123456,"attempt":1,"value":0.5}\n'


def main() -> None:
    """Print the cost of one point each way."""
    with tempfile.TemporaryDirectory() as folder:
        run = Project(folder).create_run({"name": "x", "key": "x", "kwargs": {}}, new_meta("x"))
        log = StatLog(run)
        descriptor = os.open(Path(folder, "raw"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        buffered = Path(folder, "buffered").open("a")  # noqa: SIM115 - closed below

        def log_scalar() -> None:
            for step in range(COUNT):
                log.scalar("loss", step * 0.5, step)

        def raw_write() -> None:
            for _ in range(COUNT):
                os.write(descriptor, LINE)

        def buffered_json() -> None:
            for step in range(COUNT):
                point = {"step": step, "wall_time": 1.5, "attempt": 1, "value": step * 0.5}
                buffered.write(json.dumps(point) + "\n")

        seconds = alternate({"log": log_scalar, "os.write": raw_write, "buffered json": buffered_json}, rounds=7)
        buffered.close()
        os.close(descriptor)
        log.close()
    table = Table("log of one scalar, on disk when it returns")
    floor = seconds["os.write"]
    for name, value in seconds.items():
        table.row(name, f"{value / COUNT * 1e6:.2f} us", f"{value / floor:.1f} x a raw write of the line")
    table.limit("log", seconds["log"] / COUNT * 1e6, LIMIT_US, "us")
