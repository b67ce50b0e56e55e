"""Lanes of published channels: progress and controls, whose last value answers everybody at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gymdash_core.interaction.lanes import Lane
from gymdash_core.interaction.queries import Query, Reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from gymdash_core.interaction.channels import Channel


class PublishedLane(Lane):
    """A query whose last value is handed over by the simulation and answers everybody at once.

    `published` is written without the lock by a poll that finds nothing to do. The order of steps makes that safe: a
    reader raises `busy` and then looks for a value, a poll stores its value and then looks at `busy`.
    """

    publishes = True

    def __init__(self, channel: Channel) -> None:
        super().__init__(channel)
        #: A pair of numbers needs no check.
        self.takes_pairs = channel.result is None
        self.asked = False
        #: (value, time, step) of what was handed over last.
        self.published: tuple[Any, float, int | None] | None = None

    def wants_poll(self) -> bool:
        """Return whether anybody has asked since the last value."""
        return bool(self.asked or self.open or self.questions)

    def is_raised(self) -> bool:
        """Return whether anybody has asked since the last value."""
        return self.asked

    def reads(self, query: Query) -> bool:
        """Return True: whatever is sent asks for the value."""
        return True

    def add(self, query: Query) -> None:
        """Take a reader in who waits for a value."""
        super().add(query)
        self.asked = True

    def ask(self) -> None:
        """Raise the incoming flag."""
        self.asked = self.busy = True

    def snapshot(self, now: float) -> dict[str, Any] | None:
        """Return the published value as ``{value, age_s, step}``, or None before the first."""
        if self.published is None:
            return None
        value, time, step = self.published
        plain = list(value) if isinstance(value, tuple) else value
        return {"value": plain, "age_s": max(0.0, now - time), "step": step}

    def current(self, now: float) -> Reply | None:
        """Return the published value as a reply, or None before the first."""
        found = self.snapshot(now)
        return None if found is None else Reply(triggered=True, **found)

    def publish(self, plain: Any, now: float, step: int | None) -> None:
        """Keep a value that the simulation handed over."""
        self.published = (plain, now, step)

    def look(self, now: float) -> tuple[bool, Any]:
        """Return whether anybody has asked since the last value."""
        return self._flag()

    def _flag(self) -> tuple[bool, Any]:
        return self.asked, self.open[0].value if self.open else None

    def put(self, value: Any, step: int | None) -> tuple[list[Query], list[Query]]:
        """Answer everybody who waits for the value."""
        group = list(self.open)
        self.asked = False
        self.answer(group, value, step)
        if not group:
            self._out = (True, value)
        return group, []

    def put_if_in(
        self, value: Any, step: int | None, matches: Callable[[Any], bool] | None = None
    ) -> tuple[bool, list[Query]]:
        """Answer everybody who waits for the value; return whether anybody has asked since the last."""
        asked, shown = self._flag()
        if matches is not None and not (asked and matches(shown)):
            return False, []
        group = list(self.open)
        self.asked = False
        self.answer(group, value, step)
        return asked, group


class ControlLane(PublishedLane):
    """A value that can be changed: the last change wins, and each caller gets the value and step that were applied.

    Changes are answered only after the loop has looked at them, with `look` or `apply`.
    """

    def __init__(self, channel: Channel) -> None:
        super().__init__(channel)
        self.takes_pairs = False
        self.changes: list[Query] = []
        #: The value in force: as the model has it, and as plain JSON. One object, so that it is read in one go.
        self.in_force: tuple[Any, Any] = (None, None)

    def wants_poll(self) -> bool:
        """Return whether a change waits, or anybody has asked."""
        return bool(self.changes) or super().wants_poll()

    def is_raised(self) -> bool:
        """Return whether a change waits, or anybody has asked."""
        return bool(self.changes) or self.asked

    def pending(self) -> int:
        """Return how many changes and readers wait for the simulation."""
        return len(self.changes) + len(self.open)

    def reads(self, query: Query) -> bool:
        """Return whether a query asks for the value: null does."""
        return query.value is None

    def add(self, query: Query) -> None:
        """Take a change in, or a reader."""
        if self.reads(query):
            super().add(query)
        else:
            query.stays = True
            self.changes.append(query)

    def publish(self, plain: Any, now: float, step: int | None) -> None:
        """Keep a value that the simulation handed over: it is in force."""
        if plain != self.in_force[1]:
            self.in_force = (self.channel.adopt(plain), plain)
        super().publish(plain, now, step)

    def start(self, value: Any, plain: Any, now: float) -> None:
        """Put the first value in force."""
        self.in_force = (value, plain)
        super().publish(plain, now, None)

    def apply(self, now: float, step: int | None) -> list[Query]:
        """Take over the newest change and publish what is in force; return the queries that were answered."""
        if self.changes:
            newest = self.changes[-1]
            self.in_force = (newest.parsed, newest.value)
        super().publish(self.in_force[1], now, step)
        self._seen = list(self.changes)
        return self.put_if_in(self.in_force[1], step)[1]

    def look(self, now: float) -> tuple[bool, Any]:
        """Return the newest change and remember it, or the value in force where somebody has asked."""
        self._seen = list(self.changes)
        return self._flag()

    def _flag(self) -> tuple[bool, Any]:
        if self.changes:
            return True, self.changes[-1].value
        return (True, self.in_force[1]) if self.asked else (False, None)

    def put(self, value: Any, step: int | None) -> tuple[list[Query], list[Query]]:
        """Answer the changes that were looked at, and everybody who waits for a value."""
        seen = self._settle(value, step)
        readers, late = super().put(value, step)
        return [*seen, *readers], late

    def put_if_in(
        self, value: Any, step: int | None, matches: Callable[[Any], bool] | None = None
    ) -> tuple[bool, list[Query]]:
        """Answer readers, and changes that were looked at; a comparison with the newest change is a look at it."""
        asked, shown = self._flag()
        if matches is not None:
            if not (asked and matches(shown)):
                return False, []
            self._seen = list(self.changes)
        seen = self._settle(value, step)
        _, readers = super().put_if_in(value, step)
        return asked, [*seen, *readers]

    def _settle(self, value: Any, step: int | None) -> list[Query]:
        seen, self._seen = [q for q in self._seen if q.is_open], []
        self.answer(seen, value, step)
        return seen

    def _unanswered(self) -> list[Query]:
        return [*super()._unanswered(), *self.changes]

    def _sweep(self) -> None:
        super()._sweep()
        self.changes = [q for q in self.changes if q.is_open]
