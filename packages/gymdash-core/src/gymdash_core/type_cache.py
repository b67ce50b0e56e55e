"""The cache of type descriptions: valid while the code that was described is unchanged.

Unchanged means: the same distribution and version, the same files (size and modification time) of the target's
top-level package or of its script, the same Python and gymdash-core. Computed without importing anything of it.
"""

from __future__ import annotations

import hashlib
import importlib.machinery
import importlib.metadata
import json
import logging
import os
import platform
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gymdash_core.errors import CorruptFileError
from gymdash_core.journal import read_json, write_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gymdash_core.targets import TargetSpec

_log = logging.getLogger(__name__)
_VERSION = 2


class TypeCache:
    """Descriptions in one JSON file, shared by all processes of a project.

    Losing the file, or an entry to another process that writes at the same time, costs a helper process, nothing else.

    Thread safety: any method from any thread.

    Args:
        path: The file; None remembers within this process only.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._entries: dict[str, Any] = {}

    def get(self, spec: TargetSpec, fingerprint: str | None) -> dict[str, Any] | None:
        """Return a description, or None where there is none of that fingerprint."""
        if fingerprint is None:
            return None
        with self._lock:
            entry = self._read().get(_key(spec))
        if not isinstance(entry, dict) or entry.get("fingerprint") != fingerprint:
            return None
        answer = entry.get("answer")
        return answer if isinstance(answer, dict) else None

    def put(self, spec: TargetSpec, fingerprint: str | None, answer: dict[str, Any]) -> None:
        """Keep a description; a disk that refuses it is logged and nothing else."""
        if fingerprint is None:
            return
        with self._lock:
            entries = self._read() | {_key(spec): {"fingerprint": fingerprint, "answer": answer}}
            self._entries = entries
            if self._path is None:
                return
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                write_json(self._path, {"version": _VERSION, "types": entries})
            except OSError as error:
                _log.warning("type descriptions cannot be cached: %s", error)

    def _read(self) -> dict[str, Any]:
        if self._path is None:
            return self._entries
        try:
            data = read_json(self._path)
        except (CorruptFileError, OSError):
            return self._entries
        if data is None or data.get("version") != _VERSION or not isinstance(data.get("types"), dict):
            return self._entries
        return dict(data["types"])


def fingerprint_of(spec: TargetSpec, distribution: str = "", version: str = "", python: str = "") -> str | None:
    """Return a digest of the code behind a target, or None where the code cannot be found.

    Args:
        spec: The target.
        distribution: The distribution that registered it.
        version: That distribution's version.
        python: The interpreter that describes it; this one by default.
    """
    files = sorted(_files(spec))
    if not files:
        return None
    facts = {
        "distribution": [distribution, version],
        "python": [python or sys.executable, platform.python_version()],
        "core": _core_version(),
        "files": files,
    }
    return hashlib.sha256(json.dumps(facts).encode("utf-8", "surrogatepass")).hexdigest()


def _core_version() -> str:
    try:
        return importlib.metadata.version("gymdash-core")
    except importlib.metadata.PackageNotFoundError:  # used from a folder, not installed
        return ""


def _key(spec: TargetSpec) -> str:
    return spec.target if spec.file is None else f"{spec.target}@{spec.file}"


def _files(spec: TargetSpec) -> Iterator[tuple[str, int, int]]:
    if spec.file is not None:
        yield from _stat(spec.file)
        return
    top = spec.module.partition(".")[0]
    path = [*spec.sys_path, *sys.path]
    found = importlib.machinery.PathFinder.find_spec(top, path) or _find(top)
    if found is None:
        return
    if found.submodule_search_locations is None:
        yield from _stat(found.origin or "")
        return
    for location in found.submodule_search_locations:
        for folder, folders, names in os.walk(location):
            folders[:] = [name for name in folders if name != "__pycache__"]
            for name in names:
                if name.endswith(".py"):
                    yield from _stat(os.path.join(folder, name))  # noqa: PTH118 - os.walk gives text


def _find(name: str) -> importlib.machinery.ModuleSpec | None:
    """Ask the other finders too: editable installations may bring their own."""
    for finder in sys.meta_path:
        find = getattr(finder, "find_spec", None)
        found = find(name, None) if find is not None else None
        if isinstance(found, importlib.machinery.ModuleSpec):
            return found
    return None


def _stat(file: str) -> Iterator[tuple[str, int, int]]:
    try:
        stat = Path(file).stat()
    except OSError:
        return
    yield file, stat.st_mtime_ns, stat.st_size
