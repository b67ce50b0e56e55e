"""Queries: what somebody outside sent to a channel and waits for, and the reply that comes back."""

from __future__ import annotations

import threading
import uuid
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Reply:
    """Answer to one query.

    Attributes:
        triggered: The simulation acted on it, or handed over the value.
        value: The answer, plain JSON; for a control the applied or current value.
        age_s: Seconds since the simulation handed over a published value; 0 for a direct answer, None without a value.
        pending: The wait ended first, but the press or change stays until the simulation takes it.
        request_id: Names the query in ``interventions.jsonl``; None for a mere look at a published value.
        reason: Why it was not triggered: ``timeout``, ``ended``, ``refused: ...``, else empty. A stop that was still
            open when the run ended is triggered, with ``ended``.
        step: Step at which a control's value was applied or handed over, None where unknown.
    """

    triggered: bool
    value: Any = None
    age_s: float | None = None
    pending: bool = False
    request_id: str | None = None
    reason: str = ""
    step: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the reply as a JSON object with the attributes as fields."""
        return {
            "triggered": self.triggered,
            "value": self.value,
            "age_s": self.age_s,
            "pending": self.pending,
            "request_id": self.request_id,
            "reason": self.reason,
            "step": self.step,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Reply:
        """Return the reply that `as_json` wrote; fields of a newer version are ignored."""
        return cls(**{name: data[name] for name in cls.__dataclass_fields__ if name in data})


class Query:
    """One value that waits on a channel. The board's lock guards everything but the wait.

    Args:
        key: The channel.
        value: Plain JSON, as a polling loop sees it.
        parsed: The value validated by the channel's model; the same object where there is none.
        has_client: Somebody waits for the reply; False for `set_in`.

    Attributes:
        stays: The end of its client's wait does not withdraw it: a press, a change, or what has settled a question.
        is_plain: Nobody's answer to a question, which would have closed that question already.
        shown: Number of the look that showed it last; 0 before the first.
        serving: Its client has been answered and not yet collected the reply.
    """

    __slots__ = (
        "_done",
        "has_client",
        "id",
        "is_plain",
        "key",
        "parsed",
        "reply",
        "serving",
        "shown",
        "stays",
        "value",
    )

    def __init__(self, key: str, value: Any, parsed: Any, *, has_client: bool, is_plain: bool = True) -> None:
        self.key = key
        self.value = value
        self.parsed = parsed
        self.has_client = has_client
        self.is_plain = is_plain
        self.id = uuid.uuid4().hex[:16]
        self.stays = False
        self.shown = 0
        self.serving = False
        self.reply: Reply | None = None
        self._done = threading.Event()

    @property
    def is_open(self) -> bool:
        """Whether nobody has answered, withdrawn or closed it."""
        return self.reply is None

    def finish(self, reply: Reply) -> None:
        """Give the reply and wake whoever waits."""
        self.reply = reply
        self._done.set()

    def wait(self, timeout_s: float | None) -> bool:
        """Wait for the reply; return whether it is there."""
        return self._done.wait(timeout_s)
