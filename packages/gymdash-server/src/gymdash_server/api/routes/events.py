"""The live stream."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query
from fastapi.sse import EventSourceResponse
from starlette.responses import Response

from gymdash_core.errors import UnknownKeyError
from gymdash_server.api.deps import Parts
from gymdash_server.live.hub import EVENTS, Interest

router = APIRouter(tags=["events"])


@router.get(
    "/events",
    operation_id="stream_events",
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def stream_events(
    context: Parts,
    simulation: Annotated[list[str] | None, Query(description="Ids of runs; all by default.")] = None,
    event: Annotated[list[str] | None, Query(description="Names of events; all by default.")] = None,
    last_event_id: Annotated[str | None, Header(description="Id of the last event that was seen.")] = None,
) -> Response:
    """Tell what happens as server-sent events, from now on; with `Last-Event-ID` also what was missed."""
    unknown = [name for name in event or () if name not in EVENTS]
    if unknown:
        raise UnknownKeyError("event", unknown[0], EVENTS)
    interest = Interest(frozenset(simulation or ()), frozenset(event or ()))
    stream = context.hub.stream(interest, {"simulation_id": None, "version": context.version}, last_event_id)
    return EventSourceResponse(stream, headers={"cache-control": "no-store", "x-accel-buffering": "no"})
