"""Python environments as strangers have them: of their own, with what is installed there and nothing else of theirs.

Nothing is downloaded: what is installed may depend on the packages of the environment that runs the tests.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

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
