"""The server itself: health, plugins, simulation types, stat kinds, executors, usage."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from gymdash_core.errors import GymDashError
from gymdash_core.executors.api import Capability
from gymdash_core.targets import load_target
from gymdash_server.api.answers import ApiJSON, unmodified
from gymdash_server.api.deps import BareDb, Parts
from gymdash_server.db.repositories import SimulationRepository
from gymdash_server.schemas import server as schemas

router = APIRouter(tags=["server"])


@router.get("/health", operation_id="get_health", response_model=schemas.Health)
def get_health(context: Parts, session: BareDb) -> Response:
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
    items = [
        {**row.as_json(), "page_modules": [module.as_json() for module in context.page_files.modules(row)]}
        for row in context.manager.report
    ]
    return ApiJSON({"items": items, "next_cursor": None})


@router.get(
    "/plugins/{plugin}/files/{path:path}",
    operation_id="get_plugin_file",
    response_class=FileResponse,
    responses={304: {"description": "The client has it."}},
)
def get_plugin_file(
    request: Request,
    context: Parts,
    plugin: Annotated[str, Path(description="Name of the plugin.")],
    path: Annotated[str, Path(description="A path inside its package.")],
    v: Annotated[str, Query(description="The plugin's version: another one has another address.")] = "",  # noqa: ARG001
) -> Response:
    """Return a file that a plugin gives the page: a module that it names, or a file beside one."""
    found, media_type = context.page_files.find(plugin, path)
    changed = found.stat()
    etag = f'"{changed.st_mtime_ns:x}-{changed.st_size:x}"'
    headers = {"etag": etag, "cache-control": "no-cache"}
    return unmodified(request, etag) or FileResponse(found, media_type=media_type, headers=headers)


@router.get("/simulation-types", operation_id="list_simulation_types", response_model=schemas.SimulationTypeList)
def list_simulation_types(context: Parts) -> Response:
    """List what can be started; helper processes describe it. The list waits 10 s; what is late then is there later."""
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
            "late": found.late,
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
            "renderer_module": module.as_json() if (module := context.page_files.renderer(entry.item.name)) else None,
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
