"""Steering: the outside's side of the channels, for whoever asks, changes or presses something."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from gymdash_core import codec
from gymdash_core.interaction.board import ChannelBoard
from gymdash_core.interaction.published import PublishedLane
from gymdash_core.interaction.queries import Query, Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gymdash_core.interaction.lanes import Lane
    from gymdash_core.interaction.requests import ControlRequest


class Steering(ChannelBoard):
    """Ask the simulation, and answer what it asks.

    Thread safety: every method may be called from any thread.
    """

    def get_out(self, channel_key: str) -> tuple[bool, Any]:
        """Return the outgoing flag and value; ``(False, None)`` for an unknown key.

        The flag falls when those who asked have been served.
        """
        lane = self._lanes.get(channel_key)
        if lane is None:
            return False, None
        with self._shield, self._lock:
            return lane.get_out()

    def set_in(self, channel_key: str, value: Any = None) -> None:
        """Send a value without waiting for a reply, and without a time limit; an unknown key is ignored.

        Raises:
            InvalidValueError: The channel refuses the value.
        """
        lane = self._lanes.get(channel_key)
        if lane is None:
            return
        query = _without_client(lane, value)
        with self._shield:
            with self._lock:
                lane.lower_out()
            self._dispatch(lane, query, "set_in")

    def set_in_if_out(self, channel_key: str, value: Any) -> bool:
        """Send a value if the outgoing flag is raised; return whether it was.

        Raises:
            InvalidValueError: The channel refuses the value.
        """
        return self._set_in_if(channel_key, value, lambda _: True)

    def set_in_if_out_value(self, channel_key: str, value: Any, comparison: Any) -> bool:
        """Send a value if the outgoing flag is raised with a value equal to `comparison`; return whether it was.

        Raises:
            InvalidValueError: The channel refuses the value, or a value is no JSON.
        """
        wanted = codec.to_json(comparison, f"channel {channel_key!r}")
        return self._set_in_if(channel_key, value, lambda out: bool(out == wanted))

    def _set_in_if(self, channel_key: str, value: Any, matches: Callable[[Any], bool]) -> bool:
        lane = self._lanes.get(channel_key)
        if lane is None:
            return False
        query = _without_client(lane, value)
        with self._shield:
            with self._lock:
                flag, out = lane.get_out()
                if not flag or not matches(out):
                    return False
                self._add(lane, query)
            self._announce(lane)
        return True

    def query(
        self, values: Mapping[str, Any], timeout_s: float | None, by: str = "", ids: Mapping[str, str] | None = None
    ) -> dict[str, Reply]:
        """Send values to channels and wait for the replies.

        Args:
            values: Value per channel. Null on a control reads it; on ``custom_query`` it becomes ``{}``.
            timeout_s: How long to wait for all of them; None waits until the run ends.
            by: Who asks, for the record.
            ids: The queries' ids by channel; made where they are missing.

        Raises:
            UnknownChannelError: A channel does not exist; nothing was delivered.
            InvalidValueError: A channel refuses its value; nothing was delivered.
        """
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        waiting = self.send(values, by, ids)
        try:
            for item in waiting.values():
                if isinstance(item, Query):
                    item.wait(None if deadline is None else max(0.0, deadline - time.monotonic()))
        finally:
            replies = {key: self.collect(item) for key, item in waiting.items()}
        return replies

    def send(
        self, values: Mapping[str, Any], by: str = "", ids: Mapping[str, str] | None = None
    ) -> dict[str, Query | Reply]:
        """Validate all values, then open a query for each; what is published is replied at once.

        Whoever sends collects: see `collect`.

        Raises:
            UnknownChannelError: A channel does not exist; nothing was delivered.
            InvalidValueError: A channel refuses its value; nothing was delivered.
        """
        checked = {key: self._lane(key).channel.accept(value) for key, value in values.items()}
        queries = [Query(key, raw, parsed, has_client=True) for key, (raw, parsed) in checked.items()]
        for query in queries:
            query.id = str((ids or {}).get(query.key) or query.id)
        return {query.key: self._open(self._lanes[query.key], query, by) for query in queries}

    def collect(self, item: Query | Reply) -> Reply:
        """End the wait for something that was sent: return its reply.

        Without one a query is withdrawn; a press or a change stays pending until the simulation takes it.
        """
        if isinstance(item, Reply):
            return item
        lane = self._lanes[item.key]
        with self._shield:
            with self._lock:
                in_time = not item.is_open
                reply = lane.conclude(item)
                self._refresh(lane)
            if not in_time and not lane.reads(item):
                self._note(lane, "pending" if reply.pending else "expired", item)
        return reply

    def answer(self, request_id: str, value: Any, by: str = "") -> ControlRequest:
        """Answer a question; exactly one caller succeeds.

        Raises:
            UnknownRequestError: There is no such question in this attempt.
            RequestClosedError: It was answered or withdrawn before.
            InvalidValueError: The schema or the channel refuses the value; the question stays open.
            OSError: The answer could not be made durable; the question stays open.
        """
        with self._shield:
            return self.requests.answer(request_id, value, by)

    # --- helpers -----------------------------------------------------------------------------------------------------

    def _open(self, lane: Lane, query: Query, by: str) -> Query | Reply:
        if isinstance(lane, PublishedLane) and lane.reads(query):
            with self._shield, self._lock:
                lane.ask()
                reply = lane.current(self._clock())
                if reply is None:
                    self._add(lane, query)
            self._announce(lane)
            return reply or query
        with self._shield:
            self._note(lane, "asked", query, value=query.value, by=by)
            self._dispatch(lane, query, by or "query")
        return query

    def _dispatch(self, lane: Lane, query: Query, by: str) -> None:
        """Bring a query in; one that closes a question stays, like an answer, until the loop has it."""

        def deliver(closes: bool) -> None:  # noqa: FBT001 - called by the book
            query.stays = closes
            self._bring_in(lane, query)

        if lane.questions:
            self.requests.satisfy(query.key, query.value, by, deliver)
        else:
            deliver(closes=False)


def _without_client(lane: Lane, value: Any) -> Query:
    raw, parsed = lane.channel.accept(value)
    return Query(lane.channel.key, raw, parsed, has_client=False)
