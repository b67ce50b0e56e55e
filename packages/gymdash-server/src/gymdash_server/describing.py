"""What people say about a run: its name, tags and notes, which any of them may change while others look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gymdash_core.meta import update_meta
from gymdash_core.runview import read_run
from gymdash_server.errors import PreconditionError
from gymdash_server.jsonvalues import finite

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gymdash_core.project import RunFolder

_NAMES = ("name", "tags", "notes")


def describe_run(run: RunFolder, changes: Mapping[str, Any], known: Mapping[str, Any] | None = None) -> None:
    """Change how a run is described.

    Args:
        run: The run.
        changes: What is changed: name, tags or notes.
        known: The run as it must still be described, which is looked at under the lock; None changes it in any case.

    Raises:
        PreconditionError: Somebody else has described it otherwise meanwhile.
    """

    def change(meta: dict[str, Any]) -> None:
        if known is not None:
            now = finite(read_run(run).as_json())
            if any(now[name] != known[name] for name in _NAMES):
                raise PreconditionError(f"simulation {run.id}")
        meta.update(changes)

    update_meta(run, change)
