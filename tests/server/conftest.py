"""A real server for tests: uvicorn on a free loopback port, over a project of its own, with real worker processes."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self

import httpx
import psutil
import pytest

from gymdash_core.errors import ProjectAccessError
from gymdash_core.locks import holder
from gymdash_core.project import Project
from gymdash_server.cli.main import run as run_gymdash
from gymdash_server.client import Client
from gymdash_server.context import Context
from gymdash_server.serving import listening, make_server
from gymdash_server.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MISBEHAVING = Path(__file__).parents[1] / "integration" / "misbehaving.py"
TOKEN = "a-token-of-the-tests"
WAIT_S = 60


@dataclass
class LiveServer:
    """A server that runs in a thread of the test's process.

    Attributes:
        context: Its parts.
        url: Its address.
        http: A client with the token, for paths from ``/api/v1`` on.
    """

    context: Any
    url: str
    http: httpx.Client
    eventually: Callable[..., Any]

    def get(self, path: str, **params: Any) -> Any:
        """Return the JSON of a GET."""
        answer = self.http.get(path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any = None, status: int | None = None) -> Any:
        """Return the JSON of a POST."""
        answer = self.http.post(path, json=body)
        wanted = {status} if status else {200, 201, 202}
        assert answer.status_code in wanted, answer.text
        return answer.json()

    def start(self, key: str = "custom_control", **kwargs: Any) -> str:
        """Start a run and return its id."""
        return str(self.post("/simulations", {"key": key, "kwargs": kwargs})["id"])

    def state(self, run: str) -> str:
        """Return a run's state."""
        return str(self.get(f"/simulations/{run}")["state"])

    def until(self, run: str, *states: str) -> dict[str, Any]:
        """Wait until a run is in one of some states and return it."""
        self.eventually(lambda: self.state(run) in states, WAIT_S)
        found: dict[str, Any] = self.get(f"/simulations/{run}")
        return found

    def ended(self, run: str) -> dict[str, Any]:
        """Wait until a run has ended and return it."""
        return self.until(run, "succeeded", "failed", "stopped", "killed", "lost")

    def events(self, **params: Any) -> EventReader:
        """Open the stream; use it as a context."""
        return EventReader(self, params)


@dataclass
class EventReader:
    """A client of the stream on a thread of its own, which keeps what it hears."""

    server: LiveServer
    params: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)
    heard: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._client = httpx.Client(base_url=self.server.url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30)
        self._open = self._client.stream("GET", "/api/v1/events", params=self.params, headers=self.headers)
        self._answer = self._open.__enter__()
        assert self._answer.status_code == 200
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        self.server.eventually(lambda: self.heard)
        return self

    def _read(self) -> None:
        names: dict[str, str] = {}
        with contextlib.suppress(httpx.HTTPError, httpx.StreamError):
            for line in self._answer.iter_lines():
                if not line:
                    if "data" in names:
                        self.heard.append((names.get("event", ""), names.get("id", ""), json.loads(names["data"])))
                    names = {}
                elif not line.startswith(":"):
                    name, _, value = line.partition(": ")
                    names[name] = value

    def __exit__(self, *_: object) -> None:
        self._client.close()
        self._thread.join(5)

    def of(self, event: str) -> list[dict[str, Any]]:
        """Return the data of all events of a name."""
        return [data for name, _, data in list(self.heard) if name == event]


@contextlib.contextmanager
def running(settings: Settings, eventually: Callable[..., Any], *, leave: bool = False) -> Iterator[LiveServer]:
    """Run a server in a thread; with `leave`, its runs outlive it."""
    with listening(settings) as listener, Context(settings) as context:
        server = make_server(context)
        server.install_signal_handlers = lambda: None  # type: ignore[attr-defined] # not the main thread
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with httpx.Client(base_url=f"{url}/api/v1", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=70) as http:
            eventually(lambda: server.started)
            try:
                yield LiveServer(context, url, http, eventually)
            finally:
                if not leave:
                    end_everything(context.project)
                context.hub.close()
                server.should_exit = True
                thread.join(10)
                assert not thread.is_alive()


def end_everything(project: Any) -> None:
    """Kill whatever a test has left alive, by the pids that hold its locks."""
    for run in project.runs():
        for lock in (run.worker_lock, run.supervisor_lock):
            pid = holder(lock)
            with contextlib.suppress(psutil.NoSuchProcess):
                family = psutil.Process(pid) if pid is not None else None
                for process in [*family.children(recursive=True), family] if family else []:
                    process.kill()


@dataclass
class Done:
    """A command that has ended."""

    code: int
    stdout: str
    stderr: str


@dataclass
class Gymdash:
    """Runs the command line as people do: a process of its own, in a folder of its own.

    Attributes:
        folder: Where it runs; its project is ``.gymdash`` there.
        site: Further folder of packages.
    """

    folder: Path
    site: Path
    environment: dict[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: object, code: int = 0, stdin: str = "", timeout: float = 60) -> Done:
        """Run a command to its end."""
        with self.begin(*arguments) as process:
            try:
                stdout, stderr = process.communicate(stdin, timeout)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        assert process.returncode == code, f"gymdash {arguments}: {process.returncode}\n{stdout}\n{stderr}"
        assert "Traceback" not in stderr, stderr
        return Done(process.returncode, stdout, stderr)

    def json(self, *arguments: object, code: int = 0) -> Any:
        """Run a command with ``--json`` and return what it prints."""
        return json.loads(self(*arguments, "--json", code=code).stdout)

    def begin(self, *arguments: object, stderr: int = subprocess.PIPE) -> subprocess.Popen[str]:
        """Begin a command."""
        known = {name: value for name, value in os.environ.items() if not name.startswith(("GYMDASH_", "PYTEST"))}
        return subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "gymdash_server", *map(str, arguments)],
            cwd=self.folder,
            env={**known, "PYTHONPATH": str(self.site), **self.environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )


@dataclass
class Served(Gymdash):
    """A command line with a server of its project, which is a process.

    Commands that are run to their end are run in the test's process, which is quicker; those that are begun are not.
    """

    process: subprocess.Popen[str] | None = None
    url: str = ""
    token: str = ""

    def __call__(self, *arguments: object, code: int = 0, stdin: str = "", timeout: float = 60) -> Done:
        """Run a command to its end."""
        stdout, stderr = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch:
            for name in [name for name in os.environ if name.startswith("GYMDASH_")]:
                patch.delenv(name)
            patch.chdir(self.folder)
            patch.setattr(sys, "stdin", io.StringIO(stdin))
            with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
                found = run_gymdash(list(map(str, arguments)))
        assert found == code, f"gymdash {arguments}: {found}\n{stdout.getvalue()}\n{stderr.getvalue()}"
        return Done(found, stdout.getvalue(), stderr.getvalue())

    def serve(self, *arguments: object) -> None:
        """Start the server and wait until it has told its address."""
        load = Path(__file__).with_name("cli_simulations.py")
        self.process = self.begin("serve", "--port", 0, "--no-browser", "--json", "--load", load, *arguments)
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read()
        told = json.loads(line)
        self.url, self.token = told["url"], told["token"]

    def end(self, number: int = signal.SIGTERM) -> int:
        """End the server by a signal; return its exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        self.process.communicate(timeout=20)
        return self.process.returncode

    @property
    def project(self) -> Project:
        """The project."""
        return Project(self.folder / ".gymdash")

    def state(self, run: str) -> str:
        """Return the state of a run."""
        with Client(self.url, self.token) as client:
            return str(client.state(run))

    def until(self, run: str, state: str) -> None:
        """Wait until a run is in a state."""
        with Client(self.url, self.token) as client:
            assert client.wait_for(run, state, timeout=WAIT_S)


@pytest.fixture
def gymdash(tmp_path: Path) -> Iterator[Gymdash]:
    """A command line in an empty folder, without a server."""
    (tmp_path / "site").mkdir()
    (tmp_path / "work").mkdir()
    yield Gymdash(tmp_path / "work", tmp_path / "site")
    with contextlib.suppress(ProjectAccessError):
        end_everything(Project(tmp_path / "work" / ".gymdash"))


@pytest.fixture(scope="module")
def _served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder, site = tmp_path_factory.mktemp("work"), tmp_path_factory.mktemp("site")
    found = Served(folder, site)
    yield found
    if found.process is not None:
        found.process.kill()
        found.process.communicate()
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


SERVE = """
import json, logging, sys
from gymdash_core.errors import GymDashError
from gymdash_server.serving import serve
from gymdash_server.settings import Settings
logging.basicConfig(level="WARNING")
try:
    serve(Settings(**json.loads(sys.argv[1])), lambda url: print(url, flush=True))
except GymDashError as error:
    sys.exit(f"{type(error).__name__}: {error}")
"""


@dataclass
class SpawnedServer(LiveServer):
    """A server in a process of its own; `context` is its settings.

    Attributes:
        process: The process.
    """

    process: subprocess.Popen[str] = field(kw_only=True)

    def kill(self) -> None:
        """Send SIGKILL and wait for the end."""
        self.process.kill()
        self.process.wait(20)


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
        http = httpx.Client(base_url=f"{url}/api/v1", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=70)
        clients.append(http)
        server = SpawnedServer(given, url, http, eventually, process=process)
        eventually(lambda: is_up(server))
        return server

    yield start
    for client in clients:
        client.close()
    for process in processes:
        process.kill()
        process.communicate(timeout=20)
    end_everything(Project(tmp_path / "project"))


def spawn_server(settings: dict[str, Any], log: IO[str] | int) -> subprocess.Popen[str]:
    """Start a server in a process of its own; its log must be read, or be a file."""
    command = [sys.executable, "-c", SERVE, json.dumps(settings)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)


def is_up(server: LiveServer) -> bool:
    """Return whether a server answers."""
    with contextlib.suppress(httpx.TransportError):
        return server.http.get("/health").status_code == 200
    return False


@pytest.fixture
def refused(tmp_path: Path) -> Callable[..., str]:
    """Return `refused(**settings)`: start a server that ends with an error at once, and return its words."""

    def start(**more: Any) -> str:
        given = {"project": str(tmp_path / "project"), "port": 0, "token": TOKEN, **more}
        process = spawn_server(given, subprocess.PIPE)
        printed, said = process.communicate(timeout=60)
        assert (process.returncode, printed) == (1, ""), said
        return said.strip()

    return start
