"""Every package declares what it imports itself, also where another of its dependencies happens to bring it."""

from __future__ import annotations

import ast
import sys
import tomllib
from importlib.metadata import packages_distributions
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PACKAGES = sorted(path.parent for path in ROOT.glob("packages/*/pyproject.toml"))


def modules_in(folder):
    """Name the top-level modules that some files import, but for the standard library's."""
    found = set()
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                found.add(node.module.partition(".")[0])
    return found - sys.stdlib_module_names


def names_in(requirements):
    return {canonicalize_name(Requirement(text).name) for text in requirements}


def declared(package):
    project = tomllib.loads((package / "pyproject.toml").read_text())["project"]
    optional = project.get("optional-dependencies", {}).values()
    return names_in(chain(project["dependencies"], *optional)) | {project["name"]}


def undeclared(modules, names, providers):
    """Return which modules no declared distribution provides; one of ours has the name of its module."""
    provided = {
        module: {canonicalize_name(name) for name in (*providers.get(module, ()), module)} for module in modules
    }
    return sorted(module for module in modules if names.isdisjoint(provided[module]))


@pytest.fixture(scope="module")
def providers():
    """The distributions that provide each installed module."""
    return packages_distributions()


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_a_package_declares_what_it_imports(package, providers):
    assert undeclared(modules_in(package / "src"), declared(package), providers) == []


def test_what_the_tests_import_is_declared_by_a_package_or_for_development(providers):
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"].values()
    names = names_in(chain(*groups)).union(*map(declared, PACKAGES))
    installed = modules_in(ROOT / "tests") & providers.keys()
    assert undeclared(installed, names, providers) == []
