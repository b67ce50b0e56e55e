"""What commands share: their options, the session that they are given, exit codes."""

from __future__ import annotations

from enum import IntEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from gymdash_server.cli.output import Output

if TYPE_CHECKING:
    from collections.abc import Callable

    from gymdash_server.client import Client

    Decorated = TypeVar("Decorated", bound=Callable[..., Any] | click.Command)


class Code(IntEnum):
    """Exit codes."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NO_SERVER = 3
    TIMED_OUT = 4
    INTERRUPTED = 130


class Session:
    """What a command is given.

    Attributes:
        out: Prints.
        url: Address of the server, or None.
        token: Its token, or None.
        project: Project folder, or None.
    """

    def __init__(self) -> None:
        self.out = Output()
        self.url: str | None = None
        self.token: str | None = None
        self.project: str | None = None

    @cached_property
    def client(self) -> Client:
        """A client of the server that the options name.

        Raises:
            NoServerError: Nothing says where a server is.
        """
        from gymdash_server.client import Client  # noqa: PLC0415 - help needs none

        client = Client(self.url, self.token, self.project, agent="gymdash-cli")
        click.get_current_context().call_on_close(client.close)
        return client


pass_session = click.make_pass_decorator(Session, ensure=True)


def _keep(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    def keep(context: click.Context, _parameter: click.Parameter, value: Any) -> None:
        session = context.ensure_object(Session)
        if name == "as_json":
            session.out.as_json = session.out.as_json or bool(value)
        elif value is not None:
            setattr(session, name, value)

    return keep


def json_option(command: Decorated) -> Decorated:
    """Give a command ``--json``."""
    option = click.option(
        "--json", "as_json", is_flag=True, expose_value=False, callback=_keep("as_json"), help="Print JSON."
    )
    return option(command)


def project_option(command: Decorated) -> Decorated:
    """Give a command ``--project``."""
    option = click.option(
        "--project",
        metavar="DIR",
        envvar="GYMDASH_PROJECT",
        show_envvar=False,
        expose_value=False,
        callback=_keep("project"),
        help="Project folder; default $GYMDASH_PROJECT, else ./.gymdash.",
    )
    return option(command)


def server_options(command: Decorated) -> Decorated:
    """Give a command what names a server, and ``--json``."""
    url = click.option(
        "--url",
        metavar="URL",
        expose_value=False,
        callback=_keep("url"),
        help="Address of the server, also with ?token=; default $GYMDASH_URL, else that of the project's server.",
    )
    token = click.option(
        "--token",
        metavar="TOKEN",
        expose_value=False,
        callback=_keep("token"),
        help="Its token; default $GYMDASH_TOKEN, else that of the project's server.",
    )
    project = click.option(
        "--project",
        metavar="DIR",
        expose_value=False,
        callback=_keep("project"),
        help="Folder of the project whose server is asked; default ./.gymdash.",
    )
    return url(token(project(json_option(command))))


def params_option(command: Decorated) -> Decorated:
    """Give a command ``-p``."""
    option = click.option(
        "-p",
        "--param",
        "params",
        metavar="KEY=VALUE",
        multiple=True,
        help="Argument: JSON if it parses, else a string; a.b=V sets b inside of a; @FILE reads a file. Repeatable.",
    )
    return option(command)


def finish(code: Code) -> NoReturn:
    """End the command with an exit code."""
    raise click.exceptions.Exit(int(code))


def as_json(read: Any) -> Any:
    """Return a read model of the API, or a list of them, as the API has sent it."""
    if isinstance(read, list):
        return [as_json(item) for item in read]
    from gymdash_server.jsonvalues import finite  # noqa: PLC0415 - help needs none

    return finite(read.model_dump(by_alias=True, exclude_unset=True))


def as_list(reads: list[Any]) -> dict[str, Any]:
    """Return read models in the shape of the API's lists."""
    return {"items": as_json(reads), "next_cursor": None}
