"""Simulations as users of the original wrote them, and environments as strangers make them."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from gymdash_core import SimStatusCode
from gymdash_core.status import RunState

WAIT_S = 240
SOURCE = Path(__file__).with_name("strangers.py")


@pytest.fixture(scope="module")
def strangers():
    spec = importlib.util.spec_from_file_location("strangers", SOURCE)
    module = importlib.util.module_from_spec(spec)
    sys.modules["strangers"] = module
    spec.loader.exec_module(module)
    return module


def test_the_documented_sample_runs_with_only_its_imports_changed(tracker, strangers, end):
    run = tracker.start(strangers.OriginalSample)
    view = end(run)
    assert view.state is RunState.SUCCEEDED, tracker.statuses(run)
    assert (view.progress["current"], view.progress["total"]) == (256, 256)  # 200 in whole rollouts of 64
    assert dict(tracker.stats(run).keys()) == {
        "episode_video": "videos", "rollout/ep_rew_mean": "scalars", "train/learning_rate": "scalars"
    }  # fmt: skip
    assert tracker.points(run, "episode_video")[0].step == 0
    assert len(tracker.points(run, "rollout/ep_rew_mean")) > 1


def test_the_documented_sample_is_stopped(tracker, strangers, end):
    run = tracker.start(strangers.OriginalSample, num_steps=1_000_000)
    assert tracker.wait_for(run, "running", WAIT_S)
    tracker.query(run, {"progress": None})
    tracker.stop(run)
    assert end(run).state is RunState.STOPPED


def test_gymnasiums_own_recorder_is_linked_as_well(tracker, strangers, end):
    run = tracker.start(strangers.GymnasiumsOwnVideo)
    assert end(run).state is RunState.SUCCEEDED, tracker.statuses(run)
    assert sorted(point.step for point in tracker.points(run, "video")) == [0, 1]


def test_an_environment_that_raises_fails_the_run_and_keeps_its_data(tracker, with_environments, end):
    kwargs = {"env": "strangers:Breaking-v0", "num_steps": 5000, "algorithm_kwargs": {"n_steps": 64, "batch_size": 32}}
    run = tracker.start("stable_baselines", kwargs=kwargs)
    view = end(run)
    assert (view.state, "broke at step 500" in view.reason) == (RunState.FAILED, True)
    assert len(tracker.points(run, "rollout/ep_rew_mean")) >= 7


def test_an_environment_that_raises_in_a_process_of_its_own_says_what_it_raised(tracker, with_environments, end):
    more = {"vec_env": "subproc", "n_envs": 2, "algorithm_kwargs": {"n_steps": 64, "batch_size": 32}}
    run = tracker.start("stable_baselines", kwargs={"env": "strangers:Breaking-v0", "num_steps": 5000, **more})
    view = end(run)
    assert view.state is RunState.FAILED
    assert "RuntimeError: the environment broke at step 500" in view.reason
    assert any("strangers.py" in status.error_trace for status in tracker.statuses(run))


def test_an_environment_that_cannot_render_is_learned_and_says_so(tracker, with_environments, end):
    kwargs = {"env": "strangers:Blind-v0", "num_steps": 128, "episode_trigger": 1}
    run = tracker.start("stable_baselines", kwargs={**kwargs, "algorithm_kwargs": {"n_steps": 64, "batch_size": 32}})
    view = end(run)
    assert view.state is RunState.SUCCEEDED, tracker.statuses(run)
    infos = [status.details for status in tracker.statuses(run) if status.code is SimStatusCode.INFO]
    assert infos == ["strangers:Blind-v0 cannot render pictures: no videos are made"]
