"""Every line of shell in the documentation runs, in the order of its page, and prints what the page says.

A page is followed as a reader would: a folder and an environment of its own, the files that its blocks name already
there, servers going on beside it. An ``sh`` block runs line by line and each line ends well. A ``text`` block whose
lines begin with ``$ `` is a session: what a line prints is what stands below it (``...`` stands for anything).
"""

from __future__ import annotations

import doctest
import re
import shutil
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic

import pytest

from pages import NAMES, ROOT, blocks_of, write_files
from terminals import Terminal

EXACT = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
#: `test_blocks.py` runs these, and compares what they print.
OF_PYTHON = re.compile(r"python \w+\.py")
#: Lines that are not run, and why.
NOT_RUN = {
    "make test": "is what runs this test",
    ".venv/bin/python -m pytest": "is what runs this test",
}
#: Blocks that the test below compares with the Makefile instead: they ask a package index.
OF_THE_MAKEFILE = "python3 -m venv .venv"
PATIENCE_S = 30
#: A webhook that nobody has, and the test's own.
WEBHOOK = "https://chat.example/hooks/123"


def lines_of(block):
    """Return what a block has to run: (line, what it prints or None) in order."""
    text = re.sub(r"\\\n\s*", "", block.text)
    if block.info == "sh":
        return [(line.strip(), None) for line in text.splitlines() if line.strip() and not line.startswith("#")]
    parts = re.split(r"^\$ ", text, flags=re.MULTILINE)
    found = [part.partition("\n") for part in parts[1:]] if text.startswith("$ ") else []
    return [(line, expected) for line, _, expected in found if not OF_PYTHON.fullmatch(line)]


def command_of(line):
    """Return a line without its comment."""
    return line.partition(" #")[0].strip()


def lines_of_page(name):
    blocks = [block for block in blocks_of(ROOT / name) if block.info in {"sh", "text"}]
    return [line for block in blocks if not block.text.startswith(OF_THE_MAKEFILE) for line in lines_of(block)]


PAGES = {name: lines for name in NAMES if (lines := lines_of_page(name))}


@pytest.fixture
def terminal(tmp_path):
    found = Terminal(tmp_path)
    yield found
    found.close()


@pytest.fixture
def webhook():
    """The address of something that takes what is posted."""

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/hook"
        server.shutdown()
        thread.join()


def prepare(terminal, name):
    """Put a reader where a page finds them: in a clone, in a package, beside the files that it shows."""
    page = ROOT / name
    if (page.parent / "pyproject.toml").exists() and page.is_relative_to(ROOT / "docs"):
        shutil.copytree(page.parent, terminal.folder, dirs_exist_ok=True)
    else:
        (terminal.folder / "packages").symlink_to(ROOT / "packages")
        write_files(blocks_of(page), terminal.folder)


def what_make_runs(target):
    """Return the command of a target that needs nothing built."""
    done = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1].removeprefix(".venv/bin/")


def comes_to_it(terminal, line):
    """Give a line again until it ends well: readers are slower than tests, and what they look for has come by then."""
    deadline = monotonic() + PATIENCE_S
    while monotonic() < deadline:
        code, printed = terminal.run(line)
        assert "Traceback" not in printed, f"$ {line}\n{printed}"
        if code == 0:
            return True
    return False


@pytest.mark.parametrize("name", PAGES)
def test_every_line_of_shell_runs_and_prints_what_the_page_says(name, terminal, webhook):
    prepare(terminal, name)
    for line, expected in PAGES[name]:
        command = command_of(line)
        if command in NOT_RUN:
            continue
        if command.startswith("make "):
            command = what_make_runs(command.removeprefix("make "))
        code, printed = terminal.run(command.replace(WEBHOOK, webhook))
        if expected is None:
            assert code == 0 or comes_to_it(terminal, command), f"$ {command}\n{printed}"
        else:
            assert "Traceback" not in printed, f"$ {command}\n{printed}"
            assert doctest.OutputChecker().check_output(expected, printed, EXACT), f"$ {command}\n{printed}"


def test_nothing_is_left_out_that_is_not_there():
    blocks = [block for name in NAMES for block in blocks_of(ROOT / name) if block.info == "sh"]
    assert set(NOT_RUN) <= {command_of(line) for block in blocks for line, _ in lines_of(block)}


def test_the_way_without_make_is_that_of_the_makefile():
    (block,) = [block for block in blocks_of(ROOT / "README.md") if block.text.startswith(OF_THE_MAKEFILE)]
    wanted = subprocess.run(
        ["make", "-nB", ".venv/.installed", "PYTHON=python3"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.replace("\\\n", " ")
    steps = [" ".join(line.split()).replace(" --quiet", "") for line in wanted.splitlines()]
    for line, _ in lines_of(block):
        if " gymdash" not in line and "pytest" not in line and "/gymdash" not in line:
            assert " ".join(line.split()) in steps
