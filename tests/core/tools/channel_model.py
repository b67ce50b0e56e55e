"""The interactor's contract as a model: written from its text, one channel of each kind, and knows nothing of lanes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from gymdash_core.interaction.channels import Channel
from gymdash_core.interaction.lanes import LOOK_S
from gymdash_core.interaction.queries import Query, Reply

ASK, PRESS, RATE = "ask", "press", "rate"
DECLARED = (Channel(ASK, kind="query"), Channel(PRESS, kind="action"), Channel(RATE, kind="control"))


@dataclass(eq=False)
class Sent:
    """One value on its way: what the model expects to become of it."""

    value: Any
    item: Query | Reply | None  # None: set_in
    asked_at: int
    reply: tuple[Any, ...] | None = None  # (triggered, value, pending, reason)
    client_gone: bool = False
    shown: int = 0

    @property
    def is_open(self) -> bool:
        return self.reply is None

    def close(self, *, triggered: bool, value: Any = None, reason: str = "") -> None:
        self.reply = (triggered, value, False, reason)


@dataclass
class Polled:
    """A channel that the loop looks at: ``query`` or ``action``."""

    merges: bool
    keeps: bool
    sent: list[Sent] = field(default_factory=list)
    taken: list[Sent] = field(default_factory=list)
    seen: list[Sent] = field(default_factory=list)
    stage: Sent | None = None
    contested_at: float | None = None
    looks: int = 0
    out: tuple[bool, Any] = (False, None)
    serving: set[int] = field(default_factory=set)
    late: list[str] = field(default_factory=list)

    def waiting(self) -> list[Sent]:
        return [sent for sent in self.sent if sent.is_open and sent not in self.taken]

    def forget_look(self) -> None:
        self.seen, self.stage, self.contested_at = [], None, None

    def look(self, now: float) -> tuple[bool, Any]:
        waiting = self.waiting()
        if not waiting:
            self.forget_look()
            return False, None
        over = self.contested_at is not None and now >= self.contested_at + LOOK_S
        if self.stage not in waiting or over:
            never = [sent for sent in waiting if not sent.shown]
            self.stage = never[0] if never else min(waiting, key=lambda sent: sent.shown)
            self.looks += 1
            self.stage.shown = self.looks
            self.contested_at = None
        if self.contested_at is None and len(waiting) > 1:
            self.contested_at = now
        assert self.stage is not None
        self.seen = [s for s in waiting if s is self.stage or (self.merges and s.value == self.stage.value)]
        return True, self.stage.value

    def answer(self, group: list[Sent], value: Any) -> None:
        for sent in group:
            sent.close(triggered=True, value=value)
            self.out = (True, value)
            if sent.item is not None and not sent.client_gone:
                self.serving.add(id(sent))

    def served(self, sent: Sent) -> None:
        if id(sent) in self.serving:
            self.serving.remove(id(sent))
            if not self.serving:
                self.out = (False, None)

    def set_out(self, value: Any) -> None:
        seen, group = self.seen, [sent for sent in self.seen if sent.is_open]
        self.forget_look()
        if group:
            self.answer(group, value)
        elif seen:
            self.late += [sent.item.id for sent in seen if isinstance(sent.item, Query)]
        else:
            self.out = (True, value)

    def set_out_if(self, value: Any, wanted: Any = ...) -> bool:
        fits = [sent for sent in self.waiting() if wanted is ... or sent.value == wanted]
        if not fits:
            return False
        group = [fits[0]]
        if fits[0] in self.seen:
            group = [sent for sent in self.seen if sent.is_open]
            self.forget_look()
        self.answer(group, value)
        return True

    def take(self) -> Sent | None:
        waiting = self.waiting()
        if not waiting:
            return None
        self.taken.append(waiting[0])
        if waiting[0] in self.seen:
            self.forget_look()
        return waiting[0]


@dataclass
class Handed:
    """A published channel: ``progress`` or a control."""

    published: tuple[Any, float, int | None] | None = None
    asked: bool = False
    readers: list[Sent] = field(default_factory=list)
    changes: list[Sent] = field(default_factory=list)
    seen: list[Sent] = field(default_factory=list)
    in_force: Any = None

    def hand_over(self, value: Any, now: float, step: int | None) -> None:
        self.published, self.in_force = (value, now, step), value
        for sent in self.readers:
            sent.close(triggered=True, value=value)
        self.readers, self.asked = [], False

    def settle(self, changes: list[Sent], value: Any) -> None:
        for sent in changes:
            sent.close(triggered=True, value=value)
        self.changes = [sent for sent in self.changes if sent.is_open]
        self.seen = []
