"""Values become plain JSON, or are refused with a reason and a place."""

from __future__ import annotations

import enum
import json
import math
import uuid
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter

from gymdash_core import codec
from gymdash_core.errors import InvalidValueError


class NumpyLike:
    """What numpy arrays and scalars, and torch tensors, have in common."""

    dtype = "float32"

    def __init__(self, values: Any, shape: tuple[int, ...] = ()) -> None:
        self._values = values
        self.shape = shape

    def tolist(self) -> Any:
        return self._values


class TorchLike(NumpyLike):
    def numel(self) -> int:
        return math.prod(self.shape)

    def size(self) -> tuple[int, ...]:
        return self.shape


class Colour(enum.StrEnum):
    RED = "red"


class Level(enum.IntEnum):
    LOW = 1


class FloatSub(float):
    """As numpy.float64 is one."""


class StrSub(str):
    __slots__ = ()

    def __str__(self) -> str:
        return "not the content"


class Inner(BaseModel):
    when: datetime = datetime(2024, 1, 2, tzinfo=UTC)
    renamed: int = Field(3, alias="renamedTo")


@dataclass
class Outer:
    inner: Inner
    values: list[int] = field(default_factory=lambda: [1])


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(json_values)
def test_json_passes_unchanged(value):
    plain = codec.to_json(value, "x")
    assert json.dumps(plain) == json.dumps(value)


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ((1, 2), [1, 2]),
        ({3}, [3]),
        (frozenset(), []),
        (MappingProxyType({"a": (1,)}), {"a": [1]}),
        ({1: "int key", Colour.RED: "enum key"}, {"1": "int key", "red": "enum key"}),
        (Colour.RED, "red"),
        (Level.LOW, 1),
        (FloatSub(0.5), 0.5),
        (StrSub("content"), "content"),
        (PurePosixPath("a/b"), "a/b"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (date(2024, 1, 2), "2024-01-02"),
        (datetime(2024, 1, 2, tzinfo=UTC), "2024-01-02T00:00:00+00:00"),
        (Inner(), {"when": "2024-01-02T00:00:00Z", "renamedTo": 3}),
        (Outer(Inner()), {"inner": {"when": "2024-01-02T00:00:00Z", "renamedTo": 3}, "values": [1]}),
        (NumpyLike(0.5), 0.5),
        (NumpyLike([[1, 2]], (1, 2)), [[1, 2]]),
        (TorchLike([1.0], (1,)), [1.0]),
        ({"loss": TorchLike(1.5)}, {"loss": 1.5}),
        ([NumpyLike(True)], [True]),
    ],
)
def test_rich_values_become_plain(value, plain):
    found = codec.to_json(value, "x")
    assert found == plain
    assert json.loads(json.dumps(found)) == found


@pytest.mark.parametrize("value", [Colour.RED, Level.LOW, FloatSub(0.5), StrSub("s"), {Colour.RED: Level.LOW}])
def test_subclasses_of_plain_types_become_exactly_plain(value):
    def types(item: Any) -> set[type]:
        if isinstance(item, dict):
            return {type(item)}.union(*map(types, item.keys()), *map(types, item.values()))
        return {type(item)}

    assert types(codec.to_json(value, "x")) <= {str, int, float, dict}


def test_non_finite_floats_pass():
    assert math.isnan(codec.to_json(math.nan, "x"))
    assert codec.to_json([math.inf, -math.inf], "x") == [math.inf, -math.inf]


@pytest.mark.parametrize(
    ("value", "loc", "kind"),
    [
        (object(), (), "not_json"),
        ({"a": [1, object()]}, ("a", 1), "not_json"),
        ({"a": {"b": b"bytes"}}, ("a", "b"), "not_json"),
        ({"a": {None: 1}}, ("a",), "not_json"),
        ({"a": {True: 1}}, ("a",), "not_json"),
        ({"1": "one", 1: "also one"}, (), "not_json"),
        (Outer(Inner(), [object()]), ("values", 0), "not_json"),  # type: ignore[list-item]
        (NumpyLike([1j], (1,)), (0,), "not_json"),
        ({"a": [10**5000]}, ("a", 0), "too_large"),
        ({"a": NumpyLike([], (1000, 1000))}, ("a",), "too_large"),
    ],
)
def test_refusal_names_the_place_and_the_kind(value, loc, kind):
    with pytest.raises(InvalidValueError) as caught:
        codec.to_json(value, "channel 'x'")
    assert [(error.loc, error.type) for error in caught.value.errors] == [(loc, kind)]
    assert "channel 'x'" in str(caught.value)


def test_big_integer_is_refused_also_alone():
    with pytest.raises(InvalidValueError, match="bits"):
        codec.to_json(10**5000, "x")
    assert codec.to_json(2**64, "x") == 2**64


def test_cycle_is_refused():
    cycle: list[Any] = []
    cycle.append(cycle)
    with pytest.raises(InvalidValueError, match="deeper"):
        codec.to_json(cycle, "x")


def test_exactly_one_mebibyte_is_accepted_and_a_byte_more_refused():
    fits = "x" * (codec.MAX_VALUE_BYTES - 2)  # two quotes
    assert codec.to_json(fits, "x") == fits
    with pytest.raises(InvalidValueError) as caught:
        codec.to_json(fits + "x", "x")
    assert caught.value.errors[0].type == "too_large"


def test_size_counts_bytes_not_characters():
    with pytest.raises(InvalidValueError):
        codec.to_json("é" * (codec.MAX_VALUE_BYTES // 2), "x")


def test_big_array_is_refused_without_being_converted():
    class Big(NumpyLike):
        def tolist(self) -> Any:
            pytest.fail("converted")

    for cls in (Big, type("BigTensor", (Big, TorchLike), {})):
        with pytest.raises(InvalidValueError, match="1000000000000 array elements"):
            codec.to_json(cls(None, (10**6, 10**6)), "x")


def test_what_goes_to_a_file_may_have_any_size():
    text = "x" * (codec.MAX_VALUE_BYTES + 1)
    assert codec.to_plain(text, "x") == text
    assert codec.to_plain(NumpyLike([0] * 10, (1000, 1000)), "x") == [0] * 10


@pytest.mark.parametrize("value", [(1, 2), (0.5, None), (True, 1.0)])
def test_pair_of_numbers_needs_no_conversion(value):
    assert codec.is_plain_pair(value)


@pytest.mark.parametrize("value", [[1, 2], (1, 2, 3), (1, "2"), (FloatSub(1), 2), 1, None, (1, NumpyLike(2))])
def test_anything_else_is_no_plain_pair(value):
    assert not codec.is_plain_pair(value)


def test_validate_names_each_field():
    class Model(BaseModel):
        a: int
        b: Annotated[float, Field(ge=0)]

    with pytest.raises(InvalidValueError) as caught:
        codec.validate(TypeAdapter(Model), {"a": "no", "b": -1}, "x")
    assert [(error.loc, error.type) for error in caught.value.errors] == [
        (("a",), "int_parsing"),
        (("b",), "greater_than_equal"),
    ]


def test_validate_takes_json_for_what_it_is_also_in_strict_models():
    class Strict(BaseModel):
        model_config = ConfigDict(strict=True)
        colour: Colour
        pair: tuple[int, int]

    found = codec.validate(TypeAdapter(Strict), {"colour": "red", "pair": [1, 2]}, "x")
    assert found == Strict(colour=Colour.RED, pair=(1, 2))
    with pytest.raises(InvalidValueError):
        codec.validate(TypeAdapter(Strict), {"colour": "red", "pair": ["1", 2]}, "x")


def test_validate_accepts_non_finite_numbers():
    assert codec.validate(TypeAdapter(float), math.inf, "x") == math.inf


def test_dump_writes_what_a_type_has_parsed():
    adapter = TypeAdapter(dict[str, date])
    assert codec.dump(adapter, codec.validate(adapter, {"a": "2024-01-02"}, "x"), "x") == {"a": "2024-01-02"}


def test_dump_of_what_is_no_json_is_refused():
    with pytest.raises(InvalidValueError) as caught:
        codec.dump(TypeAdapter(Any), object(), "x")
    assert caught.value.errors[0].type == "not_json"


def test_model_that_holds_what_is_no_json_is_refused():
    class Model(BaseModel):
        data: Any

    with pytest.raises(InvalidValueError):
        codec.to_json({"m": Model(data=object())}, "x")


def test_json_values_are_the_same_only_with_the_same_types():
    assert codec.same({"a": [1, {"b": None}]}, {"a": [1, {"b": None}]})
    for one, other in [(1, True), (1, 1.0), ([1], [1, 2]), ({"a": 1}, {"b": 1}), (0, None), ("1", 1)]:
        assert not codec.same(one, other)


def test_a_validator_that_fails_refuses_the_value():
    def fail(value):
        raise KeyError("missing")

    with pytest.raises(InvalidValueError, match="a validator raised KeyError"):
        codec.validate(TypeAdapter(Annotated[int, AfterValidator(fail)]), 1, "here")
