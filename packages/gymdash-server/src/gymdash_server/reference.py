"""The reference of the REST API, made from its OpenAPI document: ``python -m gymdash_server.reference``.

What it prints is ``docs/reference/rest.md``; a test holds the page against it. Knows the document alone, no routes.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gymdash_server.api.document import PROBLEMS, operations_of
from gymdash_server.app import create_app
from gymdash_server.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_HEAD = """# REST

This page is made from the OpenAPI document, which a server has at `/api/v1/openapi.json`, by
`python -m gymdash_server.reference`.

Everything is JSON. Times are ISO 8601 in UTC. A list is `{items, next_cursor}`: the next part begins at
`?cursor=<next_cursor>`, which is null behind the last. Non-finite floats are the strings `"NaN"`, `"Infinity"` and
`"-Infinity"`. Every request carries the token, as `Authorization: Bearer <token>` or in the cookie that the page has
set. GET never changes anything. Answers with an `ETag` take `If-None-Match`, and a PATCH takes `If-Match`.

An error is a problem document (`application/problem+json`, RFC 9457) with `type`, `title`, `status`, `detail`, and
`errors` where fields were refused. `type` is `urn:gymdash:error:` and the name of the error, see [errors](errors.md).
"""
_BOUNDS = {
    "minimum": "from {:,}",
    "maximum": "to {:,}",
    "minLength": "at least {:,} characters",
    "maxLength": "at most {:,} characters",
    "minItems": "at least {:,} items",
    "maxItems": "at most {:,} items",
    "minProperties": "at least {:,}",
}
_TITLES = {
    "server": "The server",
    "simulations": "Runs",
    "talking": "Talking to runs",
    "data": "What runs have produced",
    "events": "The stream",
}


def rest_page(document: dict[str, Any]) -> str:
    """Return the page of an OpenAPI document, as Markdown."""
    lines = [*_HEAD.splitlines(), "", *_table(("status", "means"), _problem_rows())]
    for tag, title in _TITLES.items():
        lines += ["", f"## {title}"]
        for path, method, operation in operations_of(document):
            if tag in operation["tags"]:
                lines += _operation(path, method, operation)
    lines += ["", "## Schemas"]
    for name, schema in sorted(document["components"]["schemas"].items()):
        lines += _schema(name, schema)
    return "\n".join(lines) + "\n"


def _problem_rows() -> Iterator[tuple[str, ...]]:
    for status, text in sorted(PROBLEMS.items()):
        yield str(status), text


def _operation(path: str, method: str, operation: dict[str, Any]) -> list[str]:
    lines = [
        "",
        f"### {method.upper()} {path}",
        "",
        operation["description"],
        "",
        f"Operation `{operation['operationId']}`.",
    ]
    parameters = [
        (
            f"`{item['name']}`",
            item["in"] + ("" if item.get("required") else ", optional"),
            _type(item["schema"]),
            _meaning(item["schema"], item.get("description", "")),
        )
        for item in operation.get("parameters", ())
    ]
    if parameters:
        lines += ["", *_table(("parameter", "in", "type", "means"), parameters)]
    if "requestBody" in operation:
        schema = operation["requestBody"]["content"]["application/json"].get("schema", {})
        optional = "" if operation["requestBody"].get("required") else ", or none"
        lines += ["", f"Body: {_type(schema)}{optional}."]
    return [*lines, "", *_answers(operation["responses"])]


def _answers(responses: dict[str, Any]) -> list[str]:
    lines, problems = [], []
    for status, answer in responses.items():
        if int(status) in PROBLEMS:
            problems.append(status)
            continue
        kinds = [f"{_type(item['schema'])} as `{kind}`" for kind, item in answer.get("content", {}).items()]
        shown = " or ".join(kinds).replace(" as `application/json`", "") or answer["description"].rstrip(".")
        lines.append(f"- {status}: {shown}")
    return [*lines, f"- problems: {', '.join(problems)}"]


def _schema(name: str, schema: dict[str, Any]) -> list[str]:
    lines = ["", f"### {name}", "", schema.get("description", "")]
    if "enum" in schema:
        return [*lines, "", "One of " + ", ".join(f"`{value}`" for value in schema["enum"]) + "."]
    required = set(schema.get("required", ()))
    rows = [
        (
            f"`{field}`" + ("" if field in required else " (optional)"),
            _type(item),
            _meaning(item, item.get("description", "")),
        )
        for field, item in schema.get("properties", {}).items()
    ]
    return [*lines, "", *_table(("field", "type", "means"), rows)]


def _type(schema: dict[str, Any]) -> str:
    """Return a schema in words."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(map(_type, schema["anyOf"])))
    if "enum" in schema:
        return " or ".join(f"`{json.dumps(value)}`" for value in schema["enum"])
    kind = schema.get("type", "any JSON")
    if kind == "array":
        return f"list of {_type(schema.get('items', {}))}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"object of {_type(schema['additionalProperties'])}"
    return str(kind)


def _meaning(schema: dict[str, Any], description: str) -> str:
    """Return what a field means, with its bounds and its default."""
    found = [description.rstrip(".")] if description else []
    parts = [schema, *(item for item in schema.get("anyOf", ()) if isinstance(item, dict))]
    for part in parts:
        found += [text.format(part[name]) for name, text in _BOUNDS.items() if name in part]
    if schema.get("default") is not None and schema["default"] != "":
        found.append(f"default `{json.dumps(schema['default'])}`")
    return "; ".join(found).replace("|", "\\|")


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield f"| {' | '.join(row)} |"


def reference() -> str:
    """Return the page of this version's document."""
    return rest_page(create_app(Settings(project=Path("unused"), token="unused")).openapi())  # noqa: S106 - nobody listens


if __name__ == "__main__":
    sys.stdout.write(reference())
