"""The error tree: every error that GymDash raises on purpose.

::

    Exception
    ├── StopSimException                 unwinds a simulation that was asked to stop; not a fault
    └── GymDashError                     cause + remedy, with fields
        ├── PluginError                  the extension machinery
        │   ├── PluginLoadError          an entry point could not be imported, or is for another contract
        │   ├── DuplicateItemError       two plugins, or two classes, offer the same key
        │   └── TargetError              "module:Name" cannot be loaded, or must not be
        ├── UnknownKeyError              no simulation type, executor, kind or streamer type of that name
        ├── InvalidKwargsError           start arguments that the type's Params refuse; lists the fields
        ├── RefusedFieldsError           raised by a model's own validator: fields that it refuses, with their places
        ├── RunError                     something about one run
        │   ├── RunNotFoundError         no such run, or an ambiguous prefix or name
        │   ├── WrongStateError          the run's state does not allow that
        │   │   └── NoCheckpointError    the run has no such checkpoint
        │   ├── NotSupportedError        the type or the executor lacks the capability
        │   ├── NotBoundError            an attribute that exists only once a run has begun
        │   ├── WorkerStartError         the process of a run could not be started
        │   └── WorkerGoneError          the worker ended, or does not answer
        ├── InteractionError             channels, queries and questions
        │   ├── UnknownChannelError      the simulation has no such channel
        │   ├── InvalidValueError        a value that the channel or the question refuses, or that is no JSON
        │   ├── RequestClosedError       the question was answered or withdrawn before
        │   ├── UnknownRequestError      no question of that id
        │   └── AskTimeout               nobody answered in time and there is no default
        ├── StatError                    stats, streamers and media
        │   ├── UnknownStatError         no such key, or a key that needs its kind
        │   ├── InvalidCursorError       a cursor that no reader gave out
        │   ├── StreamerConflictError    the name is taken by a streamer of another class
        │   ├── StatWriteError           a point or a media file could not be written: disk full, read-only
        │   └── StreamersFailedError     a type's _create_streamers raised
        ├── ProjectError                 the project folder
        │   ├── ProjectAccessError       the folder cannot be read or written: full, read-only, a file in its place
        │   ├── CorruptFileError         a file of the contract cannot be read
        │   └── LockHeldError            another process owns what was asked for
        └── ProtocolError                a control message that breaks the protocol

A user's mistake (bad key, bad value, wrong state) is one of these; anything else is a defect and keeps its traceback.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path


class StopSimException(Exception):  # noqa: N818 - the name is fixed by the original API
    """Unwind a simulation that was asked to stop.

    Raised by ``Simulation.tick`` and ``Simulation.ask`` when a stop was asked for, by the worker on our SIGTERM, or by
    a simulation itself. A run that ends with it is *stopped*, not failed.
    """


class GymDashError(Exception):
    """Base of all GymDash errors: a message made of a cause and a remedy.

    Args:
        cause: What is wrong, naming the thing at fault.
        remedy: What the reader can do about it; empty where the cause says it.
    """

    def __init__(self, cause: str, remedy: str = "") -> None:
        self.cause = cause
        self.remedy = remedy
        super().__init__(cause, remedy)

    def __str__(self) -> str:
        cause = self.cause if self.cause.endswith((".", "!", "?")) else f"{self.cause}."
        return f"{cause} {self.remedy}" if self.remedy else cause


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a remedy that suggests near names, or lists the known ones."""
    import difflib  # noqa: PLC0415 - a worker that goes well needs none

    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=3)
    if near:
        return f"Did you mean {' or '.join(map(repr, near))}?"
    return f"Known: {', '.join(names)}." if names else "There are none."


# --- plugins -------------------------------------------------------------------------------------------------------


class PluginError(GymDashError):
    """Something is wrong with a plugin or with what it registers."""


class PluginLoadError(PluginError):
    """A plugin could not be imported, or is made for another contract version."""

    def __init__(self, plugin: str, cause: str, remedy: str = "") -> None:
        self.plugin = plugin
        super().__init__(f"plugin {plugin!r}: {cause}", remedy)


class DuplicateItemError(PluginError):
    """Two owners offer the same name; the later one loses it."""

    def __init__(self, item: str, name: str, owner: str, loser: str) -> None:
        self.item, self.name, self.owner, self.loser = item, name, owner, loser
        super().__init__(
            f"{item} {name!r} of {loser} is already provided by {owner}",
            f"{owner} keeps it; rename or uninstall one of the two.",
        )


class TargetError(PluginError):
    """An import string cannot be loaded, or names something that must not be loaded here."""

    def __init__(self, target: str, cause: str, remedy: str = "") -> None:
        self.target = target
        super().__init__(f"{target}: {cause}", remedy)


class UnknownKeyError(GymDashError):
    """No item of that name is registered; `hint` says where it may have gone."""

    def __init__(self, item: str, name: str, known: Iterable[str] = (), hint: str = "") -> None:
        self.item, self.name, self.known = item, name, tuple(sorted(known))
        super().__init__(f"unknown {item} {name!r}", f"{did_you_mean(name, self.known)} {hint}".rstrip())


@dataclass(frozen=True)
class FieldError:
    """One refused field.

    Attributes:
        loc: Path of the field, for example ``("algorithm_kwargs", "n_steps")``.
        message: What is wrong with it.
        type: Machine-readable kind of the error, as pydantic names it.
    """

    loc: tuple[str | int, ...]
    message: str
    type: str = "value_error"

    def as_json(self) -> dict[str, Any]:
        """Return the error as a JSON object."""
        return {"loc": list(self.loc), "message": self.message, "type": self.type}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> FieldError:
        """Build the error from what `as_json` returned."""
        return cls(tuple(data["loc"]), str(data["message"]), str(data.get("type", "value_error")))

    def __str__(self) -> str:
        name = ".".join(map(str, self.loc))
        return f"{name}: {self.message}" if name else self.message


class InvalidKwargsError(GymDashError):
    """Start arguments that the simulation type refuses. Nothing was created."""

    def __init__(self, key: str, errors: Sequence[FieldError]) -> None:
        self.key, self.errors = key, tuple(errors)
        refused = "; ".join(map(str, self.errors))
        super().__init__(f"invalid arguments for {key!r}: {refused}", "Nothing was created.")


class RefusedFieldsError(GymDashError, ValueError):
    """Fields that a validator of a model refuses; raised by validators of ``Params`` and other models, for pydantic.

    A plain `ValueError` of a model validator belongs to no field. With this one each message stands at its field, in
    the API's answer and beside the field of a form.

    Args:
        errors: What is wrong, each with the path of its field, seen from the model whose validator raises it.

    Example:
        >>> from pydantic import BaseModel, model_validator
        >>> class Params(BaseModel):
        ...     low: int = 0
        ...     high: int = 1
        ...     @model_validator(mode="after")
        ...     def check(self):
        ...         if self.low > self.high:
        ...             raise RefusedFieldsError(FieldError(("low",), "is above high"))
        ...         return self
    """

    def __init__(self, *errors: FieldError) -> None:
        self.errors = errors
        super().__init__("; ".join(map(str, errors)))


# --- runs ----------------------------------------------------------------------------------------------------------


_IN_WORDS = {"succeeded": "has succeeded", "failed": "has failed", "ended": "has ended"}


class RunError(GymDashError):
    """Something is wrong with, or impossible for, one run."""


class RunNotFoundError(RunError):
    """No run has that id, prefix or name, or several have."""

    def __init__(self, run: str, matches: Sequence[str] = ()) -> None:
        self.run, self.matches = run, tuple(matches)
        if matches:
            super().__init__(
                f"{run!r} names {len(matches)} runs: {', '.join(self.matches[:5])}",
                "Use the whole id, or more of it.",
            )
        else:
            super().__init__(
                f"no run {run!r} in this project",
                "Check its name, or its id (4 characters or more), and the project folder.",
            )


class WrongStateError(RunError):
    """The run's state does not allow what was asked."""

    def __init__(self, run: str, state: str, wanted: str, remedy: str = "") -> None:
        self.run, self.state, self.wanted = run, state, wanted
        super().__init__(f"run {run} {_IN_WORDS.get(state, f'is {state}')}: it cannot {wanted}", remedy)


class NoCheckpointError(WrongStateError):
    """The run has no checkpoint, or none of that name; `known` are those that it has."""

    def __init__(self, run: str, name: str | None, known: Sequence[str]) -> None:
        self.run, self.name, self.known = run, name, tuple(known)
        self.state, self.wanted = "without such a checkpoint", "go on from it"
        none = "Save one first: press 'checkpoint', or stop with save; statuses tell where that failed. Or restart it."
        remedy = f"It has: {', '.join(known)}." if known else none
        GymDashError.__init__(self, f"run {run} has no checkpoint{f' {name!r}' if name else ''}", remedy)


class NotSupportedError(RunError):
    """The simulation type or the executor lacks a capability."""

    def __init__(self, what: str, capability: str, remedy: str = "") -> None:
        self.what, self.capability = what, capability
        super().__init__(f"{what} does not support {capability!r}", remedy)


NotSupported = NotSupportedError


class NotBoundError(RunError):
    """An attribute that exists only once the simulation belongs to a run."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(
            f"{name!r} is not known before the simulation belongs to a run",
            "Use it in _setup or _run, not in __init__; in tests start the simulation with gymdash_core.testing.",
        )


class WorkerStartError(RunError):
    """The process of a run could not be started."""


class WorkerGoneError(RunError):
    """The worker ended, or does not answer on its control socket; the run's files have the rest."""


# --- interaction ---------------------------------------------------------------------------------------------------


class InteractionError(GymDashError):
    """Something is wrong with a query, a control or a question."""


class UnknownChannelError(InteractionError):
    """The simulation has no such channel. Nothing was delivered."""

    def __init__(self, channel: str, known: Iterable[str] = ()) -> None:
        self.channel, self.known = channel, tuple(sorted(known))
        super().__init__(f"unknown channel {channel!r}", did_you_mean(channel, self.known))


class InvalidValueError(InteractionError):
    """A value that a channel or a question refuses, or that cannot be JSON. Nothing was delivered."""

    def __init__(self, where: str, errors: Sequence[FieldError]) -> None:
        self.where, self.errors = where, tuple(errors)
        super().__init__(f"{where} refuses the value: " + "; ".join(map(str, self.errors)))


class RequestClosedError(InteractionError):
    """The question was answered or withdrawn before."""

    def __init__(self, request_id: str, how: str) -> None:
        self.request_id, self.how = request_id, how
        super().__init__(f"control request {request_id} is already {how}")


class UnknownRequestError(InteractionError):
    """No question has that id."""

    def __init__(self, request_id: str) -> None:
        self.request_id = request_id
        super().__init__(f"no control request {request_id!r}", "List the open ones with control_requests().")


class AskTimeout(InteractionError):  # noqa: N818 - the name is fixed by the contract
    """Nobody answered `Simulation.ask` in time and it has no default."""

    def __init__(self, details: str, timeout_s: float) -> None:
        self.details, self.timeout_s = details, timeout_s
        super().__init__(f"nobody answered {details!r} within {timeout_s:g} s", "Give ask() a default, or more time.")


# --- stats ---------------------------------------------------------------------------------------------------------


class StatError(GymDashError):
    """Something is wrong with a stat, a streamer or a media file."""


class UnknownStatError(StatError):
    """The run has no such stat, or the key needs its kind to be unique."""

    def __init__(self, key: str, kinds: Sequence[str] = (), known: Iterable[str] = ()) -> None:
        self.key, self.kinds = key, tuple(kinds)
        if kinds:
            super().__init__(f"stat {key!r} exists as {', '.join(kinds)}", "Name the kind.")
        else:
            super().__init__(f"no stat {key!r}", did_you_mean(key, known))


class InvalidCursorError(StatError):
    """A cursor that no reader of the stat gave out."""

    def __init__(self, cursor: str) -> None:
        self.cursor = cursor
        super().__init__(f"{cursor!r} is no cursor of this stat", "Pass what read() returned, or None to begin.")


class StreamerConflictError(StatError):
    """A streamer name is taken by another streamer."""

    def __init__(self, name: str, present: str, wanted: str) -> None:
        self.name = name
        cause = f"streamer name {name!r} is taken by a {present}, not by this {wanted}"
        super().__init__(cause, "Give one of the two another name or folder.")


class StatWriteError(StatError):
    """A point or a media file could not be written. What was written before stays readable."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"cannot write {path}: {reason}", "Free space, or make the folder writable, and log again.")


class StreamersFailedError(StatError):
    """`_create_streamers` of a simulation type raised; the run and its other stats are unaffected."""


# --- project and protocol --------------------------------------------------------------------------------------------


class ProjectError(GymDashError):
    """Something is wrong with the project folder."""


class ProjectAccessError(ProjectError, OSError):
    """The project folder cannot be read or written; also an `OSError`, with its number."""

    def __init__(self, path: Path, error: OSError) -> None:
        reason = error.strerror or str(error)
        remedy = "Free some space, make it writable, or name another folder."
        super().__init__(f"the project {path} cannot be used: {reason}", remedy)
        self.path, self.reason, self.errno = path, reason, error.errno


class CorruptFileError(ProjectError):
    """A file of the contract cannot be read."""

    def __init__(self, path: Path, cause: str) -> None:
        self.path = path
        super().__init__(f"{path}: {cause}", "The file was damaged from outside; restore it, or delete the run.")


class LockHeldError(ProjectError):
    """Another process owns what was asked for."""

    def __init__(self, path: Path, pid: int | None) -> None:
        self.path, self.pid = path, pid
        super().__init__(f"{path} is held by process {pid if pid is not None else 'unknown'}")


class ProtocolError(GymDashError):
    """A control message breaks the protocol: not JSON, too long, of another version, or without its token."""
