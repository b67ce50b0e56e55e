"""The main job at its real size: 20,000 steps of PPO, against stable-baselines3 alone, and in two halves."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from gymdash_core.status import RunState

pytestmark = pytest.mark.timeout(600)  # seconds; a minute on an idle machine
STEPS = 20_000
WAIT_S = 300
#: PPO's first rollout of CartPole earns about 20 a step.
LEARNED = 100.0
PLAIN = """
import json, sys
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.logger import configure
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
torch.set_num_threads(1)  # as a run has it here: sums over several threads come out otherwise
model = PPO("MlpPolicy", "CartPole-v1", seed=1, device="cpu")
model.set_logger(configure(sys.argv[1], ["tensorboard"]))
model.learn(int(sys.argv[2]))
model.logger.close()
events = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0})
events.Reload()
kept = [key for key in events.Tags()["scalars"] if key != "time/fps"]
print(json.dumps({key: [(event.step, event.value) for event in events.Scalars(key)] for key in kept}))
"""


def curve(tracker, run, key):
    return [[point.step, point.value] for point in tracker.points(run, key)]


@pytest.fixture
def whole(tracker):
    return tracker.start("stable_baselines", num_steps=STEPS, seed=1, device="cpu")


def test_it_learns_what_stable_baselines_learns_point_by_point(tracker, whole, tmp_path):
    arguments = [sys.executable, "-c", PLAIN, str(tmp_path / "plain"), str(STEPS)]
    plain = json.loads(subprocess.run(arguments, capture_output=True, text=True, check=True).stdout)
    assert tracker.wait(whole, WAIT_S)
    assert tracker.state(whole) is RunState.SUCCEEDED
    assert {"rollout/ep_rew_mean", "train/loss", "train/learning_rate"} <= set(plain)
    for key, points in plain.items():
        assert curve(tracker, whole, key) == points
    assert plain["rollout/ep_rew_mean"][-1][1] > LEARNED


def test_stopped_half_way_and_resumed_it_is_one_curve_to_the_end(tracker, whole, eventually):
    assert tracker.wait_for(whole, "running", WAIT_S)
    eventually(lambda: (tracker.view(whole).progress or {}).get("current", 0) >= STEPS / 2, WAIT_S)
    tracker.stop(whole)
    assert tracker.wait(whole, WAIT_S)
    assert tracker.state(whole) is RunState.STOPPED
    half, stopped_at = curve(tracker, whole, "rollout/ep_rew_mean"), tracker.checkpoints(whole)[-1].step
    assert STEPS / 2 <= stopped_at < STEPS

    tracker.resume(whole)
    assert tracker.wait(whole, WAIT_S)
    assert (tracker.state(whole), tracker.view(whole).attempt) == (RunState.SUCCEEDED, 2)
    both = curve(tracker, whole, "rollout/ep_rew_mean")
    steps = [step for step, _ in both]
    assert both[: len(half)] == half
    assert steps == sorted(set(steps))
    assert steps[len(half)] > stopped_at
    assert steps[-1] >= STEPS
    assert both[-1][1] > LEARNED
