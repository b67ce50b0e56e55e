"""Follow a page as a reader does: its files are written and its lines given, in order, in a terminal.

An ``sh`` block runs line by line and each line ends well. A ``text`` block whose lines begin with ``$ `` is a session:
what a line prints is what stands below it (``...`` stands for anything), and it ends well where that is no error.
"""

from __future__ import annotations

import doctest
import os
import re
import shutil
import subprocess
from time import monotonic, sleep
from typing import TYPE_CHECKING

from pages import ROOT, blocks_of, write_files

if TYPE_CHECKING:
    from pages import Block
    from terminals import Terminal

EXACT = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
#: `test_blocks.py` runs these, and compares what they print.
OF_PYTHON = re.compile(r"python \w+\.py")
#: Lines that are not run, and why.
NOT_RUN = {"make test": "is what runs this test"}
#: Lines of sessions that end with an exit code, and why; one that prints an error does so, too.
FAILING = dict.fromkeys(("gymdash wait digits", "gymdash wait long"), "the run was stopped")
#: Lines that change nothing, and may be given again.
READS = re.compile(r"gymdash (?:list|points|query|show|wait)\b")
#: Lines that change nothing where they fail, as before a question has come, and may then be given again.
ANSWERS = re.compile(r"gymdash answer\b")
#: A block that begins so is compared with the Makefile instead: it asks a package index.
OF_THE_MAKEFILE = "python3 -m venv .venv"
#: A webhook that nobody has.
WEBHOOK = "https://chat.example/hooks/123"
PATIENCE_S = 30
PAUSE_S = 0.2


def lines_of(block: Block) -> list[tuple[str, str | None]]:
    """Return what a block has to run: (line, what it prints or None) in order."""
    text = re.sub(r"\\\n\s*", "", block.text)
    if block.info == "sh" and not block.text.startswith(OF_THE_MAKEFILE):
        return [(line.strip(), None) for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if block.info != "text" or not text.startswith("$ "):
        return []
    found = [part.partition("\n") for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]]
    return [(line, expected) for line, _, expected in found if not OF_PYTHON.fullmatch(line)]


def command_of(line: str) -> str:
    """Return a line without its comment."""
    return line.partition(" #")[0].strip()


def follow(terminal: Terminal, name: str, webhook: str = "") -> None:
    """Follow a page to its end; whatever goes wrong is an AssertionError."""
    prepare(terminal, name)
    for block in blocks_of(ROOT / name):
        write_files([block], terminal.folder)
        for line, expected in lines_of(block):
            if command_of(line) not in NOT_RUN:
                give(terminal, command_of(line).replace(WEBHOOK, webhook), expected)


def prepare(terminal: Terminal, name: str) -> None:
    """Put a reader where a page finds them: in a package that is shown, else in a clone."""
    page = ROOT / name
    if (page.parent / "pyproject.toml").exists() and page.is_relative_to(ROOT / "docs"):
        shutil.copytree(page.parent, terminal.folder, dirs_exist_ok=True)
    else:
        (terminal.folder / "packages").symlink_to(ROOT / "packages")


def give(terminal: Terminal, command: str, expected: str | None) -> None:
    """Give a line, and look at what comes of it."""
    if command.startswith("make "):
        command = what_make_runs(command.removeprefix("make "))
    code, printed = come_to_it(terminal, command, expected)
    told = f"$ {command}\n{printed}\nexit code {code}"
    assert "Traceback" not in printed, told
    assert is_as_said(command, expected, code, printed), told


def is_as_said(command: str, expected: str | None, code: int, printed: str) -> bool:
    """Whether a line ends and prints as its page says."""
    if expected is None:
        return code == 0
    fails = expected.startswith("Error") or command in FAILING
    return (code != 0) == fails and doctest.OutputChecker().check_output(expected, printed, EXACT)


def come_to_it(terminal: Terminal, line: str, expected: str | None) -> tuple[int, str]:
    """Give a line, again where it may be until it ends as it should; return its last exit code and what it printed.

    Readers are slower than tests, and what they look for has come by then.
    """
    deadline = monotonic() + PATIENCE_S
    code, printed = terminal.run(line)
    while not is_as_said(line, expected, code, printed) and "Traceback" not in printed and monotonic() < deadline:
        if not READS.match(line) and (code == 0 or not ANSWERS.match(line)):
            break
        sleep(PAUSE_S)
        code, printed = terminal.run(line)
    return code, printed


def what_make_runs(target: str) -> str:
    """Return the command of a target that needs nothing built."""
    return commands_of("-n", target)[-1].removeprefix(".venv/bin/")


def commands_of(*arguments: str) -> list[str]:
    """Return the lines that make would carry out, whether or not another make runs the tests."""
    known = {name: value for name, value in os.environ.items() if name not in {"MAKEFLAGS", "MAKELEVEL", "MFLAGS"}}
    line = ["make", "--no-print-directory", *arguments]
    done = subprocess.run(line, cwd=ROOT, env=known, capture_output=True, text=True, check=True)
    return done.stdout.replace("\\\n", " ").splitlines()
