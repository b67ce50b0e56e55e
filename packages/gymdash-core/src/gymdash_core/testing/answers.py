"""Giving a test's answers to a run's questions, as they come, on a thread that ends with the test.

What goes wrong with an answer is kept, ends the run, so that the test does not wait for it, and is raised where the
test leaves the context.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Any

from gymdash_core.errors import RequestClosedError, WorkerGoneError, WrongStateError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from gymdash_core.interaction.requests import ControlRequest
    from gymdash_core.testing.runs import TestRun

_POLL_S = 0.02


class Answerer:
    """Give answers to the questions of a run while the context lasts.

    Args:
        run: The run.
        answers: One for each question, in order.
        timeout_s: How long an answer that is under way may take when the context is left.
    """

    def __init__(self, run: TestRun, answers: Sequence[Any], timeout_s: float) -> None:
        self._run = run
        self._count = len(answers)
        self._left = deque(answers)
        self._timeout_s = timeout_s
        self._over = threading.Event()
        self._problem: tuple[str, Exception] | None = None
        self._thread = threading.Thread(target=self._work, name="gymdash-test-answers", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """Stop answering, and say what went wrong with the answers.

        Raises:
            AssertionError: An answer was refused, is still under way, or was missing when the test gave up.
        """
        self._over.set()
        self._thread.join(self._timeout_s)
        if error is not None and not isinstance(error, Exception):
            return
        if self._problem is not None:
            message, cause = self._problem
            raise AssertionError(message) from cause
        if self._thread.is_alive():
            message = f"an answer is still under way after {self._timeout_s:g} s; {len(self._left)} are left"
            raise AssertionError(message) from error
        if isinstance(error, AssertionError) and (missing := self._missing()):
            message = f"{error}\n{missing}"
            raise AssertionError(message) from error

    def _missing(self) -> str:
        """Say which question has no answer, where answers were given and all are used."""
        if not self._count or self._left or not (asked := self._run.questions):
            return ""
        return f"all answers ({self._count}) were given, and it asks {asked[0].details!r}: give more answers"

    def _work(self) -> None:
        try:
            while self._left and self._problem is None and not self._over.wait(_POLL_S):
                for question in self._run.questions[:1]:
                    self._answer(question)
        except Exception as error:  # noqa: BLE001 - raised in the test's own thread
            self._fail(f"the questions cannot be answered: {error}", error)

    def _answer(self, question: ControlRequest) -> None:
        try:
            self._run.tracker.answer(question.id, self._left[0])
        except (RequestClosedError, WorkerGoneError, WrongStateError):
            return  # the question was closed by something else, so that the answer is for the next one
        except Exception as error:  # noqa: BLE001 - raised in the test's own thread
            self._fail(f"the answer {self._left[0]!r} to {question.details!r} was refused: {error}", error)
            return
        self._left.popleft()

    def _fail(self, message: str, error: Exception) -> None:
        self._problem = (message, error)
        self._run.tracker.stop(self._run.id, grace_s=5.0)
