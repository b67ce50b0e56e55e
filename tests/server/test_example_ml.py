"""``example_ml`` through a server: digits are learned, steered, stopped, resumed, and recognised."""

from __future__ import annotations

import base64
import io
import json

import pytest
from PIL import Image

from gymdash_core.errors import InvalidValueError
from gymdash_torch.example.data import load_pictures

pytestmark = pytest.mark.timeout(400)  # trainings, on a machine that may be busy
WAIT_S = 240
#: 20 steps an epoch.
TRAINED = {"epochs": 16, "batch_size": 64, "lr": 0.004, "seed": 7, "log_step": 1}
DIGITS = {"dataset": "digits", "train_kwargs": TRAINED}


def values(client, run, key):
    found = client.points(run, key)
    return dict(zip(found.step, found.value, strict=True))


def sized(row):
    """Return the kind of an image that was recorded by its size."""
    return row.value["image"]["truncated"] if row.channel == "classify" and "image" in row.value else None


def test_digits_are_learned_steered_and_recognised(served, client, tmp_path, eventually):
    run = client.start("example_ml", kwargs={**DIGITS, "val": True, "test": True, "inference": True})
    eventually(lambda: (progress := client.get(run).progress) and progress.current >= 20, WAIT_S)
    changed = client.query(run, {"learning_rate": 0.002}, timeout_s=30)["learning_rate"]
    assert changed.value == 0.002
    with pytest.raises(InvalidValueError):
        client.query(run, {"learning_rate": -1})
    pixels, labels = load_pictures("digits", None).test.tensors
    asked = client.query(run, {"classify": {"values": pixels[0, 0].tolist()}}, timeout_s=30)["classify"]
    assert asked.triggered  # while the training goes on
    eventually(lambda: client.get(run).progress.current == 320, WAIT_S)
    rates = values(client, run, "train/learning_rate")
    assert {rate for step, rate in rates.items() if step < changed.step} <= {0.004}
    assert {rate for step, rate in rates.items() if step >= changed.step} == {0.002}

    out = io.BytesIO()
    Image.fromarray(pixels[3, 0].numpy()).resize((40, 40)).save(out, "PNG")
    query = tmp_path / "digit.json"
    query.write_text(json.dumps({"image": base64.b64encode(out.getvalue()).decode()}))
    seen = served.json("query", run.id, f"classify=@{query}", "--timeout", 60)["channels"]["classify"]["value"]
    assert seen["label"] == str(labels[3].item())
    assert seen["confidence"] > 0.5
    # a picture is not kept with every question
    eventually(lambda: any(sized(row) == "string" for row in client.interventions(run)), WAIT_S)
    client.query(run, {"finish_inference": None})
    assert client.wait(run, timeout=WAIT_S)
    assert client.state(run) == "succeeded"
    assert list(values(client, run, "acc/test").values())[-1] > 0.95


def test_a_run_that_was_stopped_and_resumed_ends_like_one_that_was_not(client, eventually):
    kwargs = {**DIGITS, "val": True, "test": True}
    stopped, whole = (client.start("example_ml", kwargs=kwargs) for _ in range(2))
    eventually(lambda: (progress := client.get(stopped).progress) and progress.current > 30, WAIT_S)
    client.stop(stopped)
    assert client.wait(stopped, timeout=WAIT_S)
    assert client.state(stopped) == "stopped"
    client.resume(stopped)
    assert client.wait_for(stopped, "succeeded", timeout=WAIT_S)
    assert client.wait(whole, timeout=WAIT_S)
    for key in ("loss/train", "loss/val", "acc/val", "acc/test"):
        assert values(client, stopped, key) == values(client, whole, key)
