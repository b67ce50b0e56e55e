"""The process executor: what a worker's environment is made of."""

from __future__ import annotations

import pytest

from gymdash_core.executors.options import ProcessOptions
from gymdash_core.executors.process import ProcessExecutor


@pytest.fixture
def environment(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "16")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)

    def make(**options):
        return ProcessExecutor(max_running=10_000).environment(ProcessOptions(**options))

    return make


def test_threads_that_nobody_asked_for_yield_to_the_starters_environment(environment):
    assert (environment()["OMP_NUM_THREADS"], environment()["MKL_NUM_THREADS"]) == ("16", "1")


def test_threads_that_a_run_asks_for_win_over_the_starters_environment(environment):
    found = environment(threads=3)
    assert (found["OMP_NUM_THREADS"], found["MKL_NUM_THREADS"]) == ("3", "3")


def test_variables_that_a_run_asks_for_win_over_all(environment):
    found = environment(threads=3, env={"OMP_NUM_THREADS": "5"})
    assert (found["OMP_NUM_THREADS"], found["MKL_NUM_THREADS"]) == ("5", "3")
