"""Start arguments: checked against a type's `Params` before anything starts, and described for forms.

Pure functions over a pydantic model. They run where the model can be had cheaply: in the starter's process for a light
model, in a helper process for a heavy one.

What is stored is what was asked for, coerced, without defaults; a worker validates it again when the run begins. So a
coerced value is kept only where the model reads it back as the same value; else the value is kept as it was given.

A strict model has other rules for JSON, which has no dates, tuples or enums, than for Python. So what came as JSON, and
all that is stored, is read by the rules for JSON; a script's own values are read as they are.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import AliasChoices, AliasPath, BaseModel, PydanticUserError, RootModel, ValidationError
from pydantic.errors import PydanticUndefinedAnnotation

from gymdash_core.codec import MAX_DEPTH, field_errors, to_json, to_plain
from gymdash_core.errors import FieldError, InvalidKwargsError, InvalidValueError, PluginError, did_you_mean
from gymdash_core.field_texts import FieldTexts
from gymdash_core.journal import dumps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic.fields import FieldInfo

_ATOMS = frozenset({type(None), bool, int, float, str})


def params_model(cls: type) -> type[BaseModel] | None:
    """Return the `Params` model of a simulation class, or None where it declares none.

    Raises:
        PluginError: `Params` is no pydantic model, or one that cannot be built.
    """
    model = getattr(cls, "Params", None)
    if model is None:
        return None
    name = f"{cls.__module__}:{cls.__qualname__}.Params"
    if not isinstance(model, type) or not issubclass(model, BaseModel) or issubclass(model, RootModel):
        raise PluginError(f"{name} is no pydantic model with fields", "Let it derive from pydantic.BaseModel.")
    try:
        model.model_rebuild()
    except (PydanticUserError, PydanticUndefinedAnnotation) as error:
        raise PluginError(f"{name} cannot be built: {error}", "Correct the annotations.") from error
    return model


def validate_kwargs(key: str, model: type[BaseModel] | None, kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Return start arguments, validated and coerced to JSON values, without defaults.

    Args:
        key: The simulation's key; named in the error.
        model: Its `Params`; None accepts anything that is JSON.
        kwargs: What was asked for.

    Raises:
        InvalidKwargsError: Lists every field that is refused; unknown names come with near ones.

    Example:
        >>> class Params(BaseModel):
        ...     steps: int = 100
        ...     seed: int = 0
        >>> validate_kwargs("demo", Params, {"steps": "5"})
        {'steps': 5}
    """
    if model is None:
        return _as_json(key, kwargs)
    errors = _unknown_names(model, kwargs)
    known = {name: value for name, value in kwargs.items() if name not in {error.loc[0] for error in errors}}
    try:
        params = build_params(key, model, known)
    except InvalidKwargsError as error:
        raise InvalidKwargsError(key, [*errors, *error.errors]) from error.__cause__
    errors += _unknown_nested(params, known, ())
    if errors:
        raise InvalidKwargsError(key, errors)
    return _coerced(key, params, known)


def build_params(key: str, model: type[BaseModel], kwargs: Mapping[str, Any]) -> BaseModel:
    """Return the validated model instance of start arguments.

    Raises:
        InvalidKwargsError: The model refuses them, or one of its validators raises.
    """
    try:
        return read_params(model, kwargs)
    except ValidationError as error:
        raise InvalidKwargsError(key, field_errors(error)) from error
    except Exception as error:
        message = f"a validator of {model.__qualname__} raised {type(error).__name__}: {error}"
        raise InvalidKwargsError(key, [FieldError((), message, "validator_error")]) from error


def read_params(model: type[BaseModel], kwargs: Mapping[str, Any]) -> BaseModel:
    """Return the model instance of arguments as they come from files and controllers: `Simulation.params`.

    Args:
        model: The model.
        kwargs: JSON values are read by the rules for JSON, others by those for Python. Where a script's own values are
            mixed with JSON values that Python's rules refuse, all are read as JSON.

    Raises:
        pydantic.ValidationError: The model refuses them.

    Example:
        >>> class Params(BaseModel, strict=True):
        ...     sizes: tuple[int, ...]
        >>> read_params(Params, {"sizes": [64, 64]}) == read_params(Params, {"sizes": (64, 64)})
        True
    """
    if _is_plain(kwargs):
        return _read_json(model, kwargs)
    try:
        return model.model_validate(dict(kwargs))
    except ValidationError as error:
        refused = [kwargs.get(str(item["loc"][0])) if item["loc"] else kwargs for item in error.errors()]
        if not all(map(_is_plain, refused)):
            raise
        try:
            plain = to_plain(kwargs, "arguments")
        except InvalidValueError:
            raise error from None
        return _read_json(model, plain)


def _read_json(model: type[BaseModel], plain: Mapping[str, Any]) -> BaseModel:
    try:
        text = dumps(plain).encode()
    except UnicodeEncodeError:  # the name of a file that is no UTF-8: no JSON text carries it, and it is stored escaped
        return model.model_validate(plain)
    return model.model_validate_json(text)


def _is_plain(value: object, depth: int = 0) -> bool:
    """Whether a value is what a JSON text gives; one that is nested too deep is not."""
    if type(value) is dict and depth < MAX_DEPTH:
        return all(type(name) is str and _is_plain(item, depth + 1) for name, item in value.items())
    if type(value) is list and depth < MAX_DEPTH:
        return all(_is_plain(item, depth + 1) for item in value)
    return type(value) in _ATOMS


def defaults_of(model: type[BaseModel]) -> dict[str, Any]:
    """Return the defaults of a model as JSON values; required fields and defaults that are no JSON are left out.

    Raises:
        PluginError: A default factory of the model raises.

    Example:
        >>> class Params(BaseModel):
        ...     name: str
        ...     sizes: tuple[int, ...] = (64, 64)
        >>> defaults_of(Params)
        {'sizes': [64, 64]}
    """
    try:
        instance = model.model_construct()
    except Exception as error:
        raise PluginError(f"a default of {model.__qualname__} raised {type(error).__name__}: {error}") from error
    names = [name for name, field in model.model_fields.items() if not field.is_required()]
    return {_key_of(model, name): value for name in names for value in _dumped(instance, name)}


def schema_of(model: type[BaseModel] | None, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON Schema of start arguments.

    Args:
        model: The type's `Params`. None gives an open schema.
        defaults: `create_kwarg_defaults()`: what the open schema shows.

    Raises:
        PluginError: A field of the model has no JSON Schema.

    Example:
        >>> schema_of(None, {"total": 20})["properties"]
        {'total': {'title': 'Total', 'default': 20}}
    """
    if model is None:
        properties = {name: {"title": _title(name), "default": value} for name, value in defaults.items()}
        return {"type": "object", "properties": properties, "additionalProperties": True}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a default that is no JSON is left out, as documented
            schema = model.model_json_schema(schema_generator=FieldTexts)
    except PydanticUserError as error:
        raise PluginError(
            f"{model.__qualname__} has no JSON Schema: {error}", "Give the field a type that JSON has."
        ) from error
    schema.setdefault("additionalProperties", model.model_config.get("extra") == "allow")
    return schema


def _title(name: str) -> str:
    return name.replace("_", " ").strip().capitalize() or name


def _as_json(key: str, kwargs: Mapping[str, Any]) -> dict[str, Any]:
    plain, errors = {}, []
    for name, value in kwargs.items():
        if not isinstance(name, str):
            errors.append(FieldError((str(name),), "the name of an argument is a text", "not_json"))
            continue
        try:
            plain[name] = to_json(value, f"argument {name!r}")
        except InvalidValueError as error:
            errors += [FieldError((name, *field.loc), field.message, field.type) for field in error.errors]
    if errors:
        raise InvalidKwargsError(key, errors)
    return plain


def _coerced(key: str, params: BaseModel, kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was asked for, in the spelling and with the values that the model reads back as the same."""
    model = type(params)
    names = [*model.model_fields, *(name for name in kwargs if name in (params.model_extra or {}))]
    raw = {name: value for name in names for value in _given(model, name, kwargs)}
    dumped = {name: value for name in raw for value in _dumped(params, name, exclude_unset=True)}
    again = _read_back(model, _as_json(key, {_key_of(model, n): value for n, value in {**raw, **dumped}.items()}))
    stored = _as_json(
        key,
        {
            _key_of(model, name): dumped[name] if name in dumped and _same(params, again, name) else value
            for name, value in raw.items()
        },
    )
    build_params(key, model, stored)  # what the worker will do: it must not be the first to find a fault
    return stored


def _dumped(params: BaseModel, name: str, *, exclude_unset: bool = False) -> Iterator[Any]:
    """Yield the JSON value of one field, or nothing where it has none: excluded, or no JSON."""
    try:
        values = params.model_dump(
            mode="json", include={name}, by_alias=False, exclude_unset=exclude_unset, warnings=False
        )
        value = [to_json(value, name) for field, value in values.items() if field == name]
    except Exception:  # noqa: BLE001 - a serializer of the plugin: its value is then kept as it was given
        return
    yield from value


def _read_back(model: type[BaseModel], dumped: Mapping[str, Any]) -> BaseModel | None:
    try:
        return read_params(model, dumped)
    except Exception:  # noqa: BLE001 - validators of the plugin: the values are then kept as they were given
        return None


def _same(params: BaseModel, again: BaseModel | None, name: str) -> bool:
    try:
        return again is not None and bool(getattr(params, name) == getattr(again, name))
    except Exception:  # noqa: BLE001 - arrays and the like compare to no truth value
        return False


def _given(model: type[BaseModel], name: str, kwargs: Mapping[str, Any]) -> list[Any]:
    """Return the value that was given for a field, in a list, or an empty list."""
    field = model.model_fields.get(name)
    spellings = [name] if field is None else _spellings(model, name, field)
    return [kwargs[spelling] for spelling in spellings if spelling in kwargs][:1]


def _key_of(model: type[BaseModel], name: str) -> str:
    """Return how a field is spelled in stored arguments: as in the JSON Schema."""
    field = model.model_fields.get(name)
    return name if field is None else _spellings(model, name, field)[0]


def _spellings(model: type[BaseModel], name: str, field: FieldInfo) -> list[str]:
    """Return the names under which a model reads a field, in order of preference."""
    config, alias = model.model_config, field.validation_alias
    names: list[str] = []
    if alias is not None and config.get("validate_by_alias", True):
        choices = alias.choices if isinstance(alias, AliasChoices) else [alias]
        names += [str(choice.path[0]) if isinstance(choice, AliasPath) else choice for choice in choices]
    if not names or config.get("populate_by_name") or config.get("validate_by_name"):
        names.append(name)
    return names


def _unknown_names(model: type[BaseModel], kwargs: Mapping[str, Any]) -> list[FieldError]:
    if model.model_config.get("extra") == "allow":
        return []
    known = {spelling for name, field in model.model_fields.items() for spelling in _spellings(model, name, field)}
    return [
        FieldError((name,), f"unknown argument. {did_you_mean(str(name), known)}", "unknown_argument")
        for name in kwargs
        if name not in known
    ]


def _unknown_nested(value: object, given: object, loc: tuple[str | int, ...]) -> list[FieldError]:
    """Return the unknown names in models below the top, where pydantic would drop them in silence."""
    pairs: list[tuple[str | int, object, object]] = []
    errors: list[FieldError] = []
    if isinstance(value, BaseModel) and isinstance(given, Mapping):
        model = type(value)
        if loc:
            errors += [FieldError((*loc, *e.loc), e.message, e.type) for e in _unknown_names(model, given)]
        pairs = [(name, getattr(value, name), raw) for name in model.model_fields for raw in _given(model, name, given)]
    elif isinstance(value, Mapping) and isinstance(given, Mapping):
        pairs = [(str(name), item, given.get(name)) for name, item in value.items()]
    elif isinstance(value, (list, tuple)) and isinstance(given, Sequence) and not isinstance(given, str):
        pairs = [(index, *pair) for index, pair in enumerate(zip(value, given, strict=False))]
    for name, item, raw in pairs:
        errors += _unknown_nested(item, raw, (*loc, name))
    return errors
