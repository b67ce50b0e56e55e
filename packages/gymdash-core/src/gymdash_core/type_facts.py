"""Facts about a simulation type: what its plugin says, what its class says, and which of the two counts.

Pure functions over what `describe` has asked a helper process, or has found in this one.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from gymdash_core.errors import FieldError, GymDashError, InvalidKwargsError
from gymdash_core.interaction.channels import builtin_channels
from gymdash_core.params import defaults_of, params_model, schema_of, validate_kwargs
from gymdash_core.registry import Registered
from gymdash_core.targets import TargetSpec, extra_sys_path
from gymdash_core.types import SimulationType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel


@dataclass(frozen=True)
class TypeDescription:
    """What is known about a simulation type.

    Attributes:
        key: Its key; empty for a bare target.
        target: Its import string.
        title: What people read.
        description: One paragraph.
        params_schema: JSON Schema of the start arguments.
        defaults: Their defaults, as far as they are JSON.
        channels: All channels, as `Channel.as_json` gives them.
        capabilities: What it can do beyond running: ``checkpoint``, ``pause``.
        has_params: Whether arguments are validated; without, anything is accepted.
        empty_error: What `Params` refuses when nothing is given; None where that is fine.
        error: Why the above is incomplete; None where it is not.
        traceback: The traceback of `error`, or the last lines that the class printed.
        late: Whether the rest is still being found out, which `error` says as well; the next call has more.
    """

    key: str
    target: str
    title: str = ""
    description: str = ""
    params_schema: Mapping[str, Any] = field(default_factory=lambda: schema_of(None, {}))
    defaults: Mapping[str, Any] = field(default_factory=dict)
    channels: tuple[Mapping[str, Any], ...] = field(
        default_factory=lambda: tuple(channel.as_json() for channel in builtin_channels())
    )
    capabilities: tuple[str, ...] = ()
    has_params: bool = False
    empty_error: tuple[FieldError, ...] | None = None
    error: str | None = None
    traceback: str = ""
    late: bool = False


@dataclass(frozen=True)
class Subject:
    """A type in the forms that callers have it in.

    Attributes:
        key: Its key; empty for a bare target.
        spec: How it is loaded.
        item: What its plugin says of it.
        origin: Name and version of the distribution that it comes from.
        cls: The class itself, where it is one of this process.
    """

    key: str
    spec: TargetSpec
    item: SimulationType | None = None
    origin: tuple[str, str] = ("", "")
    cls: type | None = None

    @classmethod
    def of(cls, what: Registered[SimulationType] | SimulationType | TargetSpec, key: str = "") -> Subject:
        """Return the subject of a type as registered or bare.

        Args:
            what: The type.
            key: Key of a bare target.
        """
        if isinstance(what, Registered):
            return cls(what.item.key, what.spec, what.item, (what.distribution, what.version), what.cls)
        if isinstance(what, SimulationType):
            return cls(what.key, TargetSpec(what.target, None, extra_sys_path()), what)
        return cls(key, what)

    def model(self) -> tuple[bool, type[BaseModel] | None]:
        """Return whether the model of the arguments is known in this process, and the model."""
        if self.item is not None and self.item.params is not None:
            return True, self.item.load_params()
        return (True, params_model(self.cls)) if self.cls is not None else (False, None)

    def request(self, op: str, **more: Any) -> dict[str, Any]:
        """Return a question about the type, for a helper process."""
        return {"op": op, "spec": self.spec.as_json(), "key": self.key, **more}


def described(subject: Subject, facts: Mapping[str, Any], problem: Mapping[str, str] | None) -> TypeDescription:
    """Return the description that a helper's answer gives.

    Args:
        subject: The type.
        facts: What is known of it; may be empty.
        problem: Why more is not known, with ``message`` and perhaps ``type`` and ``traceback``; None where all is.
    """
    description = TypeDescription(subject.key, subject.spec.target, title=subject.key or subject.spec.qualname)
    names = ("description", "params_schema", "defaults", "has_params")
    description = replace(description, **{name: facts[name] for name in names if name in facts})
    if "channels" in facts:
        empty = facts["empty_error"]
        description = replace(
            description,
            channels=tuple(facts["channels"]),
            capabilities=tuple(facts["capabilities"]),
            empty_error=None if empty is None else tuple(FieldError.from_json(item) for item in empty),
        )
    if problem is None:
        return description
    message = f"{problem['type']}: {problem['message']}" if "type" in problem else problem["message"]
    return replace(description, error=message, traceback=problem.get("traceback", ""))


def with_given(description: TypeDescription, subject: Subject) -> TypeDescription:
    """Return the description with the facts that the plugin gives in place of the class's."""
    item = subject.item
    if item is None:
        return description
    description = replace(
        description,
        title=item.title or description.title,
        description=item.description or description.description,
    )
    if item.channels is not None:
        own = {channel.key: channel.as_json() for channel in item.channels}
        known = {str(channel["key"]): channel for channel in description.channels}
        description = replace(description, channels=tuple((known | own).values()))
    if item.params is None:
        return description
    try:
        model = item.load_params()
        schema = schema_of(model, {})
        defaults = {**defaults_of(model), **description.defaults} if model is not None else description.defaults
    except GymDashError as error:
        return replace(description, error=description.error or str(error))
    return replace(
        description, params_schema=schema, defaults=defaults, has_params=True, empty_error=_empty(item, model)
    )


def _empty(item: SimulationType, model: type[BaseModel] | None) -> tuple[FieldError, ...] | None:
    try:
        validate_kwargs(item.key, model, {})
    except InvalidKwargsError as error:
        return error.errors
    return None
