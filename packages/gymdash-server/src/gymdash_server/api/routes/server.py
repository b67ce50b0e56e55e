"""The server itself: health, plugins, simulation types, stat kinds, executors, usage."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from gymdash_core.errors import GymDashError
from gymdash_core.executors.api import Capability
from gymdash_core.targets import load_target
from gymdash_server.api.answers import ApiJSON
from gymdash_server.api.deps import Db, Parts
from gymdash_server.db.repositories import SimulationRepository
from gymdash_server.schemas import server as schemas

router = APIRouter(tags=["server"])


@router.get("/health", operation_id="get_health", response_model=schemas.Health)
def get_health(context: Parts, session: Db) -> Response:
    """Tell that the server is up: all runs are reconciled."""
    return ApiJSON(
        {
            "status": "ok",
            "version": context.version,
            "boot": context.hub.boot,
            "project": str(context.project.path),
            "simulations": SimulationRepository(session).count(),
            "clients": context.hub.clients,
        }
    )


@router.get("/plugins", operation_id="list_plugins", response_model=schemas.PluginList)
def list_plugins(context: Parts) -> Response:
    """List the plugins that were found, also those that are not in use, with their tracebacks."""
    return ApiJSON({"items": [row.as_json() for row in context.manager.report], "next_cursor": None})


@router.get("/simulation-types", operation_id="list_simulation_types", response_model=schemas.SimulationTypeList)
def list_simulation_types(context: Parts) -> Response:
    """List what can be started; helper processes describe it, the list waits 10 s at most."""
    entries = list(context.registry.simulations.values())
    described = context.describer.describe_all(entries)
    items = [
        {
            "key": entry.item.key,
            "title": found.title,
            "description": found.description,
            "plugin": entry.plugin,
            "distribution": entry.distribution,
            "version": entry.version,
            "params_schema": found.params_schema,
            "defaults": found.defaults,
            "channels": list(found.channels),
            "capabilities": list(found.capabilities),
            "error": found.error,
            "traceback": found.traceback,
        }
        for entry, found in zip(entries, described, strict=True)
    ]
    return ApiJSON({"items": items, "next_cursor": None})


@router.get("/stat-kinds", operation_id="list_stat_kinds", response_model=schemas.StatKindList)
def list_stat_kinds(context: Parts) -> Response:
    """List the kinds of stats."""
    items = [
        {
            "name": entry.item.name,
            "title": entry.item.title or entry.item.name,
            "plugin": entry.plugin,
            "media_types": list(entry.item.media_types),
            "point_schema": entry.item.point_model.model_json_schema() if entry.item.point_model else None,
            "renderer": entry.item.renderer,
        }
        for entry in context.registry.stat_kinds.values()
    ]
    return ApiJSON({"items": items, "next_cursor": None})


@router.get("/executors", operation_id="list_executors", response_model=schemas.ExecutorList)
def list_executors(context: Parts) -> Response:
    """List the executors; those that carry runs out in the server's own process are not available."""
    return ApiJSON({"items": [_executor(context, name) for name in context.registry.executors], "next_cursor": None})


def _executor(context: Parts, name: str) -> dict[str, Any]:
    entry, error = context.registry.executor(name), None
    capabilities: list[str] = []
    try:
        capabilities = sorted(map(str, load_target(entry.item.target).capabilities))  # type: ignore[attr-defined] # an Executor
    except (GymDashError, AttributeError) as problem:
        error = str(problem)
    return {
        "name": name,
        "plugin": entry.plugin,
        "capabilities": capabilities,
        "options_schema": entry.item.options_model.model_json_schema() if entry.item.options_model else None,
        "available": Capability.SURVIVES_PARENT in capabilities,
        "is_default": name == context.settings.executor,
        "error": error,
    }


@router.get("/usage", operation_id="get_usage", response_model=schemas.UsageRead)
def get_usage(context: Parts) -> Response:
    """Return what the machine and the live runs use."""
    return ApiJSON(context.usage.latest())
