"""CONTRIBUTING sends people to paths that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text()
#: Names with a folder, or with a suffix of the repository; a placeholder is none.
PATHS = sorted(
    {name for name in re.findall(r"`([\w.-]+(?:/[\w.-]+)*/?)`", TEXT) if "/" in name or name.endswith(".toml")}
)
TARGETS = sorted(set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)))


def test_the_table_sends_to_two_paths_a_row():
    rows = [line for line in TEXT.splitlines() if line.startswith("| ") and "`" in line]
    assert len(rows) >= 10
    assert all(len(re.findall(r"`[^`]+/[^`]+`", row)) == 2 for row in rows)


@pytest.mark.parametrize("path", [path for path in PATHS if path != "logs/"])
def test_every_path_exists(path):
    assert (ROOT / path).exists()


def test_every_make_target_exists():
    named = {word for line in re.findall(r"`make ([a-z ]+)`", TEXT) for word in line.split()}
    assert named
    assert named <= set(TARGETS)
