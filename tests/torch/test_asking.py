"""What the classifier is asked: every way to give a picture, and what is wrong with it in words."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError

from gymdash_torch.example.asking import DigitsQuery, ImageQuery, MnistQuery, data_url, decode
from gymdash_torch.example.drawing import draw_answer, draw_confusion, draw_samples

DARK = np.zeros((8, 8), np.uint8)
DARK[2:6, 3:5] = 200


def encoded(array, kind="PNG"):
    out = io.BytesIO()
    Image.fromarray(array).save(out, kind)
    return out.getvalue()


def text(array, kind="PNG"):
    return base64.b64encode(encoded(array, kind)).decode()


@pytest.mark.parametrize(
    "query",
    [
        {"image": text(DARK)},
        {"image": data_url(encoded(DARK))},
        {"image": text(np.dstack([DARK] * 3))},
        {"image": text(np.dstack([255 - DARK, 255 - DARK, 255 - DARK, np.full_like(DARK, 255)]))},
        {"image": text(255 - DARK)},
        {"values": DARK.tolist()},
        {"values": DARK.flatten().tolist()},
        {"values": (DARK / 255).tolist()},
        {"media": "media/one.png"},
    ],
)
def test_a_picture_comes_in_many_ways(query, tmp_path):
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "one.png").write_bytes(encoded(DARK))
    assert (DigitsQuery.model_validate(query).pixels(8, tmp_path) == DARK).all()


def test_pictures_of_other_sizes_are_scaled(tmp_path):
    large = Image.fromarray(DARK).resize((200, 100))
    out = io.BytesIO()
    large.save(out, "JPEG")
    query = MnistQuery(image=base64.b64encode(out.getvalue()).decode())
    assert query.pixels(28, tmp_path).shape == (28, 28)


def test_dark_on_light_is_turned_unless_told_otherwise(tmp_path):
    light = {"values": (255 - DARK).tolist()}
    assert DigitsQuery(**light).pixels(8, tmp_path).mean() < 100
    assert DigitsQuery(**light, invert=False).pixels(8, tmp_path).mean() > 100


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({}, "exactly one of image, values and media, not none"),
        ({"image": text(DARK), "media": "x"}, "not image and media"),
        ({"image": "%%%"}, "image is no base64"),
        ({"image": base64.b64encode(b"no picture").decode()}, "image is no picture"),
        ({"image": base64.b64encode(encoded(DARK)[:45]).decode()}, "image is no picture"),
        ({"image": text(np.zeros((3000, 3000), np.uint8))}, "image has 3000 x 3000 pixels"),
        ({"values": [1, 2, 3]}, "values have the shape (3,); expected (8, 8) or (64,)"),
        ({"values": [[1, 2], [3]]}, "rows of different lengths; expected 8 x 8"),
        ({"values": [300] * 64}, "from 0 to 255"),
        ({"values": [-1] * 64}, "from 0 to 255"),
        ({"values": ["a"] * 64}, "valid number"),
    ],
)
def test_what_is_wrong_is_named_before_it_is_delivered(query, words):
    with pytest.raises(ValidationError) as caught:
        DigitsQuery.model_validate(query)
    assert words in str(caught.value)


@pytest.mark.parametrize("name", ["nothing.png", "../outside.png", "/etc/hostname", "config.json"])
def test_media_are_pictures_of_the_run(name, tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    (run / "config.json").write_text("{}")
    (tmp_path / "outside.png").write_bytes(encoded(DARK))
    with pytest.raises(ValueError, match="media"):
        ImageQuery(media=name).pixels(8, run)


def test_results_are_drawn():
    classes = ["T-shirt/top", "Bag", "Coat"]
    for png in (
        draw_answer(DARK, classes, [0.1, 0.7, 0.2]),
        draw_confusion(np.array([[5, 0, 1], [0, 0, 0], [2, 2, 9]]), classes),
        draw_samples(np.stack([DARK] * 5), ["Bag"] * 5, ["Bag", "Coat", "Bag", "Bag", "Bag"]),
    ):
        assert decode(data_url(png)).size[0] > 100
