"""Every Python block of the documentation runs, what it is said to print it prints, and links lead somewhere.

The blocks of a page are one script, run in an empty folder. A block whose first line names a file (``# walk.py``) is
that file: one without a folder is run as a script of its own, the text block behind it that begins with ``$ python
walk.py`` is what it prints (``...`` stands for anything), and one under ``tests/`` is run by pytest. A page that has a
``pyproject.toml`` is a package, which is installed first. The tutorial about plugins is followed by
`tests/browser/test_tutorial.py`.
"""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys

import pytest

from pages import NAMES, PAGES, PLUGIN_TUTORIAL, ROOT, blocks_of, without_fences, write_files
from terminals import end_runs

LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")
INFOS = {"python", "text", "sh", "toml", "js", "awk", ""}
CODE = re.compile(r"^(?:from \w+|import \w+|class \w+|def \w+|@\w+|(?:\w+ = )?\w+(?:\.\w+)+\()", re.MULTILINE)
EXACT = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def run(arguments, folder):
    """Run Python in a folder; warnings are errors, packages of the page are found."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "PYTHON"))}
    environment["PYTHONPATH"] = str(folder / ".site")
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"python {' '.join(map(str, arguments))}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture
def folder(tmp_path):
    """An empty folder; whatever still runs there afterwards is ended."""
    yield tmp_path
    end_runs(tmp_path)


def run_file(block, following, folder):
    """Run the file of a block; compare what it prints with the text block behind it."""
    write_files([block], folder)
    printed = run(["-W", "error", block.path], folder)
    command, _, expected = following.text.partition("\n") if following is not None else ("", "", "")
    if command == f"$ python {block.path}":
        same = doctest.OutputChecker().check_output(expected, printed, EXACT)
        assert same, f"line {following.line}: {block.path} prints\n{printed}"


PYTHON_PAGES = [
    name
    for name, page in zip(NAMES, PAGES, strict=True)
    if name != PLUGIN_TUTORIAL and any(b.info == "python" for b in blocks_of(page))
]


@pytest.mark.timeout(400)  # trainings, on a machine that may be busy
@pytest.mark.parametrize("name", PYTHON_PAGES)
def test_every_python_block_runs(name, folder):
    blocks = blocks_of(ROOT / name)
    write_files(blocks, folder)
    if (folder / "pyproject.toml").exists():
        options = ["--target", ".site", "--no-deps", "--no-build-isolation", "--no-index", "--quiet"]
        run(["-m", "pip", "install", *options, "."], folder)
    for block, following in zip(blocks, [*blocks[1:], None], strict=True):
        if block.info == "python" and block.path is not None:
            if "/" not in block.path:
                run_file(block, following if following and following.info == "text" else None, folder)
            elif block.path.startswith("tests/"):
                run(["-m", "pytest", "-q", "-p", "no:randomly", "-c", os.devnull, "--rootdir", ".", block.path], folder)
            else:
                compile(block.text, block.path, "exec")
    script = "\n".join(block.text for block in blocks if block.info == "python" and block.path is None)
    (folder / "page.py").write_text(script)
    run(["-W", "error", "page.py"], folder)


@pytest.mark.parametrize("name", NAMES)
def test_every_block_says_what_it_is(name):
    blocks = blocks_of(ROOT / name)
    wrong = [block.line for block in blocks if block.info not in INFOS]
    assert not wrong, f"blocks that are none of {sorted(INFOS)}, in lines {wrong}"
    hidden = [block.line for block in blocks if block.info not in {"python", "js"} and CODE.search(block.text)]
    assert not hidden, f"Python that nobody runs, in lines {hidden}"


@pytest.mark.parametrize("name", NAMES)
def test_every_internal_link_leads_to_a_file_and_a_heading(name):
    page = ROOT / name
    for link in LINK.finditer(without_fences(page.read_text())):
        target, _, anchor = link["target"].partition("#")
        if "://" in target or target.startswith("mailto:"):
            continue
        found = (page.parent / target).resolve() if target else page
        assert found.exists(), f"{link[0]}: there is no {target}"
        assert found.is_relative_to(ROOT), f"{link[0]} leaves the repository"
        if anchor:
            assert anchor in slugs_of(found), f"{link[0]}: {target} has no heading {anchor!r}"


def slugs_of(page):
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", without_fences(page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
