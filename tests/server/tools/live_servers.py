"""A real server for tests: uvicorn on a free loopback port, with real worker processes; in a thread, or a process."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self

import httpx
import psutil

from gymdash_core.locks import holder
from gymdash_server.context import Context
from gymdash_server.serving import listening, make_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gymdash_server.settings import Settings

MISBEHAVING = Path(__file__).parents[2] / "integration" / "misbehaving.py"
TOKEN = "a-token-of-the-tests"
WAIT_S = 100
#: The longest that a query may be waited for.
ASK_S = 60
FINAL = {"succeeded", "failed", "stopped", "killed", "lost"}


def plain_client(base_url: str, timeout_s: float = 70) -> httpx.Client:
    """Return a client with the token; it does not read certificates, which takes longer than most requests."""
    return httpx.Client(
        base_url=base_url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=timeout_s, verify=False
    )


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
        self._client = plain_client(self.server.url, 30)
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
        with plain_client(f"{url}/api/v1") as http:
            eventually(lambda: server.started)
            try:
                yield LiveServer(context, url, http, eventually)
            finally:
                if not leave:
                    end_everything(context.project)
                context.hub.close()
                server.should_exit = True
                thread.join(WAIT_S)
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
        self.process.wait(WAIT_S)


def spawn_server(settings: dict[str, Any], log: IO[str] | int) -> subprocess.Popen[str]:
    """Start a server in a process of its own; its log must be read, or be a file."""
    command = [sys.executable, "-c", SERVE, json.dumps(settings)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)


def is_up(server: LiveServer) -> bool:
    """Return whether a server answers."""
    with contextlib.suppress(httpx.TransportError):
        return server.http.get("/health").status_code == 200
    return False


def database_of(project: str | Path) -> Path:
    """Return where the index of a project is."""
    return Path(project) / "db" / "simulations.db"
