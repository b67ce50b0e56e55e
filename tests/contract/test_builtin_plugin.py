"""Core's own plugin keeps the contract that every plugin keeps."""

from __future__ import annotations

from gymdash_core.testing.plugin_checks import PluginContract


class TestBuiltinPlugin(PluginContract):
    name = "core"
