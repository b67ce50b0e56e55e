"""The reader of event files against TensorBoard's `EventAccumulator`: speed, memory, and the cost of what is new.

Scalars in both forms: simple values, as stable-baselines3 and PyTorch write them, and tensors, as TensorFlow 2 does.
"""

from __future__ import annotations

import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.measure import Table
from gymdash_tensorboard import TensorboardStreamer
from gymdash_tensorboard.records import frame

EVENTS = 1_000_000
TAGS = 20
ROUNDS = 3
LEAST_RATIO = 6.0
NEW = 1000
READ = """
import sys, time
import psutil
{imports}
before = psutil.Process().memory_info().rss
began = time.perf_counter()
{code}
print(time.perf_counter() - began, psutil.Process().memory_info().rss - before, count)
"""
OURS = """
streamer = TensorboardStreamer(sys.argv[1])
count = sum(len(streamer.stat(key).read()[0]) for key, _ in streamer.get_stat_keys())
"""
IMPORTS = """
from gymdash_tensorboard.streamer import TensorboardStreamer
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util.tensor_util import make_ndarray
"""
FORMS = ("simple value", "tensor")
THEIRS = {
    "simple value": """
reader = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0})
reader.Reload()
count = sum(len(reader.Scalars(tag)) for tag in reader.Tags()["scalars"])
""",
    "tensor": """
reader = EventAccumulator(sys.argv[1], size_guidance={"tensors": 0})
reader.Reload()
series = (reader.Tensors(tag) for tag in reader.Tags()["tensors"])
count = sum(len([make_ndarray(event.tensor_proto).item() for event in events]) for events in series)
""",
}


def main() -> None:
    """Print events a second, memory, and what a thousand new events cost."""
    for form in FORMS:
        _compare(form)


def _compare(form: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "events.out.tfevents.1700000000.bench")
        _write(path, form, EVENTS)
        taken: dict[str, list[tuple[float, int]]] = {"ours": [], "EventAccumulator": []}
        for _ in range(ROUNDS):
            for name, code in (("ours", OURS), ("EventAccumulator", THEIRS[form])):
                taken[name].append(_measure(code, folder))
        seconds = {name: sorted(times)[ROUNDS // 2][0] for name, times in taken.items()}
        memory = {name: sorted(use for _, use in times)[ROUNDS // 2] for name, times in taken.items()}
        tail = _tail(Path(folder), path, form)
    table = Table(f"reading {EVENTS:,} scalar events ({form}) of {TAGS} tags, each in a fresh process, points included")
    for name, value in seconds.items():
        table.row(name, f"{EVENTS / value / 1000:.0f} k/s", f"{memory[name] / 1e6:.0f} MB more")
    ratio = seconds["EventAccumulator"] / seconds["ours"]
    table.row("ratio", f"{ratio:.1f} x", "within" if ratio >= LEAST_RATIO else f"OVER: less than {LEAST_RATIO}")
    table.row(
        f"{NEW} events behind {EVENTS:,}",
        f"{tail * 1e3:.2f} ms",
        f"{tail / (seconds['ours'] * NEW / EVENTS):.1f} x their share of all",
    )


def _write(path: Path, form: str, count: int, first: int = 0) -> None:
    from tensorboard.compat.proto.event_pb2 import Event  # noqa: PLC0415 - the writer's side
    from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata  # noqa: PLC0415 - same
    from tensorboard.compat.proto.tensor_pb2 import TensorProto  # noqa: PLC0415 - same
    from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto  # noqa: PLC0415 - same

    metadata = SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name="scalars"))
    with path.open("ab") as file:
        for number in range(first, first + count):
            value = Summary.Value(tag=f"train/some_tag_{number % TAGS}")
            if form == "simple value":
                value.simple_value = number * 0.5
            else:
                content = struct.pack("<f", number * 0.5)
                tensor = TensorProto(dtype=1, tensor_shape=TensorShapeProto(), tensor_content=content)
                value.tensor.CopyFrom(tensor)
                value.metadata.CopyFrom(metadata)
            event = Event(wall_time=1.7e9 + number, step=number // TAGS, summary=Summary(value=[value]))
            file.write(frame(event.SerializeToString()))


def _measure(code: str, folder: str) -> tuple[float, int]:
    script = READ.format(code=code.strip(), imports=IMPORTS.strip())
    done = subprocess.run([sys.executable, "-c", script, folder], capture_output=True, text=True, check=True)
    seconds, memory, count = done.stdout.split()
    assert int(count) == EVENTS
    return float(seconds), int(memory)


def _tail(folder: Path, path: Path, form: str) -> float:
    streamer = TensorboardStreamer(folder)
    streamer.refresh()
    times = []
    for turn in range(5):
        _write(path, form, NEW, EVENTS + turn * NEW)
        began = time.perf_counter()
        streamer.refresh()
        times.append(time.perf_counter() - began)
    return sorted(times)[2]
