"""Fixtures of the server's tests: servers and command lines, over projects of their own."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from command_lines import Gymdash, Served
from gymdash_core.errors import ProjectAccessError
from gymdash_core.project import Project
from gymdash_server.client import Client
from gymdash_server.settings import Settings
from live_servers import (
    MISBEHAVING,
    TOKEN,
    WAIT_S,
    LiveServer,
    SpawnedServer,
    end_everything,
    is_up,
    plain_client,
    running,
    spawn_server,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def gymdash(tmp_path: Path) -> Iterator[Gymdash]:
    """A command line in an empty folder, without a server."""
    (tmp_path / "site").mkdir()
    (tmp_path / "work").mkdir()
    found = Gymdash(tmp_path / "work", tmp_path / "site")
    yield found
    found.end()
    for folder in (".gymdash", "gymdash-demo"):
        with contextlib.suppress(ProjectAccessError):
            end_everything(Project(found.folder / folder))


@pytest.fixture(scope="module")
def _served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder, site = tmp_path_factory.mktemp("work"), tmp_path_factory.mktemp("site")
    found = Served(folder, site)
    yield found
    found.end()
    end_everything(found.project)


@pytest.fixture
def served(_served: Served) -> Iterator[Served]:
    """A command line with a server that has the simulations of ``cli_simulations.py``, and no runs.

    The tests of a module share the server, which takes long to start; one that was ended is started again.
    """
    if _served.process is None or _served.process.poll() is not None:
        _served.serve()
    yield _served
    for path in [*_served.folder.glob("[!.]*"), *_served.site.iterdir()]:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    if _served.process is not None and _served.process.poll() is None:
        with Client(_served.url, _served.token) as client:
            for run in [*client.simulations(), *client.simulations(trashed=True)]:
                client.kill(run)
                assert client.wait(run, timeout=WAIT_S)
                client.delete(run, purge=True)
    else:
        end_everything(_served.project)
        shutil.rmtree(_served.project.path)


@pytest.fixture
def client(served: Served) -> Iterator[Client]:
    """A client of that server."""
    with Client(served.url, served.token) as found:
        yield found


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of a server on a free port, over a new project."""
    return Settings(project=tmp_path / "project", port=0, token=TOKEN, usage_period_s=0.2)


@pytest.fixture
def server(settings: Settings, eventually: Callable[..., Any]) -> Iterator[LiveServer]:
    """A running server over a new project."""
    with running(settings, eventually) as live:
        yield live


@pytest.fixture
def serving(settings: Settings, eventually: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """Return `serving(settings)`: a context in which a server runs and which its runs outlive, to start another."""
    yield lambda chosen=settings: running(chosen, eventually, leave=True)
    end_everything(settings.project_folder)


@pytest.fixture(scope="session")
def serve_at(eventually: Callable[..., Any]) -> Callable[[Settings], contextlib.AbstractContextManager[LiveServer]]:
    """Return `serve_at(settings)`: run a server, and its runs, for the time of a context."""
    return lambda settings: running(settings, eventually)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, eventually: Callable[..., Any]) -> Iterator[LiveServer]:
    """A running server for a whole module, with simulations that misbehave, for tests that do not mind each other."""
    folder = tmp_path_factory.mktemp("shared") / "project"
    settings = Settings(project=folder, port=0, token=TOKEN, load=(str(MISBEHAVING),), usage_period_s=0.2)
    with running(settings, eventually) as live:
        yield live


@pytest.fixture
def spawn(tmp_path: Path, eventually: Callable[..., Any]) -> Iterator[Callable[..., SpawnedServer]]:
    """Return `spawn(**settings)`: start a server over the test's project in a process of its own."""
    processes: list[subprocess.Popen[str]] = []
    clients: list[httpx.Client] = []

    def start(**more: Any) -> SpawnedServer:
        given = {"project": str(tmp_path / "project"), "port": 0, "token": TOKEN, "load": [str(MISBEHAVING)], **more}
        with (tmp_path / "server.log").open("a") as log:
            process = spawn_server(given, log)
        processes.append(process)
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert url, (tmp_path / "server.log").read_text()
        http = plain_client(f"{url}/api/v1")
        clients.append(http)
        server = SpawnedServer(given, url, http, eventually, process=process)
        eventually(lambda: is_up(server))
        return server

    yield start
    for client in clients:
        client.close()
    for process in processes:
        process.kill()
        process.communicate(timeout=WAIT_S)
    end_everything(Project(tmp_path / "project"))


@pytest.fixture
def refused(tmp_path: Path) -> Callable[..., str]:
    """Return `refused(**settings)`: start a server that ends with an error at once, and return its words."""

    def start(**more: Any) -> str:
        given = {"project": str(tmp_path / "project"), "port": 0, "token": TOKEN, **more}
        process = spawn_server(given, subprocess.PIPE)
        printed, said = process.communicate(timeout=WAIT_S)
        assert (process.returncode, printed) == (1, ""), said
        return said.strip()

    return start
