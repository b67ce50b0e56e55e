"""GymDash's server: what runs do is watched, told and steered over REST, a live stream, the command line and a client.

The run directories are the truth; the server indexes them, starts and steers runs through `gymdash_core`, and can be
killed at any moment. It never imports the code of a simulation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gymdash_server.app import create_app
    from gymdash_server.settings import Settings

__all__ = ["Settings", "create_app"]


def __getattr__(name: str) -> Any:
    if name == "create_app":
        from gymdash_server.app import create_app  # noqa: PLC0415 - a client needs no web framework

        return create_app
    if name == "Settings":
        from gymdash_server.settings import Settings  # noqa: PLC0415 - same

        return Settings
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
