"""Files that plugins give the page: renderers of stat kinds, and modules that it loads anyhow.

A plugin's package may hold anything, so what is served is what the plugin names (`StatKind.renderer`, and what
`gymdash_frontend` returns), and files of the folders that those lie in, which they may import. A plugin that is fenced
off serves nothing. Knows the plugin manager and the file system, no routes.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from gymdash_server.errors import NoSuchItemError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gymdash_core.plugin_report import PluginReport
    from gymdash_core.plugins import PluginManager

#: What is served, as what; browsers import a module as ``text/javascript`` alone.
MEDIA_TYPES: Final = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".css": "text/css",
    ".json": "application/json",
    ".wasm": "application/wasm",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
_MODULES = (".js", ".mjs")


@dataclass(frozen=True)
class PageModule:
    """An ES module of a plugin.

    Attributes:
        path: Where it is in the plugin's package.
        url: Where the page finds it; None where it cannot be served.
        error: Why it cannot be served; empty where it can.
    """

    path: str
    url: str | None
    error: str = ""

    def as_json(self) -> dict[str, str | None]:
        """Return the module as a JSON object."""
        return {"path": self.path, "url": self.url, "error": self.error}


class PluginFiles:
    """Find the files that plugins give the page.

    Thread safety: all methods may be called from any thread.

    Args:
        manager: The plugins; each is asked for its modules now.
    """

    def __init__(self, manager: PluginManager) -> None:
        self._manager = manager
        self._asked: dict[str, tuple[str, ...]] = {}
        for report, call in manager.implementations("gymdash_frontend"):
            try:
                self._asked[report.id] = tuple(_paths(call()))
            except (Exception, SystemExit) as error:  # noqa: BLE001 - boundary: any hook may raise anything
                manager.fence(report.id, error)

    def renderer(self, kind: str) -> PageModule | None:
        """Return the module that draws a kind of stats; None where it has none, or its plugin was fenced off."""
        for entry in self._manager.items("stat kind"):
            if entry.item.name == kind and entry.item.renderer is not None:
                rows = self._rows(entry.plugin)
                return next((_module(row, entry.item.renderer) for row in rows if _is_of(row, entry)), None)
        return None

    def modules(self, report: PluginReport) -> list[PageModule]:
        """Return the modules that the page loads of a plugin, whatever is shown."""
        return [_module(report, path) for path in self._asked.get(report.id, ())] if report.ok else []

    def find(self, plugin: str, path: str) -> tuple[Path, str]:
        """Return a file that a plugin gives the page, and its media type.

        Raises:
            NoSuchItemError: There is no such file, it is none that the plugin named or one may import, or the plugin
                is not in use.
        """
        for row in self._rows(plugin):
            if any(path == named or _is_beside(path, named) for named in self._named(row)):
                found, media_type = _file_of(row, path), MEDIA_TYPES.get(PurePosixPath(path).suffix)
                if isinstance(found, Path) and media_type is not None:
                    return found, media_type
        raise NoSuchItemError(f"file of plugin {plugin!r} for the page", path)

    def _rows(self, plugin: str) -> list[PluginReport]:
        return [row for row in self._manager.report if row.ok and row.name == plugin]

    def _named(self, row: PluginReport) -> Iterator[str]:
        yield from self._asked.get(row.id, ())
        for entry in self._manager.items("stat kind"):
            if entry.item.renderer is not None and _is_of(row, entry):
                yield entry.item.renderer


def _is_of(row: PluginReport, entry: object) -> bool:
    return (row.name, row.distribution) == (getattr(entry, "plugin", ""), getattr(entry, "distribution", ""))


def _paths(results: list[object]) -> Iterator[str]:
    for result in results:
        if not isinstance(result, (list, tuple)) or not all(isinstance(path, str) for path in result):
            raise TypeError(f"gymdash_frontend returned {result!r}; return a list of paths inside the package")
        yield from result


def _module(row: PluginReport, path: str) -> PageModule:
    found = _file_of(row, path)
    if isinstance(found, str):
        return PageModule(path, None, found)
    if found.suffix not in _MODULES:
        return PageModule(path, None, f"{path} is no ES module: its name should end in .js or .mjs")
    address = f"/api/v1/plugins/{quote(row.name, safe='')}/files/{quote(path)}"
    return PageModule(path, f"{address}?v={quote(row.version, safe='')}")


def _is_beside(path: str, named: str) -> bool:
    """Whether a file lies in, or below, the folder of a named one; the package's own folder holds more than that."""
    folder = PurePosixPath(named).parent
    return bool(folder.parts) and PurePosixPath(path).is_relative_to(folder)


def _file_of(row: PluginReport, path: str) -> Path | str:
    """Return a file inside a plugin's package, or why there is none."""
    module = sys.modules.get(row.module.partition(":")[0])
    package, file = getattr(module, "__package__", None), getattr(module, "__file__", None)
    if not package or not file:
        return f"plugin {row.name!r} is no part of a package, so it has no files"
    if "\\" in path or "\0" in path or any(part in {"", ".", ".."} for part in path.split("/")):
        return f"{path!r} is no path inside the package {package}"
    folder = Path(file).parent.resolve()
    found = (folder / path).resolve()
    if not found.is_relative_to(folder):
        return f"{path} lies outside of the package {package}"
    return found if found.is_file() else f"the package {package} has no file {path}"
