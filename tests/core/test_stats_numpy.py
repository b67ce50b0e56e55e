"""Numpy arrays and scalars give what plain Python values give."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest

from gymdash_core.codec import to_json
from gymdash_core.errors import InvalidValueError
from gymdash_core.stats.encode import encode_audio, encode_image, encode_video
from gymdash_core.stats.histogram import histogram
from gymdash_core.stats.values import json_text, scalar_value, step_value

RANDOM = np.random.default_rng(0)
PICTURES = [(4, 5), (4, 5, 1), (4, 5, 3), (4, 5, 4)]


@pytest.mark.parametrize("kind", ["f4", "f8", "f2", "i8", "u1", "?"])
@pytest.mark.parametrize("count", [0, 1, 7, 1000])
def test_histogram_of_an_array_is_that_of_its_numbers(kind, count):
    array = (
        RANDOM.random(count) > 0.5
        if kind == "?"
        else (RANDOM.normal(size=count) * 100).astype("f8").clip(0).astype(kind)
    )
    if kind[0] == "f" and count > 3:
        array[:3] = [np.nan, np.inf, -np.inf]
    assert histogram(array, 13) == histogram(array.tolist(), 13)


@pytest.mark.parametrize(
    "values", [[-sys.float_info.max, 0.0, sys.float_info.max], [5e-324] * 2, [1.0, np.nextafter(1, 2)]]
)
def test_histogram_of_extremes_is_the_same_either_way(values):
    assert histogram(np.array(values), 7) == histogram([float(value) for value in values], 7)


@pytest.mark.parametrize("shape", PICTURES)
@pytest.mark.parametrize(
    "make",
    [
        lambda shape: RANDOM.integers(0, 256, shape, dtype=np.uint8),
        RANDOM.random,
        lambda shape: RANDOM.random(shape).astype("f4"),
        lambda shape: RANDOM.random(shape) > 0.5,
        lambda shape: np.asfortranarray(RANDOM.integers(0, 256, shape)),
    ],
)
def test_picture_of_an_array_is_that_of_its_numbers(make, shape):
    array = make(shape)
    assert encode_image(array) == encode_image(array.tolist())


def test_strided_and_strange_pixels_are_drawn():
    array = RANDOM.random((3, 4))
    array[0, :3] = [np.nan, -1.0, 1.2]
    assert encode_image(array[::2, ::-1]) == encode_image(array[::2, ::-1].tolist())


@pytest.mark.parametrize(
    "array", [np.array([[255.0]]), np.array([["a"]]), np.array([[300]]), np.zeros((3, 8, 8))], ids=str
)
def test_array_that_is_no_picture_is_refused(array):
    with pytest.raises(InvalidValueError):
        encode_image(array)


def test_video_and_sound_of_arrays():
    assert encode_video(RANDOM.integers(0, 256, (5, 16, 16, 3), dtype=np.uint8))[:4] == b"RIFF"
    sound = RANDOM.normal(size=(100, 2)).astype("f4")
    sound[0, 0] = np.nan
    assert encode_audio(sound) == encode_audio(sound.tolist())


@pytest.mark.parametrize(
    ("value", "number"),
    [(np.float32(0.5), 0.5), (np.int64(3), 3.0), (np.array(2.0), 2.0), (np.array([2.0]), 2.0), (np.bool_(True), 1.0)],
)
def test_numpy_scalars_are_numbers(value, number):
    assert scalar_value(value, "k") == number


def test_numpy_integers_are_steps():
    assert (step_value(np.int32(4), "k"), step_value(np.array(4), "k")) == (4, 4)


@pytest.mark.parametrize("value", [np.array([1, 2.0]), np.array("a"), np.complex64(1)], ids=str)
def test_what_is_no_number_is_refused(value):
    with pytest.raises(InvalidValueError):
        scalar_value(value, "k")


def test_arrays_travel_as_lists():
    assert json.loads(json_text({"a": np.array([1, np.nan])}, "k")) == {"a": [1.0, "NaN"]}
    assert to_json({"a": np.arange(3), "b": np.float32(0.5)}, "v") == {"a": [0, 1, 2], "b": 0.5}
    with pytest.raises(InvalidValueError, match="elements"):
        to_json(np.zeros(1_000_000), "v")
