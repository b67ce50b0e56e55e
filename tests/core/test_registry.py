"""The registry: names to types, and who provides each."""

from __future__ import annotations

import pytest

from gymdash_core.errors import DuplicateItemError, TargetError, UnknownKeyError
from gymdash_core.hookspecs import hookimpl
from gymdash_core.plugins import build_plugin_manager
from gymdash_core.registry import Registry
from gymdash_core.targets import TargetSpec
from gymdash_core.types import ExecutorType, SimulationType, StreamerType


@pytest.fixture
def registry():
    class Plugin:
        @hookimpl
        def gymdash_streamers(self):
            return [StreamerType("csv", "package.csv:Csv", patterns="**/*.csv")]

    return Registry(build_plugin_manager(allow=[], extra=[Plugin()]))


def test_items_are_found_by_name_with_their_owner(registry):
    found = registry.simulation("custom_control")
    assert found.item.target == "gymdash_core.simulations.custom_control:CustomControlSimulation"
    assert (found.plugin, found.distribution) == ("core", "gymdash-core")
    assert found.spec.target == found.item.target
    assert registry.executor("process").item.name == "process"
    assert registry.stat_kind("scalars").item.title
    assert registry.streamer("csv").item.patterns == ("**/*.csv",)


@pytest.mark.parametrize("lookup", ["simulation", "executor", "stat_kind", "streamer"])
def test_unknown_name_is_refused(registry, lookup):
    with pytest.raises(UnknownKeyError, match="nonsense"):
        getattr(registry, lookup)("nonsense")


def test_unknown_name_suggests_near_ones(registry):
    with pytest.raises(UnknownKeyError, match="Did you mean 'custom_control'"):
        registry.simulation("custom_contrl")


def test_registries_share_nothing(registry):
    registry.register_simulation(SimulationType("mine", "a:B"), "script.py")
    with pytest.raises(UnknownKeyError):
        Registry().simulation("mine")


def test_class_of_a_script_is_registered_with_how_to_load_it(registry):
    spec = TargetSpec("gymdash_script_1:Mine", "/x/script.py", ("/x",))
    registry.register_simulation(SimulationType("mine", spec.target), "script.py", recorded=spec, cls=int)
    found = registry.simulation("mine")
    assert (found.spec, found.cls, found.plugin, found.distribution) == (spec, int, "script.py", "")
    assert "mine" in registry.simulations


def test_taken_key_is_refused_and_both_owners_are_named(registry):
    with pytest.raises(DuplicateItemError, match=r"'script.py'.*'core' of gymdash-core"):
        registry.register_simulation(SimulationType("custom_control", "a:B"), "script.py")


def test_same_class_may_be_registered_again(registry):
    for cls in (int, float):
        registry.register_simulation(SimulationType("mine", "a:B"), "script.py", cls=cls)
    assert registry.simulation("mine").cls is float


def test_other_class_of_the_same_script_is_refused(registry):
    registry.register_simulation(SimulationType("mine", "a:B"), "script.py")
    with pytest.raises(DuplicateItemError):
        registry.register_simulation(SimulationType("mine", "a:C"), "script.py")


@pytest.mark.parametrize("target", ["", "package.module", "package.module:", ":Class", "package module:Class", "a:B()"])
@pytest.mark.parametrize("record", [SimulationType, StreamerType, ExecutorType])
def test_bad_import_string_is_refused_where_it_is_written(record, target):
    with pytest.raises(TargetError, match=r"package\.module:Class"):
        record("key", target)


def test_empty_key_is_refused():
    with pytest.raises(ValueError, match="key"):
        SimulationType(" ", "a:B")


def test_params_by_import_string_must_name_a_model():
    with pytest.raises(TargetError, match="no pydantic model"):
        SimulationType("mine", "a:B", params="json:JSONDecoder").load_params()
