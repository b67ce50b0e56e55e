"""What the record of interventions keeps of a value."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gymdash_core.interaction import shortening
from gymdash_core.interaction.shortening import shortened
from gymdash_core.journal import dumps

LONGEST_BYTES = 10_000
TEXTS = st.integers(0, 5000).map(lambda size: "\u00e9" * size)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=30) | st.dictionaries(TEXTS | st.text(max_size=3), inner, max_size=30),
    max_leaves=40,
)


def test_a_small_value_is_kept_whole():
    value = {"rate": 0.5, "names": ["a", "b"], "note": "x" * 500}
    assert shortened(value) == value


def test_small_members_stay_beside_a_large_one():
    long = "x" * 5000
    assert shortened({"deep": {"image": long, "top": 3}, "note": "n"}) == {
        "deep": {"image": {"truncated": "string", "size_bytes": 5002, "start": "x" * 64}, "top": 3},
        "note": "n",
    }


def test_an_object_of_many_members_is_shortened_as_one():
    kept = shortened({f"member {n}": n for n in range(5000)})
    assert kept["truncated"] == "object"
    assert kept["start"].startswith('{"member 0":0,')


def test_a_long_number_is_one_too():
    assert shortened(10**2000)["truncated"] == "number"


def test_each_part_of_a_nested_value_is_made_json_once(monkeypatch):
    made = []
    monkeypatch.setattr(shortening, "dumps", lambda value: made.append(dumps(value)) or made[-1])
    value = {"a": {"b": {"c": {"d": "x" * 100_000}}}, "e": ["y" * 50_000]}
    shortened(value)
    assert sum(map(len, made)) < len(dumps(value)) + 1000


@given(VALUES, st.dictionaries(st.text(max_size=5), VALUES, max_size=5))
def test_the_size_is_that_of_the_json(value, members):
    for whole in (value, members, {"deep": members}):
        kept = shortened(whole)
        if isinstance(kept, dict) and "truncated" in kept and kept != whole:
            text = dumps(whole)
            assert kept["size_bytes"] == len(text.encode("utf-8", "surrogatepass"))
            assert kept["start"] == (whole if isinstance(whole, str) else text)[:64]


@given(VALUES)
def test_what_is_kept_is_short(value):
    assert len(dumps(shortened(value)).encode("utf-8", "surrogatepass")) <= LONGEST_BYTES
