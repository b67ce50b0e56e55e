"""Each view of the dashboard has a page with a picture of it, which `make pictures` makes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "how-to" / "dashboard"
FRAME = (ROOT / "packages/gymdash-server/frontend/src/features/shell/App.tsx").read_text()
#: The routes of the frame: `/runs/:id` is the view of one run, `/` that of all.
VIEWS = sorted(
    {"/": "runs", "/runs/:id": "run"}.get(path, path.strip("/")) for path in re.findall(r'<Route path="([^"]+)"', FRAME)
)
MOST_BYTES = 60_000
SMALLEST_PX = (800, 400)


def test_the_views_are_found():
    assert {"runs", "run", "start", "control", "analyze"} <= set(VIEWS)


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_has_a_page_with_its_picture(view):
    text = (FOLDER / f"{view}.md").read_text()
    assert f"](pictures/{view}.webp)" in text
    assert f"](dashboard/{view}.md)" in (FOLDER.parent / "use-the-dashboard.md").read_text()


@pytest.mark.parametrize("picture", sorted(FOLDER.glob("pictures/*")), ids=lambda path: path.name)
def test_pictures_are_small_shown_and_large_enough_to_be_read(picture):
    assert picture.stat().st_size <= MOST_BYTES
    with Image.open(picture) as image:
        assert image.format == "WEBP"
        assert image.size >= SMALLEST_PX
    pages = [*FOLDER.glob("*.md"), FOLDER.parent / "use-the-dashboard.md"]
    assert any(f"pictures/{picture.name})" in page.read_text() for page in pages)
