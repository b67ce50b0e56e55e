"""Errors as problem documents.

Source: RFC 9457, "Problem Details for HTTP APIs".
"""

from __future__ import annotations

import errno
import logging
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from gymdash_core import errors as core
from gymdash_server import errors as server
from gymdash_server.jsonvalues import dumps, finite

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from fastapi import FastAPI
    from starlette.requests import Request

    from gymdash_core.errors import FieldError

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
#: HTTP status of each error; a subclass has that of its nearest base.
STATUSES: dict[type[Exception], int] = {
    core.UnknownKeyError: 404,
    core.RunNotFoundError: 404,
    core.UnknownRequestError: 404,
    core.UnknownStatError: 404,
    server.NoSuchItemError: 404,
    core.InvalidKwargsError: 422,
    core.InvalidValueError: 422,
    core.UnknownChannelError: 422,
    core.InvalidCursorError: 422,
    server.InvalidConditionError: 422,
    core.TargetError: 422,
    core.PluginError: 422,
    core.WrongStateError: 409,
    core.NotSupportedError: 409,
    core.RequestClosedError: 409,
    core.WorkerGoneError: 409,
    server.PreconditionError: 412,
    core.LockHeldError: 503,
    server.ServerEndingError: 503,
    core.ProjectAccessError: 507,
    core.GymDashError: 500,
}
#: What a wait ends with that the end of the server cuts short.
_CUT_SHORT = (core.WorkerGoneError, core.TargetError)
#: What a disk says that is full, read-only or not ours.
_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM})


@dataclass(frozen=True)
class Problem:
    """A problem document.

    Attributes:
        status: HTTP status.
        detail: Cause and remedy.
        errors: Refused fields, each with ``loc``, ``message`` and ``type``.
        kind: Name of the error.
    """

    status: int
    detail: str
    errors: Sequence[Mapping[str, Any]] = field(default_factory=tuple)
    kind: str = "http"

    def response(self, headers: Mapping[str, str] | None = None) -> Response:
        """Return the document as an answer."""
        body: dict[str, Any] = {
            "type": f"urn:gymdash:error:{self.kind}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
        }
        if self.errors:
            body["errors"] = list(self.errors)
        return Response(dumps(body), self.status, dict(headers or {}), MEDIA_TYPE)


def problem_response(status: int, detail: str) -> Response:
    """Return a problem document without refused fields."""
    return Problem(status, detail).response()


def defect_response(error: Exception) -> Response:
    """Return the answer to a request that met a defect; the log has the traceback, the client has not."""
    logger.error("a request met a defect", exc_info=error)
    return Problem(500, "the server met a defect; its log has the traceback", kind="Defect").response()


def add_problem_handlers(app: FastAPI) -> None:
    """Have an application answer all errors with problem documents."""
    handlers: dict[type[Exception], Callable[[Request, Any], Awaitable[Response]]] = {
        core.GymDashError: _gymdash_error,
        OSError: _system_error,
        SQLAlchemyError: _database_error,
        RequestValidationError: _validation_error,
        HTTPException: _http_error,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


def status_of(error: Exception) -> int:
    """Return the HTTP status of an error."""
    return next((STATUSES[cls] for cls in type(error).__mro__ if cls in STATUSES), 500)


async def _gymdash_error(request: Request, error: core.GymDashError) -> Response:
    if isinstance(error, _CUT_SHORT) and request.app.state.context.is_ending:
        error = server.ServerEndingError()
    fields: Sequence[FieldError] = getattr(error, "errors", ())
    status = status_of(error)
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        is_damage = isinstance(error, core.CorruptFileError)
        logger.error("a request failed: %s", error, exc_info=None if is_damage else error)
    return Problem(status, str(error), [finite(item.as_json()) for item in fields], type(error).__name__).response()


async def _system_error(_request: Request, error: OSError) -> Response:
    if error.errno not in _DISK:
        return defect_response(error)
    return Problem(507, f"{error}. Make room, or make it writable.", kind="ProjectAccessError").response()


async def _database_error(_request: Request, error: SQLAlchemyError) -> Response:
    if not isinstance(error, DBAPIError):
        return defect_response(error)
    logger.error("a request met a database that cannot be used: %s", error.orig)
    remedy = "Try again; if it stays so: `gymdash project reindex` makes the database anew from the runs."
    return Problem(503, f"the database cannot be used: {error.orig}. {remedy}", kind="DatabaseError").response()


def not_json() -> RequestValidationError:
    """Return the error for a body that was not sent as JSON, where a route takes any."""
    return RequestValidationError([{"loc": ("body",), "msg": "is no JSON", "type": "json_invalid"}])


async def _validation_error(request: Request, error: RequestValidationError) -> Response:
    errors = [{"loc": list(item["loc"]), "message": item["msg"], "type": item["type"]} for item in error.errors()]
    for item in errors:
        if item["loc"] == ["body"] and item["type"] != "missing" and not _sends_json(request):
            item.update(message="send it with Content-Type: application/json", type="content_type")
    names = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['message']}" for item in errors)
    status = 400 if any(item["type"] == "json_invalid" for item in errors) else 422
    return Problem(status, f"the request is invalid: {names}", errors, "InvalidRequest").response()


def _sends_json(request: Request) -> bool:
    kind, _, detail = request.headers.get("content-type", "").partition(";")[0].strip().lower().partition("/")
    return kind == "application" and (detail == "json" or detail.endswith("+json"))


async def _http_error(_request: Request, error: HTTPException) -> Response:
    return Problem(error.status_code, str(error.detail)).response(error.headers)
