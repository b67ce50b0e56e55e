"""Plugins: what fails is fenced off and told, everything else goes on."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from gymdash_core.errors import DuplicateItemError, PluginLoadError
from gymdash_core.hookspecs import hookimpl, hookspec
from gymdash_core.plugin_report import PluginStage
from gymdash_core.plugins import build_plugin_manager
from gymdash_core.types import SimulationType

ZOO = Path(__file__).parents[1] / "plugins_zoo"
HEAVY = ("torch", "tensorboard", "gymnasium", "ray", "stable_baselines3", "numpy")


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Install zoo modules as distributions; return their entry points and core's."""
    monkeypatch.syspath_prepend(str(ZOO))
    yield lambda *modules, **named: [
        *importlib.metadata.entry_points(group="gymdash", name="core"),
        *(entry for m in modules for entry in write_distribution(tmp_path, m.replace("_", "-"), m)),
        *(entry for d, m in named.items() for entry in write_distribution(tmp_path, d, m)),
    ]
    for name in [name for name in sys.modules if name.startswith("zoo_")]:
        del sys.modules[name]


def write_distribution(site, distribution, module):
    folder = site / f"{distribution.replace('-', '_')}-1.5.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.5\n")
    (folder / "entry_points.txt").write_text(f"[gymdash]\n{module} = {module}\n")
    return importlib.metadata.Distribution.at(folder).entry_points


def rows(manager):
    return {row.name: row for row in manager.report}


def keys(manager, kind="simulation"):
    return [entry.item.name for entry in manager.items(kind)]


def test_core_registers_its_items_through_the_hooks_of_everybody():
    manager = build_plugin_manager(allow=[])
    assert keys(manager) == ["custom_control"]
    assert set(keys(manager, "stat kind")) == {"scalars", "images", "videos", "audio", "text", "histograms"}
    assert keys(manager, "executor") == ["thread", "process"]
    core = rows(manager)["core"]
    assert (core.ok, core.stage, core.distribution, core.error) == (True, PluginStage.CALL, "gymdash-core", "")


@pytest.mark.parametrize(
    ("module", "stage", "told"),
    [
        ("zoo_import_error", "load", "ValueError: the zoo's import error"),
        ("zoo_sys_exit", "load", "SystemExit: the zoo wants to leave"),
        ("zoo_wrong_api", "load", "contract 99"),
        ("zoo_wrong_signature", "register", "database"),
        ("zoo_hook_raises", "call", "KeyError: 'no such kind'"),
        ("zoo_hook_wrong_type", "call", "returned dict"),
        ("zoo_hook_wrong_item", "call", "no SimulationType"),
        ("zoo_hook_returns_none", "call", "returned NoneType"),
        ("zoo_wrapper", "call", "wrap"),
        ("zoo_bad_target", "call", "is no import string"),
    ],
)
def test_broken_plugin_is_fenced_off_and_everything_else_goes_on(install, module, stage, told):
    manager = build_plugin_manager(entry_points=install(module, "zoo_healthy"))
    row = rows(manager)[module]
    assert (row.ok, row.stage, dict(row.items)) == (False, stage, {})
    assert told in row.error
    assert "Traceback" in row.traceback
    assert (row.distribution, row.version, row.module) == (module.replace("_", "-"), "1.5", module)
    assert keys(manager) == ["custom_control", "zoo_walk"]
    assert rows(manager)["zoo_healthy"].ok
    assert dict(rows(manager)["zoo_healthy"].items) == {"simulation": ("zoo_walk",), "stat kind": ("zoo_paths",)}


@pytest.mark.parametrize("module", ["zoo_import_error", "zoo_sys_exit", "zoo_wrong_api", "zoo_hook_raises"])
def test_strict_makes_a_broken_plugin_fatal(install, module):
    with pytest.raises(PluginLoadError, match=module) as caught:
        build_plugin_manager(entry_points=install(module), strict=True)
    assert caught.value.__cause__ is not None


def test_strict_makes_a_clash_fatal(install):
    with pytest.raises(PluginLoadError, match="custom_control") as caught:
        build_plugin_manager(entry_points=install("zoo_duplicate_key"), strict=True)
    assert isinstance(caught.value.__cause__, DuplicateItemError)


def test_later_distribution_loses_the_item_and_both_are_named(install):
    manager = build_plugin_manager(entry_points=install("zoo_duplicate_key"))
    row = rows(manager)["zoo_duplicate_key"]
    assert row.ok
    assert dict(row.items) == {"simulation": ("zoo_own",)}
    (clash,) = row.clashes
    assert "'core' of gymdash-core" in clash
    assert "'zoo_duplicate_key' of zoo-duplicate-key 1.5" in clash
    owners = {entry.item.key: entry.distribution for entry in manager.items("simulation")}
    assert owners == {"custom_control": "gymdash-core", "zoo_own": "zoo-duplicate-key"}


def test_order_is_core_then_distribution_name_whatever_the_order_of_discovery(install):
    found = install(b_second="zoo_healthy", A_first="zoo_duplicate_key")
    orders = [
        [row.distribution for row in build_plugin_manager(entry_points=entries).report]
        for entries in (found, found[::-1])
    ]
    assert orders == [["gymdash-core", "A_first", "b_second"]] * 2


def test_fenced_plugin_gives_its_keys_to_the_next_that_offers_them(install):
    class Heir:
        @hookimpl
        def gymdash_simulations(self):
            return [SimulationType("zoo_vanishes", target="zoo_walk:WalkSimulation")]

    manager = build_plugin_manager(entry_points=install("zoo_hook_raises"), extra=[Heir()])
    (entry,) = [entry for entry in manager.items("simulation") if entry.item.key == "zoo_vanishes"]
    assert entry.plugin.endswith("Heir")
    assert rows(manager)[entry.plugin].clashes == ()


@pytest.mark.parametrize("name", ["zoo_healthy", "zoo-healthy", "ZOO.healthy"])
def test_denied_plugin_is_not_imported(install, name):
    manager = build_plugin_manager(entry_points=install("zoo_healthy"), deny=[name])
    assert rows(manager)["zoo_healthy"].stage == PluginStage.SKIPPED
    assert "deny" in rows(manager)["zoo_healthy"].error
    assert "zoo_healthy" not in sys.modules


def test_allow_list_leaves_out_all_others_but_core(install):
    manager = build_plugin_manager(entry_points=install("zoo_healthy", "zoo_import_error"), allow=["zoo_healthy"])
    assert keys(manager) == ["custom_control", "zoo_walk"]
    assert rows(manager)["zoo_import_error"].stage == PluginStage.SKIPPED


def test_two_objects_of_one_name_both_count():
    def plugin(key):
        return SimpleNamespace(gymdash_simulations=hookimpl(lambda: [SimulationType(key, target="a:B")]))

    manager = build_plugin_manager(allow=[], extra=[plugin("one"), plugin("two")])
    assert keys(manager) == ["custom_control", "one", "two"]


def test_misspelled_hook_is_reported(install):
    assert rows(build_plugin_manager(entry_points=install("zoo_typo")))["zoo_typo"].unknown_hooks == (
        "gymdash_simulation",
    )


def test_another_package_adds_its_hooks_to_the_same_manager():
    specs = ModuleType("specs")
    specs.gymdash_frontend = hookspec(lambda: None)
    specs.gymdash_frontend.__name__ = "gymdash_frontend"

    class Front:
        @hookimpl
        def gymdash_frontend(self):
            return [SimpleNamespace(name="panel")]

        @hookimpl
        def gymdash_simulations(self):
            return [SimulationType("front", target="a:B")]

    class Broken:
        @hookimpl
        def gymdash_frontend(self, window):
            return []

        @hookimpl
        def gymdash_simulations(self):
            return [SimulationType("broken", target="a:B")]

    manager = build_plugin_manager(allow=[], extra=[Front(), Broken()])
    assert "broken" in keys(manager)
    manager.add_hookspecs(specs, {"panel": ("gymdash_frontend", SimpleNamespace)})
    assert [entry.item.name for entry in manager.items("panel")] == ["panel"]
    assert keys(manager) == ["custom_control", "front"]
    fenced = [row for row in manager.report if row.traceback]
    assert [row.name.rpartition(".")[2] for row in fenced] == ["Broken"]
    assert fenced[0].stage == PluginStage.REGISTER


def test_implementations_of_a_run_hook_are_called_one_by_one():
    seen = []

    class Watcher:
        @hookimpl
        def gymdash_run_finished(self, run):
            seen.append(run["id"])

    class Failing:
        @hookimpl
        def gymdash_run_finished(self):
            raise OSError("no network")

    manager = build_plugin_manager(allow=[], extra=[Failing(), Watcher()])
    calls = {row.name.rpartition(".")[2]: call for row, call in manager.implementations("gymdash_run_finished")}
    with pytest.raises(OSError, match="no network"):
        calls["Failing"](run={"id": "7"})
    calls["Watcher"](run={"id": "7"})
    assert seen == ["7"]


def test_report_rows_are_json(install):
    manager = build_plugin_manager(entry_points=install("zoo_duplicate_key", "zoo_import_error"))
    assert len(json.loads(json.dumps([row.as_json() for row in manager.report]))) == 3


def test_installed_plugins_are_found_and_nothing_heavy_is_imported(tmp_path):
    for module in ("zoo_healthy", "zoo_sys_exit"):
        write_distribution(tmp_path, module, module)
    code = (
        "import json, sys\n"
        "from gymdash_core.plugins import build_plugin_manager\n"
        "report = build_plugin_manager().report\n"
        "print(json.dumps([{row.name: row.ok for row in report}, sorted(sys.modules)]))\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": f"{tmp_path}:{ZOO}"},
        capture_output=True,
        check=True,
        timeout=60,
    )
    found, modules = json.loads(result.stdout)
    assert found["core"] is True
    assert found["zoo_healthy"] is True
    assert found["zoo_sys_exit"] is False
    assert not set(modules) & {*HEAVY, "zoo_walk", "gymdash_core.simulation"}
