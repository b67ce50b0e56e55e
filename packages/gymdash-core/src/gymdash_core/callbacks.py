"""Functions that a simulation calls at the steps of its life cycle."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence

from gymdash_core.errors import StopSimException


class Callbacks:
    """Functions without arguments, by event; one that fails is told of and disturbs nothing.

    A `StopSimException` is no failure and goes through: it may be the stop ladder's, which happened to meet a callback.

    Args:
        events: The events that exist.
        on_error: Told the event and what a function raised.
    """

    def __init__(self, events: Sequence[str], on_error: Callable[[str, Exception], None]) -> None:
        self._functions: dict[str, list[Callable[[], object]]] = {event: [] for event in events}
        self._on_error = on_error

    def add(self, event: str, fn: Callable[[], object]) -> None:
        """Add a function.

        Raises:
            ValueError: There is no such event.
        """
        if event not in self._functions:
            message = f"unknown event {event!r}; known: {', '.join(self._functions)}"
            raise ValueError(message)
        self._functions[event].append(fn)

    @contextlib.contextmanager
    def around(self, start: str, end: str) -> Iterator[None]:
        """Trigger one event when the context is entered and one when it is left, also by an exception."""
        self._trigger(start)
        try:
            yield
        except BaseException:
            with contextlib.suppress(StopSimException):  # what ends the step already is the better reason
                self._trigger(end)
            raise
        self._trigger(end)

    def _trigger(self, event: str) -> None:
        for fn in list(self._functions[event]):
            try:
                fn()
            except StopSimException:
                raise
            except Exception as error:  # noqa: BLE001 - a stranger's code: recorded, never fatal
                self._on_error(event, error)
