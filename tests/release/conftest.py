"""The five packages as a release would have them: built, put on a shelf, each installed alone.

Unlike every other test, these ask a package index, the one that pip is set to: what is installed here comes from
nowhere else. It is asked once, for what builds the packages and for what all five need; then each environment is filled
from the shelf alone. Where none is reached the tests are skipped, and fail where ``CI`` is set.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
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
    from contextlib import AbstractContextManager

ROOT = Path(__file__).parents[2]
#: In the order in which they depend on each other.
PACKAGES = ("gymdash-core", "gymdash-server", "gymdash-tensorboard", "gymdash-sb3", "gymdash-torch")
#: For one test, and for one program.
LONG_S = 600
#: For the shelf, which is stocked before the first test and not in its time.
STOCKING_S = 3600


def pytest_collection_modifyitems(items):
    here = [item for item in items if Path(__file__).parent in item.path.parents]
    chosen = set(here)
    for item in here:
        item.add_marker(pytest.mark.timeout(LONG_S, func_only=True))
    items.sort(key=lambda item: item not in chosen)  # first: at the end all would wait for the longest


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


def run(*command: str | Path, cwd: Path, timeout_s: float = LONG_S, **more: str) -> str:
    """Run a program without the settings of these tests, and return what it printed."""
    ours = ("PYTEST", "PYTHON", "GYMDASH")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    how = {"cwd": cwd, "env": {**clean, **more}, "capture_output": True, "text": True, "timeout": timeout_s}
    done = subprocess.run(list(map(str, command)), check=False, **how)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def index(tmp_path_factory) -> None:
    """See that pip finds packages at all."""
    probe = ("download", "--no-deps", "--retries", "0", "--timeout", "20", "--dest", tmp_path_factory.mktemp("probe"))
    try:
        _pip(*probe, *_requirements("build-system", "requires"), timeout_s=120)
    except (AssertionError, subprocess.TimeoutExpired) as error:
        *_, why = str(error).strip().splitlines()
        message = f"pip reaches no package index, which the tests of a release ask: {why}"
        pytest.fail(message) if "CI" in os.environ else pytest.skip(message)


@pytest.fixture(scope="session")
def once(shared) -> Callable[[str, Callable[[Path], None]], Path]:
    """Return `once(name, make)`: a folder that is made once, whichever of the suite's processes comes first."""

    def made(name, make):
        folder, done = shared / name, shared / f"{name}.done"
        with (shared / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                make(folder)
                done.touch()
        return folder

    return made


@pytest.fixture(scope="session")
def dist(once, index) -> Path:
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


@pytest.fixture
def serving() -> Callable[..., AbstractContextManager[str]]:
    """Return `serving(command, folder, environment)`: a server, for as long as the context lasts."""
    return _serving


@contextlib.contextmanager
def _serving(command, folder, environment, answer_s=60.0, grace_s=30.0) -> Iterator[str]:
    """Start a server and yield its first line; in the end it is gone, and what it said on stderr is shown."""
    told = folder / "stderr.txt"
    with told.open("w") as stderr:
        how = {"stdout": subprocess.PIPE, "stderr": stderr, "text": True}
        server = subprocess.Popen(command, cwd=folder, env=environment, **how)
    with server:
        try:
            ready, _, _ = select.select([server.stdout], [], [], answer_s)
            line = server.stdout.readline() if ready else ""
            assert line, f"no server within {answer_s:g} s: {told.read_text()}"
            yield line
        finally:
            _end(server, grace_s)
            print(told.read_text(), file=sys.stderr)


def _end(server: subprocess.Popen[str], grace_s: float) -> None:
    server.terminate()
    try:
        server.wait(grace_s)
    except subprocess.TimeoutExpired:
        server.kill()


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
    _pip("download", "--dest", folder, "--constraint", chosen, *dist.glob("*.whl"), timeout_s=STOCKING_S)


def _install(package: str, folder: Path, shelf: Path) -> None:
    venv.create(folder, symlinks=True)
    (wheel,) = shelf.glob(f"{package.replace('-', '_')}-*.whl")
    version = wheel.name.split("-")[1]
    options = ("--no-index", "--find-links", shelf, "--no-compile", "--quiet")
    _pip("--python", folder / "bin" / "python", "install", *options, f"{package}=={version}")


def _pip(*arguments: str | Path, timeout_s: float = LONG_S) -> None:
    run(sys.executable, "-m", "pip", *arguments, cwd=ROOT, timeout_s=timeout_s)
