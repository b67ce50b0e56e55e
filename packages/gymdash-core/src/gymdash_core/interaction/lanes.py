"""Lanes: what a channel does with queries, looks and answers.

One lane per channel, owned by the board, which calls every method under its lock. A lane decides which queries an
answer serves; DESIGN's rules for polling loops live here and in `published`, and nowhere else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gymdash_core import codec
from gymdash_core.interaction.queries import Query, Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gymdash_core.interaction.channels import Channel

#: A query that is on show keeps the stage at least this long while others wait, so that a loop which looks twice in
#: one go sees the same value.
LOOK_S = 0.01


class Lane:
    """Queries of one channel, in order of arrival; the base serves ``query`` channels.

    Args:
        channel: Its declaration.
    """

    #: The last value that the simulation handed over answers at once.
    publishes = False
    #: Queries of equal value that were open when one of them was shown are answered together.
    merges = True
    #: What is sent stays when its client's wait ends.
    keeps = False

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.open: list[Query] = []
        self.taken: list[Query] = []
        #: Open questions whose answer arrives here.
        self.questions = 0
        #: When the loop last looked at, took from or answered the channel.
        self.last_poll = 0.0
        #: A poll has something to do here; kept up to date by the board.
        self.busy = False
        self._seen: list[Query] = []
        self._stage: Query | None = None
        self._yield_at: float | None = None
        self._looks = 0
        self._out: tuple[bool, Any] = (False, None)
        self._serving = 0

    def wants_poll(self) -> bool:
        """Return whether a poll has anything to do here."""
        return bool(self.open or self._seen or self.questions)

    def is_raised(self) -> bool:
        """Return whether the incoming flag is raised."""
        return bool(self.open)

    def pending(self) -> int:
        """Return how many queries wait for the simulation."""
        return len(self.open)

    def reads(self, query: Query) -> bool:
        """Return whether a query merely asks for a published value."""
        return False

    # --- what comes in -----------------------------------------------------------------------------------------------

    def add(self, query: Query) -> None:
        """Take a query in."""
        query.stays = query.stays or self.keeps
        self.open.append(query)

    def look(self, now: float) -> tuple[bool, Any]:
        """Return the incoming flag and value, and remember what was shown."""
        if not self.open:
            self._clear_look()
            return False, None
        stage = self._choose(now)
        self._seen = [q for q in self.open if q is stage or (self.merges and codec.same(q.value, stage.value))]
        return True, stage.value

    def _choose(self, now: float) -> Query:
        stage = self._stage
        if stage is None or not stage.is_open or (self._yield_at is not None and now >= self._yield_at):
            stage = min(self.open, key=lambda query: query.shown)
            self._looks += 1
            stage.shown = self._looks
            self._stage, self._yield_at = stage, None
        if self._yield_at is None and len(self.open) > 1:
            self._yield_at = now + LOOK_S
        return stage

    def _clear_look(self) -> None:
        self._seen, self._stage, self._yield_at = [], None, None

    def take(self) -> Query | None:
        """Remove the oldest query and return it, still unanswered."""
        if not self.open:
            return None
        query = self.open.pop(0)
        self.taken.append(query)
        if query in self._seen:
            self._clear_look()
        return query

    # --- answers -----------------------------------------------------------------------------------------------------

    def put(self, value: Any, step: int | None) -> tuple[list[Query], list[Query]]:
        """Answer what was last shown.

        Returns:
            The queries that were answered, and those for which the answer came too late.
        """
        shown, group = self._seen, [q for q in self._seen if q.is_open]
        self._clear_look()
        self.answer(group, value, step)
        if not shown:
            self._out = (True, value)
        return group, [] if group else shown

    def put_if_in(
        self, value: Any, step: int | None, matches: Callable[[Any], bool] | None = None
    ) -> tuple[bool, list[Query]]:
        """Answer the oldest open query, or the oldest whose value matches.

        Returns:
            Whether there was one, and the queries that were answered.
        """
        found = next((q for q in self.open if matches is None or matches(q.value)), None)
        if found is None:
            return False, []
        group = [found]
        if found in self._seen:
            group = [q for q in self._seen if q.is_open]
            self._clear_look()
        self.answer(group, value, step)
        return True, group

    def answer(self, queries: Iterable[Query], value: Any, step: int | None) -> None:
        """Answer queries, and raise the outgoing flag for those whose clients wait."""
        for query in queries:
            self._out = (True, value)
            query.finish(Reply(triggered=True, value=value, age_s=0.0, request_id=query.id, step=step))
            query.serving = query.has_client
            self._serving += query.has_client
        self._sweep()

    def refuse(self, query: Query, reason: str) -> None:
        """Refuse a query that was taken."""
        query.finish(Reply(triggered=False, reason=reason, request_id=query.id))
        self._sweep()

    def conclude(self, query: Query) -> Reply:
        """End a client's wait: return the reply; without one the query is withdrawn, unless it stays."""
        if query.reply is not None:
            if query.serving:
                self._served(query)
            return query.reply
        if query.stays:
            query.has_client = False
            return Reply(triggered=False, pending=True, reason="timeout", request_id=query.id)
        reply = Reply(triggered=False, reason="timeout", request_id=query.id)
        query.finish(reply)
        self._sweep()
        return reply

    def _served(self, query: Query) -> None:
        query.serving = False
        self._serving -= 1
        if not self._serving:
            self._out = (False, None)

    def close(self) -> list[Query]:
        """Close every query because the run has ended; return those that were open."""
        closed = self._unanswered()
        for query in closed:
            query.finish(self.closing_reply(query))
        self._sweep()
        self._clear_look()
        return closed

    def closing_reply(self, query: Query) -> Reply:
        """Return what a query gets when the run ends."""
        return Reply(triggered=False, reason="ended", request_id=query.id)

    def _unanswered(self) -> list[Query]:
        return [*self.taken, *self.open]

    def _sweep(self) -> None:
        """Forget the queries that are no longer open."""
        self.open = [q for q in self.open if q.is_open]
        self.taken = [q for q in self.taken if q.is_open]

    # --- the outgoing side -------------------------------------------------------------------------------------------

    def get_out(self) -> tuple[bool, Any]:
        """Return the outgoing flag and value."""
        return self._out

    def lower_out(self) -> None:
        """Drop a value that is kept for nobody: whoever asks now must not read what was there before."""
        if not self._serving:
            self._out = (False, None)


class ActionLane(Lane):
    """Presses of a button: each runs once, in order, also when its client has stopped waiting."""

    merges = False
    keeps = True


class StopLane(Lane):
    """The stop: once asked it stays asked until the attempt ends, and every answer serves all who asked."""

    keeps = True

    def __init__(self, channel: Channel) -> None:
        super().__init__(channel)
        self._asked = False
        self._value: Any = None

    def wants_poll(self) -> bool:
        """Return whether a stop was asked for."""
        return self._asked

    def is_raised(self) -> bool:
        """Return whether a stop was asked for."""
        return self._asked

    def add(self, query: Query) -> None:
        """Take a stop in."""
        super().add(query)
        if not self._asked:
            self._asked, self._value = True, True if query.value is None else query.value

    def look(self, now: float) -> tuple[bool, Any]:
        """Return whether a stop was asked for, and the value that came first; True for null."""
        return self._asked, self._value

    def put(self, value: Any, step: int | None) -> tuple[list[Query], list[Query]]:
        """Answer everybody who asked for the stop."""
        group = list(self.open)
        self.answer(group, value, step)
        if not group:
            self._out = (True, value)
        return group, []

    def put_if_in(
        self, value: Any, step: int | None, matches: Callable[[Any], bool] | None = None
    ) -> tuple[bool, list[Query]]:
        """Answer everybody who asked for the stop; return whether it was asked for."""
        if not self._asked or (matches is not None and not matches(self._value)):
            return False, []
        group = list(self.open)
        self.answer(group, value, step)
        return True, group

    def closing_reply(self, query: Query) -> Reply:
        """Return success: the run has ended, as was asked."""
        return Reply(triggered=True, value=True, age_s=0.0, reason="ended", request_id=query.id)
