"""The context: everything that one server is made of, built in order and taken down in the reverse order.

Nothing is global: two contexts of two projects live in one process.
"""

from __future__ import annotations

import contextlib
import logging
from importlib import metadata
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy.exc import SQLAlchemyError

from gymdash_core.describe import Describer
from gymdash_core.errors import GymDashError, LockHeldError, ProjectAccessError
from gymdash_core.journal import read_json
from gymdash_core.locks import FileLock, holder
from gymdash_core.plugins import build_plugin_manager
from gymdash_core.registry import Registry
from gymdash_server import hookspecs
from gymdash_server.announcer import Announcer
from gymdash_server.db.engine import database_error, open_database
from gymdash_server.db.owner import claim_database
from gymdash_server.errors import ProjectServedError
from gymdash_server.live.hub import Hub
from gymdash_server.pagefiles import PluginFiles
from gymdash_server.points.lastvalues import LastValues
from gymdash_server.points.library import PointsLibrary
from gymdash_server.recorder.recorder import Follow, Recorder
from gymdash_server.runs import RunService
from gymdash_server.scripts import register_sources
from gymdash_server.usage.sampler import UsageSampler

if TYPE_CHECKING:
    from types import TracebackType

    from gymdash_core.project import Project
    from gymdash_server.settings import Settings

logger = logging.getLogger(__name__)


class Context:
    """One server's parts.

    Building it takes the project's lock, opens the index, brings it up to date with all runs, and takes over live runs
    and queue. `close` leaves process runs going.

    Args:
        settings: What the server was told.

    Raises:
        ProjectServedError: Another server serves the project.
        ProjectAccessError: The project folder cannot be used.
        DatabaseError: The index cannot be used.
        PluginLoadError: A plugin failed, and plugins are strict.
        TargetError: A file that was to be loaded has no simulation, or cannot be imported.
        UnknownKeyError: There is no such executor.
        NotSupportedError: The executor carries runs out in the server's own process.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.is_ending = False
        self.project = settings.project_folder
        #: Whether the runs that are alive go on when the context is closed, which is then said.
        self.leaves_runs = True
        self.version = metadata.version("gymdash-server")
        with contextlib.ExitStack() as stack:
            self.lock = lock_project(settings)
            stack.callback(self.lock.release)
            self.project.empty_trash()
            self.engine = open_database(settings.database_url)
            stack.callback(self.engine.dispose)
            claim_database(self.engine, settings.database_url, self.project)
            self.manager = build_plugin_manager(strict=settings.strict_plugins)
            self.manager.add_hookspecs(hookspecs)
            self.page_files = PluginFiles(self.manager)
            self.registry = Registry(self.manager)
            self.describer = Describer(self.project.type_cache)
            stack.callback(self.describer.close)
            register_sources(self.registry, self.describer, settings.load)
            self.hub = Hub(settings.stream_buffer, settings.client_bytes)
            stack.callback(self.hub.close)
            self.announcer = Announcer(self.manager)
            stack.callback(self.announcer.close)
            self.library = PointsLibrary(self.project, self.registry, self.describer)
            self.last_values = LastValues(self.project, self.library)
            self.service = RunService(
                self.project, self.registry, self.describer, settings.executor, settings.max_running
            )
            stack.callback(self.service.close)
            follow = Follow(self.service.release, self.service.end_lingering, self.announcer)
            self.recorder = Recorder(self.project, self.engine, self.hub, self.library, follow)
            stack.callback(self.recorder.close)
            self.service.attach(self.recorder)
            self._begin(settings)
            self.usage = UsageSampler(self.recorder.live_runs, self.hub, settings.usage_period_s)
            stack.callback(self.usage.close)
            self.usage.start()
            self._stack = stack.pop_all()

    def _begin(self, settings: Settings) -> None:
        try:
            self.recorder.start()
        except SQLAlchemyError as error:
            raise database_error(settings.database_url, error) from error
        self.service.resume_queue(self.recorder.unfinished_runs())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def hang_up(self) -> None:
        """End every wait of a request, so that none outlives the server: it is answered that the server ends.

        Thread safety: from any thread, also beside `close`.
        """
        self.is_ending = True
        self.hub.close()
        self.describer.close()
        self.service.hang_up()

    def close(self) -> None:
        """Take everything down; process runs go on."""
        going = len(self.recorder.live_runs())
        self._stack.close()
        if going and self.leaves_runs:
            logger.info("%d run%s go on without the server", going, "" if going == 1 else "s")


def require_unserved(project: Project) -> None:
    """Check that no other server serves a project; without a lock, for a clear word before anything is begun.

    Raises:
        ProjectServedError: One does.
    """
    pid = holder(project.server_lock)
    if pid is not None:
        raise ProjectServedError(project.path, pid, _known_url(project))


def lock_project(settings: Settings) -> FileLock:
    """Return the lock of a project, taken: whoever holds it may serve the project or rebuild its index.

    Raises:
        ProjectServedError: A server has it.
        ProjectAccessError: The project folder cannot be used.
    """
    project = settings.project_folder
    project.create()
    try:
        return FileLock(project.server_lock).acquire()
    except LockHeldError as error:
        raise ProjectServedError(project.path, error.pid, _known_url(project)) from error
    except OSError as error:
        raise ProjectAccessError(project.path, error) from error


def _known_url(project: Project) -> str:
    known: dict[str, Any] = {}
    with contextlib.suppress(GymDashError, OSError):
        known = read_json(project.server) or {}
    return str(known.get("url") or "")
