"""What classes say of their fields in docstrings, told in JSON Schemas so that forms show it beside the fields.

A field without a description of its own has the text that the docstring of its class gives it (Google's style, under
``Attributes:`` or ``Args:``), else that of the nearest base class which says something. The texts are put into the
schema where the classes are known; whoever gets the schema knows none of them.
"""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any

from pydantic.json_schema import GenerateJsonSchema

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import core_schema

_SECTION = re.compile(r"(Attributes|Args):\s*")
_ENTRY = re.compile(r"(\w+)(?: \(.*?\))?:(?:\s+(.*))?")


class FieldTexts(GenerateJsonSchema):
    """Make JSON Schemas whose fields have the texts of docstrings.

    Example:
        >>> from pydantic import BaseModel
        >>> class Options(BaseModel):
        ...     '''How it learns.
        ...
        ...     Attributes:
        ...         rate: How fast.
        ...     '''
        ...     rate: float = 0.1
        >>> class MoreOptions(Options):
        ...     depth: int = 2
        >>> MoreOptions.model_json_schema(schema_generator=FieldTexts)["properties"]["rate"]["description"]
        'How fast.'
    """

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """Return the JSON Schema of a model."""
        return _with_texts(super().model_schema(schema), schema["cls"])

    def dataclass_schema(self, schema: core_schema.DataclassSchema) -> JsonSchemaValue:
        """Return the JSON Schema of a dataclass."""
        return _with_texts(super().dataclass_schema(schema), schema["cls"])


def field_texts(cls: type) -> dict[str, str]:
    """Return what the docstrings of a class and its bases say of its fields, by name; the nearest class wins."""
    found: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        found |= _told(str(vars(base).get("__doc__") or ""))
    return found


def _with_texts(schema: JsonSchemaValue, cls: type) -> JsonSchemaValue:
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        return schema
    texts = field_texts(cls)
    for name, text in texts.items():
        for spelling in _spellings(cls, name):
            if isinstance(properties.get(spelling), dict):
                properties[spelling].setdefault("description", text)
    return schema


def _spellings(cls: type, name: str) -> set[str]:
    """Return how a field may be called in a schema."""
    fields: Mapping[str, Any] = getattr(cls, "__pydantic_fields__", {})
    field = fields.get(name)
    aliases = (getattr(field, alias, None) for alias in ("alias", "validation_alias", "serialization_alias"))
    return {name} | {alias for alias in aliases if isinstance(alias, str)}


def _told(docstring: str) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    words: list[str] = []
    for depth, line in _entries(inspect.cleandoc(docstring)):
        if depth > 0:
            words.append(line)
        elif (entry := _ENTRY.fullmatch(line)) is not None:
            words = found.setdefault(entry[1], [])
            words.append(entry[2] or "")
        else:  # an entry about something else, such as ``**kwargs``: what belongs to it is dropped
            words = []
    return {name: " ".join(" ".join(parts).replace("``", "").split()) for name, parts in found.items()}


def _entries(docstring: str) -> Iterator[tuple[int, str]]:
    """Yield the lines of the sections about fields, with how far each is indented behind the first of its section."""
    first: int | None = None
    is_inside = False
    for line in docstring.splitlines():
        text, indent = line.strip(), len(line) - len(line.lstrip())
        if text and not indent:
            is_inside, first = _SECTION.fullmatch(text) is not None, None
        elif text and is_inside:
            first = indent if first is None else first
            yield max(0, indent - first), text
