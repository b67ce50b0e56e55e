"""Rules of `gymdash_server.usage`: what a run uses is counted with its children, on processor and GPU."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import types

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gymdash_core.journal import append_line
from gymdash_core.meta import new_meta
from gymdash_core.project import Project
from gymdash_server.live.hub import Hub
from gymdash_server.usage import sampler as module
from gymdash_server.usage import thinning
from gymdash_server.usage.history import usage_history
from gymdash_server.usage.probe import GpuProbe, MachineProbe, RunProbe
from gymdash_server.usage.sampler import UsageSampler
from gymdash_server.usage.thinning import thinned

PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "while True: pass"])
print(child.pid, flush=True)
child.wait()
"""


@pytest.fixture
def family():
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True, start_new_session=True)
    child = int(parent.stdout.readline())
    yield parent.pid, child
    for pid in (child, parent.pid):
        psutil.Process(pid).kill()
    parent.wait()
    parent.stdout.close()


def fake_nvml(monkeypatch, **replaced):
    class NVMLError(Exception):
        pass

    def refuse(*_):
        raise NVMLError("lost")

    found = types.SimpleNamespace(
        NVMLError=NVMLError,
        nvmlInit=lambda: None,
        nvmlDeviceGetCount=lambda: 2,
        nvmlDeviceGetHandleByIndex=lambda n: n,
        nvmlDeviceGetMemoryInfo=lambda handle: types.SimpleNamespace(used=10 + handle, total=100),
        nvmlDeviceGetUtilizationRates=lambda handle: types.SimpleNamespace(gpu=50 + handle),
        nvmlDeviceGetName=lambda handle: b"Old" if handle else "New",
        nvmlDeviceGetComputeRunningProcesses=lambda handle: [
            types.SimpleNamespace(pid=7, usedGpuMemory=1000 + handle),
            types.SimpleNamespace(pid=8 + handle, usedGpuMemory=None),
        ],
    )
    for name, value in replaced.items():
        setattr(found, name, refuse if value == "refuse" else value)
    monkeypatch.setitem(sys.modules, "pynvml", found)
    return found


def test_children_count_and_cpu_is_told_since_the_last_reading(family, eventually):
    probe = RunProbe()
    first = probe.read([family[0]], {family[1]: 5})
    assert (first["processes"], first["cpu_percent"], first["gpu_memory_bytes"]) == (2, 0.0, 5)
    assert first["memory_bytes"] > 2**20
    eventually(lambda: probe.read([family[0]], {})["cpu_percent"] > 10)


def test_nothing_alive_is_no_sample():
    probe = RunProbe()
    assert probe.read([], {}) is None
    assert probe.read([2**22 + 1], {}) is None


def test_machine_is_told_with_its_gpus(monkeypatch):
    fake_nvml(monkeypatch)
    probe = MachineProbe()
    sample = probe.read()
    assert sample["cpu_count"] == psutil.cpu_count()
    assert 0 < sample["memory_bytes"] <= sample["memory_total_bytes"]
    assert [(gpu["index"], gpu["name"], gpu["percent"], gpu["memory_bytes"]) for gpu in sample["gpus"]] == [
        (0, "New", 50.0, 10),
        (1, "Old", 51.0, 11),
    ]
    assert probe.gpu_memory() == {7: 2001, 8: 0, 9: 0}
    json.dumps(sample)


@pytest.mark.parametrize("broken", ["nvmlInit", "nvmlDeviceGetCount", "nvmlDeviceGetHandleByIndex"])
def test_gpus_whose_driver_does_not_answer_are_none(monkeypatch, broken):
    fake_nvml(monkeypatch, **{broken: "refuse"})
    probe = GpuProbe()
    assert (probe.read(), probe.memory()) == ([], {})


@pytest.mark.parametrize(
    "broken", ["nvmlDeviceGetMemoryInfo", "nvmlDeviceGetName", "nvmlDeviceGetComputeRunningProcesses"]
)
def test_gpu_that_is_lost_later_is_left_out(monkeypatch, broken):
    fake_nvml(monkeypatch, **{broken: "refuse"})
    probe = GpuProbe()
    if broken == "nvmlDeviceGetComputeRunningProcesses":
        assert (len(probe.read()), probe.memory()) == (2, {})
    else:
        assert probe.read() == []


def test_value_that_a_card_does_not_tell_leaves_out_that_value_alone(monkeypatch):
    nvml = fake_nvml(monkeypatch, nvmlDeviceGetUtilizationRates="refuse")
    nvml.nvmlDeviceGetCount = lambda: 1
    assert [(gpu["memory_bytes"], gpu["percent"]) for gpu in GpuProbe().read()] == [(10, None)]


def test_machine_without_the_library_has_no_gpus(monkeypatch):
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert MachineProbe().read()["gpus"] == []


# --- sampler ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def run(tmp_path):
    return Project(tmp_path).create_run({"name": "x", "key": "k", "kwargs": {}}, new_meta("x"))


def told_by(hub, monkeypatch):
    told = []
    monkeypatch.setattr(hub, "publish", lambda name, data, run=None: told.append((name, data, run)))
    return told


def test_samples_are_told_kept_and_written_into_the_run(run, monkeypatch, eventually):
    hub = Hub()
    told = told_by(hub, monkeypatch)
    monkeypatch.setattr(module, "holder", lambda path: os.getpid())
    sampler = UsageSampler(lambda: [run], hub, 0.01)
    sampler.start()
    eventually(lambda: len([1 for *_, of in told if of == run.id]) > 2)
    sampler.close()
    lines = [json.loads(line) for line in run.usage.read_text().splitlines()]
    assert lines[0].keys() == {"time", "cpu_percent", "memory_bytes", "gpu_memory_bytes", "processes"}
    latest = sampler.latest()
    assert latest["runs"][run.id] == lines[-1]
    assert latest["machine"] == latest["history"][-1]
    assert {name for name, *_ in told} == {"usage"}
    assert all(data.keys() == {"machine"} for _, data, of in told if of is None)


def test_run_that_is_gone_is_forgotten_and_leaves_no_file(run, monkeypatch, eventually):
    hub = Hub()
    told = told_by(hub, monkeypatch)
    monkeypatch.setattr(module, "holder", lambda path: os.getpid())
    live = [run]
    sampler = UsageSampler(lambda: list(live), hub, 0.01)
    sampler.start()
    eventually(lambda: run.id in sampler.latest()["runs"])
    live.clear()
    eventually(lambda: run.id not in sampler.latest()["runs"])
    sampler.close()
    assert told


def test_run_that_has_ended_since_the_last_sample_uses_nothing(run, monkeypatch):
    monkeypatch.setattr(module, "holder", lambda path: os.getpid())
    live = [run]
    sampler = UsageSampler(lambda: list(live), Hub(), 1000)
    sampler._sample(MachineProbe(), {})
    assert list(sampler.latest()["runs"]) == [run.id]
    live.clear()
    assert sampler.latest()["runs"] == {}


def test_folder_that_was_deleted_is_not_made_again(run, monkeypatch):
    import shutil

    shutil.rmtree(run.path)
    UsageSampler._write(run, {"x": 1})
    assert not run.path.exists()


def sample(time, cpu=50.0, memory=100, gpu=0):
    return {"time": time, "cpu_percent": cpu, "memory_bytes": memory, "gpu_memory_bytes": gpu, "processes": 1}


@given(st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 800), st.integers(0, 9), st.integers(0, 9)), max_size=60))
@settings(deadline=None, max_examples=60)
def test_thinned_samples_are_some_of_them_in_their_order_with_the_extremes(rows):
    samples = [sample(*row) for row in rows]
    kept = thinned(samples, 4)
    places = [next(n for n, other in enumerate(samples) if other is one) for one in kept]
    assert places == sorted(set(places))
    assert len(kept) <= 4 * 6 + 2
    for name in ("cpu_percent", "memory_bytes", "gpu_memory_bytes") if rows else ():
        for extreme in (min, max):
            assert extreme(one[name] for one in kept) == extreme(one[name] for one in samples)
    assert (kept[:1], kept[-1:]) == (samples[:1], samples[-1:])


def test_all_of_the_time_is_kept_as_finely_as_the_newest(run):
    samples = []
    for hour in range(20):
        samples = thinned([*samples, *(sample(3600 * hour + 2 * n, n % 7, n % 11) for n in range(1800))], 100)
    of_hour = [len([one for one in samples if one["time"] // 3600 == hour]) for hour in range(20)]
    assert len(samples) <= 602
    assert min(of_hour) * 3 > max(of_hour)


def test_file_of_samples_stays_small_and_keeps_its_peak(run, monkeypatch):
    monkeypatch.setattr(module, "MOST_BYTES", 100_000)
    monkeypatch.setattr(thinning, "_SPANS", 50)
    sizes = []
    run.usage.write_text('{"of": "another version"}\n{"time": NaN, "cpu_percent": Infinity}\n')
    for n in range(3000):
        UsageSampler._write(run, sample(2.0 * n, cpu=790.0 if n == 77 else 50.0, memory=n))
        sizes.append(run.usage.stat().st_size)
    lines = [json.loads(line) for line in run.usage.read_text().splitlines()]
    assert max(sizes) < 100_200
    assert max(line["cpu_percent"] for line in lines) == 790.0
    assert (lines[0]["memory_bytes"], lines[-1]["memory_bytes"]) == (0, 2999)
    assert lines[-1].keys() == sample(0).keys()


def test_reading_that_fails_does_not_end_the_others(run, monkeypatch, eventually, caplog):
    calls = []

    def live():
        calls.append(1)
        raise RuntimeError("defect")

    with caplog.at_level(logging.CRITICAL):
        sampler = UsageSampler(live, Hub(), 0.01)
        sampler.start()
        eventually(lambda: len(calls) > 3)
        sampler.close()


# --- history ----------------------------------------------------------------------------------------------------------


def test_history_is_what_was_written(run):
    for number in range(5):
        append_line(run.usage, sample(number))
    history = usage_history(run, 24)
    assert (history["total"], history["next_cursor"]) == (5, None)
    assert history["items"] == [sample(number) for number in range(5)]


def test_run_that_was_never_sampled_has_an_empty_history(run):
    assert usage_history(run, 24) == {"items": [], "next_cursor": None, "total": 0}


def test_peaks_of_each_curve_stay_in_a_thin_history(run):
    peaks = {777: {"cpu": 900.0}, 1234: {"memory": 10**9}, 1900: {"gpu": 10**9}}
    for number in range(2000):
        append_line(run.usage, sample(number, **peaks.get(number, {})))
    history = usage_history(run, 60)
    times = [item["time"] for item in history["items"]]
    assert history["total"] == 2000
    assert len(times) <= 60
    assert times == sorted(times)
    assert {0.0, 777.0, 1234.0, 1900.0, 1999.0} <= set(times)


def test_lines_that_are_no_samples_are_left_out(run):
    append_line(run.usage, sample(1))
    with run.usage.open("a") as file:
        file.write('{"time": 2}\n{"time": true}\n[1]\nno json\n{"time": 3.0, "cpu')
    assert [item["time"] for item in usage_history(run, 24)["items"]] == [1.0]


def test_history_is_read_while_a_run_goes_on_and_afterwards(server):
    run = server.start(total_runtime=600, poll_period=0.05)
    server.until(run, "running")
    server.eventually(lambda: server.get(f"/simulations/{run}/usage")["total"] > 1)
    server.post(f"/simulations/{run}/kill")
    server.ended(run)
    found = server.get(f"/simulations/{run}/usage", max_points=24)
    assert found["items"][-1].keys() == {"time", "cpu_percent", "memory_bytes", "gpu_memory_bytes", "processes"}
    assert server.http.get(f"/simulations/{run}/usage", params={"max_points": 1}).status_code == 422
    assert server.http.get("/simulations/gone/usage").status_code == 404
