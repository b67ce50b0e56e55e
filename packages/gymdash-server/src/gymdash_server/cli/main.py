"""The entry point: the group of all commands, plugins' commands among them, and how errors end the program."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

import click

from gymdash_server.cli.commands import data, keeping, plugins, project, runs, serve, talk
from gymdash_server.cli.output import Output
from gymdash_server.cli.support import Code

if TYPE_CHECKING:
    from collections.abc import Sequence

_EPILOG = """\b
Exit codes:
  0  it worked; the run succeeded
  1  refused, or the run did not succeed
  2  wrong usage
  3  no server
  4  not in time

Results go to standard output, everything else to standard error.
"""


class Commands(click.Group):
    """The built-in commands, and those of plugins, which are asked for when help or an unknown command wants them."""

    has_plugins = True

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, in the order in which they were added."""
        self._ask_plugins()
        return list(self.commands)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, or None."""
        if cmd_name not in self.commands:
            self._ask_plugins()
        return self.commands.get(cmd_name)

    def _ask_plugins(self) -> None:
        if self.has_plugins:
            self.has_plugins = False
            from gymdash_server.cli.plugin_commands import add_plugin_commands  # noqa: PLC0415 - built-ins need none

            add_plugin_commands(self, Output())


def build_cli() -> Commands:
    """Return the group of all commands."""
    cli = Commands(
        "gymdash",
        help="Run, watch, talk to and stop long-running simulations.\n\nID is a run's id, a unique prefix of 4 or more "
        "characters, or its unique name.",
        epilog=_EPILOG,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )
    for module in (serve, runs, keeping, talk, data, project, plugins):
        for command in module.COMMANDS:
            cli.add_command(command)
    version = click.version_option(package_name="gymdash-server", prog_name="gymdash")
    return version(cli)


def built_in() -> Commands:
    """Return the group of the built-in commands alone."""
    cli = build_cli()
    cli.has_plugins = False
    return cli


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit.

    Args:
        arguments: Those of the process by default.
    """
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    A user's mistake is one line on standard error; a defect keeps its traceback.
    """
    logging.getLogger().addHandler(logging.NullHandler())  # `serve` adds a real one
    out = Output()
    try:
        code = build_cli().main(args=arguments, prog_name="gymdash", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return int(Code.USAGE if isinstance(error, click.UsageError) else Code.FAILED)
    except (click.Abort, KeyboardInterrupt):
        out.note("Interrupted.")
        return int(Code.INTERRUPTED)
    except OSError as error:
        return _ended_by(out, error)
    except Exception as error:
        from gymdash_core.errors import GymDashError  # noqa: PLC0415 - only where something went wrong

        if not isinstance(error, GymDashError):
            raise
        return _ended_by(out, error)
    return code if type(code) is int else int(Code.OK)


def _ended_by(out: Output, error: Exception) -> int:
    from gymdash_server.errors import NoServerError  # noqa: PLC0415 - as above

    out.error(str(error))
    return int(Code.NO_SERVER if isinstance(error, NoServerError) else Code.FAILED)
