"""The worker's main function: what it does before the session begins."""

from __future__ import annotations

import contextlib
import threading

import pytest

from gymdash_core.creation import RunRequest, create_run
from gymdash_core.errors import StopSimException
from gymdash_core.executors.process import ProcessExecutor, ProcessHandle
from gymdash_core.journal import read_json
from gymdash_core.meta import LaunchRecord, record_launch
from gymdash_core.plugins import build_plugin_manager
from gymdash_core.project import Project
from gymdash_core.registry import Registry
from gymdash_core.runview import read_run
from gymdash_core.services import Launch
from gymdash_core.status import RunState
from gymdash_core.worker import session


@pytest.fixture
def run(tmp_path):
    entry = Registry(build_plugin_manager()).simulation("custom_control")
    kwargs = {"total_runtime": 0.01, "poll_period": 0.01}
    return create_run(Project(tmp_path), RunRequest(entry, "", kwargs, {"name": "process", "options": {}}))


def launch(run):
    record_launch(run, LaunchRecord(), allowed=lambda _: None)


def test_a_kill_that_came_before_any_lock_ends_the_worker_before_it_runs_anything(run, eventually):
    launch(run)
    ProcessHandle(run).kill()
    ProcessExecutor().start(run)
    eventually(run.exit.exists)
    assert read_json(run.exit)["signal"] == 9
    assert not run.state.exists()
    assert read_run(run).state is RunState.KILLED


def test_a_kill_of_an_earlier_attempt_is_none_of_the_next(run, eventually):
    launch(run)
    ProcessHandle(run).kill()
    launch(run)
    handle = ProcessExecutor().start(run)
    assert handle.wait(60)
    assert handle.exit is RunState.SUCCEEDED


def test_a_sigterm_that_comes_while_the_end_waits_for_git_ends_the_wait(run, monkeypatch):
    launch(run)
    waiting, over = threading.Event(), threading.Event()

    def hang(_):
        waiting.set()
        over.wait()

    monkeypatch.setattr(session, "PROVENANCE_S", float("inf"))
    monkeypatch.setattr(session, "HURRIED_S", 0.0)
    monkeypatch.setattr(session.RunSession, "_record_provenance", hang)
    ending = session.RunSession(run, Launch(), contextlib.nullcontext())
    ending.open()

    def signal_then():
        waiting.wait()
        ending.terminated = True

    threading.Thread(target=signal_then, daemon=True).start()
    assert ending.finish(StopSimException("ended by SIGTERM")) is RunState.STOPPED
    over.set()
