"""What tests of the interactor share: its channels, those who ask and wait, and what it records to."""

from __future__ import annotations

import threading
import time
from typing import Annotated, Any

from pydantic import BaseModel, Field

from gymdash_core.interaction.channels import Channel
from gymdash_core.interaction.interactor import SimulationInteractor
from gymdash_core.interaction.queries import Reply

DEADLINE_S = 10.0


class Form(BaseModel):
    size: int = 3


class Notes(list):
    """The record of interventions."""

    def events(self) -> list[str]:
        return [note["event"] for note in self]


class Shield:
    """Counts how often it is entered, and stands for the worker's."""

    def __init__(self) -> None:
        self.depth = self.entered = 0

    def __enter__(self) -> None:
        self.depth += 1
        self.entered += 1

    def __exit__(self, *_: object) -> None:
        self.depth -= 1


CHANNELS = (
    Channel("best", "Best so far", "query"),
    Channel("save", "Save", "action"),
    Channel("form", "Form", "action", Form),
    Channel("rate", "Rate", "control", Annotated[float, Field(ge=0)], initial=0.1),
    Channel("free", "Free", "control"),
    Channel("typed", "Typed", "query", int, result=Annotated[int, Field(ge=0)]),
)


class Client:
    """Somebody outside who waits for a reply, without a thread."""

    def __init__(self, interactor: SimulationInteractor, key: str, value: Any = None) -> None:
        self._interactor = interactor
        self._item = interactor.send({key: value}, "somebody")[key]

    @property
    def waits(self) -> bool:
        return not isinstance(self._item, Reply) and self._item.is_open

    def reply(self) -> Reply:
        assert not self.waits
        return self._interactor.collect(self._item)

    def give_up(self) -> Reply:
        """The time-out."""
        assert self.waits
        return self._interactor.collect(self._item)


class Asker(threading.Thread):
    """Somebody outside who waits for a reply, in a thread of their own."""

    def __init__(self, interactor: SimulationInteractor, values: dict[str, Any], timeout_s: float | None) -> None:
        super().__init__(daemon=True)
        self._call = lambda: interactor.query(values, timeout_s)
        self._replies: dict[str, Reply] | None = None
        arrived = threading.Event()
        with interactor.listening(lambda _: arrived.set()):
            self.start()
            assert arrived.wait(DEADLINE_S)

    def run(self) -> None:
        self._replies = self._call()

    def replies(self) -> dict[str, Reply]:
        self.join(DEADLINE_S)
        assert self._replies is not None
        return self._replies


def wait_for(condition) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline
