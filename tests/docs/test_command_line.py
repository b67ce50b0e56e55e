"""The reference page of the command line is the generated one; commands print what the how-to page says."""

from __future__ import annotations

import contextlib
import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from gymdash_core.locks import holder
from gymdash_server.cli.main import built_in
from gymdash_server.cli.reference import reference

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "how-to" / "use-the-command-line.md"
EXACT = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
BLOCK = re.compile(r"^```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_reference_page_is_the_generated_one():
    assert (ROOT / "docs" / "reference" / "cli.md").read_text() == reference(), (
        "run: python -m gymdash_server.cli.reference > docs/reference/cli.md"
    )


def test_the_page_names_no_command_that_is_not_there():
    names = set(re.findall(r"gymdash ([a-z-]+)", PAGE.read_text()))
    assert names <= set(built_in().commands)


@pytest.fixture
def shell(tmp_path):
    """Run a line in a shell, in a folder with a server."""
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin" / "gymdash"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -W error -m gymdash_server "$@"\n')
    command.chmod(0o755)
    known = {name: value for name, value in os.environ.items() if not name.startswith(("GYMDASH_", "PYTEST"))}
    environment = {**known, "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"}
    (tmp_path / "work").mkdir()

    def run(line):
        done = subprocess.run(
            ["sh", "-c", line],
            cwd=tmp_path / "work",
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )
        assert "Traceback" not in done.stdout
        return done.stdout

    with subprocess.Popen(
        [command, "serve", "--port", "0", "--no-browser"],
        cwd=tmp_path / "work",
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        assert server.stdout.readline()
        yield run
        server.terminate()
        server.communicate(timeout=20)
    for lock in [*tmp_path.rglob("worker.lock"), *tmp_path.rglob("supervisor.lock")]:
        with contextlib.suppress(psutil.NoSuchProcess):
            pid = holder(lock)
            if pid is not None:
                psutil.Process(pid).kill()


def test_commands_print_what_the_page_says(shell):
    count = 0
    for block in BLOCK.findall(PAGE.read_text()):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            line, _, expected = part.partition("\n")
            printed = shell(line)
            assert doctest.OutputChecker().check_output(expected, printed, EXACT), f"$ {line}\n{printed}"
            count += 1
    assert count > 10
