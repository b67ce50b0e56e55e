"""The control socket: how controllers reach a live run.

The worker binds a Unix socket with a short hashed name in a private runtime folder and records it in ``state.json``;
one thread accepts, one thread serves each connection. Where there are no Unix sockets: TCP on loopback with a token.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import logging
import os
import socket
import struct
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gymdash_core.errors import GymDashError, ProjectError, ProtocolError
from gymdash_core.worker import protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from gymdash_core.project import RunFolder

logger = logging.getLogger(__name__)

_MAX_PATH = 100  # sun_path holds 104 bytes on macOS and 108 on Linux
_MAX_CONNECTIONS = 256
_ACCEPT_PAUSE_S = 0.05


@dataclass(frozen=True)
class Address:
    """Where a worker listens.

    Attributes:
        path: Unix socket, or None.
        port: TCP port on loopback, where there is no Unix socket.
        token: Secret that every TCP message carries; None on Unix sockets, whose permissions do that work.
    """

    path: str | None = None
    port: int | None = None
    token: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the address as a JSON object."""
        return {"path": self.path, "port": self.port, "token": self.token}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Address:
        """Return the address that `as_json` wrote."""
        return cls(data.get("path"), data.get("port"), data.get("token"))


def runtime_folder() -> Path:
    """Return this user's private folder for sockets, mode 0700; make it when it is missing.

    Raises:
        ProjectError: The folder belongs to somebody else.
    """
    base = os.environ.get("XDG_RUNTIME_DIR", "")
    if not base or len(base) > _MAX_PATH - 40 or not os.access(base, os.W_OK):
        base = os.environ.get("TMPDIR", "")
    if not base or len(base) > _MAX_PATH - 40 or not os.access(base, os.W_OK):
        base = "/tmp"  # noqa: S108 - the folder below is 0700 and checked
    folder = Path(base) / f"gymdash-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise ProjectError(f"{folder} is not private to you", "Remove it, or set XDG_RUNTIME_DIR to a private folder.")
    return folder


class ControlServer:
    """Serve control messages of one run.

    Thread safety: `close` may be called from any thread; `handle` is called on a thread per connection.

    Args:
        run: The run's files; their path and the attempt name the socket.
        attempt: Number of the attempt.
        handle: Returns the result of a message, or raises a GymDash error.
    """

    def __init__(self, run: RunFolder, attempt: int, handle: Callable[[protocol.Message], object]) -> None:
        self._handle = handle
        self._lock = threading.Lock()
        self._threads: dict[threading.Thread, socket.socket] = {}
        self._busy = 0
        self._idle = threading.Condition(self._lock)
        self._closing = threading.Event()
        if hasattr(socket, "AF_UNIX"):
            self._socket, self.address = _bind_unix(f"{run.path}:{attempt}")
        else:  # pragma: no cover - Windows, untested
            self._socket, self.address = _bind_tcp()
        os.register_at_fork(after_in_child=self._close_in_child)
        self._acceptor = threading.Thread(target=self._accept, name="gymdash-control", daemon=True)

    def start(self) -> None:
        """Begin to accept connections."""
        self._acceptor.start()

    def close(self, drain_s: float = 2.0) -> None:
        """Stop accepting, let replies under way go out, and close all connections.

        Args:
            drain_s: How long replies may take.
        """
        with self._lock:
            self._closing.set()
        if self.address.path:
            with contextlib.suppress(OSError):
                os.unlink(self.address.path)  # noqa: PTH108 - a plain string by nature
        _shutdown(self._socket)
        with self._idle:
            self._idle.wait_for(lambda: not self._busy, drain_s)
            connections = list(self._threads.values())
        for connection in connections:
            _shutdown(connection)

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError as error:
                # Only closing ends this. What is short now (descriptors, memory) the simulation may give back at any
                # time, and until then the peer waits in the backlog; the pause keeps a lasting error from spinning.
                if error.errno != errno.ECONNABORTED:
                    self._closing.wait(_ACCEPT_PAUSE_S)
                continue
            if not self._take_on(connection):
                connection.close()

    def _take_on(self, connection: socket.socket) -> bool:
        """Serve a connection on a thread of its own; return False where it cannot be served."""
        thread = threading.Thread(target=self._serve, args=(connection,), name="gymdash-control-client", daemon=True)
        try:
            with self._lock:
                if self._closing.is_set() or len(self._threads) >= _MAX_CONNECTIONS or not self._trusted(connection):
                    return False
                self._threads[thread] = connection
            thread.start()
        except (OSError, RuntimeError) as error:  # the peer has gone, or the system has no room for another thread
            logger.warning("a control connection is refused: %s", error)
            with self._lock:
                self._threads.pop(thread, None)
            return False
        return True

    @staticmethod
    def _trusted(connection: socket.socket) -> bool:
        """Whether the peer is this user or root; where the system does not tell, the socket's mode 0600 decides."""
        if not hasattr(socket, "SO_PEERCRED") or connection.family != socket.AF_UNIX:
            return True
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        return struct.unpack("3i", credentials)[1] in (os.getuid(), 0)

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection, connection.makefile("rb") as lines:
                while line := lines.readline(protocol.MAX_LINE_BYTES + 1):
                    with self._lock:
                        if self._closing.is_set():
                            return
                        self._busy += 1
                    try:
                        connection.sendall(self._reply(line))
                    finally:
                        with self._idle:
                            self._busy -= 1
                            self._idle.notify_all()
                    if len(line) > protocol.MAX_LINE_BYTES:
                        return
        except OSError:
            return  # the peer is gone; what it asked for stays in force
        finally:
            with self._lock:
                self._threads.pop(threading.current_thread(), None)

    def _reply(self, line: bytes) -> bytes:
        if len(line) > protocol.MAX_LINE_BYTES:
            too_long = ProtocolError(f"a control message is longer than {protocol.MAX_LINE_BYTES} bytes")
            return protocol.encode_error(too_long)
        try:
            return protocol.encode_result(self._handle(protocol.decode_request(line, self.address.token)))
        except (GymDashError, OSError) as error:
            return protocol.encode_error(error)
        except Exception as error:  # the client waits for a reply, and the thread for the next message
            logger.exception("a control message met a defect")
            return protocol.encode_error(error)

    def _close_in_child(self) -> None:
        """Drop the sockets in a forked child, so that the run's socket closes when the worker does."""
        for item in (self._socket, *list(self._threads.values())):
            # Not close(), which waits for the file that the serving thread reads from, a thread that no child has.
            with contextlib.suppress(OSError):
                os.close(item.detach())


def _bind_unix(name: str) -> tuple[socket.socket, Address]:
    path = str(runtime_folder() / f"{hashlib.sha256(name.encode()).hexdigest()[:16]}.sock")
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)  # noqa: PTH108 - left by a worker that was killed; the worker lock says that it is ours
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listener.bind(path)
    finally:
        os.umask(before)
    listener.listen(64)
    return listener, Address(path=path)


def _bind_tcp() -> tuple[socket.socket, Address]:
    import secrets  # noqa: PLC0415 - Unix sockets need none, and it costs each worker 5 ms

    listener = socket.create_server(("127.0.0.1", 0))
    return listener, Address(port=listener.getsockname()[1], token=secrets.token_urlsafe(32))


def _shutdown(item: socket.socket) -> None:
    with contextlib.suppress(OSError):
        item.shutdown(socket.SHUT_RDWR)
    with contextlib.suppress(OSError):
        item.close()
