"""stable_baselines: a real agent on a real environment, watched, steered, stopped, resumed and branched."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from gymdash_core import SimStatusCode
from gymdash_core.locks import holder
from gymdash_core.status import RunState

WAIT_S = 240


def test_the_curve_is_that_of_stable_baselines_point_by_point(tracker, tmp_path, end, start, curve, small):
    run = start(num_steps=640)
    assert end(run).state is RunState.SUCCEEDED

    import torch
    from stable_baselines3 import PPO
    from stable_baselines3.common.logger import configure

    from gymdash_tensorboard import TensorboardStreamer

    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # as a run has it here: sums over several threads come out otherwise
    model = PPO("MlpPolicy", "CartPole-v1", seed=1, **small)
    model.set_logger(configure(str(tmp_path / "plain"), ["tensorboard"]))
    model.learn(640)
    torch.set_num_threads(threads)
    plain = TensorboardStreamer(tmp_path / "plain")
    for key in ("rollout/ep_rew_mean", "rollout/ep_len_mean", "train/learning_rate", "train/loss"):
        assert curve(run, key) == [(point.step, point.value) for point in plain.stat(key).read()[0]]


def test_tensorboard_reads_the_same_numbers(tracker, end, start, curve):
    run = start(num_steps=256)
    end(run)

    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    theirs = EventAccumulator(str(tracker.project.run(run).path / "tb"), size_guidance={"scalars": 0})
    theirs.Reload()
    for key in theirs.Tags()["scalars"]:
        assert curve(run, key) == [(event.step, event.value) for event in theirs.Scalars(key)]


def test_it_is_steered_stopped_with_its_model_and_resumed_as_one_curve(tracker, eventually, end, start, curve, small):
    run = start(num_steps=100_000)
    assert tracker.wait_for(run, "running", WAIT_S)
    changed = tracker.query(run, {"learning_rate": 0.001, "clip_range": 0.1, "ent_coef": 0.01}, WAIT_S)
    assert all(reply.triggered for reply in changed.values())
    pressed = tracker.query(run, {"record_episode": None}, WAIT_S)["record_episode"].value
    assert pressed["episode"] > 0
    tracker.pause(run)
    assert tracker.wait_for(run, "paused", WAIT_S)
    tracker.resume(run)
    assert tracker.wait_for(run, "running", WAIT_S)
    before = tracker.query(run, {"progress": None}, WAIT_S)["progress"].value[0]
    eventually(lambda: tracker.query(run, {"progress": None}, WAIT_S)["progress"].value[0] >= before + 200, WAIT_S)
    tracker.stop(run)
    assert end(run).state is RunState.STOPPED
    saved = tracker.checkpoints(run)[-1]
    assert saved.step >= before
    assert curve(run, "train/learning_rate")[-1][1] == pytest.approx(0.001)
    assert curve(run, "train/clip_range")[-1][1] == pytest.approx(0.1)
    filmed = pressed["episode"]
    assert [f"episode-{filmed}_" in point.path for point in tracker.points(run, "episode_video")] == [True]

    branch = tracker.branch(run, kwargs={"num_steps": saved.step + 128, "algorithm_kwargs": {**small, "gamma": 0.5}})
    tracker.resume(run)
    assert tracker.wait_for(run, "running", WAIT_S)
    tracker.stop(run)
    assert end(run).state is RunState.STOPPED
    assert end(branch).state is RunState.SUCCEEDED, tracker.statuses(branch)
    assert tracker.view(branch).progress["current"] >= saved.step + 128
    steps = [point.step for point in tracker.points(run, "time/fps")]
    assert steps == sorted(steps)
    first = json.loads((saved.path / "about.json").read_text())
    assert (first["algorithm"], first["step"]) == ("ppo", saved.step)


def test_episodes_are_filmed_and_the_first_one_too(tracker, end, start):
    run = start(num_steps=300, episode_trigger=5)
    end(run)
    videos = tracker.points(run, "episode_video")
    assert videos[0].step == 0
    assert len(videos) > 1
    assert all((tracker.project.run(run).path / point.path).stat().st_size > 500 for point in videos)


@pytest.mark.parametrize(("algorithm", "env"), [("sac", "Pendulum-v1"), ("dqn", "MountainCar-v0")])
def test_off_policy_algorithms_keep_their_replay_buffer(tracker, algorithm, env, end, start, curve):
    more = {"learning_starts": 50, "batch_size": 16, "buffer_size": 1000}
    run = start(algorithm=algorithm, env=env, num_steps=220, algorithm_kwargs=more, eval_freq=200, n_eval_episodes=1)
    assert end(run).state is RunState.SUCCEEDED, tracker.statuses(run)
    assert len(curve(run, "eval/mean_reward")) == 1
    saved = tracker.checkpoints(run)[-1].path
    assert (saved / "replay_buffer.pkl").exists()
    longer = tracker.branch(run, kwargs={"num_steps": 260})
    assert end(longer).state is RunState.SUCCEEDED, tracker.statuses(longer)
    other = tracker.branch(run, kwargs={"algorithm": "ppo", "env": "CartPole-v1", "algorithm_kwargs": {}})
    view = end(other)
    assert (view.state, f"the checkpoint is of {algorithm}, not of ppo" in view.reason) == (RunState.FAILED, True)
    for changed in ({"n_envs": 2}, {"algorithm_kwargs": {**more, "buffer_size": 500}}):
        refused = end(tracker.branch(run, kwargs=changed))
        assert (refused.state, "the checkpoint was made with" in refused.reason) == (RunState.FAILED, True)


def test_evaluations_and_checkpoints_are_counted_from_the_first_step_of_the_run(tracker, end, start, curve):
    run = start(num_steps=128, eval_freq=150, checkpoint_freq=100, n_eval_episodes=1)
    assert end(run).state is RunState.SUCCEEDED
    longer = tracker.branch(run, kwargs={"num_steps": 320})
    assert end(longer).state is RunState.SUCCEEDED
    assert [step for step, _ in curve(longer, "eval/mean_reward")] == [150, 300]
    assert [saved.step for saved in tracker.checkpoints(longer)] == [128, 200, 300, 320]
    assert [saved.step for saved in tracker.checkpoints(run)] == [100, 128]


def test_a_gpu_that_is_not_there_is_told(monkeypatch, end, start, infos):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    run = start(num_steps=64, device="cuda")
    assert end(run).state is RunState.SUCCEEDED
    assert infos(run) == ["no GPU is found here: it learns on the cpu, not on cuda"]


@pytest.mark.parametrize("vec_env", ["dummy", "subproc"])
def test_environments_side_by_side_count_their_steps_together(tracker, vec_env, end, start):
    run = start(num_steps=256, n_envs=2, vec_env=vec_env, episode_trigger=1)
    view = end(run)
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
def test_what_only_the_libraries_know_fails_the_run_in_words(tracker, kwargs, words, end, start):
    run = start(num_steps=64, **kwargs)
    view = end(run)
    assert view.state is RunState.FAILED
    assert words in view.reason


def test_checkpoints_come_as_often_as_asked_and_survive_a_kill(tracker, eventually, end, start, curve):
    run = start(num_steps=100_000, checkpoint_freq=100, episode_trigger=1)
    videos = tracker.project.run(run).path / "media" / "videos"
    eventually(lambda: len(tracker.checkpoints(run)) >= 3 and any(videos.glob("[!.]*.mp4")), WAIT_S)
    eventually(lambda: any(videos.glob(".*.mp4")), WAIT_S)
    os.kill(holder(tracker.project.run(run).worker_lock), signal.SIGKILL)  # in the middle of a video
    view = end(run)
    assert (view.state, "SIGKILL" in view.reason) == (RunState.FAILED, True)
    whole = tracker.points(run, "episode_video")
    assert len(whole) >= 1
    assert not any(Path(point.path).name.startswith(".") for point in whole)
    saved = tracker.checkpoints(run)[-1].step
    tracker.resume(run)
    assert tracker.wait_for(run, "running", WAIT_S)
    went_on_at = eventually(lambda: (tracker.view(run).progress or {}).get("current", 0), WAIT_S)
    assert went_on_at > saved
    tracker.stop(run)
    assert end(run).state is RunState.STOPPED
    assert tracker.view(run).attempt == 2
    assert [s.details for s in tracker.statuses(run) if s.code is SimStatusCode.FAIL] == []


@pytest.mark.parametrize("how", ["stopped", "learned"])
def test_a_checkpoint_that_cannot_be_written_costs_the_checkpoint_alone(tracker, end, start, infos, how, eventually):
    run = start(num_steps=100_000 if how == "stopped" else 128, checkpoint_freq=64)
    checkpoints = tracker.project.run(run).path / "checkpoints"
    checkpoints.write_text("no folder")
    if how == "stopped":
        eventually(lambda: infos(run), WAIT_S)
        tracker.stop(run)
    assert end(run).state is (RunState.STOPPED if how == "stopped" else RunState.SUCCEEDED)
    assert all(told.startswith("checkpoint failed: ") for told in infos(run))
    assert infos(run)


def test_a_branch_takes_another_seed_and_resets_what_it_leaves_out(tracker, end, start, curve, small):
    run = start(num_steps=64, algorithm_kwargs={**small, "gamma": 0.5})
    assert end(run).state is RunState.SUCCEEDED
    more = {"num_steps": 256, "algorithm_kwargs": small}
    same, again, other = (tracker.branch(run, kwargs={**more, **seed}) for seed in ({}, {}, {"seed": 77}))
    assert {end(branch).state for branch in (same, again, other)} == {RunState.SUCCEEDED}
    assert curve(same) == curve(again) != curve(other)
    left_out = tracker.project.run(same).path / tracker.checkpoints(same)[-1].path / "model.zip"

    from stable_baselines3 import PPO

    assert PPO.load(left_out, device="cpu").gamma == 0.99
    assert end(tracker.branch(run, kwargs={"policy": "MultiInputPolicy"})).reason.endswith(
        "policy: the checkpoint was made with 'MlpPolicy' and cannot go on with 'MultiInputPolicy'."
    )


def test_a_branch_says_what_it_takes_over_of_what_was_changed_live(tracker, end, start, curve, infos):
    run = start(num_steps=100_000)
    assert tracker.wait_for(run, "running", WAIT_S)
    assert tracker.query(run, {"learning_rate": 0.001}, WAIT_S)["learning_rate"].triggered
    tracker.stop(run)
    step = end(run).progress["current"]
    branch = tracker.branch(run, kwargs={"num_steps": step + 128})
    assert end(branch).state is RunState.SUCCEEDED
    assert curve(branch, "train/learning_rate")[-1][1] == pytest.approx(0.001)
    (said,) = infos(branch)
    assert said == (
        "learning_rate goes on at 0.001, to which it was changed in the run before; the arguments say 0.0003"
    )


def test_what_is_random_goes_on_after_a_stop_and_does_not_begin_anew(tracker, end, start, curve):
    run = start(num_steps=64)
    end(run)
    whole = start(num_steps=128)
    end(whole)
    longer = tracker.branch(run, kwargs={"num_steps": 128})
    end(longer)
    first, second = curve(longer, "rollout/ep_len_mean")[-1], curve(run, "rollout/ep_len_mean")[0]
    assert first[1] != second[1]


@pytest.mark.parametrize("algorithm", ["a2c", "ddpg", "td3"])
def test_every_algorithm_learns_and_logs_as_often_as_stable_baselines(tracker, end, algorithm):
    env = "CartPole-v1" if algorithm == "a2c" else "Pendulum-v1"
    more = {} if algorithm == "a2c" else {"learning_starts": 50, "batch_size": 16, "buffer_size": 1000}
    kwargs = {"algorithm": algorithm, "env": env, "num_steps": 850, "algorithm_kwargs": more, "seed": 1}
    run = tracker.start("stable_baselines", kwargs=kwargs)
    assert end(run).state is RunState.SUCCEEDED, tracker.statuses(run)
    steps = [point.step for point in tracker.points(run, "time/fps")]
    assert steps == ([500] if algorithm == "a2c" else [800])  # 100 rollouts of 5 steps, four episodes of 200


def test_sac_with_an_entropy_coefficient_of_its_own_has_a_control_for_it(tracker, end, curve):
    more = {"learning_starts": 50, "batch_size": 16, "buffer_size": 1000, "ent_coef": 0.1}
    kwargs = {"algorithm": "sac", "env": "Pendulum-v1", "num_steps": 100_000, "algorithm_kwargs": more}
    run = tracker.start("stable_baselines", kwargs=kwargs)
    assert tracker.wait_for(run, "running", WAIT_S)
    assert tracker.query(run, {"ent_coef": 0.5}, WAIT_S)["ent_coef"].triggered
    assert tracker.query(run, {"ent_coef": None}, WAIT_S)["ent_coef"].value == 0.5
    tracker.stop(run)
    assert end(run).state is RunState.STOPPED
