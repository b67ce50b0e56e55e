"""The hub: events go in from any thread, and out to each client of the stream at its own pace.

Each event is encoded once. An id is ``<boot>-<n>``; a boot is one life of a server. All events but points are kept for
clients that come back with the id that they saw last; points are read again by cursor, since every event of them says
which ordinals it holds.

Overflow rule: what is kept is bounded in number and in bytes, and the oldest go first. What waits for a client is
bounded in bytes. A client that is too slow loses all that waits for it and gets one ``resync`` in its place,
whereupon it reads anew; nobody else notices. A ``resync`` also stands for an event that is larger than all that may
wait, and is the answer to an id that is too old or of another boot.

Thread safety: `publish` and `close` may be called from any thread; a `Subscription` is read on the event loop.
"""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fastapi.sse import format_sse_event

from gymdash_server.jsonvalues import dumps

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

#: All events of the stream.
EVENTS = ("hello", "simulation", "progress", "points", "control_request", "channel", "log", "usage", "resync")
#: A comment is sent when nothing else was for this long, so that dead connections are noticed.
HEARTBEAT_S = 15.0
#: Events that come within this time go out together.
GATHER_S = 0.01
_HEARTBEAT = b": still here\n\n"
_ALWAYS = frozenset({"hello", "resync"})


@dataclass(frozen=True)
class _Event:
    number: int
    name: str
    simulation: str | None
    data: bytes


@dataclass(frozen=True)
class Interest:
    """What a client wants to hear.

    Attributes:
        simulations: Ids of runs; empty for all.
        events: Names of events; empty for all.
    """

    simulations: frozenset[str] = frozenset()
    events: frozenset[str] = frozenset()

    def covers(self, name: str, simulation: str | None) -> bool:
        """Return whether an event is wanted; what belongs to no run is wanted by all."""
        if name in _ALWAYS:
            return True
        wanted = not self.events or name in self.events
        return wanted and (simulation is None or not self.simulations or simulation in self.simulations)


class Hub:
    """Fan events out.

    Args:
        buffer: How many events are kept for clients that come back.
        client_bytes: How much may wait for one client.
        buffer_bytes: How much is kept for clients that come back.
    """

    def __init__(self, buffer: int = 5000, client_bytes: int = 8 << 20, buffer_bytes: int = 16 << 20) -> None:
        self.boot = secrets.token_hex(4)
        self._client_bytes = client_bytes
        self._lock = threading.Lock()
        self._number = 0
        self._buffer, self._buffer_bytes = buffer, buffer_bytes
        self._kept: deque[_Event] = deque()
        self._kept_bytes = 0
        self._dropped = 0  # number of the newest event that is not kept any more
        self._subscriptions: list[Subscription] = []
        self._closed = False

    @property
    def clients(self) -> int:
        """How many clients listen."""
        return len(self._subscriptions)

    def wants(self, name: str, simulation: str | None = None) -> bool:
        """Return whether anybody would hear an event now; for what costs something to find out."""
        with self._lock:
            return any(item.interest.covers(name, simulation) for item in self._subscriptions)

    def publish(self, name: str, data: dict[str, Any], simulation: str | None = None) -> None:
        """Tell an event.

        Args:
            name: One of `EVENTS`.
            data: JSON object.
            simulation: The run that it is about, or None.
        """
        text = dumps({"simulation_id": simulation, **data})
        with self._lock:
            self._number += 1
            event = _Event(self._number, name, simulation, self._encode(name, text, self._number))
            if name != "points":
                self._keep(event)
            for subscription in self._subscriptions:
                if subscription.interest.covers(name, simulation):
                    subscription.put(event.data)

    def _keep(self, event: _Event) -> None:
        self._kept.append(event)
        self._kept_bytes += len(event.data)
        while len(self._kept) > self._buffer or self._kept_bytes > self._buffer_bytes:
            oldest = self._kept.popleft()
            self._kept_bytes -= len(oldest.data)
            self._dropped = oldest.number

    async def stream(
        self, interest: Interest, hello: dict[str, Any], last_event_id: str | None = None
    ) -> AsyncIterator[bytes]:
        """Yield what a client is to be sent, until the hub closes or the client goes; see `subscribe`.

        It is added with the first step, so that one that goes before leaves nothing behind.
        """
        subscription = self.subscribe(interest, hello, last_event_id)
        try:
            async for data in subscription.chunks():
                yield data
        finally:
            self.leave(subscription)

    def subscribe(self, interest: Interest, hello: dict[str, Any], last_event_id: str | None = None) -> Subscription:
        """Add a client; called on the event loop. It hears ``hello``, what it has missed, and what comes.

        Args:
            interest: What it wants to hear.
            hello: Data of the first event.
            last_event_id: Id of the last event that it has seen, or None.
        """
        subscription = Subscription(self, interest, self._client_bytes)
        with self._lock:
            subscription.put(self._encode("hello", dumps({"boot": self.boot, **hello}), self._number))
            missed = [] if last_event_id is None else self._missed(last_event_id)
            if missed is None:
                subscription.put(self._resync("the events since then are not kept"))
            for event in missed or ():
                if interest.covers(event.name, event.simulation):
                    subscription.put(event.data)
            self._subscriptions.append(subscription)
            if self._closed:
                subscription.end()
        return subscription

    def leave(self, subscription: Subscription) -> None:
        """Remove a client."""
        with self._lock:
            if subscription in self._subscriptions:
                self._subscriptions.remove(subscription)

    def close(self) -> None:
        """End all streams, and those that begin later at once."""
        with self._lock:
            self._closed = True
            for subscription in self._subscriptions:
                subscription.end()

    def _missed(self, last_event_id: str) -> list[_Event] | None:
        boot, _, number = last_event_id.partition("-")
        if boot != self.boot or not (number.isascii() and number.isdigit()) or len(number) > len(str(1 << 62)):
            return None
        last = int(number)
        if last < self._dropped or last > self._number:
            return None
        return [event for event in self._kept if event.number > last]

    def _encode(self, name: str, text: str, number: int) -> bytes:
        return bytes(format_sse_event(data_str=text, event=name, id=f"{self.boot}-{number}"))

    def _resync(self, reason: str) -> bytes:
        return self._encode("resync", dumps({"simulation_id": None, "reason": reason}), self._number)


class Subscription:
    """One client of the stream.

    Args:
        hub: Where it came from.
        interest: What it wants to hear.
        limit: How many bytes may wait for it.
    """

    def __init__(self, hub: Hub, interest: Interest, limit: int) -> None:
        self.interest = interest
        self._hub = hub
        self._limit = limit
        self._loop = asyncio.get_running_loop()
        self._wake = asyncio.Event()
        self._waiting: deque[bytes] = deque()
        self._size = 0
        self._signalled = False
        self._ended = False

    def put(self, data: bytes) -> None:
        """Add an event; called under the hub's lock."""
        if self._size + len(data) > self._limit:
            is_slow = len(data) <= self._limit
            self._waiting.clear()
            self._size = 0
            data = self._hub._resync("this client was too slow" if is_slow else "an event was too large to be sent")
        self._waiting.append(data)
        self._size += len(data)
        self._signal()

    def end(self) -> None:
        """End the stream behind what waits; called under the hub's lock."""
        self._ended = True
        self._signal()

    def _signal(self) -> None:
        if not self._signalled and not self._loop.is_closed():
            self._signalled = True
            self._loop.call_soon_threadsafe(self._wake.set)

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield what is to be sent, several events at a time, until the hub closes."""
        while True:
            try:
                await asyncio.wait_for(self._wake.wait(), HEARTBEAT_S)
            except TimeoutError:
                yield _HEARTBEAT
                continue
            data, ended = self._collect()
            if data:
                yield data
            if ended:
                return
            await asyncio.sleep(GATHER_S)

    def _collect(self) -> tuple[bytes, bool]:
        with self._hub._lock:
            data = b"".join(self._waiting)
            self._waiting.clear()
            self._size = 0
            self._signalled = False
            self._wake.clear()
            return data, self._ended
