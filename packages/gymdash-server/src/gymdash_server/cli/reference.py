"""The reference page of the command line, made from the commands: ``python -m gymdash_server.cli.reference``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from gymdash_server.cli.main import built_in

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEAD = """\
# Command line

Made by `python -m gymdash_server.cli.reference`; do not edit. How to use it:
[use the command line](../how-to/use-the-command-line.md).

"""
_WIDTH = 100


def reference() -> str:
    """Return the page."""
    cli = built_in()
    parts = [_HEAD + "\n".join(_section(cli, "gymdash", level=2))]
    for name, command in cli.commands.items():
        parts.append("\n".join(_section(command, f"gymdash {name}", level=2)))
        if isinstance(command, click.Group):
            inner = sorted(command.commands.items())
            parts += ["\n".join(_section(below, f"gymdash {name} {part}", level=2)) for part, below in inner]
    return "\n\n".join(parts) + "\n"


def _section(command: click.Command, path: str, *, level: int) -> Iterator[str]:
    context = click.Context(command, info_name=path, max_content_width=_WIDTH, terminal_width=_WIDTH)
    context.help_option_names = ["-h", "--help"]
    yield f"{'#' * level} {path}"
    yield ""
    yield "```text"
    yield _help(command, context)
    yield "```"


def _help(command: click.Command, context: click.Context) -> str:
    return "\n".join(line.rstrip() for line in command.get_help(context).splitlines())


if __name__ == "__main__":
    sys.stdout.write(reference())
