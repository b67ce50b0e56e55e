"""What clients ask the server to start."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class StartOrder:
    """A start that was asked for.

    Attributes:
        key: Simulation type.
        name: What people call the run; made from the key where it is empty.
        kwargs: Its arguments.
        executor: Name, or ``{"name", "options"}``; None takes the server's.
        tags: Words for finding it.
        group: Group that it joins, or None.
    """

    key: str
    name: str = ""
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    executor: str | Mapping[str, Any] | None = None
    tags: tuple[str, ...] = ()
    group: str | None = None
