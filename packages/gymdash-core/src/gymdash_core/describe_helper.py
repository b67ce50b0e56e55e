"""Inside the helper process: load a class and tell what it is.

Started by `gymdash_core.describe`, one short-lived process a question, because loading a class runs a stranger's code
and may import gigabytes. One JSON request comes on standard input, or an import string as the only argument; one JSON
answer goes to what was standard output. Whatever else is printed goes to standard error.

Ops: ``describe``, ``validate`` (start arguments of one or more runs), ``streamers`` (points that only
`_create_streamers` can find), ``find`` (which simulations a module defines), ``load`` (does the target load at all?).
"""

from __future__ import annotations

import dataclasses
import faulthandler
import inspect
import json
import os
import sys
import traceback
from typing import TYPE_CHECKING, Any, NoReturn

from gymdash_core.codec import to_json, to_plain
from gymdash_core.config import SimulationStartConfig
from gymdash_core.errors import (
    InvalidKwargsError,
    InvalidValueError,
    StreamersFailedError,
    TargetError,
    UnknownStatError,
)
from gymdash_core.interaction.channels import builtin_channels
from gymdash_core.params import params_model, schema_of, validate_kwargs
from gymdash_core.project import RunFolder
from gymdash_core.status import RunState
from gymdash_core.targets import TargetSpec, load_module, load_target

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gymdash_core.simulation import Simulation
    from gymdash_core.stats.streamer import SimulationStreamer


def main(arguments: list[str]) -> NoReturn:
    """Answer one request and leave without waiting for threads that the class may have started."""
    channel = os.dup(1)
    os.dup2(2, 1)
    if arguments:
        request: dict[str, Any] = {"op": "describe", "spec": {"target": arguments[0]}}
    else:
        request = json.loads(sys.stdin.buffer.read())
        _close_input()
    limit_s = request.get("limit_s")
    if limit_s:
        faulthandler.dump_traceback_later(float(limit_s), exit=True)  # shows where a class hangs
    answer = respond(request)
    with os.fdopen(channel, "w", encoding="utf-8") as output:
        output.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(1 if answer.get("error") else 0)


def respond(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer to a request: a JSON object, with ``error`` where the class's code failed."""
    ops: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
        "describe": lambda asked: describe_type(_load(asked), asked.get("key", "")),
        "validate": _validate,
        "streamers": _streamers,
        "find": lambda asked: {"targets": find_simulations(TargetSpec.from_json(asked["spec"]))},
        "load": lambda asked: {"loaded": load_target(TargetSpec.from_json(asked["spec"])).__qualname__},
    }
    try:
        return ops[request["op"]](request)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - boundary: a stranger's code
        return {"error": error_json(error)}


def describe_type(cls: type[Simulation], key: str) -> dict[str, Any]:
    """Return what a simulation class is, as JSON. What fails is left at its default, and the first failure is told.

    Args:
        cls: The class.
        key: The key that it is registered under, for its config.
    """
    paragraph = inspect.cleandoc(cls.__doc__ or "").partition("\n\n")[0]
    answer: dict[str, Any] = {
        "key": key,
        "title": key or cls.__name__,
        "description": " ".join(paragraph.split()),
        "params_schema": schema_of(None, {}),
        "defaults": {},
        "channels": [channel.as_json() for channel in builtin_channels()],
        "capabilities": [],
        "has_params": getattr(cls, "Params", None) is not None,
        "empty_error": None,
        "error": None,
    }
    for step in (_tell_abilities, _tell_channels, _tell_params, _tell_defaults):
        try:
            step(cls, key, answer)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - boundary: a stranger's code
            answer["error"] = answer["error"] or error_json(error)
    return answer


def read_streamers(
    cls: type[Simulation], run: RunFolder, stat: tuple[str, str | None] | None, cursor: str | None, limit: int | None
) -> dict[str, Any]:
    """Return what `_create_streamers` of a class finds in a run.

    Args:
        cls: The run's class.
        run: The run.
        stat: Key and kind of the stat to read; None lists the stats.
        cursor: Where the last answer ended; None reads from the first point.
        limit: At most so many points; None reads all.

    Returns:
        ``{"stats": [[key, kind], ...]}``, ``{"points": [...], "cursor": ...}``, or ``{"unknown": [kind, ...],
        "stats": ...}`` where there is no such stat, or one in each of those kinds.

    Raises:
        StreamersFailedError: ``__init__`` or `_create_streamers` raised.
    """
    from gymdash_core.restore import restore_simulation  # noqa: PLC0415 - only this op needs it

    try:
        streamer = restore_simulation(run, cls).streamer
    except StreamersFailedError:
        raise
    except Exception as error:
        raise StreamersFailedError(f"the streamers of {cls.__qualname__} failed: {error}") from error
    _refresh(streamer, run)
    stats = [list(pair) for pair in streamer.get_stat_keys()]
    if stat is None:
        return {"stats": stats}
    try:
        points, end = streamer.stat(*stat).read(cursor, limit)
    except UnknownStatError as error:
        return {"unknown": list(error.kinds), "stats": stats}
    return {"points": [to_plain(dataclasses.asdict(point), f"stat {stat[0]!r}") for point in points], "cursor": end}


def find_simulations(spec: TargetSpec) -> list[str]:
    """Return the import strings of the simulation classes that a module defines, in the order of its names.

    Args:
        spec: Any target of the module.
    """
    from gymdash_core.simulation import Simulation  # noqa: PLC0415 - the op "load" does without

    module = load_module(spec)
    return [
        f"{spec.module}:{name}"
        for name, value in vars(module).items()
        if isinstance(value, type)
        and issubclass(value, Simulation)
        and value.__module__ == module.__name__
        and value.__qualname__ == name
        and not getattr(value, "__abstractmethods__", None)
    ]


def error_json(error: BaseException) -> dict[str, str]:
    """Return an exception as a JSON object ``{type, message, traceback}``."""
    trace = "".join(traceback.format_exception(error))
    return {"type": type(error).__name__, "message": str(error), "traceback": trace}


def _load(request: Mapping[str, Any]) -> type[Simulation]:
    from gymdash_core.simulation import Simulation  # noqa: PLC0415 - the op "load" does without

    spec = TargetSpec.from_json(request["spec"])
    cls = load_target(spec)
    if not issubclass(cls, Simulation):
        raise TargetError(spec.target, "is no Simulation", "Let it derive from gymdash_core.Simulation.")
    return cls


def _validate(request: Mapping[str, Any]) -> dict[str, Any]:
    cls, key = _load(request), request.get("key", "")
    answer = {"description": describe_type(cls, key)}
    try:
        model = params_model(cls)
        return answer | {"kwargs": [validate_kwargs(key, model, kwargs) for kwargs in request["kwargs"]]}
    except InvalidKwargsError as error:
        return answer | {"invalid": [field.as_json() for field in error.errors]}


def _streamers(request: Mapping[str, Any]) -> dict[str, Any]:
    stat = None if request.get("key") is None else (request["key"], request.get("kind"))
    run = RunFolder(request["run"])
    return read_streamers(_load(request), run, stat, request.get("cursor"), request.get("limit"))


def _refresh(streamer: SimulationStreamer, run: RunFolder) -> None:
    """Look for files once, as nobody will look a second time: a file of an unfinished run counts if it is whole."""
    from gymdash_core.runview import read_run  # noqa: PLC0415 - only this op needs it
    from gymdash_core.stats.media import MediaFileStatLinker  # noqa: PLC0415 - same

    ended = read_run(run).state in {RunState.SUCCEEDED, RunState.FAILED, RunState.STOPPED}
    for each in streamer.streamers().values():
        if isinstance(each, MediaFileStatLinker):
            each.refresh(final=True, only_whole=not ended)
        else:
            each.refresh()


def _tell_abilities(cls: type[Simulation], _key: str, answer: dict[str, Any]) -> None:
    answer["capabilities"] = sorted(cls.capabilities())


def _tell_channels(cls: type[Simulation], _key: str, answer: dict[str, Any]) -> None:
    answer["channels"] = [channel.as_json() for channel in cls.all_channels()]


def _tell_params(cls: type[Simulation], key: str, answer: dict[str, Any]) -> None:
    model = params_model(cls)
    if model is None:
        return
    try:
        validate_kwargs(key, model, {})
    except InvalidKwargsError as error:
        answer["empty_error"] = [field.as_json() for field in error.errors]
    answer["params_schema"] = schema_of(model, {})


def _tell_defaults(cls: type[Simulation], key: str, answer: dict[str, Any]) -> None:
    instance = cls(SimulationStartConfig(sim_key=key))
    answer["defaults"] = _plain(instance.create_kwarg_defaults())
    if not answer["has_params"]:
        answer["params_schema"] = schema_of(None, answer["defaults"])


def _plain(defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Return the defaults that are JSON: the others exist for the class's own code."""
    plain = {}
    for name, value in defaults.items():
        try:
            plain[str(name)] = to_json(value, f"default of {name!r}")
        except InvalidValueError:
            continue
    return plain


def _close_input() -> None:
    """Let a class that reads standard input see its end instead of waiting for ever."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
