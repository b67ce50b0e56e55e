"""The board: the lanes of one simulation under one lock, and their upkeep by the worker.

`Steering` adds the side of those who ask, `SimulationInteractor` that of the loop which polls.

Lock order: the request book's lock, then the board's; never the other way round. The board's lock is held for memory
work alone; nobody waits for the simulation, or for a disk, while holding it. A poll with nothing pending takes no lock:
it looks up ``_hot``, a dictionary of the lanes that a poll has something to do with, which is written only under the
lock. Each lock is taken inside the shield, so that a signal cannot unwind the simulation's thread while it holds one.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from typing import TYPE_CHECKING, Any

from gymdash_core import codec
from gymdash_core.errors import UnknownChannelError
from gymdash_core.interaction.channels import PROGRESS, STOP, Channel, ChannelKind, builtin_channels
from gymdash_core.interaction.lanes import ActionLane, Lane, StopLane
from gymdash_core.interaction.published import ControlLane, PublishedLane
from gymdash_core.interaction.requests import RequestBook
from gymdash_core.interaction.shortening import kept_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from gymdash_core.interaction.queries import Query

logger = logging.getLogger(__name__)

#: A question without a schema counts as settled when its channel was answered and then not polled for this long.
GONE_ON_S = 1.0

_BUILT_IN: dict[str, type[Lane]] = {STOP: StopLane, PROGRESS: PublishedLane}
_BY_KIND: dict[ChannelKind | str, type[Lane]] = {
    ChannelKind.CONTROL: ControlLane,
    ChannelKind.ACTION: ActionLane,
    ChannelKind.QUERY: Lane,
}


class ChannelBoard:
    """State of all channels of one simulation.

    Thread safety: every method may be called from any thread.

    Args:
        channels: What the simulation declares beyond the built-in channels. ``custom_query`` may be declared again to
            give it a model.
        clock: Monotonic time in seconds.
    """

    def __init__(self, channels: Iterable[Channel] = (), *, clock: Callable[[], float] = time.monotonic) -> None:
        self._lock = threading.Lock()
        self._clock = clock
        self._shield: AbstractContextManager[Any] = contextlib.nullcontext()
        self._record: Callable[[dict[str, Any]], None] = lambda _: None
        self._record_works = True
        self._ended = False
        self._listeners: list[Callable[[str], None]] = []
        #: Step of the last tick, stamped on answers.
        self.step: int | None = None
        self._lanes: dict[str, Lane] = {}
        for channel in (*builtin_channels(), *channels):
            self._lanes[channel.key] = _BUILT_IN.get(channel.key, _BY_KIND[channel.kind])(channel)
        self._hot: dict[str, Lane] = {key: lane for key, lane in self._lanes.items() if lane.publishes}
        self.requests = RequestBook()
        self.requests.bind(self._count_questions, self._shield)
        declared = {key: lane.channel.initial for key, lane in self._lanes.items()}
        self._start_controls({key: value for key, value in declared.items() if value != "params"})

    def attach(
        self,
        *,
        shield: AbstractContextManager[Any],
        record: Callable[[dict[str, Any]], None],
        requests: RequestBook,
        initial: Mapping[str, Any],
    ) -> None:
        """Connect the interactor to its run, before the simulation's code begins.

        Args:
            shield: Entered around every lock, so that a signal does not unwind the main thread inside it.
            record: Appends one line to the record of interventions.
            requests: Questions of the attempt.
            initial: First values of the controls.
        """
        self._shield, self._record, self.requests = shield, record, requests
        requests.bind(self._count_questions, self._shield)
        with self._shield, self._lock:
            self._start_controls(initial)

    def _start_controls(self, initial: Mapping[str, Any]) -> None:
        for key, value in initial.items():
            lane = self._lanes[key]
            if isinstance(lane, ControlLane):
                lane.start(value, codec.to_json(value, f"control {key!r}"), self._clock())

    @property
    def channels(self) -> list[Channel]:
        """The channels that exist."""
        return [lane.channel for lane in self._lanes.values()]

    @property
    def stop_asked(self) -> bool:
        """Whether a stop was asked for in this attempt."""
        return STOP in self._hot

    @property
    def ended(self) -> bool:
        """Whether the attempt is over: nothing arrives any more."""
        return self._ended

    def has_pending(self, key: str) -> bool:
        """Return whether a query is open on a channel that the simulation declares."""
        lane = self._lanes.get(key)
        return lane is not None and lane.pending() > 0

    def has_changes(self) -> bool:
        """Return whether a change of a control waits for the loop."""
        return any(isinstance(lane, ControlLane) and lane.changes for lane in self._lanes.values())

    @contextlib.contextmanager
    def listening(self, listener: Callable[[str], None]) -> Iterator[None]:
        """Call a function with the channel's key whenever something arrives, for as long as the context lasts.

        The end of the attempt is announced as a stop.
        It is called on the thread that brings the value in, without the board's lock, and must be quick.
        """
        self._listeners.append(listener)
        try:
            yield
        finally:
            self._listeners.remove(listener)

    def published(self) -> dict[str, dict[str, Any]]:
        """Return what the simulation handed over last on each published channel, as ``{value, age_s, step}``."""
        now = self._clock()
        lanes = ((key, lane) for key, lane in self._lanes.items() if isinstance(lane, PublishedLane))
        found = {key: lane.snapshot(now) for key, lane in lanes}
        return {key: value for key, value in found.items() if value is not None}

    def describe(self) -> list[dict[str, Any]]:
        """Return each channel's declaration with its current value, its age and how many queries are pending."""
        values = self.published()
        return [
            {
                **lane.channel.as_json(),
                "value": values.get(key, {}).get("value"),
                "age_s": values.get(key, {}).get("age_s"),
                "pending": lane.pending(),
            }
            for key, lane in self._lanes.items()
        ]

    # --- upkeep, by the worker -------------------------------------------------------------------------------------

    def ask_progress(self) -> None:
        """Raise the incoming flag of ``progress``, so that loops which answer only when asked hand a value over."""
        lane = self._lanes[PROGRESS]
        assert isinstance(lane, PublishedLane)
        with self._shield, self._lock:
            lane.ask()

    def settle(self) -> None:
        """Close the questions whose loop has gone on; make up for records that a full disk refused.

        Raises:
            OSError: The disk is still full.
        """
        now = self._clock()
        for key, lane in self._lanes.items():
            if lane.questions and now - lane.last_poll > GONE_ON_S:
                self.requests.settle(key)
        self.requests.flush()

    def end(self) -> None:
        """Close every open query and question because the attempt has ended; a waiting stop has succeeded.

        Raises:
            OSError: A withdrawn question could not be recorded; all is closed, and a second call records it.
        """
        with self._shield:
            try:
                self.requests.close("the run ended")
            finally:
                with self._lock:
                    self._ended = True
                    closed = {key: lane.close() for key, lane in self._lanes.items()}
                    for lane in self._lanes.values():
                        self._refresh(lane)
                for key, queries in closed.items():
                    for query in queries:
                        self._note(self._lanes[key], "ended", query)
                self._announce(self._lanes[STOP])

    # --- helpers ---------------------------------------------------------------------------------------------------

    def _lane(self, key: str) -> Lane:
        lane = self._lanes.get(key)
        if lane is None:
            raise UnknownChannelError(key, self._lanes)
        return lane

    def _bring_in(self, lane: Lane, query: Query) -> None:
        """Add a query and announce it; called without the lock."""
        with self._shield:
            with self._lock:
                self._add(lane, query)
            self._announce(lane)

    def _add(self, lane: Lane, query: Query) -> None:
        """Add a query, or close it at once where the attempt is over; called under the lock."""
        if self._ended:
            query.finish(lane.closing_reply(query))
        else:
            lane.add(query)
            self._refresh(lane)

    def _announce(self, lane: Lane) -> None:
        """Tell listeners that something arrived on a channel; called without the lock."""
        for listener in list(self._listeners):
            listener(lane.channel.key)

    def _refresh(self, lane: Lane) -> None:
        """Keep the fast path right after a change of a lane; called under the lock."""
        lane.busy = lane.wants_poll()
        if lane.busy or lane.publishes:
            self._hot[lane.channel.key] = lane
        else:
            self._hot.pop(lane.channel.key, None)

    def _count_questions(self, channel: str, count: int) -> None:
        lane = self._lanes.get(channel)
        if lane is not None:
            with self._shield, self._lock:
                if count > lane.questions:
                    lane.last_poll = self._clock()
                lane.questions = count
                self._refresh(lane)

    def _answered(self, lane: Lane, queries: Iterable[Query], value: Any) -> None:
        """Record answers, and what they mean for open questions; called without the lock."""
        for query in queries:
            if lane.reads(query):
                continue
            self._note(lane, "answered", query, value=value)
            if lane.questions and query.is_plain:
                self.requests.note_answered(lane.channel.key, query.value)

    def _note(self, lane: Lane, event: str, query: Query, **fields: Any) -> None:
        """Record what happened to a query; called without the lock, since it writes to disk."""
        kind = str(lane.channel.kind)
        self.note({"event": event, "channel": lane.channel.key, "kind": kind, "id": query.id, **fields})

    def note(self, event: Mapping[str, Any]) -> None:
        """Record an intervention with the step of the last tick, and what is to be kept of its value.

        A disk that is full costs the note, never what it tells of: note what has been done, not what will be.
        """
        try:
            self._record({"step": self.step, **event, **kept_value(event)})
        except OSError as error:
            if self._record_works:
                logger.warning("interventions are not recorded: %s", error)
            self._record_works = False
        else:
            self._record_works = True
