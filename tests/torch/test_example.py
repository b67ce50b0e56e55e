"""``example_ml``: every mode alone and with the others, and what can be asked of it."""

from __future__ import annotations

import json

import pytest

from gymdash_core.errors import InvalidValueError, UnknownChannelError
from gymdash_core.status import RunState
from gymdash_core.testing import run_simulation, start_simulation
from gymdash_torch.example.data import load_pictures

QUICK = {"epochs": 1, "batch_size": 200, "lr": 0.003, "seed": 1, "log_step": 1, "sample_step": 3}
ASKED = {"dataset": "digits", "inference": True, "train_kwargs": QUICK}


def keys(run):
    return set(dict(run.tracker.stats(run.id).keys()))


def test_training_alone_logs_its_loss_and_pictures():
    run = run_simulation("example_ml", {"dataset": "digits", "train_kwargs": QUICK})
    assert run.state is RunState.SUCCEEDED, run.describe()
    assert [point.step for point in run.points("loss/train")] == [1, 2, 3, 4, 5, 6, 7]
    assert [point.step for point in run.points("example_outputs")] == [3, 6]
    assert [point.step for point in run.points("gradients/conv1.weight", "histograms")] == [3, 6]
    assert "dropout   Dropout" in run.points("model_summary")[0].value
    assert not keys(run) & {"loss/val", "acc/val", "acc/test"}


def test_all_modes_together(tmp_path):
    kwargs = {**ASKED, "val": True, "test": True, "val_kwargs": {"per_steps": 2}}
    kwargs["inference_kwargs"] = {"idle_timeout_s": 0.1}
    run = run_simulation("example_ml", kwargs)
    assert run.state is RunState.SUCCEEDED, run.describe()
    assert [point.step for point in run.points("acc/val")] == [2, 4, 6, 7]
    assert [point.step for point in run.points("confusion_matrix/test")] == [7]
    assert 0 < run.points("acc/test")[0].value < 1
    assert "nobody has asked anything for 0.1 s" in run.statuses[-1].details


def test_modes_without_training_take_a_model_from_a_checkpoint():
    with start_simulation("example_ml", {"dataset": "digits", "train_kwargs": QUICK}) as run:
        run.wait()
        judged = {"train": False, "val": True, "test": True}
        branch = run.tracker.branch(run.id, kwargs=judged)
        assert run.tracker.wait(branch, 60)
        assert run.tracker.state(branch) is RunState.SUCCEEDED, run.tracker.statuses(branch)
        assert [point.step for point in run.tracker.points(branch, "acc/test")] == [7]
        assert [point.step for point in run.tracker.points(branch, "acc/val")] == [7]
    alone = run_simulation("example_ml", {"dataset": "digits", **judged})
    assert alone.state is RunState.SUCCEEDED, alone.describe()
    assert "the model is untrained" in alone.statuses[0].details


def test_what_a_picture_shows_is_asked_until_the_end_is_asked_for():
    pixels = load_pictures("digits", None).test.tensors[0][0, 0].tolist()
    with start_simulation("example_ml", ASKED) as run:
        run.wait_for("running")
        answer = run.query({"classify": {"values": pixels}})["classify"]
        assert answer.triggered, answer
        assert answer.value["label"] in answer.value["probabilities"]
        assert answer.value["confidence"] == max(answer.value["probabilities"].values())
        assert sum(answer.value["probabilities"].values()) == pytest.approx(1)
        assert answer.value["picture"].startswith("data:image/png;base64,")
        (logged,) = run.points("inference", "images")
        again = run.query({"classify": {"media": str(logged.path)}})["classify"]
        assert again.triggered
        assert run.query({"finish_inference": None})["finish_inference"].value == {"answers": 2}
        assert run.wait() is RunState.SUCCEEDED, run.describe()


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"values": [0.5] * 784}, "expected (8, 8) or (64,)"),
        ({"image": "bm8gcGljdHVyZQ=="}, "image is no picture"),
        ({"picture": "x"}, "exactly one of image, values and media"),
        (5, "classify"),
    ],
)
def test_a_picture_that_is_none_is_refused_before_it_is_delivered(value, words):
    with start_simulation("example_ml", ASKED) as run:
        run.wait_for("running")
        with pytest.raises(InvalidValueError) as caught:
            run.query({"classify": value})
        assert words in str(caught.value)


def test_custom_queries_are_answered_with_tensors_or_refused():
    with start_simulation("example_ml", ASKED) as run:
        run.wait_for("running")
        told = run.query({"custom_query": {}})["custom_query"].value
        assert told["classes"] == list("0123456789")
        bias = run.query({"custom_query": {"parameter": "output.bias"}})["custom_query"].value
        assert (bias["shape"], len(bias["values"])) == ([10], 10)
        assert json.dumps(bias)
        wrong = run.query({"custom_query": {"parameter": "outputs.bias"}})["custom_query"]
        assert "the model has no parameter 'outputs.bias'; it has conv1.weight" in wrong.reason
        shape = run.query({"custom_query": {"values": [1, 2]}})["custom_query"]
        assert "expected (8, 8)" in shape.reason
        media = run.query({"classify": {"media": "../x"}})["classify"]
        assert "the run has no file '../x'" in media.reason


def test_a_parameter_that_is_too_large_is_refused_and_the_run_goes_on(monkeypatch):
    from gymdash_torch.example import model

    monkeypatch.setattr(model, "_HIDDEN", 9000)
    with start_simulation("example_ml", ASKED) as run:
        run.wait_for("running")
        reply = run.query({"custom_query": {"parameter": "hidden.weight"}})["custom_query"]
        assert "array elements are more than 1048576 bytes" in reply.reason
        assert run.query({"custom_query": {}})["custom_query"].triggered


def test_without_inference_there_is_nothing_to_ask():
    with start_simulation("example_ml", {"dataset": "digits", "train_kwargs": {**QUICK, "epochs": 1000}}) as run:
        run.wait_for("running")
        with pytest.raises(UnknownChannelError):
            run.query({"classify": {"values": [0] * 64}})


def test_a_data_set_that_cannot_be_had_fails_the_run_in_words(monkeypatch):
    from gymdash_torch.example import data

    monkeypatch.setattr(data, "_SYSTEM", {})
    monkeypatch.setattr(data.torchvision_datasets().FashionMNIST, "mirrors", ["http://127.0.0.1:9/"])
    run = run_simulation("example_ml", {"dataset": "fashion_mnist"})
    assert run.state is RunState.FAILED
    assert "use dataset='digits', which needs no download" in run.view.reason
