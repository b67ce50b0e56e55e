"""On a machine with a GPU: training there, going on without it, and what goes wrong there."""

from __future__ import annotations

import pytest
import torch

from gymdash_core.status import RunState
from gymdash_core.testing import run_simulation

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
KWARGS = {"epochs": 4, "batch_size": 10, "lr": 0.01, "seed": 3, "log_step": 1, "device": "cuda"}


def test_a_run_of_a_gpu_goes_on_there_and_without_one(trainings, tracker, end, monkeypatch):
    run = tracker.start(trainings.Small, kwargs={**KWARGS, "stop_at": 12})
    assert end(run).state is RunState.STOPPED, tracker.statuses(run)
    same = tracker.branch(run, kwargs={"stop_at": None})
    assert end(same).state is RunState.SUCCEEDED, tracker.statuses(same)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    tracker.resume(run)
    assert end(run).state is RunState.SUCCEEDED, tracker.statuses(run)
    assert "device 'cuda' is not here: going on with the CPU" in [status.details for status in tracker.statuses(run)]
    ends = [tracker.points(one, "loss/val")[-1].value for one in (run, same)]
    assert ends[0] == pytest.approx(ends[1], rel=0.2)


def test_a_bad_loss_of_a_gpu_names_its_step_although_it_is_seen_later(trainings):
    run = run_simulation(trainings.Exploding, {**KWARGS, "log_step": 10, "checkpoint_step": 5})
    assert "the loss is nan at step 7. Branch from the checkpoint of step 5" in run.view.reason


def test_memory_of_a_gpu_that_runs_out_is_told_with_sizes(trainings):
    run = run_simulation(trainings.GreedyOnDevice, KWARGS)
    assert "out of memory at step 1: a batch of 10 samples" in run.view.reason
    assert "MiB of the GPU free" in run.view.reason


def test_digits_are_learned_on_a_gpu(tracker, end):
    kwargs = {"dataset": "digits", "val": True, "test": True, "train_kwargs": {"epochs": 16, "lr": 0.004, "seed": 7}}
    run = tracker.start("example_ml", kwargs=kwargs)
    assert end(run).state is RunState.SUCCEEDED, tracker.statuses(run)
    assert tracker.points(run, "acc/test")[-1].value > 0.95
