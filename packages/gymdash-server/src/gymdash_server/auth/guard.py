"""The guard: an ASGI middleware in front of everything, static files and streams included.

In this order a request is refused where its Host is not one of this server's names (DNS rebinding), where its Origin is
there and is not this server (cross-site requests, on every method), where it carries no token, and where its body is
too large. Nothing is decided by a deny-list. A defect behind it becomes a problem document here, so that every answer
carries the same headers.

A browser gets the token once, in the address that ``gymdash serve`` prints: ``/?token=`` answers a page that sets it as
a cookie which scripts cannot read, and goes on without it, so that it stands in no history, referrer or log.
"""

from __future__ import annotations

import hmac
import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs

from starlette.responses import HTMLResponse

from gymdash_server.api.problems import defect_response, problem_response
from gymdash_server.settings import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Iterable, MutableMapping

    from starlette.responses import Response
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
#: A Host: a name or an address, and a port. Anything that could be read in two ways is none.
_HOST = re.compile(r"(?P<name>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]{1,5}))?")
_MOST_DIGITS = 15
_MOST_PORT = 65535
_REFUSED = (
    "This address needs its token: open the one that `gymdash serve` has printed. "
    "Programs send it as `Authorization: Bearer`."
)
_REFUSED_PAGE = f"""<!doctype html><html lang="en"><meta charset="utf-8"><title>GymDash: no token</title>
<meta name="viewport" content="width=device-width">
<body style="max-width: 34em; margin: 15vh auto; padding: 0 1em; font: 16px/1.5 system-ui, sans-serif">
<h1>GymDash is here</h1><p>{_REFUSED.replace("`", "")}</p>
"""


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
        names = {_normal(name) for name in (*LOOPBACK, host, *allow_hosts)}
        return cls(token, frozenset(names - {"", "0.0.0.0", "::"}), max_body_bytes)  # noqa: S104 - taken out, not bound


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
        host, port = _split(headers.one(b"host"))
        if host not in self._rules.hosts:
            await problem_response(421, "this server does not answer to that Host")(scope, receive, send)
        elif not self._is_same_origin(scope, headers):
            await problem_response(403, "requests from other sites are refused")(scope, receive, send)
        elif self._is_entrance(scope):
            await _send_bytes(send, _PAGE, b"text/html; charset=utf-8", self._cookie(port))
        elif not self._has_token(headers, port):
            await _refusal(scope, headers)(scope, receive, send)
        elif scope["path"] == "/enter.js":
            await _send_bytes(send, _ENTER, b"text/javascript")
        else:
            await self._pass_on(scope, receive, send, headers)

    def _is_entrance(self, scope: Scope) -> bool:
        """Whether a browser comes with the address that the server has printed."""
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        return scope["method"] == "GET" and scope["path"] == "/" and self._equals(given)

    def _cookie(self, port: int | None) -> bytes:
        return f"{cookie_name(port)}={self._rules.token}; Path=/; HttpOnly; SameSite=Strict".encode("latin-1")

    def _has_token(self, headers: _Headers, port: int | None) -> bool:
        if not headers.count(b"authorization"):
            return self._equals(headers.cookie(cookie_name(port)))
        scheme, _, value = (headers.one(b"authorization") or "").partition(" ")
        return scheme.lower() == "bearer" and self._equals(value.strip())

    def _equals(self, given: str) -> bool:
        return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), self._rules.token.encode())

    @staticmethod
    def _is_same_origin(scope: Scope, headers: _Headers) -> bool:
        if headers.count(b"origin") == 0:
            return True
        origin = headers.one(b"origin")
        return origin is not None and origin.lower() == f"{scope['scheme']}://{headers.one(b'host')}".lower()

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send, headers: _Headers) -> None:
        """Let a request through, with a body of bounded size."""
        body = _Body(receive, send, self._rules.max_body_bytes)
        length = headers.one(b"content-length") or "0"
        if not (length.isascii() and length.isdigit() and len(length) < _MOST_DIGITS) or int(length) > body.limit:
            await body.refusal(scope, receive, send)
            return
        try:
            await self._app(scope, body.receive, body.send)
        except Exception as error:  # boundary: a defect behind this point
            if body.has_answer:
                raise
            if not body.is_too_large:
                await defect_response(error)(scope, receive, send)
        if body.is_too_large and not body.has_answer:
            await body.refusal(scope, receive, send)


class _Body:
    """A request body of bounded size: one of no declared length is cut off there, and answered with a refusal.

    Args:
        receive: Where it comes from.
        send: Where the answer goes.
        limit: Its largest size in bytes.
    """

    def __init__(self, receive: Receive, send: Send, limit: int) -> None:
        self.limit = limit
        self.is_too_large = False
        self.has_answer = False
        self.refusal = problem_response(413, f"a request body has at most {limit} bytes")
        self._receive, self._send = receive, send
        self._seen = 0

    async def receive(self) -> Message:
        """Return the next message; behind the limit, that the client has gone."""
        message = await self._receive()
        self._seen += len(message.get("body", b""))
        self.is_too_large = self.is_too_large or self._seen > self.limit
        return {"type": "http.disconnect"} if self.is_too_large else message

    async def send(self, message: Message) -> None:
        """Pass an answer on, but none to a body that was cut off."""
        if self.has_answer or not self.is_too_large:
            self.has_answer = True
            await self._send(message)


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


def _refusal(scope: Scope, headers: _Headers) -> Response:
    """Return the answer to a request without the token: to a person who looks for the page, a page."""
    is_person = not scope["path"].startswith("/api/") and "text/html" in (headers.one(b"accept") or "")
    answer = HTMLResponse(_REFUSED_PAGE, 401) if is_person else problem_response(401, _REFUSED)
    answer.headers["www-authenticate"] = 'Bearer realm="gymdash"'
    answer.headers["cache-control"] = "no-store"
    return answer


def cookie_name(port: int | None) -> str:
    """Return the cookie's name: servers on several ports of a machine share a browser's cookies."""
    return f"gymdash-{port or 80}"


def _split(host: str | None) -> tuple[str, int | None]:
    """Return name and port of a Host; an empty name for none, or for one that is not plainly one."""
    found = _HOST.fullmatch(host or "")
    if found is None or int(found["port"] or 0) > _MOST_PORT:
        return "", None
    return _normal(found["name"]), int(found["port"]) if found["port"] else None


def _normal(name: str) -> str:
    """Return the one spelling of a name or an address."""
    plain = name.lower().strip("[]")
    try:
        return str(ipaddress.ip_address(plain))
    except ValueError:
        return plain


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
