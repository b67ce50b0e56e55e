"""Rules of `gymdash_core.field_texts`: docstrings of a class and its bases tell what fields are."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from pydantic import BaseModel, Field, TypeAdapter

from gymdash_core import Channel
from gymdash_core.field_texts import FieldTexts, field_texts
from gymdash_core.params import schema_of


class Base(BaseModel):
    """How it learns.

    Attributes:
        rate: How fast,
            at most ``1``.
        depth: How deep.
        size: How large.

    Example:
        never: mind
    """

    rate: float = 0.1
    depth: int = 2
    size: int = Field(default=1, alias="how_large")
    never: int = 0


class Derived(Base):
    """How it learns more.

    Attributes:
        depth: How much deeper.
    """

    own: str = Field(default="", description="Its own.")


class Silent(Derived):
    rate: float = 0.5


@dataclass
class Plain:
    """Options.

    Args:
        width (int): How wide.
    """

    width: int = 1


@dataclass
class Wider(Plain):
    net: Silent = field(default_factory=Silent)


def texts_of(schema):
    return {name: field["description"] for name, field in schema["properties"].items() if "description" in field}


def test_a_field_without_a_text_has_that_of_the_nearest_class_that_says_something():
    expected = {"rate": "How fast, at most 1.", "depth": "How much deeper.", "how_large": "How large."}
    assert texts_of(schema_of(Silent, {})) == expected | {"own": "Its own."}
    assert texts_of(schema_of(Base, {}))["depth"] == "How deep."


@pytest.mark.parametrize("mode", ["validation", "serialization"])
def test_models_and_dataclasses_within_others_have_theirs(mode):
    schema = TypeAdapter(Wider).json_schema(mode=mode, schema_generator=FieldTexts)
    assert texts_of(schema) == {"width": "How wide."}
    assert texts_of(schema["$defs"]["Silent"])["depth"] == "How much deeper."


def test_what_channels_take_and_give_has_them():
    told = Channel("net", model=Silent, result=list[Silent]).as_json()
    assert texts_of(told["schema"])["depth"] == "How much deeper."
    assert texts_of(told["result_schema"]["$defs"]["Silent"])["depth"] == "How much deeper."


STRAYS = """
Args:
    rate: How fast.
    **kwargs: More, which
        are passed on.
    a (int): First,
        at that.
    low, high: Bounds,
        both inclusive.
    b (tuple(int, int)): Second (really):
        yes.
    c (dict[str, tuple(int, list())]): Third.
"""


def test_an_entry_about_something_else_ends_the_one_before_and_types_may_have_brackets():
    texts = {"rate": "How fast.", "a": "First, at that.", "b": "Second (really): yes.", "c": "Third."}
    assert field_texts(type("Strays", (), {"__doc__": STRAYS})) == texts


@pytest.mark.parametrize("docstring", [None, "", "Args:", "Args:\n    no entry", "One.\n\nArgs:\nx: not indented"])
def test_other_docstrings_tell_nothing(docstring):
    assert field_texts(type("Odd", (), {"__doc__": docstring})) == {}
