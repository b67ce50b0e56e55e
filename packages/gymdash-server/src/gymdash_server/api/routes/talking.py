"""Talking to runs: queries, channels, questions, and the record of interventions."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Query
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from gymdash_core.errors import UnknownRequestError
from gymdash_server.api.answers import ApiJSON
from gymdash_server.api.deps import Actor, Cursor, Db, Limit, Parts, Run, RunId
from gymdash_server.api.problems import not_json
from gymdash_server.api.waits import waiting
from gymdash_server.context import Context
from gymdash_server.db.mapping import request_json
from gymdash_server.db.repositories import RecordRepository
from gymdash_server.schemas import talking as schemas

router = APIRouter(tags=["talking"])


@router.post("/simulations/{simulation_id}/query", operation_id="query_simulation", response_model=schemas.QueryRead)
async def query_simulation(
    request: Request, context: Parts, by: Actor, simulation_id: RunId, body: schemas.QueryCommand
) -> Response:
    """Send values to channels of a live run and wait for the replies."""
    replies = await waiting(
        request, "query", lambda: context.service.query(simulation_id, body.channels, body.timeout_s, by)
    )
    return ApiJSON({"channels": {key: reply.as_json() for key, reply in replies.items()}})


@router.get("/simulations/{simulation_id}/channels", operation_id="list_channels", response_model=schemas.ChannelList)
async def list_channels(request: Request, context: Parts, simulation_id: RunId) -> Response:
    """List the channels of a run with their current values; there are none where it has no live worker."""
    items = await waiting(request, "channels", lambda: context.service.channels(simulation_id))
    return ApiJSON({"items": items, "next_cursor": None})


@router.get("/control-requests", operation_id="list_control_requests", response_model=schemas.ControlRequestList)
def list_control_requests(
    session: Db,
    open: Annotated[bool | None, Query(description="Only open, or only closed ones.")] = None,  # noqa: A002 - fixed
    simulation: Annotated[str | None, Query(description="Id of a run.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """List questions of all runs, oldest first."""
    page = RecordRepository(session).requests(run_id=simulation, is_open=open, limit=limit, cursor=cursor)
    return ApiJSON({"items": page.items, "next_cursor": page.next_cursor})


@router.post(
    "/control-requests/{request_id}/answer",
    operation_id="answer_control_request",
    response_model=schemas.ControlRequestRead,
)
async def answer_control_request(
    request: Request, context: Parts, by: Actor, request_id: str, body: Annotated[Any, Body()] = None
) -> Response:
    """Answer a question; exactly one client succeeds. The body is the answer."""
    if isinstance(body, bytes):
        raise not_json()
    return ApiJSON(await waiting(request, "answer", lambda: _answer(context, request_id, body, by)))


def _answer(context: Context, request_id: str, value: Any, by: str) -> dict[str, Any]:
    run_id = _asked(context, request_id)["simulation_id"]
    context.service.answer(run_id, request_id, value, by)
    return _asked(context, request_id)


def _asked(context: Context, request_id: str) -> dict[str, Any]:
    with Session(context.engine) as session:
        row = RecordRepository(session).request(request_id)
        if row is None:
            raise UnknownRequestError(request_id)
        return request_json(row)


@router.get(
    "/simulations/{simulation_id}/interventions",
    operation_id="list_interventions",
    response_model=schemas.InterventionList,
)
def list_interventions(session: Db, run: Run, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """List what was done to a run from outside, oldest first."""
    page = RecordRepository(session).interventions(run.id, limit, cursor)
    return ApiJSON({"items": page.items, "next_cursor": page.next_cursor})
