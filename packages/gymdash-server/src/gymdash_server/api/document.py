"""The OpenAPI document: what the routes say, with the token and with the problems that each operation may answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fastapi.openapi.utils import get_openapi

from gymdash_server.api.problems import MEDIA_TYPE
from gymdash_server.schemas.common import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI

#: What each status of a problem document means.
PROBLEMS: Final = {
    400: "The body is no JSON.",
    401: "No token, or a wrong one.",
    403: "A request of another site.",
    404: "There is no such thing.",
    405: "The address has other methods; `Allow` names them.",
    409: "The state, or a capability that is missing, does not allow it.",
    412: "It has changed since it was read.",
    413: "The body is too large.",
    421: "The server does not answer to that Host.",
    422: "The request is invalid; `errors` names the fields.",
    500: "A defect, or a file that was damaged from outside; the server's log has more.",
    503: "The database or a file is held by another process, or the server is ending; try again.",
    507: "The disk is full or read-only.",
}
_ALWAYS = (401, 403, 413, 421, 500, 503)
_WITH_NAME = frozenset({"create_simulation", "create_simulations", "list_simulations", "stream_events"})
_NEEDS_WORKER = frozenset({"list_channels"})
_WRITES = frozenset({"list_stats", "get_points"})


def document_of(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document of an application; made at the first call."""
    if app.openapi_schema is None:
        made = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
        components = made.setdefault("components", {})
        schemas = components.setdefault("schemas", {})
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        schemas["Problem"] = Problem.model_json_schema()
        components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        made["security"] = [{"token": []}]
        for path, method, operation in operations_of(made):
            answers = {status: text for status, text in operation["responses"].items() if status != "422"}
            answers |= {str(status): _problem(status) for status in _statuses(path, method, operation)}
            operation["responses"] = dict(sorted(answers.items()))
        app.openapi_schema = made
    return app.openapi_schema


def operations_of(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield path, method and operation of each operation of a document."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield path, method, operation


def _statuses(path: str, method: str, operation: dict[str, Any]) -> list[int]:
    name, has_body, changes = operation["operationId"], "requestBody" in operation, method != "get"
    more = {
        400: has_body,
        404: "{" in path or name in _WITH_NAME,
        409: changes or name in _NEEDS_WORKER,
        412: method == "patch",
        422: has_body or bool(operation.get("parameters")),
        507: changes or name in _WRITES,
    }
    return [*_ALWAYS, *(status for status, applies in more.items() if applies)]


def _problem(status: int) -> dict[str, Any]:
    return {
        "description": PROBLEMS[status],
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
