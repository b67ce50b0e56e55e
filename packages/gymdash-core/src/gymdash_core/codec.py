"""Values that cross a process boundary: turned into plain JSON values, or refused with a reason.

Numpy and torch scalars and small arrays are converted by their ``tolist``; neither library is imported.
"""

from __future__ import annotations

import dataclasses
import enum
import json
import math
from collections.abc import Mapping
from datetime import date, time
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, NoReturn
from uuid import UUID

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from gymdash_core.errors import FieldError, InvalidValueError, RefusedFieldsError
from gymdash_core.journal import dumps

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

#: Largest value that is sent or answered, in bytes of compact JSON.
MAX_VALUE_BYTES = 1 << 20
#: Deepest nesting; deeper is a cycle or a mistake.
MAX_DEPTH = 100
#: Longest integer. Python refuses to write one of more than 4300 digits.
MAX_INT_BITS = 10_000

_MIN_ELEMENT_BYTES = 2  # "1,": an array with more elements than this allows is refused before it is converted
_PLAIN = frozenset({type(None), bool, int, float})
_VALIDATOR = "Value error, "  # pydantic's words for what a validator has raised

_Loc = tuple[str | int, ...]


def is_plain_pair(value: object) -> bool:
    """Return whether a value is a pair of Python numbers, such as ``(current, total)``: nothing to convert or check."""
    return type(value) is tuple and len(value) == 2 and type(value[0]) in _PLAIN and type(value[1]) in _PLAIN  # noqa: PLR2004 - a pair


def to_json(value: object, where: str) -> Any:
    """Return a value as plain JSON: None, bool, int, float, str, list and dict with str keys.

    Args:
        value: Plain values, tuples and sets (become lists), mappings, enums, paths, UUIDs, dates and times,
            dataclasses, pydantic models, numpy and torch scalars and small arrays.
        where: What the value is for; named in the error.

    Raises:
        InvalidValueError: Something in it is no JSON, or it is larger than `MAX_VALUE_BYTES`.
    """
    if type(value) in _PLAIN and type(value) is not int:
        return value
    plain = _Converter(where, MAX_VALUE_BYTES).convert(value)
    size = len(dumps(plain).encode("utf-8", "surrogatepass"))
    if size > MAX_VALUE_BYTES:
        raise _too_large(where, f"{size} bytes of JSON")
    return plain


def same(one: object, other: object) -> bool:
    """Return whether two plain JSON values are the same JSON: unlike for Python, 1, 1.0 and true are three."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(item, other[key]) for key, item in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


def to_plain(value: object, where: str) -> Any:
    """Return a value as plain JSON like `to_json`, of any size: for what goes to a file.

    Raises:
        InvalidValueError: Something in it is no JSON.
    """
    return _Converter(where, None).convert(value)


def _too_large(where: str, what: str, loc: _Loc = ()) -> InvalidValueError:
    message = f"{what} are more than {MAX_VALUE_BYTES} bytes; write a file or log a stat, and send its name"
    return InvalidValueError(where, [FieldError(loc, message, "too_large")])


class _Converter:
    """Converts one value.

    Args:
        where: What the value is for.
        limit: Most bytes that an array may need; None for no limit.
    """

    def __init__(self, where: str, limit: int | None) -> None:
        self._where = where
        self._limit = limit

    def convert(self, value: Any, loc: _Loc = ()) -> Any:
        if value is None or type(value) in (bool, str, float):
            return value
        if len(loc) > MAX_DEPTH:
            self._refuse(loc[:3], f"nested deeper than {MAX_DEPTH} levels", "too_deep")
        if isinstance(value, enum.Enum):
            return self.convert(value.value, loc)
        if isinstance(value, int):
            if value.bit_length() > MAX_INT_BITS:
                self._refuse(loc, f"an integer of more than {MAX_INT_BITS} bits", "too_large")
            return int(value)
        if isinstance(value, float):
            return float(value)
        if isinstance(value, str):
            return str.__str__(value)
        if isinstance(value, Mapping):
            return self._object(value, loc)
        if isinstance(value, (list, tuple, set, frozenset)):
            return [self.convert(item, (*loc, index)) for index, item in enumerate(value)]
        return self._convert_instance(value, loc)

    def _object(self, value: Mapping[Any, Any], loc: _Loc) -> dict[str, Any]:
        plain: dict[str, Any] = {}
        for key, item in value.items():
            name = self._key(key, loc)
            if name in plain:
                self._refuse(loc, f"two keys become {name!r}", "not_json")
            plain[name] = self.convert(item, (*loc, name))
        return plain

    def _convert_instance(self, value: Any, loc: _Loc) -> Any:
        if isinstance(value, BaseModel):
            return self.convert(_dump(value.model_dump, self._where), loc)
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return self._object({item.name: getattr(value, item.name) for item in dataclasses.fields(value)}, loc)
        if isinstance(value, (PurePath, UUID)):
            return str(value)
        if isinstance(value, (date, time)):
            return value.isoformat()
        if hasattr(value, "tolist") and hasattr(value, "dtype"):
            count = math.prod(getattr(value, "shape", ()))
            if self._limit is not None and count * _MIN_ELEMENT_BYTES > self._limit:
                raise _too_large(self._where, f"{count} array elements", loc)
            return self.convert(value.tolist(), loc)
        return self._refuse(loc, f"{type(value).__name__} is no JSON value", "not_json")

    def _key(self, key: object, loc: _Loc) -> str:
        if isinstance(key, enum.Enum):
            key = key.value
        if isinstance(key, str):
            return str.__str__(key)
        if hasattr(key, "__index__") and not isinstance(key, bool):
            return str(key.__index__())
        return self._refuse(loc, f"{key!r} is no JSON object key", "not_json")

    def _refuse(self, loc: _Loc, message: str, kind: str) -> NoReturn:
        raise InvalidValueError(self._where, [FieldError(loc, message, kind)])


def validate(adapter: TypeAdapter[Any], plain: object, where: str) -> Any:
    """Return a plain JSON value validated by a pydantic type, by the rules for JSON.

    Raises:
        InvalidValueError: The type refuses it; names each field.
    """
    try:
        return adapter.validate_json(json.dumps(plain))
    except ValidationError as error:
        raise InvalidValueError(where, field_errors(error)) from error
    except Exception as error:  # a validator is a stranger's code
        message = f"a validator raised {type(error).__name__}: {error}"
        raise InvalidValueError(where, [FieldError((), message, "validator_error")]) from error


def dump(adapter: TypeAdapter[Any], value: object, where: str) -> Any:
    """Return a value that a pydantic type has validated as plain JSON.

    Raises:
        InvalidValueError: It cannot be written as JSON, or is too large.
    """
    return to_json(_dump(adapter.dump_python, where, value), where)


def _dump(dumper: Any, where: str, *value: object) -> Any:
    try:
        return dumper(*value, mode="json", by_alias=True)
    except PydanticSerializationError as error:
        raise InvalidValueError(where, [FieldError((), str(error), "not_json")]) from error


def field_errors(error: ValidationError) -> list[FieldError]:
    """Return the field errors of a pydantic validation; those of a `RefusedFieldsError` each at its own field."""
    return [found for item in error.errors(include_url=False) for found in _at_their_places(item)]


def _at_their_places(item: ErrorDetails) -> list[FieldError]:
    loc, raised = tuple(item["loc"]), item.get("ctx", {}).get("error")
    if isinstance(raised, RefusedFieldsError):
        return [FieldError((*loc, *own.loc), own.message, own.type) for own in raised.errors]
    return [FieldError(loc, item["msg"].removeprefix(_VALIDATOR), item["type"])]
