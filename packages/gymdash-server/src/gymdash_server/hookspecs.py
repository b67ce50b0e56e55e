"""Hooks that the server adds to core's, on the same plugin manager.

Core's life-cycle hooks (`gymdash_core.hookspecs`) are called here as well: `gymdash_server.announcer`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gymdash_core.hookspecs import hookspec

if TYPE_CHECKING:
    from collections.abc import Sequence

    import click


@hookspec
def gymdash_commands(cli: click.Group) -> None:
    """Add commands to ``gymdash``.

    When: once in a process that shows the list of commands or is given a name that is none of GymDash's own commands,
        before that command is parsed; GymDash's own commands are quick because they ask no plugin.
    Where: in the process of the command line alone; not in a server.
    Returns: nothing; call ``cli.command()`` or ``cli.add_command(...)``. A name that is taken already is left out.
    On error: the plugin is fenced off and named on standard error; all other commands work.
    Since: 0.2.

    Args:
        cli: A group of this plugin's own; its commands are taken over into ``gymdash``.
    """


@hookspec
def gymdash_frontend() -> Sequence[str]:  # type: ignore[empty-body]
    """Name ES modules that the page loads, as paths inside the plugin's package.

    When: once, when the server starts.
    Where: in the server.
    Returns: a list of paths such as ``"static/panel.js"``; an empty list is fine.
    On error: the plugin is fenced off; its row in ``GET /api/v1/plugins`` has the traceback.
    Since: 0.2.
    """
