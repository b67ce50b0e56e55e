"""The Python client: what `gymdash_core.SimulationTracker` does on this machine, over REST with any server.

Light: importing it loads neither the web framework nor the database.
"""

from __future__ import annotations

from gymdash_server.client.client import Client
from gymdash_server.client.stream import Event

__all__ = ["Client", "Event"]
