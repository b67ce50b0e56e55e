"""The plugin manager: finds plugins, loads and registers them, calls their hooks, and fences off what fails.

Three stages that are kept apart: *load* imports the entry point's module, *register* checks it against the hook
specifications, *call* asks it for its items. Each plugin has one report row that says how far it came. A plugin that
fails at any stage is fenced off: none of its items remain and none of its hooks is called again; all others go on.

Built by `build_plugin_manager` and passed on; there is no global one. It does not load a single simulation class.
"""

from __future__ import annotations

import importlib.metadata
import logging
import re
import traceback
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pluggy

from gymdash_core import hookspecs
from gymdash_core.errors import DuplicateItemError, PluginLoadError
from gymdash_core.plugin_report import PluginReport, PluginStage
from gymdash_core.registry import Registered
from gymdash_core.stats.kinds import StatKind
from gymdash_core.types import ExecutorType, SimulationType, StreamerType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from importlib.metadata import EntryPoint
    from types import ModuleType

_log = logging.getLogger(__name__)
_CORE = "gymdash-core"

#: What core's hooks return, as errors and report rows call it.
ITEMS: Mapping[str, tuple[str, type]] = MappingProxyType(
    {
        "simulation": ("gymdash_simulations", SimulationType),
        "streamer": ("gymdash_streamers", StreamerType),
        "stat kind": ("gymdash_stat_kinds", StatKind),
        "executor": ("gymdash_executors", ExecutorType),
    }
)


@dataclass(frozen=True)
class _Candidate:
    """A plugin before its fate is known: an entry point, or an object passed in."""

    report: PluginReport
    load: Callable[[], object]


def build_plugin_manager(
    *,
    allow: Iterable[str] | None = None,
    deny: Iterable[str] = (),
    strict: bool = False,
    entry_points: Iterable[EntryPoint] | None = None,
    extra: Iterable[object] = (),
) -> PluginManager:
    """Load all plugins and collect their items.

    Args:
        allow: Names of plugins or distributions to use; None uses all. Core's own plugin is always allowed.
        deny: Names of plugins or distributions to leave out; wins over `allow`.
        strict: Make a plugin that fails, or that clashes with another one, fatal.
        entry_points: Where plugins are named; the group ``gymdash`` of this environment by default.
        extra: Modules or objects with hook implementations of this program; they come last and are not filtered.

    Raises:
        PluginLoadError: A plugin failed or clashed, and `strict` is set.
    """
    found = importlib.metadata.entry_points(group=hookspecs.PROJECT_NAME) if entry_points is None else entry_points
    candidates = sorted((_from_entry_point(entry) for entry in found), key=_order)
    manager = PluginManager(strict=strict)
    chosen = _Choice(None if allow is None else frozenset(map(_normal, allow)), frozenset(map(_normal, deny)))
    for candidate in candidates:
        manager.add(candidate.report, candidate.load, skipped=chosen.reason(candidate.report))
    for candidate in map(_from_object, extra):
        manager.add(candidate.report, candidate.load)
    manager.collect(ITEMS)
    return manager


class PluginManager:
    """Hold the plugins in use, their items and a report row for each.

    Thread safety: built on one thread; reading is safe from any.

    Args:
        strict: Raise instead of fencing off.
    """

    def __init__(self, *, strict: bool = False) -> None:
        self._strict = strict
        self._pluggy = pluggy.PluginManager(hookspecs.PROJECT_NAME)
        self._pluggy.add_hookspecs(hookspecs)
        self._kinds: dict[str, tuple[str, type]] = {}
        self._reports: dict[str, PluginReport] = {}
        self._offers: dict[str, dict[str, list[Any]]] = {}
        self._items: dict[str, dict[str, Registered[Any]]] = {}

    @property
    def report(self) -> tuple[PluginReport, ...]:
        """One row for each plugin that was found, core's first."""
        return tuple(
            replace(report, unknown_hooks=self._unknown_hooks(plugin_id)) for plugin_id, report in self._reports.items()
        )

    def items(self, kind: str) -> tuple[Registered[Any], ...]:
        """Return what the plugins registered.

        Args:
            kind: ``simulation``, ``streamer``, ``stat kind`` or ``executor``, or what `add_hookspecs` added.
        """
        return tuple(self._items.get(kind, {}).values())

    def implementations(self, hook: str) -> list[tuple[PluginReport, Callable[..., list[Any]]]]:
        """Return, for each plugin that implements a hook, a function that calls this plugin alone.

        The caller isolates them: a thread, a time limit, `fence` for one that fails.

        Args:
            hook: Name of a hook, for example ``"gymdash_run_started"``. The functions take its arguments by keyword.
        """
        found: dict[str, list[pluggy.HookImpl]] = {}
        for implementation in getattr(self._pluggy.hook, hook).get_hookimpls():
            found.setdefault(implementation.plugin_name, []).append(implementation)
        return [
            (self._reports[plugin_id], partial(_call, hook, found[plugin_id]))
            for plugin_id in self._reports
            if plugin_id in found
        ]

    def add_hookspecs(self, module: ModuleType, kinds: Mapping[str, tuple[str, type]] | None = None) -> None:
        """Extend the manager by the hooks of another package, such as the server's.

        Every plugin is checked against them; one that breaks them is fenced off.

        Args:
            module: Module with functions marked `hookspec`.
            kinds: Those that return lists of items: what an item is called, the hook, the items' type. Items have a
                ``name``. They are collected at once.

        Raises:
            PluginLoadError: A plugin breaks the new hooks, or clashes, and the manager is strict.
        """
        plugins = {name: self._pluggy.unregister(name=name) for name in self._reports if self._pluggy.has_plugin(name)}
        self._pluggy.add_hookspecs(module)
        for plugin_id, plugin in plugins.items():
            self._register(plugin_id, plugin)
        self.collect(kinds or {})

    def add(self, report: PluginReport, load: Callable[[], object], *, skipped: str = "") -> None:
        """Load and register one plugin, or note why it is skipped.

        Args:
            report: What is known of it beforehand.
            load: Imports it.
            skipped: Why it is left out; empty to use it.

        Raises:
            PluginLoadError: It failed, and the manager is strict.
        """
        plugin_id = f"{report.distribution}:{report.name}"
        while plugin_id in self._reports:
            plugin_id += "'"
        self._reports[plugin_id] = replace(report, id=plugin_id)
        if skipped:
            self._update(plugin_id, stage=PluginStage.SKIPPED, error=skipped)
            return
        try:
            plugin = load()
            _check_contract(report.name, plugin)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - boundary: any plugin may raise anything
            self.fence(plugin_id, error)
            return
        self._register(plugin_id, plugin)

    def collect(self, kinds: Mapping[str, tuple[str, type]]) -> None:
        """Call the hooks that return items, one plugin at a time, then settle who provides what.

        Args:
            kinds: What an item is called, the hook, the items' type.

        Raises:
            PluginLoadError: A hook failed, or two plugins clash, and the manager is strict.
        """
        self._kinds.update(kinds)
        for kind, (hook, item_type) in kinds.items():
            for report, call in self.implementations(hook):
                self._update(report.id, stage=PluginStage.CALL)
                try:
                    items = _checked(hook, item_type, call())
                except (Exception, SystemExit) as error:  # noqa: BLE001 - boundary: any hook may raise anything
                    self.fence(report.id, error)
                else:
                    self._offers.setdefault(report.id, {})[kind] = items
        self._settle()

    def fence(self, plugin_id: str, error: BaseException) -> None:
        """Take a plugin out of use: its items vanish, its hooks are not called again, its row says why.

        A `Registry` that was built before keeps what it has.

        Args:
            plugin_id: `PluginReport.id`.
            error: What it raised.

        Raises:
            PluginLoadError: The manager is strict.
        """
        report = self._reports[plugin_id]
        line = " ".join(f"{type(error).__name__}: {error}".split()).removesuffix(":")
        if self._strict:
            raise PluginLoadError(report.name, f"{report.stage} failed: {line}", _remedy(report)) from error
        _log.warning("plugin %r of %s is fenced off at stage %s: %s", report.name, _source(report), report.stage, line)
        if self._pluggy.has_plugin(plugin_id):
            self._pluggy.unregister(name=plugin_id)
        trace = "".join(traceback.format_exception(error))
        self._update(plugin_id, ok=False, error=line, traceback=trace, items=MappingProxyType({}), clashes=())
        if self._offers.pop(plugin_id, None) and self._items:
            self._settle()

    def _register(self, plugin_id: str, plugin: object) -> None:
        self._update(plugin_id, stage=PluginStage.REGISTER)
        try:
            self._pluggy.register(plugin, plugin_id)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - boundary: reading a plugin's attributes runs its code
            self.fence(plugin_id, error)
        else:
            self._update(plugin_id, ok=True)

    def _settle(self) -> None:
        """Give each name to the first plugin that offers it; the later ones lose that item alone."""
        self._items = {kind: {} for kind in self._kinds}
        for plugin_id, report in list(self._reports.items()):
            clashes: list[str] = []
            names: dict[str, tuple[str, ...]] = {}
            for kind, items in self._offers.get(plugin_id, {}).items():
                taken = [item.name for item in items if self._take(report, kind, item, clashes)]
                names.update({kind: tuple(taken)} if taken else {})
            if report.ok:
                self._update(plugin_id, items=MappingProxyType(names), clashes=tuple(clashes), error="; ".join(clashes))

    def _take(self, report: PluginReport, kind: str, item: Any, clashes: list[str]) -> bool:
        entry = Registered(item, report.name, report.distribution, report.version)
        present = self._items[kind].setdefault(item.name, entry)
        if present is entry:
            return True
        error = DuplicateItemError(kind, item.name, present.owner, entry.owner)
        if self._strict:
            raise PluginLoadError(report.name, error.cause, error.remedy) from error
        _log.warning("%s", error)
        clashes.append(str(error))
        return False

    def _unknown_hooks(self, plugin_id: str) -> tuple[str, ...]:
        plugin = self._pluggy.get_plugin(plugin_id)
        callers = (self._pluggy.get_hookcallers(plugin) if plugin is not None else None) or ()
        return tuple(sorted(caller.name for caller in callers if not caller.has_spec()))

    def _update(self, plugin_id: str, **changes: Any) -> None:
        self._reports[plugin_id] = replace(self._reports[plugin_id], **changes)


@dataclass(frozen=True)
class _Choice:
    """The allow and deny lists, of normalised names."""

    allow: frozenset[str] | None
    deny: frozenset[str]

    def reason(self, report: PluginReport) -> str:
        names = {_normal(report.name), _normal(report.distribution)} - {""}
        if names & self.deny:
            return "it is on the deny list"
        if self.allow is not None and not names & self.allow and _normal(report.distribution) != _CORE:
            return "it is not on the allow list"
        return ""


def _from_entry_point(entry: EntryPoint) -> _Candidate:
    distribution = entry.dist
    name = "" if distribution is None else str(distribution.metadata["Name"] or "")
    version = "" if distribution is None else str(distribution.metadata["Version"] or "")
    return _Candidate(PluginReport(entry.name, name, version, entry.value), entry.load)


def _from_object(plugin: object) -> _Candidate:
    name = getattr(plugin, "__name__", None) or type(plugin).__qualname__
    return _Candidate(PluginReport(name, module=name), lambda: plugin)


def _order(candidate: _Candidate) -> tuple[bool, str, str]:
    distribution = _normal(candidate.report.distribution)
    return (distribution != _CORE, distribution, candidate.report.name)


def _normal(name: str) -> str:
    """Return a distribution's name as package indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _check_contract(name: str, plugin: object) -> None:
    version = getattr(plugin, "GYMDASH_API", hookspecs.API_VERSION)
    if version != hookspecs.API_VERSION:
        raise PluginLoadError(
            name,
            f"is made for plugin contract {version!r}; this gymdash-core has contract {hookspecs.API_VERSION}",
            "Install versions of the two that fit.",
        )


def _call(hook: str, implementations: list[pluggy.HookImpl], **arguments: Any) -> list[Any]:
    """Call one plugin's implementations of a hook; return what each returned.

    Raises:
        TypeError: One of them wraps other plugins' calls: plugins are isolated from each other.
    """
    results = []
    for implementation in implementations:
        if implementation.wrapper or implementation.hookwrapper:
            raise TypeError(f"{hook} is implemented as a wrapper; plugins must not wrap each other's calls")
        results.append(implementation.function(*(arguments[name] for name in implementation.argnames)))
    return results


def _checked(hook: str, item_type: type, results: list[Any]) -> list[Any]:
    """Return the items of one plugin's answer.

    Raises:
        TypeError: The answer is no list, or holds something else.
    """
    items: list[Any] = []
    for result in results:
        if not isinstance(result, (list, tuple)):
            raise TypeError(f"{hook} returned {type(result).__name__}; return a list of {item_type.__name__}")
        items += result
    for item in items:
        if not isinstance(item, item_type):
            raise TypeError(f"{hook} returned a list with {item!r} in it, which is no {item_type.__name__}")
        name = getattr(item, "name", None)
        if not isinstance(name, str) or not name:
            raise TypeError(f"{hook} returned a {item_type.__name__} with the name {name!r}; name it by a text")
    return items


def _source(report: PluginReport) -> str:
    return f"{report.distribution} {report.version}".strip() or "this program"


def _remedy(report: PluginReport) -> str:
    return f"Uninstall or repair {_source(report)}, or start without strict plugins."
