"""A terminal as a reader has one: a folder, a Python environment of its own, and servers that run beside it.

Nothing is downloaded: what pip installs may depend on the packages of the environment that runs the tests.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import shlex
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from environments import make_environment
from gymdash_core.locks import holder

SERVER = re.compile(r"^(?:\w+=\S+ )*gymdash (?:serve|demo)\b")
PATIENCE_S = 60
SHIMS = {"gymdash": "python -W error -m gymdash_server", "pip": "python -m pip", "pytest": "python -m pytest"}


@dataclass
class Terminal:
    """Runs lines of shell.

    Attributes:
        home: The home folder, with the environment in ``venv`` and the reader's folder in ``work``.
        environment: Variables.
        folder: Where the next line runs.
        served: The server that goes on behind each line that has begun one.
        errors: What servers have written to their standard error.
    """

    home: Path
    environment: dict[str, str] = field(default_factory=dict)
    folder: Path = field(init=False)
    served: dict[str, subprocess.Popen[str]] = field(default_factory=dict)
    errors: Path = field(init=False)

    def __post_init__(self) -> None:
        self.folder = self.home / "work"
        self.folder.mkdir()
        self.errors = self.home / "servers.log"
        programs = make_environment(self.home / "venv").parent
        for name, command in SHIMS.items():
            (programs / name).write_text(f'#!/bin/sh\nexec {command} "$@"\n')
            (programs / name).chmod(0o755)
        ours = ("PYTEST", "PYTHON", "GYMDASH", "PIP_")
        known = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        self.environment = {
            **known,
            "PATH": f"{programs}:{os.environ['PATH']}",
            "HOME": str(self.home),
            "BROWSER": "true",
            "GYMDASH_PORT": "0",
            "PIP_NO_INDEX": "1",
            "PIP_NO_BUILD_ISOLATION": "0",  # pip's spelling of "none, please"
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        }

    def run(self, line: str) -> tuple[int, str]:
        """Run a line; return its exit code and what it printed. A server is begun and its address returned."""
        if SERVER.match(line):
            return 0, self._serve(line)
        words = shlex.split(line, comments=True)
        if words[0] == "cd":
            self.folder = (self.folder / words[1]).resolve(strict=True)
            return 0, ""
        if words[0] == "export":
            self.environment |= dict(word.split("=", 1) for word in words[1:])
            return 0, ""
        done = subprocess.run(
            ["sh", "-ec", line],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=100,
            check=False,
        )
        return done.returncode, done.stdout

    def _serve(self, line: str) -> str:
        if line in self.served:
            self._end(self.served[line])  # the reader has ended it by Ctrl-C
        with self.errors.open("a") as errors:
            self.served[line] = server = subprocess.Popen(
                ["sh", "-c", line.replace("gymdash", "exec gymdash", 1)],
                cwd=self.folder,
                env=self.environment,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        assert server.stdout is not None
        ready, _, _ = select.select([server.stdout], [], [], PATIENCE_S)
        address = server.stdout.readline().strip() if ready else ""
        assert address.startswith("http://"), f"{line} serves nothing\n{self.errors.read_text()}"
        return address

    def close(self) -> None:
        """End servers, which must end well, and whatever of their runs goes on."""
        with contextlib.ExitStack() as ending:  # each of them, whatever comes of the others
            ending.callback(end_runs, self.home)
            for server in self.served.values():
                ending.callback(self._end, server)

    def _end(self, server: subprocess.Popen[str]) -> None:
        server.terminate()
        try:
            server.communicate(timeout=PATIENCE_S)
        finally:
            server.kill()
            server.wait()
        assert server.returncode == 0, self.errors.read_text()


def end_runs(folder: Path) -> None:
    """Kill the runs of all projects below a folder."""
    for lock in [*folder.rglob("worker.lock"), *folder.rglob("supervisor.lock")]:
        with contextlib.suppress(psutil.NoSuchProcess):
            pid = holder(lock)
            process = psutil.Process(pid) if pid is not None else None
            for member in [*process.children(recursive=True), process] if process is not None else ():
                member.kill()
