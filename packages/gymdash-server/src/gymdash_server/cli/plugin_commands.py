"""The hook ``gymdash_commands``: each plugin adds to a group of its own, which is then taken over."""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from gymdash_core.plugin_report import PluginReport
    from gymdash_core.plugins import PluginManager
    from gymdash_server.cli.output import Output

_HOOK = "gymdash_commands"
_CORE = "gymdash-core"


def add_plugin_commands(cli: click.Group, out: Output, manager: PluginManager | None = None) -> None:
    """Add the commands of all plugins to a group; a plugin that fails is named on standard error and adds nothing.

    Args:
        cli: The group of all commands.
        out: Where failures are told.
        manager: The plugins; those of this environment by default.
    """
    if manager is None:
        if not _are_there_others():
            return
        from gymdash_core.plugins import build_plugin_manager  # noqa: PLC0415 - where there are no plugins, help is quick
        from gymdash_server import hookspecs  # noqa: PLC0415 - same

        manager = build_plugin_manager()
        manager.add_hookspecs(hookspecs)
    for report in manager.report:
        if not report.ok and report.traceback:
            out.note(f"plugin {report.name!r} is left out: {report.error}. `gymdash plugins` has the traceback.")
    for report, call in manager.implementations(_HOOK):
        own = click.Group(report.name)
        try:
            call(cli=own)
            taken = _take_over(cli, own)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - boundary: a plugin's code
            manager.fence(report.id, error)
            out.note(f"plugin {report.name!r} adds no commands: {type(error).__name__}: {error}")
        else:
            _tell_taken(out, report, taken)


def _take_over(cli: click.Group, own: click.Group) -> list[str]:
    """Add the commands of one plugin whose names are free; return the names that are not."""
    taken = sorted(own.commands.keys() & cli.commands.keys())
    for name, command in own.commands.items():
        if name not in taken:
            cli.add_command(command, name)
    return taken


def _tell_taken(out: Output, report: PluginReport, taken: list[str]) -> None:
    for name in taken:
        out.note(f"plugin {report.name!r}: a command {name!r} is there already; the plugin's is left out")


def _are_there_others() -> bool:
    """Whether any distribution but core has a plugin: finding that out is quick."""
    entries = metadata.entry_points(group="gymdash")
    return any(entry.dist is None or entry.dist.name != _CORE for entry in entries)
