"""The reference page of the command line is the generated one; the how-to page names commands that are there."""

from __future__ import annotations

import re

from gymdash_server.cli.main import built_in
from gymdash_server.cli.reference import reference
from pages import ROOT

PAGE = ROOT / "docs" / "how-to" / "use-the-command-line.md"


def test_the_reference_page_is_the_generated_one():
    assert (ROOT / "docs" / "reference" / "cli.md").read_text() == reference(), (
        "run: python -m gymdash_server.cli.reference > docs/reference/cli.md"
    )


def test_the_page_names_no_command_that_is_not_there():
    names = set(re.findall(r"gymdash ([a-z-]+)", PAGE.read_text()))
    assert names <= set(built_in().commands)
