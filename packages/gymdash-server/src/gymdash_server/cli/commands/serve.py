"""``serve`` and ``demo``: the commands that are a server."""

from __future__ import annotations

import contextlib
import signal
import socket
import sys
from typing import TYPE_CHECKING, Any

import click

from gymdash_server.cli.support import Session, json_option, pass_session, project_option

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from gymdash_server.settings import Settings

_NO_BROWSER = click.option("--no-browser", is_flag=True, help="Do not open a browser.")
_PORT = click.option(
    "--port",
    type=click.IntRange(0, 65535),
    metavar="PORT",
    help="TCP port, 0 for a free one; default $GYMDASH_PORT, else 8888.",
)


@click.command()
@project_option
@click.option("--host", metavar="ADDRESS", help="Address to listen on; 127.0.0.1. Others need a token.")
@_PORT
@click.option("--executor", metavar="NAME", help="Executor of runs that name none; process.")
@click.option("--database", metavar="URL", help="Index; default $GYMDASH_DATABASE_URL, else a file in the project.")
@click.option("--max-running", type=click.IntRange(min=1), metavar="N", help="Runs at once; the rest are queued.")
@_NO_BROWSER
@click.option(
    "--token", metavar="TOKEN", help="Secret of all requests; default $GYMDASH_TOKEN, else a random one, kept."
)
@click.option(
    "--new-token", is_flag=True, default=None, help="Make the random token anew; pages and clients need the new one."
)
@click.option("--load", multiple=True, metavar="FILE.py", help="Serve the simulations of a file or module. Repeatable.")
@click.option("--allow-host", "allow_hosts", multiple=True, metavar="NAME", help="Further name of this server.")
@click.option("--strict-plugins", is_flag=True, default=None, help="Refuse to start where a plugin fails or clashes.")
@json_option
@pass_session
def serve(session: Session, /, *, no_browser: bool, **given: Any) -> None:
    """Serve a project until Ctrl-C.

    Prints the address, with the token. Runs go on when the server ends. What is not given is read from GYMDASH_*
    variables.
    """
    settings = settings_of({"project": session.project, **given})
    if settings.token and settings.new_token:
        raise click.UsageError(
            "--new-token makes the random token anew, but a token is given: --token, or GYMDASH_TOKEN."
        )
    with ended_by_signals():
        _serve(session, settings, no_browser=no_browser)


@click.command()
@_PORT
@_NO_BROWSER
@json_option
@pass_session
def demo(session: Session, *, port: int | None, no_browser: bool) -> None:
    """Serve runs to play with.

    The project is ./gymdash-demo. With gymdash-sb3 installed an agent learns to balance a pole, with gymdash-torch a
    network learns to read digits and can be asked; without either a run counts for a minute. Another asks before it
    begins. Ctrl-C ends the server and stops them.
    """
    from gymdash_server.cli.demonstration import Demonstration  # noqa: PLC0415 - loads the server

    settings = settings_of({"project": Demonstration.PROJECT, "port": port})
    demonstration = Demonstration(settings, session.out)
    with ended_by_signals():
        try:
            _serve(session, settings, no_browser=no_browser, then=demonstration.begin)
        finally:
            demonstration.end()


def _serve(session: Session, settings: Settings, *, no_browser: bool, then: Any = None) -> None:
    from gymdash_server.serving import serve as serve_project  # noqa: PLC0415 - loads the server

    _log_to_stderr()

    def announce(url: str) -> None:
        address = f"{url}/?token={settings.secret}"
        if session.out.as_json:
            session.out.json({"url": url, "token": settings.secret, "address": address})
        else:
            session.out.line(address)
        sys.stdout.flush()
        end = "Ctrl-C ends the server; runs go on." if then is None else "Ctrl-C ends the server and stops its runs."
        session.out.note(f"Serving {settings.project_folder.path}. {end}")
        if settings.is_wildcard:
            _tell_names(session, settings, url)
        if not no_browser:
            _open_browser(address)
        if then is not None:
            then(url)

    serve_project(settings, announce, leaves_runs=then is None)


def _tell_names(session: Session, settings: Settings, url: str) -> None:
    """Say under which names other machines reach a server that listens on all addresses."""
    port = url.rpartition(":")[2]
    named = ", ".join(f"http://{name}:{port}" for name in settings.allow_hosts)
    other = f"at {named}" if named else f"under no name yet: give one, as with --allow-host {socket.gethostname()}"
    session.out.note(f"Other machines reach it {other}.")


def settings_of(given: dict[str, Any]) -> Settings:
    """Return settings of what was given; the rest comes from the environment.

    Raises:
        click.UsageError: A variable of the environment makes no sense.
    """
    from pydantic import ValidationError  # noqa: PLC0415 - help needs none

    from gymdash_server.settings import Settings  # noqa: PLC0415 - same

    try:
        return Settings(**{name: value for name, value in given.items() if value not in {None, ()}})
    except ValidationError as error:
        first = error.errors()[0]
        raise click.UsageError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error


@contextlib.contextmanager
def ended_by_signals() -> Iterator[None]:
    """Have SIGINT, SIGTERM and SIGHUP end the block orderly, with exit code 0, also while a server starts."""

    def end(_number: int, _frame: FrameType | None) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # what is under way must not be cut short
        raise SystemExit(0)

    numbers = [signal.SIGINT, signal.SIGTERM]
    before = {number: signal.signal(number, end) for number in numbers}
    if hasattr(signal, "SIGHUP"):
        before[signal.SIGHUP] = signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _log_to_stderr() -> None:
    import logging  # noqa: PLC0415 - for servers alone

    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", force=True)
    for name in ("alembic", "httpx", "uvicorn", "watchfiles"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _open_browser(address: str) -> None:
    """Open the page where there is a desktop; a browser for terminals would take this one over."""
    import os  # noqa: PLC0415 - for servers alone
    import threading  # noqa: PLC0415 - same
    import webbrowser  # noqa: PLC0415 - same

    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return
    threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()


COMMANDS = (serve, demo)
