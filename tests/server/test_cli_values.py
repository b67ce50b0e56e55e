"""What is typed becomes the value that is meant."""

from __future__ import annotations

import json
import string

import click
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from gymdash_server.cli.main import built_in
from gymdash_server.cli.output import harmless
from gymdash_server.cli.prompts import ask_for
from gymdash_server.cli.values import parse_channels, parse_params, parse_value

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
NAMES = st.text(string.ascii_letters + "_-", min_size=1, max_size=8)


@given(NAMES, VALUES)
def test_json_is_the_value_that_it_stands_for(name, value):
    assert parse_params([f"{name}={json.dumps(value)}"]) == {name: value}


@given(NAMES, TEXT.filter(lambda text: not text.startswith("@")))
def test_what_is_no_json_is_a_string(name, text):
    try:
        expected = json.loads(text, parse_constant=lambda _: "", parse_float=lambda _: "")
    except ValueError:
        expected = text
    if expected is text:
        assert parse_params([f"{name}={text}"]) == {name: text}


@given(st.lists(NAMES, min_size=1, max_size=4), VALUES)
def test_dots_go_inside(path, value):
    found = parse_params([f"{'.'.join(path)}={json.dumps(value)}"])
    for name in path:
        found = found[name]
    assert found == value


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e999", "[1e999]", '"\\ud800"', "[" * 100_000])
def test_what_json_cannot_say_stays_text(text):
    assert parse_value(text) == text


def test_later_values_win_and_join():
    assert parse_params(["a=1", "a=2"]) == {"a": 2}
    assert parse_params(['a={"b": 1}', "a.c=2"]) == {"a": {"b": 1, "c": 2}}
    assert parse_params(["a=b=c"]) == {"a": "b=c"}


@pytest.mark.parametrize(
    "texts", [["a"], ["=1"], ["a..b=1"], [".a=1"], ["a=1", "a.b=2"], ["a=@/no/such/file"], ["a=\udc80"]]
)
def test_wrong_arguments_are_wrong_usage(texts):
    with pytest.raises(click.BadParameter):
        parse_params(texts)


def test_files_are_read(tmp_path):
    file = tmp_path / "value.json"
    file.write_text('{"b": [1]}\n')
    assert parse_params([f"a=@{file}"]) == {"a": {"b": [1]}}
    file.write_text("plain text\n")
    assert parse_value(f"@{file}") == "plain text"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(click.BadParameter, match="UTF-8"):
        parse_value(f"@{file}")


def test_channels_without_a_value_are_asked():
    assert parse_channels(["progress", "speed=", "a=null"]) == {"progress": None, "speed": "", "a": None}
    with pytest.raises(click.BadParameter):
        parse_channels(["=1"])


@given(st.text())
def test_terminals_are_never_told_what_to_do(text):
    shown = harmless(text)
    assert all(letter.isprintable() or letter in "\t\n" for letter in shown)


@pytest.mark.parametrize(
    ("schema", "typed", "value"),
    [
        (None, "3", 3),
        ({"type": "string"}, "3", "3"),
        ({"type": "integer", "default": 4}, "", 4),
        ({"type": "boolean"}, "y", True),
        ({"enum": ["a", 2]}, "2", 2),
        ({"type": "object"}, '{"a": 1}', {"a": 1}),
        ({"anyOf": [{"type": "number"}, {"type": "null"}], "default": 1.5}, "", 1.5),
        ({"type": "object", "properties": {"a": {"const": 5}}}, "", {"a": 5}),
        ({"$ref": "#/$defs/A", "$defs": {"A": {"type": "string"}}}, "x", "x"),
    ],
)
def test_prompts_give_values_of_the_schema(schema, typed, value):
    found = []

    @click.command()
    def command():
        from gymdash_server.cli.output import Output

        found.append(ask_for(Output(), schema))

    done = CliRunner().invoke(command, input=f"{typed}\n")
    assert done.exit_code == 0, done.output
    assert found == [value]


COMMANDS = ["serve", "demo", "start", "list", "show", "wait", "stop", "kill", "resume", "branch", "query", "answer"]
COMMANDS += ["points", "logs", "export", "import", "plugins", "new-plugin", "project reindex", "doctor"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_contract_is_there_and_prints_json(command):
    done = CliRunner().invoke(built_in(), [*command.split(), "--help"])
    assert done.exit_code == 0
    assert "--json" in done.output


@pytest.mark.parametrize(
    "arguments", [["start"], ["start", "x", "-p", "foo"], ["query", "x"], ["nonesuch"], ["list", "--state", "x"]]
)
def test_wrong_usage_has_exit_code_2_before_any_server_is_asked(arguments):
    assert CliRunner().invoke(built_in(), arguments).exit_code == 2
