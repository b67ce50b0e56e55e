"""What routes are given: the server's parts, a session, a run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Path, Query
from sqlmodel import Session
from starlette.requests import Request

from gymdash_core.errors import RunNotFoundError
from gymdash_core.project import RunFolder
from gymdash_server.context import Context
from gymdash_server.takeover import BY

#: The product that a ``User-Agent`` names first (RFC 9110, section 10.1.5), as long as it is kept.
_PRODUCT = re.compile(r"[A-Za-z0-9._-]{1,40}")
#: What browsers call themselves.
_BROWSER = "Mozilla"


def get_context(request: Request) -> Context:
    """Return the server's parts."""
    context: Context = request.app.state.context
    return context


Parts = Annotated[Context, Depends(get_context)]


def get_session(request: Request, context: Parts) -> Iterator[Session]:
    """Give a session of the index for the time of a request, once it has what commands before have done."""
    context.recorder.settle(request.path_params.get("simulation_id"))
    with Session(context.engine) as session:
        yield session


def get_bare_session(context: Parts) -> Iterator[Session]:
    """Give a session of the index as it is at this moment."""
    with Session(context.engine) as session:
        yield session


Db = Annotated[Session, Depends(get_session)]
BareDb = Annotated[Session, Depends(get_bare_session)]
RunId = Annotated[str, Path(description="Id of a run.")]


def get_run(context: Parts, simulation_id: RunId) -> RunFolder:
    """Return the files of a run.

    Raises:
        RunNotFoundError: There is no such run.
    """
    run = context.service.run(simulation_id)
    if not run.config.is_file():
        raise RunNotFoundError(simulation_id)
    return run


def get_actor(request: Request) -> str:
    """Return by what a command was sent, for the record: the dashboard, or the product that `User-Agent` names."""
    found = _PRODUCT.match(request.headers.get("user-agent", ""))
    if found is None:
        return BY
    return "dashboard" if found[0] == _BROWSER else found[0]


Actor = Annotated[str, Depends(get_actor)]
Run = Annotated[RunFolder, Depends(get_run)]
Limit = Annotated[int, Query(ge=1, le=1000, description="Most items.")]
#: The longest cursor holds a name of 500 letters of four bytes, and then some.
Cursor = Annotated[str | None, Query(max_length=3000, description="`next_cursor` of the part before.")]
