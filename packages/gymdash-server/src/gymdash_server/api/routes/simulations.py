"""Runs: start, list, look, change, end and go on."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from gymdash_core.status import RunState
from gymdash_server.api.answers import ApiJSON, is_conditional, tagged
from gymdash_server.api.deps import Actor, Cursor, Db, Limit, Parts, RunId
from gymdash_server.api.waits import waiting
from gymdash_server.db.conditions import Condition
from gymdash_server.db.repositories import SORTS, SimulationFilter, SimulationRepository
from gymdash_server.orders import StartOrder
from gymdash_server.schemas import simulations as schemas
from gymdash_server.schemas.data import LastValuesList

router = APIRouter(tags=["simulations"])

_SORT = Annotated[str, Query(description=f"One of {', '.join(SORTS)}; `-` in front for descending.")]


@router.post("/simulations", operation_id="create_simulation", status_code=201, response_model=schemas.SimulationRead)
def create_simulation(context: Parts, body: schemas.SimulationCreate) -> Response:
    """Start a run; nothing is created where anything is wrong."""
    executor = body.executor.model_dump() if isinstance(body.executor, schemas.ExecutorChoice) else body.executor
    order = StartOrder(body.key, body.name, body.kwargs, executor, tuple(body.tags), body.group)
    return ApiJSON(context.service.start(order), 201)


@router.post("/simulations/batch", operation_id="create_simulations", status_code=201, response_model=schemas.BatchRead)
def create_simulations(context: Parts, body: schemas.BatchCreate) -> Response:
    """Start a group of runs, all or none: every combination of the grid, for every seed."""
    group, items = context.service.start_batch(body.key, body.kwargs, body.grid, body.seeds, body.name)
    return ApiJSON({"group": group, "items": items}, 201)


@router.get("/simulations", operation_id="list_simulations", response_model=schemas.SimulationList)
def list_simulations(
    request: Request,
    session: Db,
    state: Annotated[list[RunState] | None, Query(description="States, any of them.")] = None,
    key: Annotated[str | None, Query(description="Simulation type.")] = None,
    tag: Annotated[str | None, Query(description="A tag.")] = None,
    group: Annotated[str | None, Query(description="Id of a group.")] = None,
    q: Annotated[str, Query(max_length=500, description="Words in name, key, notes, id or tags.")] = "",
    where: Annotated[
        list[Annotated[str, Field(max_length=500)]] | None,
        Query(description="Conditions on arguments that were given, all of them: `learning_rate<0.001`."),
    ] = None,
    trashed: Annotated[bool, Query(description="Those in the trash instead.")] = False,
    sort: _SORT = "-created",
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """List runs."""
    states, conditions = [str(item) for item in state or ()], [Condition.parse(text) for text in where or ()]
    wanted = SimulationFilter(states, key, tag, group, q, conditions, trashed=trashed, sort=sort)
    page = SimulationRepository(session).page(wanted, limit, cursor)
    return tagged(request, {"items": page.items, "next_cursor": page.next_cursor})


@router.get("/last-values", operation_id="list_last_values", response_model=LastValuesList)
def list_last_values(
    context: Parts,
    session: Db,
    key: Annotated[list[str] | None, Query(max_length=50, description="Names of scalars; all by default.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """List the newest values of all runs' scalars, the newest run first; ended runs are read once, some an answer."""
    page = SimulationRepository(session).page(SimulationFilter(), limit, cursor)
    items, waiting = context.last_values.of(page.items, key or ())
    return ApiJSON({"items": items, "next_cursor": page.next_cursor, "waiting": waiting})


@router.get("/simulations/{simulation_id}", operation_id="get_simulation", response_model=schemas.SimulationRead)
def get_simulation(request: Request, context: Parts, session: Db, simulation_id: RunId) -> Response:
    """Return a run."""
    return tagged(request, _read(context, session, simulation_id))


@router.patch("/simulations/{simulation_id}", operation_id="update_simulation", response_model=schemas.SimulationRead)
def update_simulation(
    request: Request, context: Parts, session: Db, simulation_id: RunId, body: schemas.SimulationUpdate
) -> Response:
    """Change name, tags or notes."""
    known = _read(context, session, simulation_id)
    is_bound = is_conditional(request, known, f"simulation {simulation_id}")
    changes = body.model_dump(exclude_unset=True, exclude_none=True)
    if "tags" in changes:
        changes["tags"] = list(dict.fromkeys(changes["tags"]))
    return tagged(request, context.service.describe(simulation_id, changes, known if is_bound else None))


@router.delete(
    "/simulations/{simulation_id}",
    operation_id="delete_simulation",
    response_model=schemas.SimulationRead,
    responses={204: {"description": "Removed for good."}},
)
def delete_simulation(
    context: Parts, simulation_id: RunId, purge: Annotated[bool, Query(description="Remove it for good.")] = False
) -> Response:
    """Move an ended run to the trash, or remove it for good."""
    if purge:
        context.service.purge(simulation_id)
        return Response(status_code=204)
    return ApiJSON(context.service.trash(simulation_id))


@router.post(
    "/simulations/{simulation_id}/restore", operation_id="restore_simulation", response_model=schemas.SimulationRead
)
def restore_simulation(context: Parts, simulation_id: RunId) -> Response:
    """Take a run out of the trash."""
    return ApiJSON(context.service.restore(simulation_id))


@router.post(
    "/simulations/{simulation_id}/stop",
    operation_id="stop_simulation",
    status_code=202,
    response_model=schemas.SimulationRead,
)
def stop_simulation(
    context: Parts, by: Actor, simulation_id: RunId, body: Annotated[schemas.StopCommand | None, Body()] = None
) -> Response:
    """Begin the stop ladder: ask, grace, SIGTERM, 5 s, SIGKILL. A queued run is stopped at once."""
    command = body or schemas.StopCommand()
    return ApiJSON(context.service.stop(simulation_id, command.grace_s, save=command.save, by=by), 202)


@router.post(
    "/simulations/{simulation_id}/kill",
    operation_id="kill_simulation",
    status_code=202,
    response_model=schemas.SimulationRead,
)
def kill_simulation(context: Parts, by: Actor, simulation_id: RunId) -> Response:
    """End a run at once."""
    return ApiJSON(context.service.kill(simulation_id, by), 202)


@router.post(
    "/simulations/{simulation_id}/pause",
    operation_id="pause_simulation",
    status_code=202,
    response_model=schemas.SimulationRead,
)
async def pause_simulation(request: Request, context: Parts, by: Actor, simulation_id: RunId) -> Response:
    """Hold the loop of a run at its next tick."""
    return ApiJSON(await waiting(request, "pause", lambda: context.service.pause(simulation_id, by)), 202)


@router.post(
    "/simulations/{simulation_id}/resume",
    operation_id="resume_simulation",
    status_code=202,
    response_model=schemas.SimulationRead,
)
async def resume_simulation(
    request: Request,
    context: Parts,
    by: Actor,
    simulation_id: RunId,
    body: Annotated[schemas.ResumeCommand | None, Body()] = None,
) -> Response:
    """Let a paused run go on, or start the next attempt of an ended one."""
    checkpoint = body.checkpoint if body else None
    return ApiJSON(await waiting(request, "resume", lambda: context.service.resume(simulation_id, checkpoint, by)), 202)


@router.post(
    "/simulations/{simulation_id}/restart",
    operation_id="restart_simulation",
    status_code=201,
    response_model=schemas.SimulationRead,
)
def restart_simulation(
    context: Parts, simulation_id: RunId, body: Annotated[schemas.RestartCommand | None, Body()] = None
) -> Response:
    """Start a new run with the same arguments."""
    return ApiJSON(context.service.restart(simulation_id, None if body is None else body.name), 201)


@router.post(
    "/simulations/{simulation_id}/branch",
    operation_id="branch_simulation",
    status_code=201,
    response_model=schemas.SimulationRead,
)
def branch_simulation(
    context: Parts, simulation_id: RunId, body: Annotated[schemas.BranchCommand | None, Body()] = None
) -> Response:
    """Start a new run from a checkpoint of another, with changed arguments."""
    command = body or schemas.BranchCommand()
    return ApiJSON(context.service.branch(simulation_id, command.checkpoint, command.kwargs, command.name), 201)


def _read(context: Parts, session: Db, simulation_id: str) -> dict[str, Any]:
    """Return a run as the index has it; as its files say, where it was accepted and could not be indexed yet."""
    return SimulationRepository(session).read(simulation_id) or context.service.read(simulation_id)
