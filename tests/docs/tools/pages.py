"""The pages of the documentation and their fenced blocks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("packages/*/*.md")])
NAMES = [page.relative_to(ROOT).as_posix() for page in PAGES]
#: The page that makes and installs a package; `tests/browser/test_tutorial.py` follows it.
PLUGIN_TUTORIAL = "docs/tutorial/first-plugin.md"
FENCE = re.compile(r"^(?P<fence>```+)(?P<info>[^\n`]*)\n(?P<text>.*?)^(?P=fence)$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"^(?:#|//) (?P<path>[\w./-]+\.(?:py|toml|js|awk))\n")
#: Languages whose blocks are files, where their first line names one.
FILES = {"python", "toml", "js", "awk"}


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, the file that its first line names, and where it is."""

    info: str
    text: str
    path: str | None
    line: int


def blocks_of(page: Path) -> list[Block]:
    """Return the blocks of a page, in order."""
    text = page.read_text()
    found = []
    for match in FENCE.finditer(text):
        named = FILE.match(match["text"]) if match["info"] in FILES else None
        path = named["path"] if named else None
        found.append(Block(match["info"], match["text"], path, text.count("\n", 0, match.start()) + 1))
    return found


def write_files(blocks: list[Block], folder: Path) -> None:
    """Write the blocks that are files."""
    for block in blocks:
        if block.path is not None:
            (folder / block.path).parent.mkdir(parents=True, exist_ok=True)
            (folder / block.path).write_text(block.text)


def without_fences(text: str) -> str:
    """Return a page without its blocks."""
    return FENCE.sub("", text)
