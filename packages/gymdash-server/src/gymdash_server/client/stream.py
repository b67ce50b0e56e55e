"""The live stream as a client hears it: events in order, over as many connections as it takes.

A lost connection is made anew with the id of the last event, so that nothing is missed that the server still keeps;
where it keeps it no more, the server says ``resync`` and the caller reads anew. Points are never sent twice: read them
again by cursor after each ``hello`` but the first.

Source: WHATWG HTML, "Server-sent events".
"""

from __future__ import annotations

import json
import math
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import httpx

from gymdash_core.errors import GymDashError
from gymdash_server.client.problems import error_of
from gymdash_server.errors import NoServerError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: A server says something every 15 s at least; one that is silent for this long is gone.
SILENCE_S = 45.0
_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 2.0
#: A wait with a deadline may outlast it by this much before the connection is made anew with what is left.
_SLACK_S = 0.25


@dataclass(frozen=True)
class Event:
    """Something that a server tells.

    Attributes:
        name: ``hello``, ``simulation``, ``progress``, ``points``, ``control_request``, ``channel``, ``log``, ``usage``
            or ``resync``.
        id: ``<boot>-<n>``; give the last one as `last_event_id` to go on behind it.
        data: Its JSON object; ``simulation_id`` is the run that it is about, or None.
    """

    name: str
    id: str
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def simulation_id(self) -> str | None:
        """The run that it is about, or None."""
        return self.data.get("simulation_id")


@dataclass
class EventStream:
    """Iterate over events, from now on or behind an id.

    Attributes:
        connect: Returns the HTTP client to use, found anew for each connection.
        params: Query parameters of the route.
        last_event_id: Id of the last event that was seen, or None.
        patience_s: For how long a lost server is looked for; it may be restarted meanwhile.
        deadline: Time of the monotonic clock at which the iteration ends, or None.
    """

    connect: Callable[[], httpx.Client]
    params: tuple[tuple[str, str], ...]
    last_event_id: str | None = None
    patience_s: float = 60.0
    deadline: float | None = None

    def __iter__(self) -> Iterator[Event]:
        """Yield events until the deadline.

        Raises:
            NoServerError: There is none, or it was not back in time.
            GymDashError: The server refuses; no such event, for example.
        """
        lost_at: float | None = None
        heard, pause_s = False, _FIRST_PAUSE_S
        while self._left_s() > 0:
            try:
                for event in self._connection():
                    heard, lost_at, pause_s = True, None, _FIRST_PAUSE_S
                    yield event
            except (httpx.TransportError, GymDashError) as error:
                if isinstance(error, httpx.ReadTimeout) and self._left_s() <= 0:
                    return
                lost_at = time.monotonic() if lost_at is None else lost_at
                if not heard or not _may_pass(error) or time.monotonic() - lost_at > self.patience_s:
                    raise as_gymdash_error(error) from error
            time.sleep(max(0.0, min(pause_s, self._left_s())))
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    def _connection(self) -> Iterator[Event]:
        """Yield the events of one connection, until it ends or the time left is too short for its time-out."""
        http = self.connect()
        silence_s = min(SILENCE_S, self._left_s())
        headers = {"Accept": "text/event-stream"}
        if self.last_event_id is not None:
            headers["Last-Event-ID"] = self.last_event_id
        timeout = httpx.Timeout(10.0, read=max(silence_s, 0.01))
        with http.stream("GET", "events", params=self.params, headers=headers, timeout=timeout) as answer:
            if answer.is_error:
                answer.read()
                raise error_of(answer)
            if not answer.headers.get("content-type", "").startswith("text/event-stream"):
                raise NoServerError(str(http.base_url), "what answers there is no GymDash server")
            for event in parse_events(answer.iter_lines()):
                if event is not None:
                    self.last_event_id = event.id or self.last_event_id
                    yield event
                if self._left_s() < silence_s - _SLACK_S:
                    return

    def _left_s(self) -> float:
        return math.inf if self.deadline is None else self.deadline - time.monotonic()


def parse_events(lines: Iterator[str]) -> Iterator[Event | None]:
    """Yield the events in the lines of a stream, and None for each comment.

    An event that the connection's end has cut off is dropped.

    Args:
        lines: Lines without their ends.

    Example:
        >>> list(parse_events(iter([": still here", "", "event: log", "id: 1a-7", 'data: {"size": 3}', ""])))
        [None, Event(name='log', id='1a-7', data={'size': 3})]
    """
    name, identity, data = "", "", list[str]()
    for line in lines:
        key, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if key == "event":
            name = value
        elif key == "id":
            identity = value
        elif key == "data":
            data.append(value)
        elif not line:
            yield Event(name or "message", identity, json.loads("\n".join(data))) if data else None
            name, data = "", []


def _may_pass(error: Exception) -> bool:
    """Whether a lost server may come back: one that is started anew may first refuse a token of its earlier life."""
    return not isinstance(error, GymDashError) or isinstance(error, NoServerError) or is_stale_token(error)


def is_stale_token(error: Exception) -> bool:
    """Return whether a server does not know the token that a client has found."""
    return isinstance(error, RefusedError) and error.status == HTTPStatus.UNAUTHORIZED


def as_gymdash_error(error: httpx.TransportError | GymDashError) -> GymDashError:
    """Return a failure to reach a server as an error of the tree."""
    if isinstance(error, GymDashError):
        return error
    url = error.request.url
    return NoServerError(f"{url.scheme}://{url.netloc.decode()}", reason_of(error))


def reason_of(error: Exception) -> str:
    """Return in a few words why a server could not be reached."""
    if isinstance(error, httpx.ConnectTimeout):
        return "it does not answer"
    if isinstance(error, httpx.TimeoutException):
        return "it did not answer in time"
    text = str(error) or type(error).__name__
    return "nobody listens there" if "refused" in text.lower() else text
