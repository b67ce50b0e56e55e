"""The five packages as a release would have them: built, put on a shelf, each installed alone.

Unlike every other test, these ask a package index: what is installed here comes from nowhere else. It is asked once,
for what builds the packages and for what all five need; then each environment is filled from the shelf alone.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import tomllib
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
#: In the order in which they depend on each other.
PACKAGES = ("gymdash-core", "gymdash-server", "gymdash-tensorboard", "gymdash-sb3", "gymdash-torch")
LONG_S = 600


def pytest_collection_modifyitems(items):
    here = [item for item in items if Path(__file__).parent in item.path.parents]
    for item in here:
        item.add_marker(pytest.mark.timeout(LONG_S))


def pytest_generate_tests(metafunc):
    if "package" in metafunc.fixturenames:
        metafunc.parametrize("package", PACKAGES, scope="session")


@dataclass(frozen=True)
class Environment:
    """An environment that holds one package and what it asks for.

    Attributes:
        folder: Where it is.
    """

    folder: Path

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"

    def run(self, *arguments: str | Path, cwd: Path) -> str:
        """Run its Python and return what it printed."""
        return run(self.python, *arguments, cwd=cwd)

    def distributions(self) -> set[str]:
        """Name what is installed."""
        code = "from importlib.metadata import distributions as d; print(*(x.metadata['Name'] for x in d()))"
        return {name.lower().replace("_", "-") for name in self.run("-I", "-c", code, cwd=self.folder).split()}


def run(*command: str | Path, cwd: Path, **more: str) -> str:
    """Run a program without the settings of these tests, and return what it printed."""
    ours = ("PYTEST", "PYTHON", "GYMDASH")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, env={**clean, **more}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def common(tmp_path_factory) -> Iterator[Path]:
    """A folder that the suite's processes share; the last of them removes it, since it holds gigabytes."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "release"
    folder.mkdir(exist_ok=True)
    with (folder / "in-use.lock").open("w") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        yield folder
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder)


@pytest.fixture(scope="session")
def once(common) -> Callable[[str, Callable[[Path], None]], Path]:
    """Return `once(name, make)`: a folder that is made once, whichever of the suite's processes comes first."""

    def made(name, make):
        folder, done = common / name, common / f"{name}.done"
        with (common / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                make(folder)
                done.touch()
        return folder

    return made


@pytest.fixture(scope="session")
def dist(once) -> Path:
    """The folder with the sdist of each package, and the wheel that was built from it."""
    return once("dist", _build)


@pytest.fixture(scope="session")
def shelf(once, dist) -> Path:
    """The folder with our wheels, and those of everything that they need."""
    return once("shelf", lambda folder: _stock(folder, dist))


@pytest.fixture(scope="session")
def alone(once, shelf) -> Callable[[str], Environment]:
    """Return `alone(package)`: an environment into which that package was installed, and nothing else."""
    return lambda package: Environment(once(package, lambda folder: _install(package, folder, shelf)))


def _build(folder: Path) -> None:
    """Build as a release does, in isolation; the back end is fetched once instead of ten times."""
    backend = folder / "backend"
    _pip("download", "--dest", backend, *_requirements("build-system", "requires"))
    for package in PACKAGES:
        build = ("-m", "build", "--outdir", folder, ROOT / "packages" / package)
        run(sys.executable, *build, cwd=folder, PIP_NO_INDEX="1", PIP_FIND_LINKS=str(backend))


def _requirements(table: str, key: str) -> set[str]:
    """Return what all packages together ask for there."""
    files = (ROOT / "packages" / package / "pyproject.toml" for package in PACKAGES)
    return {text for file in files for text in tomllib.loads(file.read_text())[table][key]}


def _stock(folder: Path, dist: Path) -> None:
    """Fetch what all five need, with the build of torch that this project is developed with."""
    chosen = folder / "constraints.txt"
    chosen.write_text("\n".join(tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]["torch"]))
    _pip("download", "--dest", folder, "--constraint", chosen, *dist.glob("*.whl"))


def _install(package: str, folder: Path, shelf: Path) -> None:
    venv.create(folder, symlinks=True)
    (wheel,) = shelf.glob(f"{package.replace('-', '_')}-*.whl")
    version = wheel.name.split("-")[1]
    options = ("--no-index", "--find-links", shelf, "--no-compile", "--quiet")
    _pip("--python", folder / "bin" / "python", "install", *options, f"{package}=={version}")


def _pip(*arguments: str | Path) -> None:
    run(sys.executable, "-m", "pip", *arguments, cwd=ROOT)
