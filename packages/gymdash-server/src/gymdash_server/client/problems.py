"""From problem documents back to the errors that the server had raised."""

from __future__ import annotations

import inspect
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from gymdash_core import errors as core
from gymdash_core.errors import FieldError, GymDashError
from gymdash_server import errors as server
from gymdash_server.errors import RefusedError

if TYPE_CHECKING:
    import httpx

_PREFIX = "urn:gymdash:error:"
_REMEDIES = {
    HTTPStatus.UNAUTHORIZED: "Give its token: --token, GYMDASH_TOKEN, or the address with ?token= that it has printed.",
    HTTPStatus.MISDIRECTED_REQUEST: "Serve with --allow-host for that name.",
}


def error_of(answer: httpx.Response) -> GymDashError:
    """Return the error that an answer stands for.

    It is of the class that its ``type`` names, with the message and the refused fields; further fields do not travel
    and are None. What is no error of GymDash's tree is a `RefusedError`.

    Args:
        answer: An answer of a status from 400 on, read to its end.
    """
    problem = _problem(answer)
    detail = str(problem.get("detail") or answer.reason_phrase or "no reason was given")
    kind = str(problem.get("type") or "").removeprefix(_PREFIX)
    fields = tuple(FieldError.from_json(item) for item in problem.get("errors") or () if _is_field(item))
    cls = getattr(core, kind, None) or getattr(server, kind, None)
    if not (inspect.isclass(cls) and issubclass(cls, GymDashError)):
        remedy = next((text for status, text in _REMEDIES.items() if status == answer.status_code), "")
        return RefusedError(answer.status_code, detail, fields, remedy)
    return _rebuild(cls, detail, fields)


def _problem(answer: httpx.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _is_field(item: Any) -> bool:
    return isinstance(item, dict) and isinstance(item.get("loc"), list) and "message" in item


def _rebuild(cls: type[GymDashError], detail: str, fields: tuple[FieldError, ...]) -> GymDashError:
    error = cls.__new__(cls, detail)
    for name in inspect.signature(cls).parameters:
        setattr(error, name, None)
    error.cause, error.remedy = detail, ""
    if hasattr(error, "errors"):
        error.errors = fields
    error.args = (detail, "")
    return error
