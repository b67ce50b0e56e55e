"""The package root: what it names is there, nothing else is, and using it costs little."""

from __future__ import annotations

import ast
import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

import gymdash_core
from gymdash_core import testing

HEAVY = ["gymnasium", "numpy", "ray", "tensorboard", "torch"]
LATER = ["gymdash_core.simulation", "gymdash_core.tracker", "pluggy", "psutil", "pydantic"]
SCRIPT = """
import json, sys
import gymdash_core
root = sorted(sys.modules)
from gymdash_core import build_plugin_manager
assert [row.name for row in build_plugin_manager().report if not row.ok] == []
plugins = sorted(sys.modules)
from gymdash_core import *
missing = sorted(name for name in gymdash_core.__all__ if name not in globals())
print(json.dumps({"root": root, "plugins": plugins, "missing": missing, "dir": dir(gymdash_core)}))
"""


@pytest.fixture(scope="module")
def fresh():
    """What a fresh interpreter has loaded after importing the package, and after finding all plugins."""
    done = subprocess.run([sys.executable, "-P", "-c", SCRIPT], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_importing_the_package_loads_none_of_its_parts(fresh):
    assert "gymdash_core" in fresh["root"]
    assert not set(LATER) & set(fresh["root"])


def test_finding_all_plugins_loads_nothing_heavy(fresh):
    assert "gymdash_core.plugins" in fresh["plugins"]
    assert not {name.partition(".")[0] for name in fresh["plugins"]} & set(HEAVY)


def test_every_public_name_can_be_imported(fresh):
    assert fresh["missing"] == []


def test_dir_is_what_is_public(fresh):
    assert fresh["dir"] == gymdash_core.__all__


@pytest.mark.parametrize("package", [gymdash_core, testing], ids=lambda package: package.__name__)
def test_public_names_are_sorted_and_lead_to_what_they_name(package):
    assert package.__all__ == sorted(set(package.__all__))
    for name in package.__all__:
        found = getattr(package, name)
        assert getattr(found, "__name__", name).rpartition(".")[2] in {name, "NotSupportedError"}


@pytest.mark.parametrize("package", [gymdash_core, testing], ids=lambda package: package.__name__)
def test_type_checkers_and_the_interpreter_find_names_in_the_same_place(package):
    homes = {name: f"{package.__name__}.{home}" for name, home in package._HOMES.items()}
    modules = {f"{package.__name__}.{name}" for name in package.__all__} & set(sys.modules)
    imports = imports_for_type_checkers(package)
    assert {name: home for name, home in imports.items() if f"{home}.{name}" not in modules} == homes
    assert set(imports) == set(package.__all__)
    for name, home in homes.items():
        assert getattr(importlib.import_module(home), name) is getattr(package, name)


def imports_for_type_checkers(package):
    tree = ast.parse(Path(package.__file__).read_text())
    (block,) = [node for node in tree.body if isinstance(node, ast.If)]
    return {alias.name: node.module for node in block.body for alias in node.names}


@pytest.mark.parametrize("package", [gymdash_core, testing], ids=lambda package: package.__name__)
def test_an_unknown_name_is_an_attribute_error(package):
    with pytest.raises(AttributeError, match="no_such_name"):
        package.no_such_name  # noqa: B018 - the look is what is tested
