"""Whatever a package brings is documented: hooks, settings, options, routes, events, errors, arguments, channels.

`test_reference.py` holds the entries of the core against the code; here all packages are looked through, by their
sources where that shows what nobody has thought of listing.
"""

from __future__ import annotations

import ast
import importlib
import re

import click
import pytest
from pydantic import BaseModel

from gymdash_core import Simulation
from gymdash_core.plugins import build_plugin_manager
from gymdash_server.app import create_app
from gymdash_server.cli.main import built_in
from gymdash_server.live.hub import EVENTS
from gymdash_server.settings import Settings
from pages import ROOT

FOLDER = ROOT / "docs" / "reference"
REFERENCE = {page.name: page.read_text() for page in FOLDER.glob("*.md")}
EVERYTHING = "\n".join(REFERENCE.values())
ENTRIES = {
    name.partition("(")[0]
    for heading in re.findall(r"^#+ (.*)$", EVERYTHING, re.MULTILINE)
    for name in re.findall(r"`([^`]+)`", heading)
}
SOURCES = {
    path: ast.parse(path.read_text())
    for path in sorted(ROOT.glob("packages/*/src/*/**/*.py"))
    if "migrations" not in path.parts and "plugin_template" not in path.parts
}
EXTENSIONS = ("gymdash_sb3", "gymdash_tensorboard", "gymdash_torch")
#: The page of each simulation type.
PAGES = {
    "custom_control": "builtin-simulations.md",
    "stable_baselines": "stable-baselines.md",
    "example_ml": "torch.md",
}


def rows_of(text):
    """Return the cells of each table row by the name that it begins with."""
    found = {}
    for line in text.splitlines():
        if line.startswith("| `"):
            name, *cells = [cell.strip() for cell in line.strip("|").split("|")]
            found.setdefault(name.strip("`"), []).append(cells)
    return found


# --- errors and hooks ------------------------------------------------------------------------------------------------


def classes():
    for path, tree in SOURCES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                bases = [getattr(base, "id", getattr(base, "attr", "")) for base in node.bases]
                yield path.relative_to(ROOT / "packages").parts[2], node.name, bases


def errors():
    """Return every class of the error tree, wherever it is: (package, name)."""
    found, tree = set(), {"GymDashError", "StopSimException"}
    while True:
        more = {(package, name) for package, name, bases in classes() if name in tree or tree & set(bases)}
        if more == found:
            return found
        found, tree = more, tree | {name for _, name in more}


def test_every_error_of_every_package_has_an_entry():
    known = errors()
    assert {package for package, _ in known} >= {"gymdash_core", "gymdash_server", "gymdash_torch"}
    wanted = {f"{package}.{name}" if package in EXTENSIONS else name for package, name in known}
    assert wanted <= ENTRIES


def test_every_hook_of_every_package_has_an_entry():
    hooks = {
        node.name
        for tree in SOURCES.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and any(getattr(getattr(mark, "func", mark), "id", "") == "hookspec" for mark in node.decorator_list)
    }
    assert len(hooks) > 5
    assert hooks <= ENTRIES


# --- settings and options --------------------------------------------------------------------------------------------


def test_every_setting_is_explained_with_its_variable_and_default():
    rows = rows_of(REFERENCE["settings.md"].partition("## Of commands")[0])
    assert list(rows) == list(Settings.model_fields)
    for name, field in Settings.model_fields.items():
        ((variable, option, default, _),) = rows[name]
        assert variable == f"`{field.validation_alias or 'GYMDASH_' + name.upper()}`"
        if default.startswith("`"):
            assert default.strip("`") == str(field.get_default())
        else:
            assert field.default_factory is not None or field.get_default() in {None, ()}
        assert not option or option.strip("`") in options_of(built_in().commands["serve"])


def test_every_variable_that_is_read_is_explained():
    texts = [node.value for tree in SOURCES.values() for node in ast.walk(tree) if is_text(node)]
    hook = (ROOT / "packages" / "gymdash-server" / "hatch_build.py").read_text()
    named = set(re.findall(r"GYMDASH_[A-Z_]*[A-Z]", " ".join([*texts, hook]))) - {"GYMDASH_API"}
    assert named >= {"GYMDASH_URL", "GYMDASH_SKIP_FRONTEND"}
    assert named <= set(re.findall(r"GYMDASH_\w+", REFERENCE["settings.md"]))


def is_text(node):
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def options_of(command):
    return {name for option in command.params if isinstance(option, click.Option) for name in option.opts}


def commands_of(group, path):
    for name, command in group.commands.items():
        yield f"{path} {name}", command
        if isinstance(command, click.Group):
            yield from commands_of(command, f"{path} {name}")


def test_every_option_of_every_command_is_explained():
    for path, command in commands_of(built_in(), "gymdash"):
        _, found, section = REFERENCE["cli.md"].partition(f"\n## {path}\n")
        assert found, path
        text = section.partition("\n## ")[0]
        for option in command.params:
            if isinstance(option, click.Option) and not option.hidden:
                assert set(option.opts) <= set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", text)), f"{path}: {option.opts}"
                assert option.help, f"{path}: {option.opts} says nothing"


# --- routes and events -----------------------------------------------------------------------------------------------


def test_every_route_has_an_entry():
    document = create_app(Settings(project="unused", token="t")).openapi()
    routes = {f"{method.upper()} {path}" for path, methods in document["paths"].items() for method in methods}
    assert len(routes) > 30
    assert routes == set(re.findall(r"^### ([A-Z]+ /\S+)$", REFERENCE["rest.md"], re.MULTILINE))


def test_no_route_is_kept_out_of_the_document():
    hidden = [
        path.name
        for path, tree in SOURCES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.keyword) and node.arg == "include_in_schema"
    ]
    assert hidden == ["app.py"]  # a notice where the page was not built


def test_every_event_that_is_told_has_an_entry():
    assert set(EVENTS) == set(re.findall(r"^## (.*)$", REFERENCE["events.md"], re.MULTILINE))


# --- what plugins bring ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def manager():
    return build_plugin_manager()


@pytest.mark.parametrize("package", EXTENSIONS)
def test_every_public_name_of_an_extension_has_an_entry(package):
    assert {f"{package}.{name}" for name in importlib.import_module(package).__all__} <= ENTRIES


@pytest.mark.parametrize("key", PAGES)
def test_every_argument_of_a_simulation_is_explained_with_its_default(manager, key):
    (found,) = [row.item for row in manager.items("simulation") if row.item.key == key]
    page = REFERENCE[PAGES[key]]
    _, begun, table = page.partition("\n| argument |")
    assert begun
    compare_with_table(found.load_params(), table, page)


def compare_with_table(model, table, page):
    """Compare the fields of a model with a table, and those of a model in it with the table that is named after it."""
    rows = rows_of(table.partition("\n\n")[0])
    assert set(rows) == set(model.model_fields)
    for name, field in model.model_fields.items():
        default = field.get_default(call_default_factory=True)
        plain = {} if isinstance(default, BaseModel) else default
        written = f'"{plain}"' if isinstance(plain, str) else repr(plain)
        assert any(written == cell.strip("`") for cells in rows[name] for cell in cells), f"{name} is {written}"
        if isinstance(default, BaseModel):
            _, begun, members = page.partition(f"\n| in `{name}` |")
            assert begun, f"no table says what is in {name}"
            compare_with_table(type(default), members, page)


def test_every_simulation_type_has_its_page(manager):
    assert {row.item.key for row in manager.items("simulation")} == set(PAGES)


@pytest.mark.parametrize("key", PAGES)
def test_every_channel_of_a_simulation_is_explained(manager, key):
    (found,) = [row.item for row in manager.items("simulation") if row.item.key == key]
    module, _, name = found.target.partition(":")
    own = getattr(importlib.import_module(module), name).all_channels()
    everywhere = {channel.key for channel in Simulation.all_channels()}
    rows = rows_of(REFERENCE[PAGES[key]])
    for channel in own:
        if channel.key not in everywhere:
            assert any(cells[0].startswith(channel.kind) for cells in rows[channel.key]), channel.key


@pytest.mark.parametrize("kind", ["streamer", "stat kind", "executor"])
def test_everything_else_that_is_registered_is_named(manager, kind):
    for row in manager.items(kind):
        assert f"`{row.item.name}`" in EVERYTHING, row.item.name
