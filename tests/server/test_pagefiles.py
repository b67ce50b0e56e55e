"""Rules of `gymdash_server.pagefiles`: the page gets what a plugin names, and nothing else of its package."""

from __future__ import annotations

import importlib.metadata
import sys
from dataclasses import replace

import pytest

from gymdash_core.plugins import build_plugin_manager
from gymdash_server import hookspecs
from gymdash_server.errors import NoSuchItemError
from gymdash_server.pagefiles import PluginFiles

PLUGIN = """
from gymdash_core import StatKind, hookimpl

@hookimpl
def gymdash_stat_kinds():
    return [
        StatKind("paths", "Paths", renderer="static/paths.js"),
        StatKind("gone", "Gone", renderer="static/gone.js"),
        StatKind("outside", "Outside", renderer="../secret.js"),
        StatKind("linked", "Linked", renderer="static/linked.js"),
        StatKind("code", "Code", renderer="plugin.py"),
        StatKind("top", "Top", renderer="top.js"),
        StatKind("plain", "Plain"),
    ]

@hookimpl
def gymdash_frontend():
    return ["panel/panel.mjs"]
"""


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Return `install(name, text)`: write a package with a plugin and return a manager that has loaded it."""
    monkeypatch.syspath_prepend(tmp_path)

    def install(name="drawn", text=PLUGIN, value=None):
        package = tmp_path / name
        for folder in ("static/deep", "panel"):
            (package / folder).mkdir(parents=True)
        (package / "__init__.py").write_text("")
        (package / "plugin.py").write_text(text)
        for path in ("static/paths.js", "static/deep/more.js", "static/look.css", "static/data.txt", "panel/panel.mjs"):
            (package / path).write_text(path)
        (package / "top.js").write_text("top")
        (package / "other.js").write_text("other")
        (tmp_path / "secret.js").write_text("secret")
        (package / "static" / "linked.js").symlink_to(tmp_path / "secret.js")
        info = tmp_path / f"{name}-1.0+a.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0+a\n")
        (info / "entry_points.txt").write_text(f"[gymdash]\n{name} = {value or f'{name}.plugin'}\n")
        manager = build_plugin_manager(entry_points=importlib.metadata.Distribution.at(info).entry_points)
        manager.add_hookspecs(hookspecs)
        return manager

    yield install
    for name, module in list(sys.modules.items()):  # no others: of one that is imported twice there are two classes
        if str(getattr(module, "__file__", None)).startswith(str(tmp_path)):
            del sys.modules[name]


def test_a_renderer_has_an_address_with_the_version(install):
    files = PluginFiles(install())
    assert files.renderer("paths").url == "/api/v1/plugins/drawn/files/static/paths.js?v=1.0%2Ba"
    assert files.renderer("plain") is None
    assert files.renderer("unknown") is None
    found, media_type = files.find("drawn", "static/paths.js")
    assert (found.read_text(), media_type) == ("static/paths.js", "text/javascript")


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("gone", "the package drawn has no file static/gone.js"),
        ("outside", "'../secret.js' is no path inside the package drawn"),
        ("linked", "static/linked.js lies outside of the package drawn"),
        ("code", "plugin.py is no ES module: its name should end in .js or .mjs"),
    ],
)
def test_a_renderer_that_cannot_be_served_says_why(install, kind, error):
    found = PluginFiles(install()).renderer(kind)
    assert (found.url, found.error) == (None, error)


def test_a_module_may_import_what_is_beside_it(install):
    files = PluginFiles(install())
    assert files.find("drawn", "static/deep/more.js")[1] == "text/javascript"
    assert files.find("drawn", "static/look.css")[1] == "text/css"
    assert files.find("drawn", "panel/panel.mjs")[1] == "text/javascript"
    assert files.find("drawn", "top.js")[0].read_text() == "top"


@pytest.mark.parametrize(
    "path",
    [
        "plugin.py",
        "__init__.py",
        "other.js",
        "static/data.txt",
        "static/gone.js",
        "static/linked.js",
        "static",
        "static/../other.js",
        "static/./paths.js",
        "../secret.js",
        "/etc/passwd",
        "static\\paths.js",
        "static/paths.js\0",
        "",
    ],
)
def test_nothing_else_of_a_package_is_served(install, path):
    files = PluginFiles(install())
    with pytest.raises(NoSuchItemError):
        files.find("drawn", path)


def test_a_plugin_that_is_fenced_off_serves_nothing(install):
    manager = install()
    files = PluginFiles(manager)
    row = next(row for row in manager.report if row.name == "drawn")
    assert [module.path for module in files.modules(row)] == ["panel/panel.mjs"]
    manager.fence(row.id, RuntimeError("meant to break"))
    assert files.renderer("paths") is None
    assert files.modules(replace(row, ok=False)) == []
    with pytest.raises(NoSuchItemError):
        files.find("drawn", "static/paths.js")


@pytest.mark.parametrize("answer", ["None", "'panel.js'", "[1]"])
def test_a_hook_that_names_no_modules_fences_its_plugin_off(install, answer):
    text = f"from gymdash_core import hookimpl\n@hookimpl\ndef gymdash_frontend():\n    return {answer}\n"
    manager = install(text=text)
    PluginFiles(manager)
    row = next(row for row in manager.report if row.name == "drawn")
    assert not row.ok
    assert "gymdash_frontend returned" in row.error


def test_a_plugin_without_a_package_has_no_files(install, tmp_path):
    (tmp_path / "single.py").write_text(PLUGIN)
    files = PluginFiles(install(value="single"))
    assert files.renderer("paths").error == "plugin 'drawn' is no part of a package, so it has no files"


def test_files_are_asked_for_again_and_come_as_modules(install, serve_at, settings):
    install()
    with serve_at(settings) as server:
        kinds = {kind["name"]: kind for kind in server.get("/stat-kinds")["items"]}
        assert (kinds["paths"]["renderer"], kinds["scalars"]["renderer_module"]) == ("static/paths.js", None)
        plugins = {row["name"]: row for row in server.get("/plugins")["items"]}
        assert plugins["drawn"]["page_modules"] == [
            {"path": "panel/panel.mjs", "url": "/api/v1/plugins/drawn/files/panel/panel.mjs?v=1.0%2Ba", "error": ""}
        ]
        url = kinds["paths"]["renderer_module"]["url"].removeprefix("/api/v1")
        answer = server.http.get(url)
        assert (answer.status_code, answer.text) == (200, "static/paths.js")
        assert answer.headers["content-type"].partition(";")[0] == "text/javascript"
        assert answer.headers["cache-control"] == "no-cache"
        assert server.http.get(url, headers={"if-none-match": answer.headers["etag"]}).status_code == 304
        assert server.http.get(url, headers={"authorization": ""}).status_code == 401
        for path in ("static/%2e%2e/other.js", "..%2f..%2fsecret.js", "plugin.py"):
            assert server.http.get(f"/plugins/drawn/files/{path}").status_code == 404
        assert server.http.get("/plugins/nobody/files/static/paths.js").status_code == 404
