"""Schemas of the server itself: health, plugins, types, kinds, executors and usage."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from gymdash_server.schemas.common import Got, Number


class Health(Got):
    """That the server is up, and what it serves."""

    status: str
    version: str
    boot: str = Field(description="One life of the server; part of the ids of events.")
    project: str
    simulations: int
    clients: int = Field(description="How many listen to the stream.")


class PageModuleRead(Got):
    """An ES module that a plugin gives the page."""

    path: str = Field(description="Where it is in the plugin's package.")
    url: str | None = Field(description="From `/api/v1/` on; null where it cannot be served.")
    error: str = Field(description="Why it cannot be served; empty where it can.")


class PluginRead(Got):
    """A plugin, and how far it came."""

    name: str
    distribution: str
    version: str
    module: str
    stage: str
    ok: bool
    error: str
    traceback: str
    items: dict[str, list[str]]
    clashes: list[str]
    unknown_hooks: list[str]
    page_modules: list[PageModuleRead] = Field(description="What the page loads of it, whatever is shown.")


class PluginList(Got):
    """All plugins."""

    items: list[PluginRead]
    next_cursor: str | None


class SimulationTypeRead(Got):
    """A simulation type that can be started."""

    key: str
    title: str
    description: str
    plugin: str
    distribution: str
    version: str
    params_schema: dict[str, Any]
    defaults: dict[str, Any]
    channels: list[dict[str, Any]]
    capabilities: list[str]
    error: str | None
    traceback: str
    late: bool


class SimulationTypeList(Got):
    """All simulation types."""

    items: list[SimulationTypeRead]
    next_cursor: str | None


class StatKindRead(Got):
    """A kind of stats."""

    name: str
    title: str
    plugin: str
    media_types: list[str]
    point_schema: dict[str, Any] | None
    renderer: str | None = Field(description="Path of the module that draws it, in the plugin's package.")
    renderer_module: PageModuleRead | None = Field(description="That module; null where its plugin is not in use.")


class StatKindList(Got):
    """All kinds of stats."""

    items: list[StatKindRead]
    next_cursor: str | None


class ExecutorRead(Got):
    """An executor."""

    name: str
    plugin: str
    capabilities: list[str]
    options_schema: dict[str, Any] | None
    available: bool = Field(description="Whether this server starts runs on it.")
    is_default: bool
    error: str | None


class ExecutorList(Got):
    """All executors."""

    items: list[ExecutorRead]
    next_cursor: str | None


class MachineUsage(Got):
    """What the machine uses."""

    time: Number
    cpu_percent: Number
    cpu_count: int | None
    memory_bytes: int
    memory_total_bytes: int
    gpus: list[dict[str, Any]]


class RunUsage(Got):
    """What a run uses, its children included."""

    time: Number
    cpu_percent: Number = Field(description="Percent of one core: two busy cores are 200.")
    memory_bytes: int
    gpu_memory_bytes: int
    processes: int


class RunUsageHistory(Got):
    """What a run has used so far, oldest first."""

    items: list[RunUsage]
    next_cursor: str | None
    total: int = Field(description="How many samples were taken; more than are here where they were thinned out.")


class UsageRead(Got):
    """Newest usage, and the recent history of the machine."""

    machine: MachineUsage | None
    runs: dict[str, RunUsage]
    history: list[MachineUsage]
