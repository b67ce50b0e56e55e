"""What tests of questions share: an answer, a disk that can be full."""

from __future__ import annotations

import errno
from typing import Any

from pydantic import BaseModel

from gymdash_core.interaction.interactor import SimulationInteractor
from gymdash_core.interaction.requests import (
    ControlRequest,
    RequestState,
)

DEADLINE_S = 10.0
ANSWERED, OPEN, WITHDRAWN = RequestState.ANSWERED, RequestState.OPEN, RequestState.WITHDRAWN


class Continue(BaseModel):
    speed: float


class Disk:
    """Where requests are recorded; can be full."""

    def __init__(self) -> None:
        self.lines: list[ControlRequest] = []
        self.full = False

    def __call__(self, request: ControlRequest) -> None:
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.lines.append(request)

    def states(self, request_id: str) -> list[RequestState]:
        return [line.state for line in self.lines if line.id == request_id]


def ids(interactor: SimulationInteractor) -> list[str]:
    return [request.id for request in interactor.requests.open_requests()]


def plain_query(interactor: SimulationInteractor, key: str, value: Any) -> Any:
    return interactor.send({key: value}, "somebody")[key]
