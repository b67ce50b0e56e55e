"""The pages about the server: REST is the generated one, and every event has its entry."""

from __future__ import annotations

import re
from pathlib import Path

from gymdash_server.live.hub import EVENTS
from gymdash_server.reference import reference

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "reference"


def test_the_rest_page_is_the_generated_one():
    assert (FOLDER / "rest.md").read_text() == reference(), (
        "run: python -m gymdash_server.reference > docs/reference/rest.md"
    )


def test_every_event_has_its_entry_and_there_is_no_other():
    assert re.findall(r"^## (.*)$", (FOLDER / "events.md").read_text(), re.MULTILINE) == list(EVENTS)


def test_each_rule_of_the_page_about_security_names_tests_that_are_there():
    text = (ROOT / "docs" / "explanation" / "security.md").read_text()
    for path in re.findall(r"`(tests/[\w/.]+)`", text):
        assert (ROOT / path).exists()
