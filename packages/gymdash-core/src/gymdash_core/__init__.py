"""The core of GymDash: simulations that run in a process of their own and can be asked, steered and stopped.

The public names are loaded when they are first used, so that importing the package, or a light module of it, is cheap.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gymdash_core import stat_tags
    from gymdash_core.config import SimulationStartConfig
    from gymdash_core.errors import (
        AskTimeout,
        GymDashError,
        InvalidKwargsError,
        NotSupported,
        StopSimException,
        UnknownKeyError,
    )
    from gymdash_core.groups import SimulationGroup, TrackedSimulation
    from gymdash_core.hookspecs import hookimpl
    from gymdash_core.interaction.channels import Channel, ChannelKind
    from gymdash_core.interaction.interactor import ChannelRequest, SimulationInteractor
    from gymdash_core.interaction.queries import Reply
    from gymdash_core.interaction.requests import ControlRequest
    from gymdash_core.plugins import build_plugin_manager
    from gymdash_core.project import Project
    from gymdash_core.registry import Registry
    from gymdash_core.runview import RunView
    from gymdash_core.simulation import Simulation
    from gymdash_core.stats.kinds import StatKind, StatPoint
    from gymdash_core.stats.media import MediaFileStatLinker, MediaLinkStreamableStat
    from gymdash_core.stats.stat import StreamableStat
    from gymdash_core.stats.streamer import SimulationStreamer, Streamer
    from gymdash_core.status import RunState, SimStatus, SimStatusCode, SimStatusSubcode
    from gymdash_core.tracker import SimulationTracker
    from gymdash_core.types import ExecutorType, SimulationType, StreamerType

_HOMES = {
    "AskTimeout": "errors",
    "Channel": "interaction.channels",
    "ChannelKind": "interaction.channels",
    "ChannelRequest": "interaction.interactor",
    "ControlRequest": "interaction.requests",
    "ExecutorType": "types",
    "GymDashError": "errors",
    "InvalidKwargsError": "errors",
    "MediaFileStatLinker": "stats.media",
    "MediaLinkStreamableStat": "stats.media",
    "NotSupported": "errors",
    "Project": "project",
    "Registry": "registry",
    "Reply": "interaction.queries",
    "RunState": "status",
    "RunView": "runview",
    "SimStatus": "status",
    "SimStatusCode": "status",
    "SimStatusSubcode": "status",
    "Simulation": "simulation",
    "SimulationGroup": "groups",
    "SimulationInteractor": "interaction.interactor",
    "SimulationStartConfig": "config",
    "SimulationStreamer": "stats.streamer",
    "SimulationTracker": "tracker",
    "SimulationType": "types",
    "StatKind": "stats.kinds",
    "StatPoint": "stats.kinds",
    "StopSimException": "errors",
    "StreamableStat": "stats.stat",
    "Streamer": "stats.streamer",
    "StreamerType": "types",
    "TrackedSimulation": "groups",
    "UnknownKeyError": "errors",
    "build_plugin_manager": "plugins",
    "hookimpl": "hookspecs",
}

__all__ = [
    "AskTimeout",
    "Channel",
    "ChannelKind",
    "ChannelRequest",
    "ControlRequest",
    "ExecutorType",
    "GymDashError",
    "InvalidKwargsError",
    "MediaFileStatLinker",
    "MediaLinkStreamableStat",
    "NotSupported",
    "Project",
    "Registry",
    "Reply",
    "RunState",
    "RunView",
    "SimStatus",
    "SimStatusCode",
    "SimStatusSubcode",
    "Simulation",
    "SimulationGroup",
    "SimulationInteractor",
    "SimulationStartConfig",
    "SimulationStreamer",
    "SimulationTracker",
    "SimulationType",
    "StatKind",
    "StatPoint",
    "StopSimException",
    "StreamableStat",
    "Streamer",
    "StreamerType",
    "TrackedSimulation",
    "UnknownKeyError",
    "build_plugin_manager",
    "hookimpl",
    "stat_tags",
]


def __getattr__(name: str) -> object:
    """Load a public name from its home."""
    if name == "stat_tags":
        return importlib.import_module("gymdash_core.stat_tags")
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    value: object = getattr(importlib.import_module(f"gymdash_core.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names."""
    return __all__
