"""Scanning by bytes tells the same as protobuf, and protobuf is asked for the first of each form alone."""

from __future__ import annotations

import math
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
from tensorboard.util.tensor_util import make_tensor_proto

from gymdash_tensorboard.events import EventDecoder
from gymdash_tensorboard.scanning import Scanner
from gymdash_tensorboard.wire import number_place

FLOAT, DOUBLE, INT = 1, 2, 3
METADATA = SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name="scalars"))
DESCRIBED = SummaryMetadata(display_name="x" * 40, plugin_data=METADATA.plugin_data)


def content(value):
    """As TensorFlow 2 writes a scalar."""
    return TensorProto(dtype=FLOAT, tensor_shape=TensorShapeProto(), tensor_content=struct.pack("<f", value))


def shapeless(value):
    """As PyTorch writes a scalar of the new style."""
    return TensorProto(dtype=FLOAT, float_val=[value])


FORMS = {
    "simple": lambda tag, value: Summary.Value(tag=tag, simple_value=value),
    "tensor": lambda tag, value: Summary.Value(tag=tag, tensor=make_tensor_proto(np.float32(value)), metadata=METADATA),
    "content": lambda tag, value: Summary.Value(tag=tag, tensor=content(value), metadata=DESCRIBED),
    "shapeless": lambda tag, value: Summary.Value(tag=tag, tensor=shapeless(value), metadata=METADATA),
    "double": lambda tag, value: Summary.Value(
        tag=tag, tensor=make_tensor_proto(np.float64(value + 0.1)), metadata=METADATA
    ),
    "int": lambda tag, value: Summary.Value(
        tag=tag,
        tensor=TensorProto(dtype=INT, tensor_shape=TensorShapeProto(), tensor_content=struct.pack("<f", value)),
        metadata=METADATA,
    ),
}
FAST = ["simple", "tensor", "content", "shapeless"]
NUMBERS = st.floats(width=32)
EVENTS = st.lists(
    st.tuples(st.sampled_from(sorted(FORMS)), st.sampled_from(["a", "b", "c" * 130]), NUMBERS, st.integers(0, 1 << 40)),
    max_size=30,
)


def record(form, tag, value, step):
    summary = Summary(value=[FORMS[form](tag, value)])
    return Event(wall_time=1 + step / 7, step=step, summary=summary).SerializeToString()


def scan(bodies):
    scanner = Scanner(lambda kind, key: True, lambda damage: pytest.fail(str(damage)))
    asked, values = [], scanner.decoder.values
    scanner.decoder.values = lambda data: asked.append(data) or values(data)
    scanner.take([(n + 1, body) for n, body in enumerate(bodies)])
    return scanner.columns, len(asked)


@given(events=EVENTS)
def test_any_mixture_of_forms_gives_what_protobuf_says(events):
    bodies = [record(*event) for event in events]
    decoder, expected = EventDecoder(), {}
    for body in bodies:
        for value in decoder.values(body):
            point = (value.step, value.wall_time, repr(value.value))
            expected.setdefault((value.key, value.kind), []).append(point)
    columns, _ = scan(bodies)
    found = {pair: list(zip(one.steps, one.times, map(repr, one.values), strict=True)) for pair, one in columns.items()}
    assert found == expected


@pytest.mark.parametrize("form", FAST)
def test_protobuf_is_asked_for_the_first_event_of_a_form_alone(form):
    columns, asked = scan([record(form, "a", n / 2, n * 100) for n in range(50)])
    assert asked == 1
    assert columns["a", "scalars"].values.tolist() == [n / 2 for n in range(50)]


def test_forms_in_turn_stay_fast():
    bodies = [record(form, tag, n / 2, n) for n in range(20) for form in FAST for tag in ("a", "b" * 15)]
    assert scan(bodies)[1] == 8


def test_a_tag_stays_fast_behind_a_number_of_another_width():
    bodies = [record("simple", "a", 0.5, 0), record("double", "a", 1.0, 1)]
    bodies += [record("simple", "a", n / 4, n) for n in range(2, 30)]
    columns, asked = scan(bodies)
    assert asked == 2
    assert columns["a", "scalars"].values.tolist() == [0.5, 1.1, *(n / 4 for n in range(2, 30))]


def test_a_tag_that_nobody_wants_is_told_by_its_bytes_too():
    scanner = Scanner(lambda kind, key: False, lambda damage: None)
    scanner.take([(1, record("tensor", "a", 1.0, 1)), (2, record("tensor", "a", 2.0, 2))])
    assert scanner.columns == {}


@pytest.mark.parametrize("form", ["double", "int"])
def test_numbers_of_other_types_are_left_to_protobuf(form):
    data = record(form, "a", 0.0, 1)
    (value,) = EventDecoder().values(data)
    assert number_place(data, 11, value.value) is None


@pytest.mark.parametrize("value", [1.5, -0.0, math.inf, math.nan])
@pytest.mark.parametrize("form", FAST)
def test_the_place_of_a_number_is_found(form, value):
    data = record(form, "a", value, 1)
    place = number_place(data, 11, value)
    assert data[place : place + 4] == struct.pack("<f", value)


@given(data=st.binary(max_size=60), at=st.integers(0, 20))
def test_in_other_bytes_there_is_no_place_or_the_number_stands_there(data, at):
    place = number_place(data, at, 0.0)
    assert place is None or struct.unpack("<f", data[place : place + 4])[0] == 0.0
