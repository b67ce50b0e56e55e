"""The built-in executors pass the suite of a third party's executor, and the suite finds what is not declared."""

from __future__ import annotations

from typing import ClassVar

import pytest

from gymdash_core.executors import process
from gymdash_core.executors.api import Capability
from gymdash_core.executors.process import ProcessExecutor
from gymdash_core.executors.thread import ThreadExecutor
from gymdash_core.testing.executor_contract import ExecutorContract


class TestProcessExecutor(ExecutorContract):
    @pytest.fixture(autouse=True)
    def unhurried(self, monkeypatch):
        """Between SIGTERM and SIGKILL is time enough for a machine that is busy."""
        monkeypatch.setattr(process, "TERM_S", 60.0)

    def executor(self):
        return ProcessExecutor()


class TestThreadExecutor(ExecutorContract):
    def executor(self):
        return ThreadExecutor()


class ModestExecutor(ProcessExecutor):
    """Can everything and says nothing of it."""

    capabilities: ClassVar = frozenset()


class BoastfulExecutor(ThreadExecutor):
    """Can nothing and says that it can everything."""

    capabilities: ClassVar = frozenset(Capability)


DECLARED = sorted(name for name in vars(ExecutorContract) if name.endswith("_what_is_declared"))


def test_the_suite_looks_at_each_capability():
    assert [name.split("_")[1] for name in DECLARED] == ["kill", "logs", "signals", "survives"]
    assert set(Capability) == {"kill", "logs", "signals", "survives_parent"}


class TestSuite:
    """The suite's own fixtures, on executors that do not do what they declare."""

    subject, begin = ExecutorContract.subject, ExecutorContract.begin

    @pytest.fixture(autouse=True)
    def chosen(self, made):
        self.executor = made

    @pytest.mark.parametrize("made", [ModestExecutor])
    @pytest.mark.parametrize("rule", DECLARED)
    def test_finds_what_is_done_and_not_declared(self, rule, made, begin, subject):
        with pytest.raises((AssertionError, pytest.fail.Exception)):
            getattr(ExecutorContract, rule)(self, begin, subject)

    @pytest.mark.parametrize("made", [BoastfulExecutor])
    @pytest.mark.parametrize("rule", [rule for rule in DECLARED if "logs" in rule or "survives" in rule])
    def test_finds_what_is_declared_and_not_done(self, rule, made, begin, subject):
        with pytest.raises(AssertionError):
            getattr(ExecutorContract, rule)(self, begin, subject)
