"""The documentation as a site: it is built strictly, names every page, and asks nobody else for anything."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from html.parser import HTMLParser

import pytest

from pages import ROOT

DOCS = ROOT / "docs"
CONFIG = tomllib.loads((ROOT / "zensical.toml").read_text())["project"]
#: What a browser loads by itself: a link to another page is none of these.
LOADED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src", "video": "src"}


def named_in(nav):
    """Yield the pages of a navigation, in its order."""
    for entry in nav:
        if isinstance(entry, str):
            yield entry
        else:
            for below in entry.values():
                yield from [below] if isinstance(below, str) else named_in(below)


def build(folder):
    return subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--strict", "--clean"],
        cwd=folder,
        env={"PATH": "", "HOME": str(folder), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    shutil.copy(ROOT / "zensical.toml", folder)
    shutil.copytree(DOCS, folder / "docs", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@pytest.fixture(scope="module")
def site(project):
    done = build(project)
    assert done.returncode == 0, done.stdout + done.stderr
    return project / "site"


def test_the_navigation_names_every_page_once_and_no_other():
    named = list(named_in(CONFIG["nav"]))
    decisions = set(DOCS.glob("adr/*.md"))
    pages = {path.relative_to(DOCS).as_posix() for path in set(DOCS.rglob("*.md")) - decisions}
    assert len(named) == len(set(named))
    assert set(named) == pages


def test_every_page_is_built(site):
    missing = [path for path in DOCS.rglob("*.md") if not built_of(site, path).is_file()]
    assert not missing


def built_of(site, page):
    name = "index" if page.stem == "README" else page.stem
    return site / page.relative_to(DOCS).with_name(f"{name}.html")


@pytest.mark.parametrize("line", ["[a page](nowhere.md)", "[a heading](architecture.md#nowhere)"])
def test_a_link_that_leads_nowhere_fails_the_build(project, line):
    page = project / "docs" / "explanation" / "broken.md"
    page.write_text(f"# Broken\n\n{line}\n")
    try:
        done = build(project)
    finally:
        page.unlink()
    assert done.returncode != 0
    assert "does not exist" in done.stdout + done.stderr


class Loads(HTMLParser):
    """Collects what a page makes a browser load."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        wanted = LOADED.get(tag)
        self.found += [value for name, value in attrs if name == wanted and value]


def test_no_page_loads_anything_from_another_host(site):
    for page in site.rglob("*.html"):
        parser = Loads()
        parser.feed(page.read_text())
        elsewhere = [address for address in parser.found if re.match(r"(?:https?:)?//", address)]
        assert not elsewhere, page
        here = [address for address in parser.found if not address.startswith(("data:", "/"))]
        missing = [name for name in here if not (page.parent / name.partition("#")[0].partition("?")[0]).exists()]
        assert not missing, page
    for sheet in site.rglob("*.css"):
        assert not re.search(r"@import|url\(['\"]?(?:https?:)?//", sheet.read_text())


def test_the_list_of_decisions_is_complete():
    text = (DOCS / "explanation" / "decisions.md").read_text()
    listed = re.findall(r"^\| (\d+) \| \[(.*)\]\(\.\./adr/(.*)\) \|$", text, re.MULTILINE)
    pages = sorted(DOCS.glob("adr/*.md"))
    titles = [page.read_text().splitlines()[0].removeprefix("# ").partition(". ") for page in pages]
    assert [(number, title, name) for number, title, name in listed] == [
        (number, title, page.name) for (number, _, title), page in zip(titles, pages, strict=True)
    ]
    assert [int(number) for number, _, _ in listed] == list(range(1, len(pages) + 1))


def test_the_picture_of_the_architecture_suits_light_and_dark():
    picture = (DOCS / "explanation" / "pictures" / "architecture.svg").read_text()
    assert "prefers-color-scheme: dark" in picture
    assert "<title" in picture
    assert "<desc" in picture
