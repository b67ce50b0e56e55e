"""The command line as people use it: a process in a folder of its own, with a server of its project or without one."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from gymdash_core.project import Project
from gymdash_server.cli.main import run as run_gymdash
from gymdash_server.client import Client
from live_servers import WAIT_S


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
    begun: list[subprocess.Popen[str]] = field(default_factory=list)

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
        """Begin a command; `end` ends it."""
        known = {name: value for name, value in os.environ.items() if not name.startswith(("GYMDASH_", "PYTEST"))}
        process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "gymdash_server", *map(str, arguments)],
            cwd=self.folder,
            env={**known, "PYTHONPATH": str(self.site), **self.environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
        self.begun.append(process)
        return process

    def end(self) -> None:
        """End the commands that are still there, whatever has become of their test."""
        for process in self.begun:
            if process.returncode is None:
                process.kill()
                process.communicate()
        self.begun.clear()


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
        load = Path(__file__).parents[1] / "cli_simulations.py"
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
        self.process.communicate(timeout=WAIT_S)
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
