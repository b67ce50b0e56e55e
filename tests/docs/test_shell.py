"""Every line of shell in the documentation runs, in the order of its page, and prints what the page says.

The tutorial about plugins is followed in `tests/browser/test_tutorial.py`, which then looks at the picture.
"""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from following import NOT_RUN, OF_THE_MAKEFILE, command_of, commands_of, follow, lines_of
from pages import NAMES, PLUGIN_TUTORIAL, ROOT, blocks_of
from terminals import Terminal

PAGES = [name for name in NAMES if name != PLUGIN_TUTORIAL and any(map(lines_of, blocks_of(ROOT / name)))]


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


@pytest.mark.timeout(300)  # trainings, on a machine that may be busy
@pytest.mark.parametrize("name", PAGES)
def test_every_line_of_shell_runs_and_prints_what_the_page_says(name, terminal, webhook):
    follow(terminal, name, webhook)


def test_nothing_is_left_out_that_is_not_there():
    blocks = [block for name in NAMES for block in blocks_of(ROOT / name) if block.info == "sh"]
    assert set(NOT_RUN) <= {command_of(line) for block in blocks for line, _ in lines_of(block)}


def test_the_way_without_make_is_that_of_the_makefile():
    (block,) = [block for block in blocks_of(ROOT / "README.md") if block.text.startswith(OF_THE_MAKEFILE)]
    wanted = commands_of("-nB", ".venv/.installed", "PYTHON=python3")
    steps = [" ".join(line.split()).replace(" --quiet", "") for line in wanted]
    for line in block.text.replace("\\\n", " ").splitlines():
        if not line.startswith(".venv/bin/gymdash") and "pytest" not in line:
            assert " ".join(line.split()) in steps
