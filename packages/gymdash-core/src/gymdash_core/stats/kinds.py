"""Kinds of stats, and the point that every stat is made of.

A stat is a named series of points of one kind. Built-in kinds arrive through the same hook as a plugin's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import BaseModel


@dataclass(frozen=True, slots=True)
class StatPoint:
    """One value at one step.

    Attributes:
        step: Step of the simulation; any order, repeats allowed.
        wall_time: Seconds since the epoch, UTC.
        value: A float for ``scalars`` (NaN and infinities allowed), text for ``text``, JSON for other kinds, None for
            media.
        attempt: Which attempt of the run produced it, from 1.
        path: File of a media point, relative to the run directory, with ``/``; None for other kinds.
    """

    step: int
    wall_time: float
    value: Any = None
    attempt: int = 1
    path: str | None = None


@dataclass(frozen=True)
class StatKind:
    """A kind of stat that simulations can log and clients can show.

    Attributes:
        name: Plural noun, for example ``"scalars"``.
        title: What people read.
        point_model: Pydantic model of a point's value; None where the value is a float, a text or a file.
        media_types: For kinds whose points are files: their MIME types, for example ``("image/png",)``.
        renderer: ES module inside the plugin's package that draws it, for example ``"static/trajectory.js"``.
    """

    name: str
    title: str = ""
    point_model: type[BaseModel] | None = None
    media_types: tuple[str, ...] = ()
    renderer: str | None = None

    @property
    def is_media(self) -> bool:
        """Whether the points are files."""
        return bool(self.media_types)
