"""Steps a second of PPO on CartPole under a watched server, against plain `model.learn`; and what filming costs."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from datetime import datetime
from pathlib import Path
from typing import Any

import gymnasium as gym
import imageio_ffmpeg
import numpy as np

from benchmarks.measure import Table
from gymdash_core.processes import threads_per_run
from gymdash_sb3.encoder import VideoFile
from gymdash_server.serving import serve
from gymdash_server.settings import Settings

STEPS = 20_480
ROUNDS = 5
ENDED = (b"succeeded", b"failed", b"stopped", b"killed", b"lost")
LEAST_ALONE, LEAST_TOGETHER, MOST_OF_FRAMES = 0.97, 0.85, 1.0
FILMED_EVERY = 10  # episodes; every 80, as people do, what it costs would drown in the noise of the rest
TOKEN = "benchmark"
PLAIN = """
import sys, time
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.logger import configure
torch.set_num_threads(int(sys.argv[2]))
model = PPO("MlpPolicy", "CartPole-v1", seed=1, device="cpu")
model.set_logger(configure(sys.argv[1], ["tensorboard"]))
began = time.perf_counter()
model.learn(int(sys.argv[3]))
print(time.perf_counter() - began)
"""
THREADS = str(threads_per_run(max(4, (os.cpu_count() or 1) // 4)))  # as the executor shares them


class Server:
    """A server in a process of its own, and a client that watches everything."""

    def __init__(self, folder: str) -> None:
        code = f"from benchmarks.learning import run_server; run_server({folder!r})"
        self._process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self._url = self._process.stdout.readline().strip()
        self._ended = threading.Condition()
        self.videos: list[Path] = []
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait()

    def call(self, path: str, body: Any = None) -> Any:
        """Return the answer to a request."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self._url}/api/v1{path}", data, headers)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def _watch(self) -> None:
        request = urllib.request.Request(f"{self._url}/api/v1/events", headers={"Authorization": f"Bearer {TOKEN}"})
        try:
            with urllib.request.urlopen(request) as stream:
                for line in stream:
                    if b'"state":' in line and any(b'"' + state + b'"' in line for state in ENDED):
                        with self._ended:
                            self._ended.notify_all()
        except OSError:
            return

    def learn(self, count: int = 1, **kwargs: Any) -> float:
        """Start runs together; return the mean seconds of `_run`."""
        body = {"key": "stable_baselines", "kwargs": {"num_steps": STEPS, "seed": 1, "device": "cpu", **kwargs}}
        runs = [self.call("/simulations", body)["id"] for _ in range(count)]
        seconds = statistics.mean(self._seconds(run) for run in runs)
        self.videos = sorted(Path(self.call("/health")["project"], "sims", runs[0], "media", "videos").glob("*.mp4"))
        return seconds

    def _seconds(self, run: str) -> float:
        with self._ended:  # no asking meanwhile: the stream tells
            while (state := self.call(f"/simulations/{run}")["state"].encode()) not in ENDED:
                self._ended.wait(20)
        if state != b"succeeded":
            raise RuntimeError(f"run {run} {state.decode()}")
        folder = self.call("/health")["project"]
        events = json.loads(Path(folder, "sims", run, "state.json").read_text())["events"]
        begin, end = (datetime.fromisoformat(events[name]) for name in ("start_run", "end_run"))
        return (end - begin).total_seconds()


def run_server(folder: str) -> None:
    """Serve until terminated; print the address."""
    settings = Settings(project=Path(folder), port=0, token=TOKEN)
    serve(settings, lambda url: print(url, flush=True))


def main() -> None:
    """Print steps a second each way, and their ratios."""
    names = ("plain", "watched", "two at once", "filmed", "rendering", "encoding")
    seconds: dict[str, list[float]] = {name: [] for name in names}
    with tempfile.TemporaryDirectory() as folder:
        server = Server(folder)
        try:
            for turn in range(ROUNDS):
                seconds["plain"].append(_plain(str(Path(folder, f"plain{turn}"))))
                seconds["watched"].append(server.learn())
                seconds["two at once"].append(server.learn(2))
                seconds["filmed"].append(server.learn(episode_trigger=FILMED_EVERY))
                lengths = [imageio_ffmpeg.count_frames_and_secs(str(video))[0] for video in server.videos]
                rendering, encoding = _film(Path(folder, f"film{turn}"), lengths)
                seconds["rendering"].append(rendering)
                seconds["encoding"].append(encoding)
        finally:
            server.close()
    _tell(seconds, lengths)


def _tell(seconds: dict[str, list[float]], lengths: list[int]) -> None:
    median = {name: statistics.median(values) for name, values in seconds.items()}
    table = Table(f"PPO on CartPole-v1, {STEPS:,} steps, {THREADS} thread(s) of torch")
    for name in ("plain", "watched", "two at once", "filmed"):
        table.row(name, f"{STEPS / median[name]:.0f} steps/s")
    alone, together = (
        statistics.median(a / b for a, b in zip(seconds[first], seconds[second], strict=True))
        for first, second in (("plain", "watched"), ("watched", "two at once"))
    )
    table.row("watched / plain", f"{alone:.3f}", "within" if alone >= LEAST_ALONE else f"OVER: less than {LEAST_ALONE}")
    verdict = "within" if together >= LEAST_TOGETHER else f"OVER: less than {LEAST_TOGETHER}"
    table.row("each of two at once / one alone", f"{together:.3f}", verdict)
    pairs = zip(seconds["filmed"], seconds["watched"], strict=True)
    cost, floor = statistics.median(a - b for a, b in pairs), median["rendering"] + median["encoding"]
    frames = sum(lengths)
    note = f"{frames} frames in {len(lengths)} videos, {cost / frames * 1000:.2f} ms each"
    table.row(f"filming every {FILMED_EVERY} episodes", f"{cost:+.2f} s", note)
    for name in ("rendering", "encoding"):
        table.row(f"{name} them alone", f"{median[name]:.2f} s", f"{median[name] / frames * 1000:.2f} ms each")
    table.limit("filming / rendering and encoding alone", cost / floor, MOST_OF_FRAMES, "x")


def _film(folder: Path, lengths: list[int]) -> tuple[float, float]:
    """Return the seconds that it takes to render as many frames, and to encode them in as many videos."""
    os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
    env = gym.make("CartPole-v1", render_mode="rgb_array")
    env.reset(seed=1)
    env.render()  # pygame begins
    rendering = encoding = 0.0
    for number, length in enumerate(lengths):
        began = time.perf_counter()
        frames = [_picture(env) for _ in range(length)]
        rendered = time.perf_counter()
        video = VideoFile(folder, "floor", number, 0, 30)
        for frame in frames:
            video.add(frame)
        video.finish()
        rendering, encoding = rendering + rendered - began, encoding + time.perf_counter() - rendered
    env.close()
    return rendering, encoding


def _picture(env: gym.Env[Any, Any]) -> Any:
    if env.step(env.action_space.sample())[2]:  # pictures differ, as those of an episode do
        env.reset()
    return np.ascontiguousarray(env.render(), np.uint8)


def _plain(folder: str) -> float:
    environment = {**os.environ, "OMP_NUM_THREADS": THREADS}
    arguments = [sys.executable, "-c", PLAIN, folder, THREADS, str(STEPS)]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True, env=environment)
    return float(done.stdout.split()[-1])
