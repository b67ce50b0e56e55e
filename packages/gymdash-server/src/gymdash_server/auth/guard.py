"""The guard: an ASGI middleware in front of everything, static files and streams included.

In this order a request is refused where its Host is not one of this server's names (DNS rebinding), where its Origin is
there and is not this server (cross-site requests, on every method), where it carries no token, and where its body is
too large. Nothing is decided by a deny-list.

A browser gets the token once, in the address that ``gymdash serve`` prints: ``/?token=`` answers a page that sets it as
a cookie which scripts cannot read, and goes on without it, so that it stands in no history, referrer or log.
"""

from __future__ import annotations

import hmac
import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlsplit

from gymdash_server.api.problems import problem_response
from gymdash_server.settings import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Iterable, MutableMapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Sent with every answer.
SECURITY_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_CSP = (
    b"default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; style-src 'self' 'unsafe-inline'; "
    b"object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_PAGE = b"""<!doctype html><meta charset="utf-8"><title>GymDash</title><script src="/enter.js"></script>"""
#: The page's script: a file of its own, since the policy allows no inline ones.
_ENTER = b"location.replace(location.pathname || '/');"
_REFUSED = (
    "This address needs its token: open the one that `gymdash serve` has printed. "
    "Programs send it as `Authorization: Bearer`."
)


@dataclass(frozen=True)
class GuardRules:
    """What the guard lets through.

    Attributes:
        token: The secret.
        hosts: Names under which the server may be addressed, lower case, without port.
        max_body_bytes: Largest request body.
    """

    token: str
    hosts: frozenset[str]
    max_body_bytes: int

    @classmethod
    def of(cls, token: str, host: str, allow_hosts: Iterable[str], max_body_bytes: int) -> GuardRules:
        """Return the rules of a server.

        Args:
            token: The secret.
            host: Address that it listens on.
            allow_hosts: Further names of it.
            max_body_bytes: Largest request body.
        """
        names = {*LOOPBACK, host, *allow_hosts} - {"0.0.0.0", "::"}  # noqa: S104 - taken out, not bound
        return cls(token, frozenset(name.lower().strip("[]") for name in names), max_body_bytes)


class Guard:
    """Refuse what may not come in.

    Args:
        app: The application behind it.
        rules: What may come in.
    """

    def __init__(self, app: ASGIApp, rules: GuardRules) -> None:
        self._app = app
        self._rules = rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._handle(scope, receive, _with_headers(send, scope))
        else:  # no websockets here
            await send({"type": "websocket.close", "code": 1008})

    async def _handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = _Headers(scope)
        host = headers.one(b"host")
        if host is None or _name_of(host) not in self._rules.hosts:
            await self._refuse(scope, receive, send, 421, "this server does not answer to that Host")
        elif not self._is_same_origin(scope, headers, host):
            await self._refuse(scope, receive, send, 403, "requests from other sites are refused")
        elif self._is_entrance(scope):
            await _send_bytes(send, _PAGE, b"text/html; charset=utf-8", self._cookie(host))
        elif not self._has_token(headers, host):
            await self._refuse(scope, receive, send, 401, _REFUSED)
        elif scope["path"] == "/enter.js":
            await _send_bytes(send, _ENTER, b"text/javascript")
        else:
            await self._limit_body(scope, receive, send, headers)

    def _is_entrance(self, scope: Scope) -> bool:
        """Whether a browser comes with the address that the server has printed."""
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        return scope["method"] == "GET" and scope["path"] == "/" and self._equals(given)

    def _cookie(self, host: str) -> bytes:
        name = cookie_name(_port_of(host))
        return f"{name}={self._rules.token}; Path=/; HttpOnly; SameSite=Strict".encode("latin-1")

    def _has_token(self, headers: _Headers, host: str) -> bool:
        bearer = headers.one(b"authorization")
        if bearer is not None:
            scheme, _, value = bearer.partition(" ")
            return scheme.lower() == "bearer" and self._equals(value.strip())
        return self._equals(headers.cookie(cookie_name(_port_of(host))))

    def _equals(self, given: str) -> bool:
        return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), self._rules.token.encode())

    @staticmethod
    def _is_same_origin(scope: Scope, headers: _Headers, host: str) -> bool:
        if headers.count(b"origin") == 0:
            return True
        origin = headers.one(b"origin")
        return origin is not None and origin.lower() == f"{scope['scheme']}://{host}".lower()

    async def _limit_body(self, scope: Scope, receive: Receive, send: Send, headers: _Headers) -> None:
        limit = self._rules.max_body_bytes
        length = headers.one(b"content-length") or "0"
        if not length.isdigit() or int(length) > limit:
            await self._refuse(scope, receive, send, 413, f"a request body has at most {limit} bytes")
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:  # a body of no declared length is cut off there
                return {"type": "http.disconnect"}
            return message

        await self._app(scope, counted, send)

    @staticmethod
    async def _refuse(scope: Scope, receive: Receive, send: Send, status: int, detail: str) -> None:
        await problem_response(status, detail)(scope, receive, send)


class _Headers:
    def __init__(self, scope: Scope) -> None:
        self._all: list[tuple[bytes, bytes]] = scope["headers"]

    def count(self, name: bytes) -> int:
        return sum(key == name for key, _ in self._all)

    def one(self, name: bytes) -> str | None:
        """Return a header that is there once; None for none or several."""
        found = [value for key, value in self._all if key == name]
        return found[0].decode("latin-1") if len(found) == 1 else None

    def cookie(self, name: str) -> str:
        for key, value in self._all:
            if key == b"cookie":
                for part in value.decode("latin-1").split(";"):
                    left, _, right = part.strip().partition("=")
                    if left == name:
                        return right
        return ""


def cookie_name(port: int | None) -> str:
    """Return the cookie's name: servers on several ports of a machine share a browser's cookies."""
    return f"gymdash-{port or 80}"


def _name_of(host: str) -> str:
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        return name.lower()


def _port_of(host: str) -> int | None:
    try:
        return urlsplit(f"//{host}").port
    except ValueError:
        return None


def _with_headers(send: Send, scope: Scope) -> Send:
    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            present = {name for name, _ in message.get("headers", ())}
            more = [*SECURITY_HEADERS, (b"content-security-policy", _CSP)]
            if scope["path"].startswith("/api/"):
                more.append((b"cache-control", b"no-store"))
            message["headers"] = [*message.get("headers", ()), *(pair for pair in more if pair[0] not in present)]
        await send(message)

    return sending


async def _send_bytes(send: Send, body: bytes, media_type: bytes, cookie: bytes | None = None) -> None:
    headers = [(b"content-type", media_type), (b"content-length", str(len(body)).encode())]
    headers += [(b"cache-control", b"no-store")]
    headers += [(b"set-cookie", cookie)] if cookie else []
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
