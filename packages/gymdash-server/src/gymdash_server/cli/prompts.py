"""Asking for a value part by part, as its JSON Schema says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from gymdash_server.cli.values import parse_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gymdash_server.cli.output import Output

_NOTHING: Any = object()


def ask_for(out: Output, schema: Mapping[str, Any] | None) -> Any:
    """Return a value that the person at the terminal has given.

    An object is asked for field by field; what has a default, or may be null, can be left out. A value of no simple
    type is given as JSON.

    Args:
        out: Asks.
        schema: JSON Schema of the value; None for any.
    """
    whole = schema or {}
    found = _resolved(whole, whole)
    fields = found.get("properties")
    if not fields:
        return _ask_one(out, "Answer", found, default=found.get("default", _NOTHING))
    required = set(found.get("required") or ())
    answer = {}
    for name, field in fields.items():
        value = _ask_field(out, name, _resolved(field, whole), needed=name in required)
        if value is not _NOTHING:
            answer[name] = value
    return answer


def _ask_field(out: Output, name: str, field: Mapping[str, Any], *, needed: bool) -> Any:
    if "const" in field:
        return field["const"]
    if field.get("description"):
        out.note(f"{name}: {field['description']}")
    default = field.get("default", _NOTHING)
    if not needed and default in (_NOTHING, None):
        return _ask_one(out, f"{name} (may be left out)", field, default=_NOTHING, may_skip=True)
    return _ask_one(out, name, field, default=default)


def _ask_one(out: Output, name: str, schema: Mapping[str, Any], *, default: Any, may_skip: bool = False) -> Any:
    """Ask for one value until it is one."""
    kind, choices = schema.get("type"), schema.get("enum")
    if kind == "boolean" and not may_skip:
        return out.confirm(name, default=None if default is _NOTHING else bool(default))
    shown = "" if may_skip else None if default is _NOTHING else _text(default)
    hint = f" ({', '.join(map(_text, choices))})" if choices else ""
    while True:
        given = out.ask(f"{name}{hint}", default=shown, show_default=not may_skip, type=str)
        if given == "" and may_skip:
            return _NOTHING
        try:
            return _value(given, kind, choices)
        except ValueError as error:
            out.note(str(error))
        except click.BadParameter as error:
            out.note(error.message)


def _value(given: str, kind: Any, choices: list[Any] | None) -> Any:
    """Return what was typed as a value of the schema's type.

    Raises:
        ValueError: It is none.
    """
    if choices:
        return _chosen(given, choices)
    if kind == "string":
        return given
    value = parse_value(given)
    if not _fits(value, kind):
        article = "an" if kind in {"integer", "object", "array"} else "a"
        message = f"{given!r} is not {article} {'list' if kind == 'array' else kind}"
        raise ValueError(message)
    return value


def _chosen(given: str, choices: list[Any]) -> Any:
    for choice in choices:
        if given == _text(choice):
            return choice
    message = f"{given!r} is none of {', '.join(map(_text, choices))}"
    raise ValueError(message)


def _fits(value: Any, kind: Any) -> bool:
    if isinstance(value, bool):
        return kind not in {"integer", "number", "object", "array"}
    kinds: dict[str, Any] = {"integer": int, "number": (int, float), "object": dict, "array": list, "boolean": bool}
    return not isinstance(kind, str) or isinstance(value, kinds.get(kind, object))


def _resolved(schema: Mapping[str, Any], whole: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a schema with its reference followed, and without the null among its alternatives."""
    found = dict(schema)
    for _ in range(10):  # references to references end
        reference = str(found.get("$ref", ""))
        options = found.get("anyOf") or found.get("oneOf") or []
        real = [option for option in options if option.get("type") != "null"]
        if reference.startswith("#/$defs/"):
            inner = (whole.get("$defs") or {}).get(reference.removeprefix("#/$defs/"), {})
        elif len(found.get("allOf") or ()) == 1:
            inner = found["allOf"][0]
        elif len(real) == 1:
            inner = real[0]
        else:
            break
        found = {**inner, **{k: v for k, v in found.items() if k not in {"$ref", "allOf", "anyOf", "oneOf"}}}
    return found


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
