"""``custom_control``: a simulation that feigns work for a while and can be talked to.

Carries on the original's example of the same name: a number that grows, an interactive start, and points in time at
which it asks before it goes on.
"""

from __future__ import annotations

import random
import time
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gymdash_core.codec import field_errors
from gymdash_core.simulation import Simulation
from gymdash_core.status import SimStatus, SimStatusCode

_POLL_S = 0.02


class CustomControlParams(BaseModel):
    """Arguments of ``custom_control``.

    Attributes:
        interactive: Ask once before the first step.
        poll_period: Seconds between two points.
        total_runtime: Seconds that the simulation runs; time spent asking or paused does not count.
        pause_points: Seconds of running time at which it asks before it goes on.
        other_kwargs: Anything; not used.
    """

    interactive: bool = False
    poll_period: float = Field(default=0.5, gt=0)
    total_runtime: float = Field(default=30, ge=0)
    pause_points: list[float] = []
    other_kwargs: dict[str, Any] = {}


class ContinueAnswer(BaseModel):
    """Answer to its questions: ``continue``, and any arguments to change."""

    model_config = ConfigDict(defer_build=True)

    continue_: Any = Field(alias="continue", description="Anything; its presence lets the simulation go on.")
    poll_period: float | None = Field(default=None, gt=0)
    total_runtime: float | None = Field(default=None, ge=0)
    pause_points: list[float] | None = None
    other_kwargs: dict[str, Any] | None = None


_CHANGEABLE = ("poll_period", "total_runtime", "pause_points", "other_kwargs")


class CustomControlSimulation(Simulation):
    """Feign work for a while: a growing number, questions, and arguments that can be changed while it waits."""

    Params: ClassVar = CustomControlParams

    def _run(self, **kwargs: Any) -> None:
        self._settings = CustomControlParams.model_validate({**self.config.kwargs, **kwargs})
        self._ran_s = 0.0
        self._number = 0.0
        self._asked: set[float] = set()
        if self._settings.interactive:
            self._ask_to_continue("Send a custom_query with 'continue' to begin.")
        step = 0
        while self._ran_s < self._settings.total_runtime:
            self._ask_where_due()
            self._number += random.uniform(0.5, 1.5) * self._settings.poll_period  # noqa: S311 - a toy's noise
            self.log("my_number", self._number, step)
            self._work(self._settings.poll_period)
            step += 1
        self._tell_progress()
        self.add_status(SimStatus(SimStatusCode.SUCCESS, details="Simulation successfully run."))

    def _work(self, seconds: float) -> None:
        """Pass running time in small naps, so that a stop or a pause is seen soon."""
        end = min(self._ran_s + seconds, self._settings.total_runtime)
        while self._ran_s < end:
            self._tell_progress()
            began = time.monotonic()
            time.sleep(min(_POLL_S, end - self._ran_s))
            self._ran_s = min(end, self._ran_s + time.monotonic() - began)

    def _tell_progress(self) -> None:
        self.tick(round(self._ran_s * 1000), round(self._settings.total_runtime * 1000))

    def _ask_where_due(self) -> None:
        for point in sorted(set(self._settings.pause_points) - self._asked):
            if point <= self._ran_s:
                self._asked.add(point)
                self._ask_to_continue(f"Paused at {point:g} s. Send a custom_query with 'continue' to go on.")

    def _ask_to_continue(self, question: str) -> None:
        """Ask, and apply what each custom_query changes, until one holds ``continue``."""
        request = self.interactor.add_control_request("custom_query", question, "continue", schema=ContinueAnswer)
        while True:
            self._tell_progress()
            triggered, custom = self.interactor.get_in("custom_query")
            if not triggered:
                time.sleep(_POLL_S)
                continue
            self.interactor.set_out("custom_query", self._apply(custom))
            if "continue" in custom:
                self.interactor.requests.withdraw(str(request), "the simulation went on")
                return

    def _apply(self, custom: dict[str, Any]) -> dict[str, Any]:
        """Apply what a custom_query changes; return it, or what is wrong with it."""
        changes = {name: custom[name] for name in _CHANGEABLE if custom.get(name) is not None}
        try:
            self._settings = CustomControlParams.model_validate({**self._settings.model_dump(), **changes})
        except ValidationError as error:
            return {"error": "; ".join(map(str, field_errors(error)))}
        return custom
