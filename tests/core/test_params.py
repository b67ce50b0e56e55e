"""Start arguments: validated, coerced, without defaults; refused with every field named."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    RootModel,
    SecretStr,
    computed_field,
    model_validator,
)

from gymdash_core.errors import FieldError, InvalidKwargsError, PluginError, RefusedFieldsError
from gymdash_core.params import build_params, defaults_of, params_model, schema_of, validate_kwargs


class Net(BaseModel):
    width: int = 64
    depth: int = 2


class Params(BaseModel):
    steps: int = Field(100, ge=1)
    rate: float = 0.1
    net: Net = Net()
    nets: list[Net] = []
    folder: Path | None = None
    sizes: tuple[int, ...] = (64, 64)


def refused(model, kwargs):
    with pytest.raises(InvalidKwargsError) as caught:
        validate_kwargs("demo", model, kwargs)
    assert caught.value.key == "demo"
    return {error.loc: error for error in caught.value.errors}


def test_values_are_coerced_to_json_and_defaults_are_left_out():
    kwargs = {"steps": "5", "folder": Path("a/b"), "sizes": (1, 2), "net": {"width": "3"}}
    assert validate_kwargs("demo", Params, kwargs) == {
        "steps": 5,
        "net": {"width": 3},
        "folder": "a/b",
        "sizes": [1, 2],
    }
    assert validate_kwargs("demo", Params, {}) == {}


def test_all_refused_fields_are_named_at_once():
    errors = refused(Params, {"steps": 0, "rate": "fast", "stepz": 1})
    assert set(errors) == {("steps",), ("rate",), ("stepz",)}
    assert "Did you mean 'steps'?" in errors["stepz",].message
    assert errors["steps",].type == "greater_than_equal"


def test_unknown_names_below_the_top_are_refused():
    errors = refused(Params, {"net": {"widht": 3}, "nets": [{}, {"dept": 1}]})
    assert set(errors) == {("net", "widht"), ("nets", 1, "dept")}
    assert "'width'" in errors["net", "widht"].message


def test_model_that_allows_extras_gets_them():
    class Open(Params):
        model_config = ConfigDict(extra="allow")

    assert validate_kwargs("demo", Open, {"stepz": (1,)}) == {"stepz": [1]}


def test_without_a_model_any_json_is_accepted():
    assert validate_kwargs("demo", None, {"a": [1, {"b": None}], "c": (1,)}) == {"a": [1, {"b": None}], "c": [1]}


def test_without_a_model_what_is_no_json_is_refused_by_name():
    assert set(refused(None, {"fine": 1, "fn": print, "deep": {"x": [object()]}})) == {("fn",), ("deep", "x", 0)}
    assert set(refused(None, {3: 4})) == {("3",)}


def test_value_that_does_not_survive_the_round_trip_is_kept_as_given():
    class Odd(BaseModel):
        password: SecretStr = SecretStr("")
        percent: Annotated[float, AfterValidator(lambda value: value / 100)] = 1.0
        hidden: int = Field(0, exclude=True)
        anything: Any = None
        when: datetime | None = None

    kwargs = {"password": "hush", "percent": "50", "hidden": 7, "anything": math.inf, "when": "2026-01-02"}
    stored = validate_kwargs("demo", Odd, kwargs)
    assert stored == {**kwargs, "when": "2026-01-02T00:00:00"}
    again = build_params("demo", Odd, stored)
    assert again.password.get_secret_value() == "hush"
    assert again.percent == 0.5
    assert again.hidden == 7


class Color(Enum):
    RED = "red"


class Strict(BaseModel):
    model_config = ConfigDict(strict=True)

    when: datetime | None = None
    color: Color | None = None
    sizes: tuple[int, ...] = ()
    names: set[str] = set()
    folder: Path | None = None
    rate: float = 0.1
    many: dict[int, float] = {}
    lag: timedelta = timedelta()


PLAIN = {
    "when": "2026-01-02T03:04:05",
    "color": "red",
    "sizes": [1, 2],
    "names": ["a"],
    "folder": "a/b",
    "rate": math.inf,
    "many": {"1": -math.inf},
    "lag": "PT1M",
}
LIVE = {
    "when": datetime(2026, 1, 2, 3, 4, 5),  # noqa: DTZ001 - local time is what is asked for
    "color": Color.RED,
    "sizes": (1, 2),
    "names": {"a"},
    "folder": Path("a/b"),
    "rate": math.inf,
    "many": {1: -math.inf},
    "lag": timedelta(minutes=1),
}


@pytest.mark.parametrize("name", PLAIN)
def test_strict_model_takes_json_from_controllers_and_values_from_scripts(name):
    for kwargs in ({name: PLAIN[name]}, {name: LIVE[name]}):
        stored = validate_kwargs("demo", Strict, kwargs)
        assert stored == {name: PLAIN[name]}
        assert getattr(build_params("demo", Strict, stored), name) == LIVE[name]


def test_strict_model_takes_a_mixture_as_a_branch_gives_it():
    kwargs = {**PLAIN, "folder": Path("c")}
    stored = validate_kwargs("demo", Strict, {name: kwargs[name] for name in kwargs if name != "lag"})
    assert build_params("demo", Strict, stored) == Strict(**{**LIVE, "folder": Path("c"), "lag": timedelta()})


def test_strict_model_refuses_what_is_neither_for_json_nor_for_a_script():
    assert set(refused(Strict, {"rate": "0.5", "color": "blue", "sizes": ["1"], "when": "soon"})) == {
        ("rate",),
        ("color",),
        ("sizes", 0),
        ("when",),
    }
    assert set(refused(Strict, {"sizes": {1, 2}, "color": "red"})) == {("sizes",), ("color",)}
    assert set(refused(Strict, {"rate": "0.5", "folder": Path("a")})) == {("rate",)}


def test_model_that_is_not_strict_takes_no_more_than_before():
    class Text(BaseModel):
        name: str = ""

    assert set(refused(Text, {"name": Path("a")})) == {("name",)}


def test_nan_survives():
    assert math.isnan(build_params("demo", Strict, validate_kwargs("demo", Strict, {"rate": math.nan})).rate)


def test_name_of_a_file_that_is_no_utf8_survives():
    stored = validate_kwargs("demo", Params, {"folder": "a\udcff"})
    assert build_params("demo", Params, stored).folder == Path("a\udcff")


def test_what_a_worker_could_not_read_is_refused_at_once():
    class Thing:
        pass

    @dataclass
    class Shaped(Thing):
        x: int = 1

    class Holds(BaseModel):
        model_config = ConfigDict(arbitrary_types_allowed=True)
        thing: Annotated[Thing | None, PlainSerializer(lambda thing: {"x": thing.x})] = None

    assert set(refused(Holds, {"thing": Shaped()})) == {("thing",)}


def test_infinite_floats_survive():
    assert validate_kwargs("demo", Params, {"rate": math.inf}) == {"rate": math.inf}


def test_aliases_are_stored_in_the_spelling_that_the_model_reads_back():
    class Aliased(BaseModel):
        lambda_: float = Field(1.0, alias="lambda")
        many: int = Field(1, validation_alias=AliasChoices("first", "second"))

    stored = validate_kwargs("demo", Aliased, {"lambda": 2, "second": 3})
    assert stored == {"lambda": 2.0, "first": 3}
    assert validate_kwargs("demo", Aliased, stored) == stored
    assert set(schema_of(Aliased, {})["properties"]) == set(stored)
    assert set(refused(Aliased, {"lambda_": 2})) == {("lambda_",)}


def test_fields_that_a_validator_fills_in_are_not_what_was_asked_for():
    class Filled(BaseModel):
        a: int = 1
        b: int = 0

        @model_validator(mode="after")
        def _fill(self):
            self.b = self.a + 1
            return self

        @computed_field
        @property
        def c(self) -> int:
            return self.b

    assert validate_kwargs("demo", Filled, {"a": 3}) == {"a": 3}


def test_validator_that_raises_is_a_refusal_that_names_the_model():
    class Bad(BaseModel):
        a: Annotated[int, AfterValidator(lambda value: 1 // value)] = 1

    (error,) = refused(Bad, {"a": 0}).values()
    assert "Bad" in error.message
    assert "ZeroDivisionError" in error.message


def test_each_message_of_a_validator_stands_at_its_field():
    class Inner(BaseModel):
        x: int = 0

        @model_validator(mode="after")
        def _check(self):
            raise RefusedFieldsError(FieldError(("x",), "is refused", "never"))

    class Ranged(BaseModel):
        low: int = 0
        more: dict[str, int] = {}
        inner: Inner | None = None

        @model_validator(mode="after")
        def _check(self):
            raise RefusedFieldsError(*(FieldError(("more", name), "no such name") for name in self.more))

    assert set(refused(Ranged, {"more": {"a": 1, "b": 2}})) == {("more", "a"), ("more", "b")}
    (error,) = refused(Ranged, {"inner": {"x": 1}}).values()
    assert (error.loc, error.message, error.type) == (("inner", "x"), "is refused", "never")


def test_defaults_leave_out_required_fields_and_what_is_no_json():
    class Mixed(BaseModel):
        model_config = ConfigDict(arbitrary_types_allowed=True)

        needed: int
        made: list[int] = Field(default_factory=lambda: [1])
        net: Net = Net()
        thing: Any = print

    assert defaults_of(Mixed) == {"made": [1], "net": {"width": 64, "depth": 2}}


def test_schema_forbids_unknown_names_unless_the_model_allows_them():
    assert schema_of(Params, {})["additionalProperties"] is False
    assert schema_of(None, {"total": 1})["additionalProperties"] is True


def test_params_that_is_no_model_is_refused():
    class NoModel:
        Params = {"steps": 1}  # noqa: RUF012

    class Root:
        class Params(RootModel[list[int]]):
            pass

    for cls in (NoModel, Root):
        with pytest.raises(PluginError, match="Params"):
            params_model(cls)
    assert params_model(object) is None


def test_params_with_an_annotation_that_does_not_exist_is_refused():
    class Holder:
        class Params(BaseModel):
            a: NoSuchType  # noqa: F821

    with pytest.raises(PluginError, match="NoSuchType"):
        params_model(Holder)
