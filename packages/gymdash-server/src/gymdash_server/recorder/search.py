"""The search of the project for what others do to runs: create and delete them, or change those that have ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gymdash_core.project import Project, RunFolder

#: The project is searched this often for runs that others have created or deleted.
SEARCH_S = 0.25
#: And this often for changes of those that have ended.
SEARCH_OLD_S = 2.0
_NEW = -1


class Search:
    """Tell which runs somebody else has created, changed or deleted.

    Thread safety: one thread at a time.

    Args:
        project: The project.
        tell: Told the id of each such run.
    """

    def __init__(self, project: Project, tell: Callable[[str], None]) -> None:
        self._project, self._tell = project, tell
        self._metas: dict[str, int] = {}
        self._searched = self._searched_old = 0.0

    def begin(self, runs: Mapping[str, RunFolder]) -> None:
        """Take some runs for known as they are now."""
        self._metas = {run.id: _time_of(run) for run in runs.values()}

    def look(self, now: float) -> None:
        """Search, where that is due.

        Args:
            now: Monotonic time.

        Raises:
            ProjectAccessError: The project cannot be read.
        """
        if now - self._searched < SEARCH_S:
            return
        self._searched = now
        present = {run.id: run for run in self._project.runs()}
        for run_id in present.keys() - self._metas.keys():
            self._tell(run_id)
        for run_id in self._metas.keys() - present.keys():
            self._metas.pop(run_id, None)
            self._tell(run_id)
        self._metas.update(dict.fromkeys(present.keys() - self._metas.keys(), _NEW))
        if now - self._searched_old >= SEARCH_OLD_S:
            self._searched_old = now
            self._look_at_old(present)

    def _look_at_old(self, present: Mapping[str, RunFolder]) -> None:
        for run_id, run in present.items():
            changed = _time_of(run)
            if self._metas[run_id] not in {changed, _NEW}:
                self._tell(run_id)
            self._metas[run_id] = changed


def _time_of(run: RunFolder) -> int:
    try:
        return run.meta.stat().st_mtime_ns
    except OSError:
        return 0
