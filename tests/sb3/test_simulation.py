"""stable_baselines: a real agent on a real environment, watched, steered, stopped, resumed and branched."""

from __future__ import annotations

import json
import os
import signal

import pytest

from gymdash_core import SimStatusCode
from gymdash_core.locks import holder
from gymdash_core.status import RunState

WAIT_S = 100
SMALL = {"n_steps": 64, "batch_size": 32, "n_epochs": 1}


def end(tracker, run):
    assert tracker.wait(run, WAIT_S), tracker.view(run)
    return tracker.view(run)


def start(tracker, **kwargs):
    return tracker.start("stable_baselines", kwargs={"algorithm_kwargs": SMALL, "seed": 1, **kwargs})


def curve(tracker, run, key="rollout/ep_rew_mean"):
    return [(point.step, point.value) for point in tracker.points(run, key)]


def test_the_curve_is_that_of_stable_baselines_point_by_point(tracker, tmp_path):
    run = start(tracker, num_steps=640)
    assert end(tracker, run).state is RunState.SUCCEEDED

    import torch
    from stable_baselines3 import PPO
    from stable_baselines3.common.logger import configure

    from gymdash_tensorboard import TensorboardStreamer

    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # as a run has it here: sums over several threads come out otherwise
    model = PPO("MlpPolicy", "CartPole-v1", seed=1, **SMALL)
    model.set_logger(configure(str(tmp_path / "plain"), ["tensorboard"]))
    model.learn(640)
    torch.set_num_threads(threads)
    plain = TensorboardStreamer(tmp_path / "plain")
    for key in ("rollout/ep_rew_mean", "rollout/ep_len_mean", "train/learning_rate", "train/loss"):
        assert curve(tracker, run, key) == [(point.step, point.value) for point in plain.stat(key).read()[0]]


def test_tensorboard_reads_the_same_numbers(tracker):
    run = start(tracker, num_steps=256)
    end(tracker, run)

    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    theirs = EventAccumulator(str(tracker.project.run(run).path / "tb"), size_guidance={"scalars": 0})
    theirs.Reload()
    for key in theirs.Tags()["scalars"]:
        assert curve(tracker, run, key) == [(event.step, event.value) for event in theirs.Scalars(key)]


def test_it_is_steered_stopped_with_its_model_and_resumed_as_one_curve(tracker, eventually):
    run = start(tracker, num_steps=100_000)
    assert tracker.wait_for(run, "running", WAIT_S)
    changed = tracker.query(run, {"learning_rate": 0.001, "clip_range": 0.1, "ent_coef": 0.01})
    assert all(reply.triggered for reply in changed.values())
    assert tracker.query(run, {"record_episode": None})["record_episode"].value["episode"] > 0
    tracker.pause(run)
    assert tracker.wait_for(run, "paused", WAIT_S)
    tracker.resume(run)
    assert tracker.wait_for(run, "running", WAIT_S)
    before = tracker.query(run, {"progress": None})["progress"].value[0]
    eventually(lambda: tracker.query(run, {"progress": None})["progress"].value[0] >= before + 200, WAIT_S)
    tracker.stop(run)
    assert end(tracker, run).state is RunState.STOPPED
    saved = tracker.checkpoints(run)[-1]
    assert saved.step >= before
    assert curve(tracker, run, "train/learning_rate")[-1][1] == pytest.approx(0.001)

    branch = tracker.branch(run, kwargs={"num_steps": saved.step + 128, "algorithm_kwargs": {**SMALL, "gamma": 0.5}})
    tracker.resume(run)
    assert tracker.wait_for(run, "running", WAIT_S)
    tracker.stop(run)
    assert end(tracker, run).state is RunState.STOPPED
    assert end(tracker, branch).state is RunState.SUCCEEDED, tracker.statuses(branch)
    assert tracker.view(branch).progress["current"] >= saved.step + 128
    steps = [point.step for point in tracker.points(run, "time/fps")]
    assert steps == sorted(steps)
    first = json.loads((saved.path / "about.json").read_text())
    assert (first["algorithm"], first["step"]) == ("ppo", saved.step)


def test_episodes_are_filmed_and_the_first_one_too(tracker):
    run = start(tracker, num_steps=300, episode_trigger=5)
    end(tracker, run)
    videos = tracker.points(run, "episode_video")
    assert videos[0].step == 0
    assert len(videos) > 1
    assert all((tracker.project.run(run).path / point.path).stat().st_size > 500 for point in videos)


@pytest.mark.parametrize(
    ("algorithm", "env", "more"),
    [
        ("sac", "Pendulum-v1", {"learning_starts": 50, "batch_size": 16, "buffer_size": 1000}),
        ("dqn", "MountainCar-v0", {"learning_starts": 50, "batch_size": 16, "buffer_size": 1000}),
    ],
)
def test_off_policy_algorithms_keep_their_replay_buffer(tracker, algorithm, env, more):
    run = start(
        tracker, algorithm=algorithm, env=env, num_steps=220, algorithm_kwargs=more, eval_freq=200, n_eval_episodes=1
    )
    assert end(tracker, run).state is RunState.SUCCEEDED, tracker.statuses(run)
    assert len(curve(tracker, run, "eval/mean_reward")) == 1
    saved = tracker.checkpoints(run)[-1].path
    assert (saved / "replay_buffer.pkl").exists()
    longer = tracker.branch(run, kwargs={"num_steps": 260})
    assert end(tracker, longer).state is RunState.SUCCEEDED, tracker.statuses(longer)
    other = tracker.branch(run, kwargs={"algorithm": "ppo", "env": "CartPole-v1", "algorithm_kwargs": {}})
    view = end(tracker, other)
    assert (view.state, f"the checkpoint is of {algorithm}, not of ppo" in view.reason) == (RunState.FAILED, True)


@pytest.mark.parametrize("vec_env", ["dummy", "subproc"])
def test_environments_side_by_side_count_their_steps_together(tracker, vec_env):
    run = start(tracker, num_steps=256, n_envs=2, vec_env=vec_env, episode_trigger=1)
    view = end(tracker, run)
    assert view.state is RunState.SUCCEEDED, tracker.statuses(run)
    assert view.progress["current"] == 256
    assert all(point.step % 2 == 0 for point in tracker.points(run, "episode_video"))


@pytest.mark.parametrize(
    ("kwargs", "words"),
    [
        ({"env": "CartPool-v1"}, "Did you mean 'CartPole-v1'"),
        ({"env": "no_such_package:Env-v0"}, "no_such_package"),
        (
            {"algorithm": "sac", "algorithm_kwargs": {}},
            "needs a continuous action space; CartPole-v1 has Discrete(2). Use ppo, a2c, dqn",
        ),
        ({"algorithm_kwargs": {"policy_kwargs": {"activation_fn": "RELUU"}}}, "torch.nn has no 'RELUU'"),
    ],
)
def test_what_only_the_libraries_know_fails_the_run_in_words(tracker, kwargs, words):
    run = start(tracker, num_steps=64, **kwargs)
    view = end(tracker, run)
    assert view.state is RunState.FAILED
    assert words in view.reason


def test_checkpoints_come_as_often_as_asked_and_survive_a_kill(tracker, eventually):
    run = start(tracker, num_steps=100_000, checkpoint_freq=100, episode_trigger=1)
    assert tracker.wait_for(run, "running", WAIT_S)
    eventually(lambda: len(tracker.checkpoints(run)) >= 3, WAIT_S)
    os.kill(holder(tracker.project.run(run).worker_lock), signal.SIGKILL)
    view = end(tracker, run)
    assert (view.state, "SIGKILL" in view.reason) == (RunState.FAILED, True)
    assert len(tracker.points(run, "episode_video")) >= 1
    tracker.resume(run)
    assert tracker.wait_for(run, "running", WAIT_S)
    tracker.stop(run)
    assert end(tracker, run).state is RunState.STOPPED
    assert tracker.view(run).attempt == 2
    assert [s.details for s in tracker.statuses(run) if s.code is SimStatusCode.FAIL] == []
