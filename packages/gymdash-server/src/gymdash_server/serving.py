"""Serving: one process, one socket, one project, until it is told to end."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import threading
from typing import TYPE_CHECKING

import uvicorn

from gymdash_core.journal import write_json
from gymdash_core.status import iso, utc_now
from gymdash_server.app import create_app
from gymdash_server.context import Context, require_unserved
from gymdash_server.errors import PortTakenError, UnsafeBindError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from gymdash_server.settings import Settings

logger = logging.getLogger(__name__)

#: How long open requests may take when the server ends, and how long of it those that wait for a run or a helper.
_END_S = 3
#: How long an idle connection stays open. Longer than at Python's clients (httpx: 5 s), so that it is they who close
#: it: a request that is sent while the server closes its connection is lost. Browsers try such a one again.
_IDLE_S = 75
_PATIENCE_S = 1.0
_BACKLOG = 2048


class Server(uvicorn.Server):
    """A uvicorn server that ends its streams, and soon what its requests wait for, before it waits for these.

    A thread that waits cannot be abandoned: the process would end when its wait does.

    Args:
        config: Uvicorn's configuration.
        context: The server's parts.
    """

    def __init__(self, config: uvicorn.Config, context: Context) -> None:
        super().__init__(config)
        self._context = context
        self._over = threading.Event()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End the streams and the waits, then as uvicorn does.

        Another thread does it: a signal's handler may have interrupted whoever holds the hub's lock.
        """
        threading.Thread(target=self._end_waits, name="gymdash-end", daemon=True).start()
        super().handle_exit(sig, frame)

    def _end_waits(self) -> None:
        self._context.hub.close()
        if not self._over.wait(_PATIENCE_S):
            self._context.hang_up()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the rest of the end to the caller: uvicorn raises a signal again, which would skip it."""
        with super().capture_signals():
            try:
                yield
            finally:
                self._over.set()
                self._captured_signals.clear()


def serve(settings: Settings, announce: Callable[[str], None], *, leaves_runs: bool = True) -> None:
    """Serve a project until SIGINT or SIGTERM.

    Args:
        settings: What the server is told.
        announce: Told the address, once requests are accepted.
        leaves_runs: Say at the end how many runs go on; False where the caller stops them.

    Raises:
        UnsafeBindError: Others could reach it and there is no configured token.
        PortTakenError: The port is in use, or the address cannot be used.
        ProjectServedError: Another server serves the project.
        ProjectAccessError: The project folder cannot be used.
        DatabaseError: The index cannot be used.
        TokenFileError: The project's file with the token is not private, or holds none.
    """
    if not settings.is_loopback and not settings.token:
        raise UnsafeBindError(settings.host)
    require_unserved(settings.project_folder)
    with listening(settings) as listener, Context(settings) as context:
        context.leaves_runs = leaves_runs
        port = int(listener.getsockname()[1])
        url = f"http://{_in_url(settings.address)}:{port}"
        with _announced(context, url):
            announce(url)
            make_server(context).run(sockets=[listener])


def make_server(context: Context) -> Server:
    """Return the server of a context, to be run on a socket."""
    config = uvicorn.Config(
        create_app(context=context),
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=_END_S,
        timeout_keep_alive=_IDLE_S,
        lifespan="on",
        ws="none",
    )
    return Server(config, context)


@contextlib.contextmanager
def listening(settings: Settings) -> Iterator[socket.socket]:
    """Listen on the address of some settings, for as long as the context lasts.

    Raises:
        PortTakenError: The port is in use, or the address cannot be used.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listener = socket.create_server((settings.host, settings.port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise PortTakenError(settings.host, settings.port, error.strerror or str(error)) from error
    # Nagle's algorithm would hold the second part of an answer back until the client confirms the first: 40 ms.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with listener:
        yield listener


@contextlib.contextmanager
def _announced(context: Context, url: str) -> Iterator[None]:
    """Leave word in the project, for command line and clients, for as long as the server lives."""
    file = context.project.server
    data = {"version": 1, "url": url, "token": context.settings.secret, "pid": os.getpid(), "started": iso(utc_now())}
    write_json(file, data, mode=0o600)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            file.unlink()


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
