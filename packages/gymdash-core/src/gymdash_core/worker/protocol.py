"""The control protocol between a worker and its controllers: versioned, typed JSON lines.

A controller sends one request line and reads one reply line; a connection carries any number of such pairs, one at a
time. A line holds at most `MAX_LINE_BYTES`. Requests::

    {"v": 1, "type": "query", "token": null, "body": {"channels": {"progress": null}, "timeout_s": 5.0, "by": "cli"}}

Replies are ``{"v": 1, "ok": true, "result": ...}`` or ``{"v": 1, "ok": false, "error": {"type": ..., ...}}``; the error
is one of the GymDash error tree with its fields. End of file instead of a reply means: the worker has ended, read the
run's files.
"""

from __future__ import annotations

import dataclasses
import json
import time
from dataclasses import dataclass, field
from typing import Any, ClassVar

from gymdash_core import errors
from gymdash_core.errors import FieldError, GymDashError, ProtocolError

VERSION = 1
#: Longest line. A value may be 1 MiB and JSON escapes may lengthen it.
MAX_LINE_BYTES = 8 << 20


@dataclass(frozen=True)
class Query:
    """Send values to channels and wait for the replies; the result maps each channel to a reply."""

    type: ClassVar = "query"
    channels: dict[str, Any]
    timeout_s: float | None = 5.0
    by: str = ""
    sent: float = field(default_factory=time.time)
    #: The queries' ids, by channel: the client has them even where the worker cannot reply.
    ids: dict[str, str] = field(default_factory=dict)

    def remaining_s(self) -> float | None:
        """Return how much of the client's wait is left: a worker that was busy may read the message late."""
        return None if self.timeout_s is None else max(0.0, self.timeout_s - max(0.0, time.time() - self.sent))


@dataclass(frozen=True)
class Answer:
    """Answer a control request; the result is the request."""

    type: ClassVar = "answer"
    request_id: str
    value: Any = None
    by: str = ""


@dataclass(frozen=True)
class Stop:
    """Ask the simulation to stop, with a checkpoint before where it can; accepted at once."""

    type: ClassVar = "stop"
    save: bool = False
    by: str = ""


@dataclass(frozen=True)
class Pause:
    """Hold the loop at its next tick, or let it go on; accepted at once."""

    type: ClassVar = "pause"
    on: bool = True
    by: str = ""


@dataclass(frozen=True)
class Describe:
    """Return the channels with their current values, and the open control requests."""

    type: ClassVar = "describe"


Message = Query | Answer | Stop | Pause | Describe
_MESSAGES: dict[str, type[Any]] = {message.type: message for message in (Query, Answer, Stop, Pause, Describe)}

#: Errors that travel whole, with the constructor arguments that rebuild them.
_ERROR_FIELDS = {
    "UnknownChannelError": ("channel", "known"),
    "InvalidValueError": ("where", "errors"),
    "RequestClosedError": ("request_id", "how"),
    "UnknownRequestError": ("request_id",),
    "NotSupportedError": ("what", "capability", "remedy"),
    "WrongStateError": ("run", "state", "wanted", "remedy"),
}


def encode_request(message: Message, token: str | None = None) -> bytes:
    """Return a request as one line."""
    body = {item.name: getattr(message, item.name) for item in dataclasses.fields(message)}
    return _line({"v": VERSION, "type": message.type, "token": token, "body": body})


def decode_request(line: bytes, token: str | None = None) -> Message:
    """Return the request of a line.

    Raises:
        ProtocolError: Not JSON, another version, an unknown type, wrong fields, or without the token.
    """
    data = _parse(line)
    if token is not None and data.get("token") != token:
        raise ProtocolError("a control message without the run's token", "Read the token from the run's state.json.")
    message = _MESSAGES.get(str(data.get("type")))
    body = data.get("body")
    if message is None or not isinstance(body, dict):
        raise ProtocolError(
            f"unknown control message {data.get('type')!r}", "Use the same GymDash version on both sides."
        )
    known = {item.name for item in dataclasses.fields(message)}
    try:
        request: Message = message(**{name: value for name, value in body.items() if name in known})
    except TypeError as error:
        raise ProtocolError(f"control message {message.type!r} lacks a field: {error}") from error
    if isinstance(request, Query) and not all(isinstance(body.get(name, {}), dict) for name in ("channels", "ids")):
        raise ProtocolError("control message 'query': channels and ids must be objects")
    return request


def encode_result(result: object) -> bytes:
    """Return a successful reply as one line."""
    return _line({"v": VERSION, "ok": True, "result": result})


def encode_error(error: Exception) -> bytes:
    """Return a failed reply as one line."""
    name = type(error).__name__
    data: dict[str, Any] = {"type": name, "message": str(error), "fields": {}}
    for item in _ERROR_FIELDS.get(name, ()):
        value: Any = getattr(error, item, "")
        data["fields"][item] = [e.as_json() for e in value] if item == "errors" else value
    return _line({"v": VERSION, "ok": False, "error": data})


@dataclass(frozen=True)
class Outcome:
    """A reply: its result, or the error to raise."""

    result: Any = None
    error: GymDashError | None = field(default=None)


def decode_reply(line: bytes) -> Outcome:
    """Return the reply of a line.

    Raises:
        ProtocolError: The line is no reply of this version.
    """
    data = _parse(line)
    if data.get("ok"):
        return Outcome(result=data.get("result"))
    error = data.get("error") or {}
    name, fields = str(error.get("type")), dict(error.get("fields") or {})
    if name not in _ERROR_FIELDS:
        return Outcome(error=GymDashError(f"the worker refused: {error.get('message')}"))
    if "errors" in fields:
        fields["errors"] = [FieldError.from_json(item) for item in fields["errors"]]
    return Outcome(error=getattr(errors, name)(*(fields[item] for item in _ERROR_FIELDS[name])))


def _line(data: object) -> bytes:
    return (json.dumps(data, separators=(",", ":")) + "\n").encode("ascii")


def _parse(line: bytes) -> dict[str, Any]:
    try:
        data = json.loads(line)
    except ValueError as error:
        raise ProtocolError(f"a control message is not JSON: {error}") from error
    if not isinstance(data, dict) or data.get("v") != VERSION:
        found = data.get("v") if isinstance(data, dict) else None
        raise ProtocolError(f"control protocol version {found!r}, not {VERSION}", "Use the same version on both sides.")
    return data
