"""Runs with points, and indexes over them."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from gymdash_core.meta import new_meta
from gymdash_core.project import Project
from gymdash_core.stats.manifest import write_streams
from gymdash_core.stats.reader import RunStats
from gymdash_core.stats.series import SeriesWriter
from gymdash_core.stats.streamer import SimulationStreamer
from gymdash_server.points.index import PointsIndex
from gymdash_server.points.model import Window


def new_run(folder):
    run = Project(folder).create_run({"name": "x", "key": "x", "kwargs": {}}, new_meta("x"))
    write_streams(run, SimulationStreamer())
    return run


def open_index(run, types=None, load=None):
    stats = (lambda run: RunStats(run, types, load)) if types else (lambda run: RunStats(run, {}))
    return PointsIndex(run.project_path / "db" / "points" / run.id, run, stats)


def log(run, key, values, attempt=1, first_step=0):
    writer = SeriesWriter(run, attempt)
    for step, value in enumerate(values, first_step):
        writer.scalar(key, value, step, 1000.0 + step)
    writer.close()


def values_of(index, key, **window):
    return index.answer(Window(key, **window)).columns.as_json()["value"]


def png():
    out = io.BytesIO()
    Image.fromarray(np.zeros((2, 2), np.uint8)).save(out, "PNG")
    return out.getvalue()
