"""Control requests: questions that a run asks people, answered exactly once or withdrawn.

The worker is the arbiter. Order for an answer: validate, append to ``requests.jsonl``, deliver, then the client gets
its confirmation; a SIGKILL between any two leaves the question either open or answered on disk, never both.
"""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import threading
import uuid
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from gymdash_core import codec
from gymdash_core.errors import InvalidValueError, RequestClosedError, StopSimException, UnknownRequestError
from gymdash_core.field_texts import FieldTexts
from gymdash_core.journal import read_lines
from gymdash_core.status import from_iso, iso, utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime
    from pathlib import Path

logger = logging.getLogger(__name__)

#: Channel of the questions of `Simulation.ask`; not a channel that anybody can query.
ASK = "ask"


class RequestState(StrEnum):
    """What has become of a question."""

    OPEN = "open"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class ControlRequest:
    """A question that a run asks.

    Attributes:
        id: Unique.
        channel: Channel on which the answer is delivered.
        details: The question, for people.
        subkeys: Names that the answer should hold, as far as the simulation told.
        schema: JSON Schema of the answer, or None where anything goes.
        media: Files to show with it, relative to the run directory.
        created: When it was asked.
        state: Open, answered or withdrawn.
        answered: When it was answered or withdrawn, else None.
        answer: The answer, plain JSON.
        by: Who answered.
        reason: Why it was withdrawn.
        attempt: The attempt that asked.
        simulation_id: The run that asked; filled in by whoever reads several runs.
    """

    id: str
    channel: str
    details: str
    subkeys: tuple[str, ...] = ()
    schema: dict[str, Any] | None = None
    media: tuple[str, ...] = ()
    created: datetime = field(default_factory=utc_now)
    state: RequestState = RequestState.OPEN
    answered: datetime | None = None
    answer: Any = None
    by: str = ""
    reason: str = ""
    attempt: int = 1
    simulation_id: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the request as a JSON object with the attributes as fields."""
        return {
            "id": self.id,
            "channel": self.channel,
            "details": self.details,
            "subkeys": list(self.subkeys),
            "schema": self.schema,
            "media": list(self.media),
            "created": iso(self.created),
            "state": str(self.state),
            "answered": iso(self.answered) if self.answered else None,
            "answer": self.answer,
            "by": self.by,
            "reason": self.reason,
            "attempt": self.attempt,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> ControlRequest:
        """Return the request that `as_json` wrote."""
        answered = data.get("answered")
        return cls(
            id=data["id"],
            channel=data["channel"],
            details=data["details"],
            subkeys=tuple(data.get("subkeys", ())),
            schema=data.get("schema"),
            media=tuple(data.get("media", ())),
            created=from_iso(data["created"]),
            state=RequestState(data.get("state", RequestState.OPEN)),
            answered=from_iso(answered) if answered else None,
            answer=data.get("answer"),
            by=str(data.get("by", "")),
            reason=str(data.get("reason", "")),
            attempt=int(data.get("attempt", 1)),
        )


def read_requests(path: Path) -> list[ControlRequest]:
    """Return all questions of a run from its ``requests.jsonl``, oldest first, each as its last line left it."""
    found: dict[str, ControlRequest] = {}
    for _, line in read_lines(path):
        request = ControlRequest.from_json(line)
        found[request.id] = request
    return list(found.values())


@dataclass(frozen=True)
class Question:
    """What a simulation asks.

    Attributes:
        channel: Where the answer goes.
        details: The question, for people.
        subkeys: Names that the answer should hold.
        schema: Pydantic model (or any type that pydantic understands) that the answer must satisfy.
        media: Files to show, relative to the run directory.
    """

    channel: str
    details: str
    subkeys: Sequence[str] = ()
    schema: Any = None
    media: Sequence[str] = ()


@dataclass
class _Open:
    """An open question: how its answer is checked and delivered, and the plain query that was answered meanwhile."""

    request: ControlRequest
    adapter: TypeAdapter[Any] | None
    accept: Callable[[Any], Any]
    deliver: Callable[[Any, Any], None]
    plain_answer: tuple[Any] | None = None


class RequestBook:
    """The questions of a running attempt.

    Thread safety: all methods may be called from any thread. The book's lock is taken before the board's, never after;
    what is recorded and delivered is so under the book's lock.

    Args:
        record: Makes a request durable, called with each new state of it before that becomes visible.
        attempt: Number of the attempt.
        on_change: Called, without locks, after the number of open questions has changed.
    """

    def __init__(
        self,
        record: Callable[[ControlRequest], None] = lambda _: None,
        attempt: int = 1,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        self._record = record
        self._attempt = attempt
        self._on_change = on_change
        self._counted: Callable[[str, int], None] = lambda _channel, _count: None
        self._open: dict[str, _Open] = {}
        self._closed: dict[str, RequestState] = {}
        self._owed: list[ControlRequest] = []
        self._over = False
        self._shield: AbstractContextManager[Any] = contextlib.nullcontext()
        self._lock = threading.RLock()

    def bind(self, counted: Callable[[str, int], None], shield: AbstractContextManager[Any]) -> None:
        """Connect the book to the board.

        Args:
            counted: Told how many questions are open on a channel, under the book's lock.
            shield: Entered around the lock, so that a signal does not unwind the main thread inside it.
        """
        self._counted, self._shield = counted, shield

    def open_requests(self) -> list[ControlRequest]:
        """Return the open questions, oldest first."""
        with self._shield, self._lock:
            return [item.request for item in self._open.values()]

    def open(
        self,
        question: Question,
        deliver: Callable[[Any, Any], None],
        accept: Callable[[Any], Any] | None = None,
    ) -> ControlRequest:
        """Ask a question.

        Args:
            question: The question.
            deliver: Called once with the answer, raw and validated, after it is durable.
            accept: Returns the answer as plain JSON as its channel takes it, or refuses it with `InvalidValueError`.

        Raises:
            OSError: The question could not be made durable; it is not open.
            StopSimException: The attempt is over; nobody would answer.
        """
        adapter = None if question.schema is None else TypeAdapter(question.schema)
        request = ControlRequest(
            id=uuid.uuid4().hex[:16],
            channel=question.channel,
            details=str(question.details),
            subkeys=tuple(map(str, question.subkeys)),
            schema=adapter.json_schema(schema_generator=FieldTexts) if adapter else None,
            media=tuple(map(str, question.media)),
            attempt=self._attempt,
        )
        where = f"control request {request.id}"
        with self._shield, self._lock:
            if self._over:
                message = "the attempt is over: nobody can answer"
                raise StopSimException(message)
            self._record(request)
            self._open[request.id] = _Open(request, adapter, accept or (lambda v: codec.to_json(v, where)), deliver)
            self._count(request.channel)
        self._on_change()
        return request

    def answer(self, request_id: str, value: Any, by: str = "") -> ControlRequest:
        """Answer a question: exactly one caller succeeds.

        Args:
            request_id: The question.
            value: Plain JSON; delivered raw, and validated where the question has a schema.
            by: Who answers.

        Raises:
            UnknownRequestError: There is no such question in this attempt.
            RequestClosedError: It was answered or withdrawn before.
            InvalidValueError: The schema or the channel refuses the value; the question stays open.
            OSError: The answer could not be made durable; the question stays open.
        """
        with self._shield, self._lock:
            item = self._find(request_id)
            raw = item.accept(value)
            parsed = codec.validate(item.adapter, raw, f"control request {request_id}") if item.adapter else raw
            request = _closed(item, RequestState.ANSWERED, answer=raw, by=by)
            self._record(request)
            try:
                item.deliver(raw, parsed)
            finally:
                self._forget(item, RequestState.ANSWERED)
        self._on_change()
        return request

    def withdraw(self, request_id: str | None = None, reason: str = "") -> None:
        """Withdraw one question, or all that are open; a closed one stays as it is.

        It takes effect also where the disk is full: the record is made up for by `flush`.
        """
        with self._shield, self._lock:
            items = [item for item in self._open.values() if request_id in (None, item.request.id)]
            for item in items:
                self._owed.append(_closed(item, RequestState.WITHDRAWN, reason=reason))
                self._forget(item, RequestState.WITHDRAWN)
            try:
                self.flush()
            except OSError as error:
                logger.warning("a withdrawn control request is not recorded yet: %s", error)
        if items:
            self._on_change()

    def flush(self) -> None:
        """Record the withdrawals that could not be recorded before.

        Raises:
            OSError: They still cannot.
        """
        with self._shield, self._lock:
            while self._owed:
                self._record(self._owed[0])
                del self._owed[0]

    def close(self, reason: str) -> None:
        """Withdraw all questions and take no more, because the attempt is over.

        Raises:
            OSError: A withdrawal could not be recorded; call it again when there is room.
        """
        with self._shield, self._lock:
            self._over = True
        self.withdraw(None, reason)
        self.flush()

    # --- plain queries -----------------------------------------------------------------------------------------------

    def satisfy(self, channel: str, value: Any, by: str, deliver: Callable[[bool], None]) -> None:
        """Deliver a plain query, after closing the questions with a schema on its channel that it satisfies.

        Args:
            channel: The channel.
            value: Its value, plain JSON.
            by: Who sent it.
            deliver: Called once, under the book's lock, with whether it has closed a question: an answer to the same
                question cannot come between.
        """
        with self._shield, self._lock:
            items = [item for item in self._on(channel) if item.adapter is not None and _fits(item.adapter, value)]
            closed = [item for item in items if self._recorded(item, value, by)]
            deliver(bool(closed))
            for item in closed:
                self._forget(item, RequestState.ANSWERED)
        if closed:
            self._on_change()

    def note_answered(self, channel: str, value: Any) -> None:
        """Remember that a plain query was answered while questions without a schema were open on its channel."""
        with self._shield, self._lock:
            for item in self._on(channel):
                if item.adapter is None:
                    item.plain_answer = (value,)

    def settle(self, channel: str) -> None:
        """Close the questions without a schema that a plain query has answered: the loop has gone on.

        One that cannot be recorded stays open.
        """
        with self._shield, self._lock:
            items = [(item, item.plain_answer[0]) for item in self._on(channel) if item.plain_answer]
            closed = [item for item, value in items if self._recorded(item, value, "query")]
            for item in closed:
                self._forget(item, RequestState.ANSWERED)
        if closed:
            self._on_change()

    # --- helpers -----------------------------------------------------------------------------------------------------

    def _on(self, channel: str) -> list[_Open]:
        return [item for item in self._open.values() if item.request.channel == channel]

    def _find(self, request_id: str) -> _Open:
        item = self._open.get(request_id)
        if item is not None:
            return item
        if request_id in self._closed:
            raise RequestClosedError(request_id, self._closed[request_id])
        raise UnknownRequestError(request_id)

    def _recorded(self, item: _Open, answer: Any, by: str) -> bool:
        """Make an answer durable; return whether that worked."""
        try:
            self._record(_closed(item, RequestState.ANSWERED, answer=answer, by=by))
        except OSError as error:
            logger.warning("control request %s stays open: %s", item.request.id, error)
            return False
        return True

    def _forget(self, item: _Open, state: RequestState) -> None:
        """Count a question as closed.

        After its answer was delivered: as long as it counts as open, other queries on its channel wait for the book's
        lock, so that none overtakes the answer.
        """
        del self._open[item.request.id]
        self._closed[item.request.id] = state
        self._count(item.request.channel)

    def _count(self, channel: str) -> None:
        self._counted(channel, len(self._on(channel)))


def _closed(item: _Open, state: RequestState, **changes: Any) -> ControlRequest:
    return dataclasses.replace(item.request, state=state, answered=utc_now(), **changes)


def _fits(adapter: TypeAdapter[Any], value: Any) -> bool:
    try:
        codec.validate(adapter, value, "")
    except InvalidValueError:
        return False
    return True
