"""Asking people and waiting: the loop's side of a question made by `Simulation.ask`."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, NoReturn

from gymdash_core.errors import AskTimeout, StopSimException
from gymdash_core.interaction.requests import ASK, Question

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from pydantic import BaseModel

    from gymdash_core.interaction.interactor import SimulationInteractor

#: Stands for "no default": None may be one.
NO_DEFAULT: Any = object()


class Ask:
    """One question whose asker waits.

    Args:
        interactor: Of the simulation that asks.
        shield: Entered while the question is opened or withdrawn.
        details: The question.
        model: What the answer must satisfy.
        stop: Ends the simulation where a stop was asked for meanwhile: saves where that was wanted, and raises
            `StopSimException`.
    """

    def __init__(
        self,
        interactor: SimulationInteractor,
        shield: AbstractContextManager[Any],
        details: str,
        model: type[BaseModel],
        stop: Callable[[], NoReturn],
    ) -> None:
        self._stop = stop
        self._interactor = interactor
        self._shield = shield
        self._details = details
        self._model = model
        self._wake = threading.Event()
        self._answers: list[Any] = []

    def wait(self, media: Sequence[str], timeout_s: float | None, default: Any) -> Any:
        """Open the question and wait for its answer.

        Raises:
            AskTimeout: Nobody answered in time and there is no default.
            StopSimException: A stop was asked for, or the attempt is over; the question is withdrawn.
            OSError: The question could not be made durable.
        """
        requests = self._interactor.requests
        with self._interactor.listening(lambda _: self._wake.set()):
            with self._shield:
                question = Question(ASK, self._details, schema=self._model, media=media)
                request = requests.open(question, self._deliver)
            reason = "the simulation went on"
            try:
                reason = self._await(timeout_s)
            finally:
                with self._shield:
                    requests.withdraw(request.id, reason)
        if self._answers:
            return self._answers[0]
        if self._interactor.ended:
            message = "the attempt ended while a question was open"
            raise StopSimException(message)
        if self._interactor.stop_asked:
            self._stop()
        if default is NO_DEFAULT:
            raise AskTimeout(self._details, timeout_s or 0.0)
        return default

    def _await(self, timeout_s: float | None) -> str:
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        while not self._answers:
            if self._interactor.stop_asked or self._interactor.ended:
                return "the run was stopped"
            self._interactor.apply_controls()
            remaining = None if deadline is None else deadline - time.monotonic()
            if remaining is not None and remaining <= 0:
                return "nobody answered in time"
            self._wake.wait(remaining)
            self._wake.clear()
        return ""

    def _deliver(self, _raw: Any, parsed: Any) -> None:
        self._answers.append(parsed)
        self._wake.set()
