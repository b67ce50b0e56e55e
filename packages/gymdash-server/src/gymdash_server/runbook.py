"""The book of runs: which there are, and what a command has made of one, told from the index or from the run's files.

What was done is on the disk before it is told; the recorder brings it into the index.
"""

from __future__ import annotations

import logging
import uuid
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

from gymdash_core.errors import RunNotFoundError
from gymdash_core.runview import RunView, read_run
from gymdash_server.jsonvalues import finite
from gymdash_server.recorder.writing import STRANGE_CONTENT

if TYPE_CHECKING:
    from gymdash_core.project import Project, RunFolder
    from gymdash_server.recorder.recorder import Recorder

logger = logging.getLogger(__name__)


class RunBook:
    """Find runs, and have them recorded.

    Thread safety: all methods may be called from any thread.

    Args:
        project: The project.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._recorder: Recorder | None = None

    def attach(self, recorder: Recorder) -> None:
        """Connect the service to the recorder, before the first command."""
        self._recorder = recorder

    def view(self, run_id: str) -> RunView:
        """Return a run as its files say.

        Raises:
            RunNotFoundError: There is no such run.
        """
        return read_run(self.run(run_id))

    def run(self, run_id: str) -> RunFolder:
        """Return a run's files by its whole id.

        Raises:
            RunNotFoundError: There is no such run.
        """
        try:
            known = str(uuid.UUID(run_id)) == run_id
        except ValueError:
            known = False
        if not known:
            raise RunNotFoundError(run_id)
        return self._project.run(run_id)

    def read(self, run_id: str) -> dict[str, Any]:
        """Return a run that the index does not have yet, and have it recorded: lists tell it from now on, too.

        Raises:
            RunNotFoundError: There is no such run.
            CorruptFileError: Its files are damaged.
        """
        return self._record(self.run(run_id))

    def _forget(self, run: RunFolder) -> None:
        if self._recorder is not None:
            self._recorder.sync(run)

    def _record_id(self, run_id: uuid.UUID) -> dict[str, Any]:
        return self._record(self._project.run(run_id))

    def _record_behind(self, run: RunFolder) -> dict[str, Any]:
        """Return a run as its files say, and have it recorded at once, without waiting for the index.

        One that has ended is waited for: its points are read to their end before its end is told.
        """
        view = read_run(run)
        if self._recorder is None or view.state.is_final:
            return self._record(run)
        self._recorder.sync_behind(run)
        return _as_told(view)

    def _record(self, run: RunFolder) -> dict[str, Any]:
        """Return a run as it is in the index; as its files say where the index cannot be written now, or not with them.

        What was done is done and on the disk: a full disk or a locked database must not make it look refused.
        """
        try:
            found = self._recorder.sync(run) if self._recorder is not None else None
        except (OSError, DBAPIError, *STRANGE_CONTENT) as error:
            logger.warning("run %s is not recorded yet: %s", run.id, error)
            found = _as_told(read_run(run))
        if found is None:
            raise RunNotFoundError(run.id)
        return found


def _as_told(view: RunView) -> dict[str, Any]:
    """Return a run as clients see it."""
    found: dict[str, Any] = finite(view.as_json())
    return found
