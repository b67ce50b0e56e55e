"""The controllers' end of the control socket: a small pool of connections to one worker."""

from __future__ import annotations

import contextlib
import errno
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

from gymdash_core.errors import WorkerGoneError
from gymdash_core.worker import protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from gymdash_core.worker.control import Address

_CONNECT_S = 5.0


class ControlClient:
    """Send control messages to a worker.

    Thread safety: calls may run at the same time; each has a connection of its own.

    Args:
        address: Where the worker listens.
        run: The run, for messages.
    """

    def __init__(self, address: Address, run: str) -> None:
        self.address = address
        self._run = run
        self._lock = threading.Lock()
        self._idle: list[socket.socket] = []
        self._busy: set[socket.socket] = set()
        self._closed = self._hung_up = False

    def call(
        self,
        message: protocol.Message,
        timeout_s: float | None,
        *,
        fallback: Callable[[], Any] = lambda: None,
        after_s: float = float("inf"),
    ) -> Any:
        """Send a message and return the result.

        Args:
            message: The message.
            timeout_s: How long to wait for the reply; None waits for ever.
            fallback: Asked for a result when there is no reply after `after_s`; None goes on waiting.
            after_s: Seconds until the fallback is asked.

        Raises:
            WorkerGoneError: The worker has ended, or did not reply in time, or `hang_up` was called.
            GymDashError: What the worker answered instead of a result.
        """
        try:
            connection = self._take()
        except OSError as error:
            raise WorkerGoneError(f"run {self._run}: the worker is not there ({error})") from error
        exchange = _Exchange(connection, timeout_s)
        try:
            exchange.send(protocol.encode_request(message, self.address.token))
            line = exchange.receive(after_s)
            if line is None:
                result = fallback()
                if result is not None:
                    self._drop(connection)
                    return result
                line = exchange.receive() or b""
        except OSError as error:
            self._drop(connection)
            raise WorkerGoneError(f"run {self._run}: no reply from the worker ({error})") from error
        if not line.endswith(b"\n"):
            self._drop(connection)
            raise WorkerGoneError(f"run {self._run}: the worker ended")
        self._give_back(connection)
        outcome = protocol.decode_reply(line)
        if outcome.error is not None:
            raise outcome.error
        return outcome.result

    def close(self) -> None:
        """Close all idle connections; calls under way end by themselves."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def hang_up(self) -> None:
        """End the calls under way, and those to come, with `WorkerGoneError`."""
        self.close()
        with self._lock:
            self._hung_up = True
            busy = list(self._busy)
        for connection in busy:
            with contextlib.suppress(OSError):  # its call has ended meanwhile
                connection.shutdown(socket.SHUT_RDWR)

    def _take(self) -> socket.socket:
        """Return a connection that `hang_up` knows of."""
        connection = self._idle_one() or self._connect()
        with self._lock:
            if not self._hung_up:
                self._busy.add(connection)
                return connection
        connection.close()
        raise OSError(errno.ESHUTDOWN, "this process hangs up")

    def _idle_one(self) -> socket.socket | None:
        with self._lock:
            while self._idle:
                connection = self._idle.pop()
                if _is_open(connection):
                    return connection
                connection.close()
        return None

    def _connect(self) -> socket.socket:
        if self.address.path is None:
            return socket.create_connection(("127.0.0.1", self.address.port or 0), _CONNECT_S)
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(_CONNECT_S)
            connection.connect(self.address.path)
        except OSError:
            connection.close()
            raise
        return connection

    def _give_back(self, connection: socket.socket) -> None:
        with self._lock:
            if not self._closed:
                self._busy.discard(connection)
                self._idle.append(connection)
                return
        self._drop(connection)

    def _drop(self, connection: socket.socket) -> None:
        with self._lock:
            self._busy.discard(connection)
        connection.close()


class _Exchange:
    """One request and its reply on a connection, within a time limit."""

    def __init__(self, connection: socket.socket, timeout_s: float | None) -> None:
        self._connection = connection
        self._deadline = None if timeout_s is None else time.monotonic() + timeout_s
        self._parts: list[bytes] = []

    def send(self, line: bytes) -> None:
        self._connection.settimeout(self._left())
        self._connection.sendall(line)

    def receive(self, pause_s: float = float("inf")) -> bytes | None:
        """Return the reply, what there is of it at the end of file, or None where it takes longer than `pause_s`."""
        pause = time.monotonic() + pause_s
        while not (self._parts and self._parts[-1].endswith(b"\n")):
            left, pause_left = self._left(), max(0.0, pause - time.monotonic())
            pausing = left is None or pause_left < left
            limit = pause_left if pausing else left
            self._connection.settimeout(None if limit == float("inf") else max(0.001, limit or 0.0))
            try:
                part = self._connection.recv(1 << 16)
            except TimeoutError:
                if pausing:
                    return None
                raise
            if not part:
                break
            self._parts.append(part)
        return b"".join(self._parts)

    def _left(self) -> float | None:
        return None if self._deadline is None else max(0.001, self._deadline - time.monotonic())


def _is_open(connection: socket.socket) -> bool:
    """Whether an idle connection is still up: nothing to read, no end of file."""
    connection.setblocking(False)
    try:
        return connection.recv(1, socket.MSG_PEEK) == b"?"
    except BlockingIOError:
        return True
    except OSError:
        return False
