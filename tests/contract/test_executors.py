"""The built-in executors pass the suite that a third party's executor passes."""

from __future__ import annotations

from gymdash_core.executors.process import ProcessExecutor
from gymdash_core.executors.thread import ThreadExecutor
from gymdash_core.testing.executor_contract import ExecutorContract


class TestProcessExecutor(ExecutorContract):
    def executor(self):
        return ProcessExecutor()


class TestThreadExecutor(ExecutorContract):
    def executor(self):
        return ThreadExecutor()
