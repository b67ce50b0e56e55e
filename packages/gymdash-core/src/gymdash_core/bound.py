"""What a simulation knows of the run that it belongs to: ids, paths, and how its attempt was asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

from gymdash_core.errors import NotBoundError, WrongStateError
from gymdash_core.project import Project
from gymdash_core.services import RunServices


class Bound:
    """Facts about the run; each raises `NotBoundError` before the simulation belongs to one."""

    def __init__(self) -> None:
        self._services: RunServices | None = None
        #: A tracker has taken the object to run it, once.
        self._was_accepted = False
        #: Restored from disk, for looking: nothing of the run can be changed through it.
        self.from_disk = False

    def _bound(self, name: str) -> RunServices:
        if self._services is None:
            raise NotBoundError(name)
        return self._services

    def _writable(self, name: str) -> RunServices:
        services = self._bound(name)
        if self.from_disk:
            raise WrongStateError(services.run.id, "restored from disk", name, "Only the attempt itself can write.")
        return services

    @property
    def run_dir(self) -> Path:
        """This run's folder, absolute."""
        return self._bound("run_dir").run.path

    @property
    def sim_path(self) -> str:
        """This run's folder as absolute text."""
        return str(self._bound("sim_path").run.path)

    @property
    def _project_sim_base_path(self) -> str:
        """This run's folder as absolute text, under its name in the original."""
        return str(self._bound("_project_sim_base_path").run.path)

    @property
    def _project_sim_id(self) -> UUID:
        """The run's id."""
        return UUID(self._bound("_project_sim_id").run.id)

    @property
    def _project_resources_path(self) -> str:
        """Folder of shared data sets and models, absolute; made on first use."""
        path = Project(self._bound("_project_resources_path").run.project_path).resources
        path.mkdir(exist_ok=True)
        return str(path)

    @property
    def attempt(self) -> int:
        """Number of the attempt, from 1."""
        return self._bound("attempt").launch.attempt

    @property
    def resume_from(self) -> Path | None:
        """Checkpoint folder to go on from, or None."""
        return self._bound("resume_from").launch.resume_from

    @property
    def changed_kwargs(self) -> dict[str, Any]:
        """Arguments that a branch changed; they win over what the checkpoint holds."""
        return dict(self._bound("changed_kwargs").launch.changed_kwargs)
