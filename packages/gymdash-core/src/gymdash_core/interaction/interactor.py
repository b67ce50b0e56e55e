"""`SimulationInteractor`: what a simulation polls and answers, and what everybody in its process may ask.

It lives in the worker. The loop looks with `get_in`, `take` or `control` and answers with `set_out`; the outside sends
with `query` (see `steering`). A query that reaches the worker from another process arrives through the session.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from gymdash_core import codec
from gymdash_core.errors import FieldError, InvalidValueError, StopSimException, UnknownChannelError
from gymdash_core.interaction.published import ControlLane, PublishedLane
from gymdash_core.interaction.queries import Query
from gymdash_core.interaction.requests import Question
from gymdash_core.interaction.steering import Steering

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gymdash_core.interaction.lanes import Lane

#: An empty look at a channel with an open question sleeps this long: loops of the original do not sleep themselves.
QUESTION_NAP_S = 0.01


class ChannelRequest:
    """One press or query that the simulation has taken and answers now or later.

    Attributes:
        id: Names it in the record.
        value: What was sent, validated by the channel's model.
    """

    def __init__(self, interactor: SimulationInteractor, query: Query) -> None:
        self._interactor = interactor
        self._query = query
        self.id = query.id
        self.value = query.parsed

    def answer(self, value: Any = None) -> None:
        """Answer it; an answer after its client's time-out is recorded as late.

        Raises:
            InvalidValueError: The value is no JSON, too large, or refused by the channel's result type.
        """
        self._interactor._answer_taken(self._query, value)

    def refuse(self, message: str) -> None:
        """Refuse it with a reason for people."""
        self._interactor._refuse_taken(self._query, message)


class SimulationInteractor(Steering):
    """Channels of one simulation.

    Thread safety: every method may be called from any thread.

    Args:
        channels: What the simulation declares beyond the built-in channels.
        clock: Monotonic time in seconds.
    """

    def get_in(self, channel_key: str) -> tuple[bool, Any]:
        """Look at the incoming side: the oldest open query, until it is answered or yields to the next.

        Returns:
            The incoming flag and value; ``(False, None)`` when nothing is open, or for an unknown key. A control shows
            its newest change; where its value was merely asked for, the value in force.
        """
        if channel_key not in self._hot:
            return False, None
        lane = self._lanes[channel_key]
        if not lane.busy:
            return False, None
        with self._shield, self._lock:
            lane.last_poll = now = self._clock()
            flag, value = lane.look(now)
            self._refresh(lane)
        if not flag and lane.questions:
            time.sleep(QUESTION_NAP_S)
        return flag, value

    def set_out(self, channel_key: str, value: Any) -> None:
        """Answer the query that `get_in` showed last; with none, keep the value for `get_out`.

        Raises:
            InvalidValueError: The value is no JSON, too large, or refused by the channel's result type.
        """
        lane = self._lanes.get(channel_key)
        if lane is None:
            return
        plain = lane.channel.emit(value)
        with self._shield:
            with self._lock:
                lane.last_poll = now = self._clock()
                if isinstance(lane, PublishedLane):
                    lane.publish(plain, now, self.step)
                answered, late = lane.put(plain, self.step)
                self._refresh(lane)
            self._answered(lane, answered, plain)
            for query in late:
                self._note(lane, "late", query, value=plain)

    def set_out_if_in(self, channel_key: str, value: Any) -> bool:
        """Answer the oldest open query, if there is one; hand over a published value in any case.

        Returns:
            Whether the incoming flag was raised. ``stop_simulation`` stays raised until the attempt ends.

        Raises:
            InvalidValueError: The value is no JSON, too large, or refused by the channel's result type.
        """
        if channel_key not in self._hot:
            return False
        lane = self._lanes[channel_key]
        if isinstance(lane, PublishedLane) and lane.takes_pairs and codec.is_plain_pair(value):
            lane.published = (value, self._clock(), self.step)
            if not lane.busy:
                return False
        return self._set_out_if(lane, value, None)

    def set_out_if_in_value(self, channel_key: str, value: Any, comparison: Any) -> bool:
        """Answer the oldest open query whose value equals `comparison`, if there is one.

        Returns:
            Whether there was one.

        Raises:
            InvalidValueError: A value is no JSON, too large, or refused by the channel's result type.
        """
        if channel_key not in self._hot:
            return False
        lane = self._lanes[channel_key]
        if not lane.busy:
            return False
        wanted = codec.to_json(comparison, f"channel {channel_key!r}")
        return self._set_out_if(lane, value, lambda incoming: bool(incoming == wanted))

    def _set_out_if(self, lane: Lane, value: Any, matches: Callable[[Any], bool] | None) -> bool:
        if not lane.publishes and not lane.is_raised():
            lane.last_poll = self._clock()
            return False
        plain = lane.channel.emit(value)
        with self._shield:
            with self._lock:
                lane.last_poll = now = self._clock()
                found, answered = lane.put_if_in(plain, self.step, matches)
                if isinstance(lane, PublishedLane) and (found or matches is None):
                    lane.publish(plain, now, self.step)
                self._refresh(lane)
            self._answered(lane, answered, plain)
        return found

    def take(self, channel_key: str) -> ChannelRequest | None:
        """Take the oldest press or query; whoever takes it answers it.

        Raises:
            UnknownChannelError: There is no such channel.
            InvalidValueError: The channel is published; read a control with `control`.
        """
        if channel_key not in self._hot:
            self._lane(channel_key)
            return None
        lane = self._lanes[channel_key]
        if lane.publishes:
            message = "is published: read a control with control(), hand over progress with tick()"
            raise InvalidValueError(f"channel {channel_key!r}", [FieldError((), message)])
        with self._shield, self._lock:
            lane.last_poll = self._clock()
            query = lane.take()
            self._refresh(lane)
        return ChannelRequest(self, query) if query else None

    def control(self, channel_key: str) -> Any:
        """Return the value of a control, taking over the newest change.

        Raises:
            UnknownChannelError: There is no such control.
        """
        lane = self._lanes.get(channel_key)
        if not isinstance(lane, ControlLane):
            raise UnknownChannelError(channel_key, [k for k, v in self._lanes.items() if isinstance(v, ControlLane)])
        in_force = lane.in_force
        lane.published = (in_force[1], self._clock(), self.step)
        if not lane.busy and lane.in_force is in_force:
            return in_force[0]
        with self._shield:
            with self._lock:
                lane.last_poll = now = self._clock()
                answered = lane.apply(now, self.step)
                value, plain = lane.in_force
                self._refresh(lane)
            self._answered(lane, answered, plain)
        return value

    def controls_in_force(self) -> dict[str, Any]:
        """Return the value of each control as plain JSON, without the changes that wait."""
        return {key: lane.in_force[1] for key, lane in self._lanes.items() if isinstance(lane, ControlLane)}

    def apply_controls(self) -> None:
        """Take over the changes that wait, for a loop that stands still and will read them when it goes on."""
        for key, lane in self._lanes.items():
            if isinstance(lane, ControlLane) and lane.changes:
                self.control(key)

    def add_control_request(
        self, channel_key: str, details: str = "", *subkeys: str, schema: Any = None, media: Sequence[str] = ()
    ) -> str | bool:
        """Ask a question whose answer arrives on a channel.

        Args:
            channel_key: Where the answer arrives; poll it with `get_in` and acknowledge with `set_out`.
            details: The question, for people.
            subkeys: Names that the answer should hold.
            schema: Pydantic model of the answer; what breaks it is refused and the question stays open. The raw JSON
                is delivered.
            media: Files to show with it, relative to the run directory.

        Returns:
            The id of the question; False for an unknown channel, or when the attempt is over.

        Raises:
            OSError: The question could not be made durable; it is not open.
        """
        lane = self._lanes.get(channel_key)
        if lane is None:
            return False

        def deliver(raw: Any, _parsed: Any) -> None:
            self._bring_in(lane, Query(channel_key, *lane.channel.accept(raw), has_client=False, is_plain=False))

        with self._shield:
            self.requests.settle(channel_key)  # asking again shows that the loop has gone on
            try:
                question = Question(channel_key, details, subkeys, schema, media)
                return self.requests.open(question, deliver, lambda value: lane.channel.accept(value)[0]).id
            except StopSimException:
                return False

    def _answer_taken(self, query: Query, value: Any) -> None:
        lane = self._lanes[query.key]
        plain = lane.channel.emit(value)
        with self._shield:
            with self._lock:
                lane.last_poll = self._clock()
                in_time = query.is_open
                if in_time:
                    lane.answer([query], plain, self.step)
            if in_time:
                self._answered(lane, [query], plain)
            else:
                self._note(lane, "late", query, value=plain)

    def _refuse_taken(self, query: Query, message: str) -> None:
        lane = self._lanes[query.key]
        with self._shield:
            with self._lock:
                in_time = query.is_open
                if in_time:
                    lane.refuse(query, f"refused: {message}")
            self._note(lane, "refused" if in_time else "late", query, value=message)
