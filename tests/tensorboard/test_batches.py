"""Records of several points: batches, and a tag that stands in an event twice."""

from __future__ import annotations

import numpy as np
import pytest
from tensorboard.compat.proto.summary_pb2 import Summary

from gymdash_tensorboard import TensorboardStreamer


def batch(events, *images):
    return events.tensor("x", "images", np.array([b"1", b"1", *images], object))


def clips(events, *names):
    return events.tensor("x", "audio", np.array([[name, b"a label"] for name in names], object))


def twice(events, *numbers):
    return Summary(value=[Summary.Value(tag="x", simple_value=number) for number in numbers])


@pytest.mark.parametrize("limit", [None, 1, 2, 3, 100])
@pytest.mark.parametrize(
    ("make", "items"),
    [(batch, [b"P1", b"P2", b"P3", b"P4"]), (clips, [b"R1", b"R2", b"R3", b"R4"]), (twice, [1.0, 2.0, 3.0, 4.0])],
)
def test_each_item_is_a_point_in_pages_of_any_size(tmp_path, events, make, items, limit):
    first, second = make(events, *items[:3]), make(events, items[3])
    events.write(tmp_path, events.simple("y", 0, 0), events.holding(first, 1), events.holding(second, 2))
    found, cursor = [], None
    for _ in range(6):
        stat = TensorboardStreamer(tmp_path).stat("x")  # as another process would
        page, cursor = stat.read(cursor, limit)
        found += page
    assert [(point.step, point.value) for point in found] == list(zip([1, 1, 1, 2], items, strict=True))
    events.write(tmp_path, events.holding(second, 3))
    assert [point.step for point in TensorboardStreamer(tmp_path).stat("x").read(cursor)[0]] == [3]


def test_clips_without_labels_are_points(tmp_path, events):
    events.write(tmp_path, events.holding(events.tensor("x", "audio", np.array([b"R1", b"R2"], object)), 1))
    assert [point.value for point in TensorboardStreamer(tmp_path).stat("x").read()[0]] == [b"R1", b"R2"]
