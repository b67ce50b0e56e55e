"""One client's connection: requests with the token, errors of the tree, a second look for a server that has moved."""

from __future__ import annotations

import ssl
import threading
from typing import TYPE_CHECKING, Any

import httpx

from gymdash_core.codec import to_plain
from gymdash_server.client.problems import error_of
from gymdash_server.client.stream import as_gymdash_error, is_stale_token
from gymdash_server.errors import NoServerError, RefusedError
from gymdash_server.jsonvalues import dumps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gymdash_server.client.finding import Address, Search

#: A start may wait for a helper process that imports a heavy library.
_READ_S = 90.0
_CONNECT_S = 5.0


class Connection:
    """Send requests.

    Thread safety: all methods may be called from any thread.

    Args:
        search: What is known of the server.
        agent: What asks, as the ``User-Agent``.

    Raises:
        NoServerError: Nothing says where a server is.
    """

    def __init__(self, search: Search, agent: str) -> None:
        self._search, self._agent = search, agent
        self._lock = threading.Lock()
        self.address = search.find()
        self._opened = [_open(self.address, self._agent)]

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Sequence[tuple[str, Any]] = (),
        body: Any = None,
        read_s: float = _READ_S,
    ) -> httpx.Response:
        """Return the answer to a request; where the server has moved, it is sent to its new place.

        Args:
            method: HTTP method.
            path: Path below ``/api/v1/``.
            params: Query parameters.
            body: Value of the body; None sends none.
            read_s: How long to wait for the answer, in seconds.

        Raises:
            NoServerError: Nobody answers.
            InvalidValueError: The body is no JSON.
            GymDashError: The server refuses.
        """
        http = self._opened[-1]
        request: dict[str, Any] = {"params": list(params), "timeout": httpx.Timeout(read_s, connect=_CONNECT_S)}
        if body is not None:
            request["content"] = dumps(to_plain(body, "the request")).encode()
            request["headers"] = {"Content-Type": "application/json"}
        try:
            return _send(http, method, path, request)
        except (NoServerError, RefusedError) as error:
            if not (isinstance(error.__cause__, httpx.ConnectError) or is_stale_token(error)):
                raise  # it may have been carried out
            moved = self.renewed()
            if moved is http:
                raise
        return _send(moved, method, path, request)

    def renewed(self) -> httpx.Client:
        """Return the HTTP client for where the server is now.

        Raises:
            NoServerError: Nothing says where a server is.
        """
        with self._lock:
            address = self._search.find()
            if address != self.address:
                self.address = address
                self._opened.append(_open(address, self._agent))  # the earlier one may be in use on another thread
            return self._opened[-1]

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            for http in self._opened:
                http.close()


def _open(address: Address, agent: str) -> httpx.Client:
    headers = {"User-Agent": agent}
    if address.token:
        headers["Authorization"] = f"Bearer {address.token}"
    more: dict[str, Any] = {"trust_env": not address.is_local}
    if address.is_plain and address.is_local:
        more["verify"] = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # trusts nobody: reading whom to trust takes 25 ms
    return httpx.Client(base_url=f"{address.url}/api/v1/", headers=headers, **more)


def _send(http: httpx.Client, method: str, path: str, request: dict[str, Any]) -> httpx.Response:
    try:
        answer = http.request(method, path, **request)
    except httpx.TransportError as error:
        raise as_gymdash_error(error) from error
    if answer.is_error:
        raise error_of(answer)
    return answer
