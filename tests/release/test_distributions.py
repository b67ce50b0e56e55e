"""What is in the files that a release uploads, and what they say of themselves."""

from __future__ import annotations

import email
import re
import subprocess
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[2]


def project(package):
    return tomllib.loads((ROOT / "packages" / package / "pyproject.toml").read_text())["project"]


@pytest.fixture
def module(package):
    return package.replace("-", "_")


@pytest.fixture
def wheel(dist, module):
    (found,) = dist.glob(f"{module}-*.whl")
    with zipfile.ZipFile(found) as opened:
        yield opened


@pytest.fixture
def sdist(dist, module):
    """Name and content of each file of the sdist, without the folder that holds them all."""
    (found,) = dist.glob(f"{module}-*.tar.gz")
    with tarfile.open(found) as opened:
        files = {member.name.partition("/")[2]: member for member in opened if member.isfile()}
        yield {name: opened.extractfile(member).read() for name, member in files.items()}


@pytest.fixture
def metadata(wheel, module):
    (name,) = (name for name in wheel.namelist() if re.fullmatch(rf"{module}-[^/]+\.dist-info/METADATA", name))
    return email.message_from_bytes(wheel.read(name))


def test_it_says_what_it_is(metadata, package):
    readme = (ROOT / "packages" / package / "README.md").read_text()
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert metadata.get_payload().strip() == readme.strip()
    assert metadata["Summary"] == project(package)["description"]
    assert metadata["Requires-Python"] == ">=3.11"
    assert {"Typing :: Typed", "Programming Language :: Python :: 3"} <= set(metadata.get_all("Classifier"))


def test_it_carries_its_licence(wheel, sdist, metadata, module):
    text = (ROOT / "LICENSE").read_bytes()
    assert metadata["License-Expression"] == "MIT"
    assert metadata.get_all("License-File") == ["LICENSE"]
    assert wheel.read(f"{module}-{metadata['Version']}.dist-info/licenses/LICENSE") == text
    assert sdist["LICENSE"] == text


def test_its_wheel_holds_its_module_and_nothing_else(wheel, package, module):
    tracked = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "src"],
        cwd=ROOT / "packages" / package,
        capture_output=True,
        text=True,
        check=True,
    )
    sources = {name.removeprefix("src/") for name in tracked.stdout.splitlines()}
    held = {name for name in wheel.namelist() if ".dist-info/" not in name and not name.startswith(f"{module}/static/")}
    assert held == sources
    assert f"{module}/py.typed" in held


def test_its_sdist_holds_what_its_wheel_is_made_of(wheel, sdist):
    for name in wheel.namelist():
        if ".dist-info/" not in name:
            assert sdist[f"src/{name}"] == wheel.read(name)


def test_packages_of_one_release_fit_each_other_and_no_later_ones(metadata):
    version = Version(metadata["Version"])
    following = f"{version.major}.{version.minor + 1}.0"
    siblings = [
        need for text in metadata.get_all("Requires-Dist") if (need := Requirement(text)).name[:8] == "gymdash-"
    ]
    assert len(siblings) == {"gymdash-core": 0, "gymdash-server": 1, "gymdash-tensorboard": 1}.get(metadata["Name"], 2)
    for need in siblings:
        assert version == Version(project(need.name)["version"])
        assert need.specifier.contains(version)
        assert not need.specifier.contains(following)
        assert not need.specifier.contains(f"{following}.dev0", prereleases=True)


def test_the_page_is_in_the_wheel_of_the_server(dist):
    (found,) = dist.glob("gymdash_server-*.whl")
    with zipfile.ZipFile(found) as wheel:
        page = wheel.read("gymdash_server/static/index.html").decode()
        scripts = re.findall(r'src="[./]*(assets/[^"]+)"', page)
        assert scripts
        assert {f"gymdash_server/static/{name}" for name in scripts} <= set(wheel.namelist())
