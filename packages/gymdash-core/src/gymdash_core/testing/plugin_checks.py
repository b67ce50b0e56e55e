"""Checks for plugin authors: is my plugin found, light, free of clashes, and do its targets load?

`check_plugin` explains what is wrong in one sentence each; `PluginContract` is the same as tests of a suite. Both look
at what is installed, as a user's process would find it.
"""

from __future__ import annotations

import difflib
import importlib.metadata
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any, ClassVar

from gymdash_core import hookspecs
from gymdash_core.describe import Describer
from gymdash_core.errors import GymDashError, did_you_mean
from gymdash_core.helper_process import HelperProcess
from gymdash_core.plugin_report import PluginStage
from gymdash_core.plugins import PluginManager, build_plugin_manager
from gymdash_core.targets import TargetSpec, extra_sys_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gymdash_core.plugin_report import PluginReport
    from gymdash_core.registry import Registered

#: What no plugin module may import: each costs every GymDash process seconds and hundreds of MiB.
HEAVY_MODULES = ("torch", "tensorboard", "gymnasium", "ray", "stable_baselines3")
_TIMEOUT_S = 120.0
_LOAD = """
import importlib.metadata, json, sys
before = set(sys.modules)
sys.path[:0] = [path for path in {paths!r} if path not in sys.path]
for entry in importlib.metadata.entry_points(group={group!r}, name={name!r}):
    plugin = entry.load()
    for hook in ("simulations", "streamers", "stat_kinds", "executors"):
        getattr(plugin, "gymdash_" + hook, list)()
print({marker!r} + json.dumps(sorted({{name.partition(".")[0] for name in set(sys.modules) - before}})))
"""
_MARKER = "imported by the plugin: "


def check_plugin(name: str) -> None:
    """Check an installed plugin and explain everything that is wrong with it.

    Args:
        name: Name of its entry point in the group ``gymdash``.

    Raises:
        AssertionError: One line for each fault, with what to do about it.

    Example:
        >>> check_plugin("core")
    """
    faults = list(_check_found(name))
    if not faults:
        manager = build_plugin_manager()
        checks: tuple[Callable[[str, PluginManager], Iterable[str]], ...] = (
            _check_loads,
            _check_items,
            _check_light,
            _check_simulations,
            _check_targets,
        )
        faults = [fault for check in checks for fault in check(name, manager)]
    if faults:
        raise AssertionError(f"plugin {name!r}:\n" + "\n".join(f"- {fault}" for fault in faults))


class PluginContract:
    """What every plugin promises, as tests: subclass it in a pytest module and name the plugin.

    Example:
        >>> class TestMyPlugin(PluginContract):
        ...     name = "core"
        >>> TestMyPlugin().test_plugin_registers_something_and_clashes_with_nobody()
    """

    #: Name of the plugin's entry point.
    name: ClassVar[str]

    def test_plugin_is_installed(self) -> None:
        """Prove that an entry point of that name is found."""
        _none(_check_found(self.name))

    def test_plugin_loads_and_all_its_hooks_answer(self) -> None:
        """Prove that it is not fenced off."""
        _none(_check_loads(self.name, build_plugin_manager()))

    def test_plugin_registers_something_and_clashes_with_nobody(self) -> None:
        """Prove that it has items, and loses none to another plugin of this environment."""
        _none(_check_items(self.name, build_plugin_manager()))

    def test_plugin_module_is_light(self) -> None:
        """Prove that loading it and calling its hooks imports nothing heavy."""
        _none(_check_light(self.name, build_plugin_manager()))

    def test_every_simulation_describes_itself(self) -> None:
        """Prove that a helper process can tell schema, defaults, channels and capabilities."""
        _none(_check_simulations(self.name, build_plugin_manager()))

    def test_every_streamer_and_executor_loads(self) -> None:
        """Prove that their targets name classes."""
        _none(_check_targets(self.name, build_plugin_manager()))


def _none(faults: Iterable[str]) -> None:
    found = list(faults)
    if found:
        raise AssertionError("\n".join(found))


def _check_found(name: str) -> Iterable[str]:
    known = importlib.metadata.entry_points(group=hookspecs.PROJECT_NAME).names
    if name not in known:
        yield (
            f"no installed distribution has an entry point of that name in the group {hookspecs.PROJECT_NAME!r}. "
            f"{did_you_mean(name, known)} Add it to pyproject.toml under "
            f'[project.entry-points.{hookspecs.PROJECT_NAME}], as {name} = "package.plugin", and install it again.'
        )


def _check_loads(name: str, manager: PluginManager) -> Iterable[str]:
    for row in _rows(name, manager):
        if not row.ok and row.stage is not PluginStage.SKIPPED:
            yield f"it is fenced off: stage {row.stage} failed with {row.error}\n{row.traceback}"
        for hook in row.unknown_hooks:
            known = [spec for spec in vars(hookspecs) if spec.startswith("gymdash_")]
            near = difflib.get_close_matches(hook, known, 1, 0.85)  # others belong to the server
            if near:
                yield f"{hook} is no hook, so nobody calls it. {did_you_mean(hook, near)}"


def _check_items(name: str, manager: PluginManager) -> Iterable[str]:
    for row in _rows(name, manager):
        yield from row.clashes
        if row.ok and not row.items and not row.clashes and not _watches(row, manager):
            yield "it registers nothing: does a hook return an empty list, or lack @hookimpl?"


def _check_light(name: str, _manager: PluginManager) -> Iterable[str]:
    code = _LOAD.format(paths=extra_sys_path(), group=hookspecs.PROJECT_NAME, name=name, marker=_MARKER)
    result = subprocess.run(
        [sys.executable, "-P", "-c", code],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        text=True,
        timeout=_TIMEOUT_S,
    )
    if result.returncode != 0:
        yield f"loading it in a fresh process failed:\n{result.stderr}"
        return
    line = next(line for line in result.stdout.splitlines() if line.startswith(_MARKER))  # the plugin may print too
    heavy = sorted(set(HEAVY_MODULES) & set(json.loads(line.removeprefix(_MARKER))))
    if heavy:
        yield (
            f"loading it imports {', '.join(heavy)}. Name classes by import string in the plugin module, "
            "and let the package's __init__ resolve heavy names lazily (module __getattr__)."
        )


def _check_simulations(name: str, manager: PluginManager) -> Iterable[str]:
    entries = _entries(name, manager, "simulation")
    with Describer(timeout_s=_TIMEOUT_S, helper_timeout_s=_TIMEOUT_S) as describer:
        descriptions = describer.describe_all(entries)
    for told in descriptions:
        if told.error is not None:
            yield f"simulation {told.key!r} cannot be described: {told.error}\n{told.traceback}"
        elif told.params_schema.get("type") != "object":
            yield f"simulation {told.key!r} has a schema of start arguments that is no object: {told.params_schema}"


def _check_targets(name: str, manager: PluginManager) -> Iterable[str]:
    for kind in ("streamer", "executor"):
        for entry in _entries(name, manager, kind):
            spec = TargetSpec(entry.item.target, None, extra_sys_path())
            try:
                answer = HelperProcess(limit_s=_TIMEOUT_S).ask({"op": "load", "spec": spec.as_json()})
            except GymDashError as error:
                yield f"{kind} {entry.item.name!r}: {error}"
            else:
                if "error" in answer:
                    yield f"{kind} {entry.item.name!r}: {answer['error']['message']}\n{answer['error']['traceback']}"


def _rows(name: str, manager: PluginManager) -> list[PluginReport]:
    return [row for row in manager.report if row.name == name]


def _entries(name: str, manager: PluginManager, kind: str) -> list[Registered[Any]]:
    return [entry for entry in manager.items(kind) if entry.plugin == name]


def _watches(row: PluginReport, manager: PluginManager) -> bool:
    """Return whether a plugin without items implements another hook: one that watches runs, or one of the server."""
    watched = ("gymdash_run_started", "gymdash_control_request", "gymdash_run_finished")
    return bool(row.unknown_hooks) or any(
        other.id == row.id for hook in watched for other, _ in manager.implementations(hook)
    )
