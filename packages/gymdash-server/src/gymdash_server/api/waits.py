"""Threads for requests that wait for simulations: apart from those of all others, and by kind.

Simulations that do not reply hold up neither other requests nor those of another kind. A call here must hold no session
of the database while it waits: there are fewer connections than threads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from anyio import CapacityLimiter, to_thread

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

_T = TypeVar("_T")

#: How many requests of a kind may wait at once.
MOST_WAITING = 128


async def waiting(request: Request, kind: str, call: Callable[[], _T]) -> _T:
    """Return what a call returns that waits for a simulation.

    Args:
        request: The request, for its application.
        kind: What is waited for: calls of one kind share threads.
        call: The call.
    """
    state = request.app.state
    if not hasattr(state, "limiters"):
        state.limiters = {}
    limiters: dict[str, CapacityLimiter] = state.limiters
    limiter = limiters.setdefault(kind, CapacityLimiter(MOST_WAITING))
    return await to_thread.run_sync(call, limiter=limiter)
