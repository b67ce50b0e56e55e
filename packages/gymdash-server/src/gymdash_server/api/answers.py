"""Answers as the API gives them: strict JSON, with an ETag where a client may hold a copy."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response

from gymdash_server.errors import PreconditionError
from gymdash_server.jsonvalues import dumps

if TYPE_CHECKING:
    from starlette.requests import Request


class ApiJSON(JSONResponse):
    """Strict JSON; non-finite floats are their names."""

    def render(self, content: Any) -> bytes:
        """Return the body."""
        return dumps(content).encode()


def etag_of(data: Any) -> str:
    """Return the ETag of a JSON value."""
    return f'"{hashlib.sha256(dumps(data).encode()).hexdigest()[:24]}"'


def tagged(request: Request, data: Any) -> Response:
    """Return data with its ETag; 304 where the client has it."""
    tag = etag_of(data)
    return unmodified(request, tag) or ApiJSON(data, headers={"etag": tag})


def unmodified(request: Request, tag: str) -> Response | None:
    """Return the answer to a client that has what an ETag names; None where it has not."""
    known = {item.strip().removeprefix("W/") for item in request.headers.get("if-none-match", "").split(",")}
    return Response(status_code=304, headers={"etag": tag}) if tag in known or "*" in known else None


def is_conditional(request: Request, data: Any, name: str) -> bool:
    """Return whether a change is asked for of what the client has read alone, having checked that this is it.

    Raises:
        PreconditionError: The resource has changed since.
    """
    wanted = {tag.strip() for tag in request.headers.get("if-match", "*").split(",")}
    if "*" in wanted:
        return False
    if etag_of(data) not in wanted:
        raise PreconditionError(name)
    return True
