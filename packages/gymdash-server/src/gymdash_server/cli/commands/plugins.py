"""Commands for plugins: what is installed, and the beginning of a new one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gymdash_server.cli.support import Session, as_list, json_option, pass_session, server_options

if TYPE_CHECKING:
    from gymdash_server.schemas.server import PluginRead


@click.command()
@server_options
@pass_session
def plugins(session: Session) -> None:
    """List the plugins and what they register.

    One that is fenced off is shown with its traceback.

    A server is asked for its own; where there is none, those of this Python are listed.
    """
    rows, out = _rows(session), session.out
    if out.as_json:
        out.json(as_list(rows))
        return
    out.table(
        ("plugin", "distribution", "version", "state", "registers"),
        [(row.name, row.distribution, row.version, _state(row), _items(row.items)) for row in rows],
    )
    for row in rows:
        if row.traceback:
            out.line("")
            out.line(f"{row.name}, at stage {row.stage}:")
            out.line(row.traceback.rstrip())


@click.command("new-plugin")
@click.argument("name")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    default=".",
    help="Where the package goes.",
)
@click.option("--renderer", is_flag=True, help="Add a kind of stats of its own, which the dashboard draws.")
@json_option
@pass_session
def new_plugin(session: Session, name: str, *, folder: Path, renderer: bool) -> None:
    """Begin a plugin of your own.

    Makes a package with a simulation and its tests, ready to be installed.
    """
    from gymdash_server.cli.scaffold import create_plugin  # noqa: PLC0415 - for new plugins alone

    package = create_plugin(name, folder, renderer=renderer)
    if session.out.as_json:
        session.out.json({"folder": str(package.folder), "key": package.key, "files": list(package.files)})
        return
    session.out.line(str(package.folder))
    session.out.note(f"Next: cd {package.folder} && pip install -e '.[test]' && pytest")


def _rows(session: Session) -> list[PluginRead]:
    from gymdash_server.errors import NoServerError  # noqa: PLC0415 - help needs none

    try:
        return session.client.plugins()
    except NoServerError:
        if session.url is not None:
            raise
        session.out.note("No server is asked: these are the plugins of this Python.")
        return _own_rows()


def _own_rows() -> list[PluginRead]:
    from gymdash_core.plugins import build_plugin_manager  # noqa: PLC0415 - as above
    from gymdash_server import hookspecs  # noqa: PLC0415 - same
    from gymdash_server.schemas.server import PluginRead  # noqa: PLC0415 - same

    manager = build_plugin_manager()
    manager.add_hookspecs(hookspecs)
    return [PluginRead.model_validate({**row.as_json(), "page_modules": []}) for row in manager.report]


def _state(row: PluginRead) -> str:
    if not row.ok:
        return f"{row.stage}: {row.error}" if row.error else row.stage
    return "; ".join(["ok", *row.clashes, *(f"unknown hook {name}" for name in row.unknown_hooks)])


def _items(items: dict[str, list[str]]) -> str:
    return "; ".join(f"{kind} {', '.join(names)}" for kind, names in items.items())


COMMANDS = (plugins, new_plugin)
