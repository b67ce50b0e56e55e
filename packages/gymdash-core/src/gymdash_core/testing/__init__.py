"""Fixtures, fakes, runners and contract suites for plugin authors; names are loaded when they are first used.

The pytest fixture ``gymdash_project`` comes with the package; nothing has to be imported for it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gymdash_core.testing.executor_contract import ExecutorContract
    from gymdash_core.testing.fakes import FakeClock, MemoryStat, MemoryStreamer, bind_simulation
    from gymdash_core.testing.kind_contract import StatKindContract
    from gymdash_core.testing.plugin_checks import PluginContract, check_plugin
    from gymdash_core.testing.runs import TestRun, run_simulation, start_simulation
    from gymdash_core.testing.streamer_contract import StreamerContract, check_streamer

_HOMES = {
    "ExecutorContract": "executor_contract",
    "FakeClock": "fakes",
    "MemoryStat": "fakes",
    "MemoryStreamer": "fakes",
    "PluginContract": "plugin_checks",
    "StatKindContract": "kind_contract",
    "StreamerContract": "streamer_contract",
    "TestRun": "runs",
    "bind_simulation": "fakes",
    "check_plugin": "plugin_checks",
    "check_streamer": "streamer_contract",
    "run_simulation": "runs",
    "start_simulation": "runs",
}

__all__ = [
    "ExecutorContract",
    "FakeClock",
    "MemoryStat",
    "MemoryStreamer",
    "PluginContract",
    "StatKindContract",
    "StreamerContract",
    "TestRun",
    "bind_simulation",
    "check_plugin",
    "check_streamer",
    "run_simulation",
    "start_simulation",
]


def __getattr__(name: str) -> object:
    """Load a public name from its home."""
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    value: object = getattr(importlib.import_module(f"gymdash_core.testing.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names."""
    return __all__
