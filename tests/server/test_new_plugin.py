"""A plugin begun with `gymdash new-plugin`: whole or not at all, and sound from the first minute on."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import click
import pytest
from packaging.requirements import Requirement

from environments import install, make_environment
from gymdash_core.plugins import build_plugin_manager
from gymdash_server.cli import scaffold

SERVER = Path(__file__).parents[2] / "packages" / "gymdash-server"

#: A common name, a short one, and one that makes lines long; whether there is a renderer.
PLUGINS = [("gymdash-deep_walk", False), ("w", True), ("Walk2-through-the-whole-of-a-very-long-valley", True)]


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """The interpreter of an environment of its own; what is installed there may depend on the packages of this one."""
    return make_environment(tmp_path_factory.mktemp("stranger") / "venv")


def run(folder, *arguments):
    ours = ("PYTEST", "PYTHON", "GYMDASH")
    done = subprocess.run(
        [*map(str, arguments)],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if not name.startswith(ours)},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize(("name", "renderer"), PLUGINS)
def test_its_own_tests_pass_at_once_where_it_is_installed(gymdash, python, name, renderer):
    made = gymdash.json("new-plugin", name, *(["--renderer"] if renderer else []))
    folder = gymdash.folder / made["folder"]
    install(python, f"{folder}[test]")
    told = run(folder, python, "-m", "pytest", "-q", "-p", "no:randomly", "-p", "no:cacheprovider", "-W", "error")
    assert ("8 passed" if renderer else "3 passed") in told
    run(folder, sys.executable, "-m", "ruff", "check", "--no-cache", ".")
    run(folder, sys.executable, "-m", "ruff", "format", "--check", "--no-cache", ".")


def test_what_is_written_is_told(gymdash):
    made = gymdash.json("new-plugin", "walk", "--renderer", "--folder", "some/where")
    assert made["key"] == "walk"
    folder = gymdash.folder / "some" / "where" / "gymdash-walk"
    written = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert set(made["files"]) == written
    assert {".gitignore", "src/gymdash_walk/static/ways.js"} <= written
    assert [path.name for path in folder.parent.iterdir()] == ["gymdash-walk"]
    left = [path for path in written if "{{" in (folder / path).read_text() or "{%" in (folder / path).read_text()]
    assert not left


def test_it_asks_for_the_core_that_it_was_made_for(tmp_path):
    folder = scaffold.create_plugin("walk", tmp_path).folder
    needs = map(Requirement, tomllib.loads((folder / "pyproject.toml").read_text())["project"]["dependencies"])
    (core,) = (need for need in needs if need.name == "gymdash-core")
    assert core.specifier.contains(version("gymdash-core"))
    assert not core.specifier.contains("0.1.9")


@pytest.mark.parametrize(
    ("made_with", "floor"), [("0.3.2", "0.3"), ("1.0", "1.0"), ("0.2.0.dev0", "0.2.0.dev0"), ("0.3.1rc1", "0.3.0.dev0")]
)
def test_what_it_asks_for_begins_with_the_minor_version(made_with, floor):
    assert scaffold.floor_of(made_with) == floor


def test_neither_git_nor_any_other_program_is_needed(gymdash):
    gymdash.environment |= {"PATH": "", "COPIER_SETTINGS_PATH": "/there/is/none"}
    assert gymdash("new-plugin", "walk").stdout == "gymdash-walk\n"


def test_a_new_plugin_replaces_nothing(gymdash):
    gymdash("new-plugin", "walk")
    assert "is there already" in gymdash("new-plugin", "walk", code=1).stderr


BROKEN = """
import sys
from pathlib import Path
from gymdash_server.cli import scaffold

scaffold.TEMPLATE = Path(sys.argv[1])
try:
    scaffold.create_plugin("walk", Path(sys.argv[2]))
except ZeroDivisionError:
    print("it has failed")
"""


def test_nothing_half_made_stays_where_it_fails(tmp_path):
    template = tmp_path / "template"
    template.mkdir()
    (template / "copier.yml").write_text("_templates_suffix: .jinja\n")
    (template / "a.txt").write_text("fine")
    (template / "b.txt.jinja").write_text("{{ 1 / 0 }}")
    (tmp_path / "work").mkdir()
    assert run(tmp_path, sys.executable, "-c", BROKEN, template, "work/deeper") == "it has failed\n"
    assert list((tmp_path / "work").iterdir()) == []


def test_a_folder_that_cannot_be_written_is_told_in_a_line(gymdash):
    (gymdash.folder / "file").write_text("")
    assert gymdash("new-plugin", "walk", "--folder", "file/there", code=1).stderr.count("\n") == 1
    long = gymdash("new-plugin", "w" * 300, code=1).stderr
    assert long.count("\n") == 1
    assert list(gymdash.folder.iterdir()) == [gymdash.folder / "file"]


NO_NAMES = ["", "2walk", "wa lk", "walk-", "../walk", "class", "wälk", "a--b"]
TAKEN = ["core", "ray", "gymdash-torch", "custom-control", "gymdash_example_ml", "Stable-Baselines"]


@pytest.mark.parametrize("name", NO_NAMES + TAKEN)
def test_a_bad_name_makes_nothing(tmp_path, name):
    with pytest.raises(click.BadParameter, match=r"no name|of GymDash itself"):
        scaffold.create_plugin(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_name_of_no_built_in_simulation_is_taken(tmp_path):
    for row in build_plugin_manager().items("simulation"):
        with pytest.raises(click.BadParameter, match=f"{row.item.key} is a simulation of GymDash itself"):
            scaffold.create_plugin(row.item.key, tmp_path)


def test_the_engine_is_asked_for_in_the_version_that_the_template_needs():
    needs = map(Requirement, tomllib.loads((SERVER / "pyproject.toml").read_text())["project"]["dependencies"])
    (copier,) = (need for need in needs if need.name == "copier")
    template = (scaffold.TEMPLATE / "copier.yml").read_text()
    (needed,) = re.findall(r'^_min_copier_version: "(.*)"$', template, re.MULTILINE)
    assert str(copier.specifier) == f">={needed}"


def test_a_bad_name_is_told_as_wrong_usage(gymdash):
    assert "no name" in gymdash("new-plugin", "2walk", code=2).stderr


def test_help_and_a_server_do_not_load_the_engine():
    loaded = "import sys, gymdash_server.cli.main, gymdash_server.app; print('copier' in sys.modules)"
    assert run(None, sys.executable, "-c", loaded) == "False\n"
