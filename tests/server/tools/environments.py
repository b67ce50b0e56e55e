"""Python environments as strangers have them: of their own, with what is installed there and nothing else of theirs.

Nothing is downloaded: what is installed may depend on the packages of the environment that runs the tests.
"""

from __future__ import annotations

import contextlib
import importlib
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Further arguments of pip that keep it from asking a package index.
OFFLINE = ("--no-build-isolation", "--no-index", "--quiet")


def make_environment(folder: Path) -> Path:
    """Make an environment and return its interpreter; packages of this one are found behind its own."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    site = next((folder / "lib").glob("python*/site-packages"))
    (site / "dependencies.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
    return folder / "bin" / "python"


def install(python: Path, *arguments: str | Path) -> None:
    """Install with pip into the environment of an interpreter."""
    subprocess.run([sys.executable, "-m", "pip", "--python", python, "install", *OFFLINE, *arguments], check=True)


@contextlib.contextmanager
def installed(package: Path, site: Path) -> Iterator[None]:
    """Install a package into a folder, which is on the path of this process and what it starts until the end."""
    options = ["--target", site, "--no-deps", *OFFLINE]
    subprocess.run([sys.executable, "-m", "pip", "install", *options, package], check=True)
    sys.path.insert(0, str(site))
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(str(site))
        module = package.name.replace("-", "_")
        for name in [name for name in sys.modules if name.partition(".")[0] == module]:
            del sys.modules[name]
