"""TorchSimulation: what is logged, steered, stopped, resumed; and what goes wrong, in words."""

from __future__ import annotations

import pytest
import torch

from gymdash_core.errors import InvalidValueError
from gymdash_core.status import RunState
from gymdash_core.testing import TestRun, run_simulation, start_simulation

#: 80 samples in batches of 10: 8 steps an epoch.
KWARGS = {"epochs": 4, "batch_size": 10, "lr": 0.01, "seed": 3, "log_step": 1, "validation": {"batch_size": 5}}
LONG = {**KWARGS, "epochs": 100_000, "log_step": 10, "pace_s": 0.002}


def weights(run):
    return torch.load(run.tracker.checkpoints(run.id)[-1].path / "model.pt", weights_only=True)


def curves(run, attempts=None):
    return {
        key: [(point.step, point.value) for point in run.points(key) if attempts is None or point.attempt in attempts]
        for key in ("loss/train", "train/learning_rate", "loss/val", "acc/val")
    }


def same_weights(one, other):
    return one.keys() == other.keys() and all(torch.equal(value, other[key]) for key, value in one.items())


def test_a_training_ends_with_its_curves_and_its_model(trainings, tmp_path):
    run = run_simulation(trainings.Small, KWARGS)
    assert run.state is RunState.SUCCEEDED, run.describe()
    assert run.view.progress["current"] == run.view.progress["total"] == 32
    found = curves(run)
    assert [step for step, _ in found["loss/train"]] == list(range(1, 33))
    assert [step for step, _ in found["loss/val"]] == [8, 16, 24, 32]
    assert [rate for _, rate in found["train/learning_rate"]][15:17] == [0.01, 0.005]
    assert [saved.step for saved in run.tracker.checkpoints(run.id)] == [32]
    assert "trained 32 steps" in run.statuses[-1].details


@pytest.mark.parametrize("stop_at", [3, 8, 21])  # within an epoch; within a validation; later
def test_a_run_that_was_stopped_equals_one_that_was_not(trainings, tmp_path, stop_at):
    whole = run_simulation(trainings.Small, KWARGS)
    project = tmp_path / "project"
    stopped = run_simulation(trainings.Small, {**KWARGS, "stop_at": stop_at}, project=project)
    assert stopped.state is RunState.STOPPED, stopped.describe()
    assert [saved.step for saved in stopped.tracker.checkpoints(stopped.id)] == [stop_at]

    from gymdash_core import SimulationTracker

    with SimulationTracker(project, executor="thread") as tracker:
        tracker.register(trainings.Small)
        stopped.tracker = tracker
        tracker.resume(stopped.id)
        assert stopped.wait() is RunState.SUCCEEDED, stopped.describe()
        assert curves(stopped) == curves(whole)
        assert same_weights(weights(stopped), weights(whole))


def test_looking_does_not_change_what_is_learned(trainings):
    seldom = run_simulation(trainings.Small, {**KWARGS, "validation": {"per_epoch": 0}})
    often = run_simulation(trainings.Small, {**KWARGS, "validation": {"per_steps": 1}})
    assert len(often.points("loss/val")) == 32
    assert same_weights(weights(seldom), weights(often))


def test_a_seed_that_was_taken_is_kept(trainings):
    with start_simulation(trainings.Small, {**LONG, "seed": None}) as run:
        run.wait_for("running")
        first = run.query({"checkpoint": None})["checkpoint"].value["checkpoint"]
        second = run.query({"checkpoint": None})["checkpoint"].value["checkpoint"]
        paths = {saved.name: saved.path for saved in run.tracker.checkpoints(run.id)}
        seeds = {torch.load(paths[name] / "training.pt", weights_only=True)["seed"] for name in (first, second)}
        assert len(seeds) == 1


def test_a_change_is_in_force_from_the_step_that_its_reply_names(trainings):
    with start_simulation(trainings.Small, {**LONG, "log_step": 1}) as run:
        run.wait_for("running")
        reply = run.query({"learning_rate": 0.5})["learning_rate"]
        assert reply.value == 0.5
        later = run.query({"batch_size": 40, "weight_decay": 0.1, "clip_grad_norm": 1.5})
        assert {key: item.value for key, item in later.items()} == {
            "batch_size": 40,
            "weight_decay": 0.1,
            "clip_grad_norm": 1.5,
        }
        run.tracker.stop(run.id, save=True)
        assert run.wait() is RunState.STOPPED
        rates = {point.step: point.value for point in run.points("train/learning_rate")}
        assert rates[reply.step] == 0.5
        assert all(rate <= 0.01 for step, rate in rates.items() if step < reply.step)
        saved = torch.load(run.tracker.checkpoints(run.id)[-1].path / "training.pt", weights_only=True)
        assert saved["controls"]["batch_size"] == 40
        assert saved["optimizer"]["param_groups"][0]["weight_decay"] == 0.1


def test_a_checkpoint_before_a_change_is_made_where_wanted(trainings):
    with start_simulation(trainings.Small, {**LONG, "checkpoint_on_change": True}) as run:
        run.wait_for("running")
        reply = run.query({"learning_rate": 0.5})["learning_rate"]
        assert [saved.step for saved in run.tracker.checkpoints(run.id)] == [reply.step - 1]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("learning_rate", 0),
        ("learning_rate", 101),
        ("weight_decay", -0.1),
        ("batch_size", 0),
        ("batch_size", 2.5),
        ("clip_grad_norm", -1),
    ],
)
def test_a_control_out_of_bounds_changes_nothing(trainings, key, value):
    with start_simulation(trainings.Small, LONG) as run:
        run.wait_for("running")
        before = run.query({key: None})[key].value
        with pytest.raises(InvalidValueError, match=key):
            run.query({key: value})
        assert run.query({key: None})[key].value == before


def test_actions_are_done_between_two_steps(trainings):
    with start_simulation(trainings.Sampling, {**LONG, "validation": {"per_epoch": 0}}) as run:
        run.wait_for("running")
        done = run.query({"validate": None, "save_samples": None, "checkpoint": None})
        step = done["validate"].value["step"]
        assert [(p.step, p.value) for p in run.points("acc/val")] == [(step, done["validate"].value["acc/val"])]
        assert [p.value for p in run.points("samples")] == ["training: False"]
        assert run.tracker.checkpoints(run.id)[-1].name == done["checkpoint"].value["checkpoint"]
        run.tracker.pause(run.id)
        run.wait_for("paused")
        assert run.query({"learning_rate": 0.25})["learning_rate"].value == 0.25
        run.tracker.resume(run.id)
        run.wait_for("running")


def test_what_cannot_be_done_is_refused_in_words(trainings):
    with start_simulation(trainings.Unvalidated, LONG) as run:
        run.wait_for("running")
        assert run.query({"validate": None})["validate"].reason == "refused: there is no validation data"
    assert "save_samples" not in {channel.key for channel in trainings.Unvalidated.channels()}


def test_a_loss_that_is_no_number_names_its_step(trainings):
    run = run_simulation(trainings.Exploding, {**KWARGS, "checkpoint_step": 5})
    assert run.state is RunState.FAILED
    assert (
        "the loss is nan at step 7. Branch from the checkpoint of step 5 with a smaller learning rate"
        in run.view.reason
    )
    assert all(torch.isfinite(value).all() for value in weights(run).values())


def test_memory_that_runs_out_is_told_with_sizes(trainings):
    run = run_simulation(trainings.Greedy, KWARGS)
    assert run.state is RunState.FAILED
    assert "out of memory at step 1: a batch of 10 samples ((10, 4), (10,)), a model of 0.0 MiB" in run.view.reason
    assert "smaller batch_size" in run.view.reason


def test_memory_that_a_validation_lacks_is_told_as_well(trainings):
    run = run_simulation(trainings.GreedyValidation, KWARGS)
    assert "out of memory at step 8: a batch of 5 samples" in run.view.reason


def test_a_branch_begins_with_what_it_changes(trainings):
    with start_simulation(trainings.Small, {**KWARGS, "stop_at": 8}, executor="thread") as run:
        run.wait()
        branch = run.tracker.branch(run.id, kwargs={"lr": 0.3, "optimizer": "sgd", "stop_at": None})
        assert run.tracker.wait(branch, 60)
        assert run.tracker.state(branch) is RunState.SUCCEEDED, run.tracker.statuses(branch)
        assert [p.value for p in run.tracker.points(branch, "train/learning_rate")][:2] == [0.3, 0.3]
        assert any("SGD begins anew" in status.details for status in run.tracker.statuses(branch))
        other = run.tracker.branch(run.id, kwargs={"width": 9, "stop_at": None})
        assert run.tracker.wait(other, 60)
        assert "the checkpoint is of another model" in run.tracker.view(other).reason


def test_a_device_that_is_not_here_is_named_or_on_resume_replaced(trainings):
    run = run_simulation(trainings.Small, {**KWARGS, "device": "cuda:63"})
    assert "device 'cuda:63' is not here. Use device='auto' or 'cpu'" in run.view.reason
    with start_simulation(trainings.Small, {**KWARGS, "stop_at": 8}) as run:
        run.wait()
        branch = run.tracker.branch(run.id, kwargs={"device": "cuda:63", "stop_at": None})
        assert run.tracker.wait(branch, 60)
        assert run.tracker.state(branch) is RunState.SUCCEEDED, run.tracker.statuses(branch)
        assert "device 'cuda:63' is not here: going on with the CPU" in run.tracker.statuses(branch)[0].details


def test_event_files_that_a_training_writes_are_read(trainings):
    run = run_simulation(trainings.Writing, KWARGS)
    assert run.state is RunState.SUCCEEDED, run.describe()
    written, logged = run.points("written/loss"), run.points("loss/train")
    assert [point.step for point in written] == [point.step for point in logged]


def test_an_argument_that_an_optimizer_lacks_is_named(trainings):
    run = run_simulation(trainings.Small, {**KWARGS, "optimizer": "sgd", "optimizer_kwargs": {"momentun": 0.9}})
    assert "sgd has no such argument. Did you mean 'momentum'" in run.view.reason


def test_a_checkpoint_that_cannot_be_written_costs_itself_alone(trainings):
    run = run_simulation(trainings.Unsaved, {**KWARGS, "checkpoint_step": 8})
    assert run.state is RunState.SUCCEEDED, run.describe()
    assert [saved.step for saved in run.tracker.checkpoints(run.id)] == [8, 32]
    told = [status.details for status in run.statuses]
    assert "checkpoint failed: [Errno 28] No space left on device" in told
    assert "checkpoint failed: PytorchStreamWriter failed writing file" in told


def test_a_branch_with_another_seed_learns_otherwise(trainings):
    with start_simulation(trainings.Small, {**KWARGS, "stop_at": 8}) as run:
        run.wait()
        branches = [run.tracker.branch(run.id, kwargs={"stop_at": None, **more}) for more in ({}, {"seed": 4})]
        assert run.tracker.wait(branches, 60)
        losses = [[point.value for point in run.tracker.points(one, "loss/train")] for one in branches]
        assert len(losses[0]) == len(losses[1])
        assert losses[0][1] != losses[1][1]


def test_a_kill_within_a_checkpoint_leaves_the_one_before(trainings, tracker, end):
    run = tracker.start(trainings.Killed, kwargs={**KWARGS, "checkpoint_step": 10})
    view = end(run)
    assert (view.state, "SIGKILL" in view.reason) == (RunState.FAILED, True)
    assert [saved.step for saved in tracker.checkpoints(run)] == [10, 20]
    tracker.resume(run)
    assert end(run).state is RunState.SUCCEEDED, tracker.statuses(run)
    again = [point.step for point in tracker.points(run, "loss/train") if point.attempt == 2]
    assert again == list(range(21, 33))
    whole = tracker.start(trainings.Small, kwargs=KWARGS)  # with as many threads of torch: sums come out otherwise
    end(whole)
    assert same_weights(weights(TestRun(run, tracker)), weights(TestRun(whole, tracker)))
