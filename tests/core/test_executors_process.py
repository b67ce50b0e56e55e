"""The process executor: what a worker's environment is made of, and its patience with one that is starting."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from gymdash_core.errors import WorkerGoneError
from gymdash_core.executors.options import ProcessOptions
from gymdash_core.executors.process import ProcessExecutor, ProcessHandle
from gymdash_core.journal import write_json
from gymdash_core.locks import FileLock
from gymdash_core.meta import LaunchRecord, new_meta, record_launch
from gymdash_core.project import Project
from gymdash_core.worker.control import ControlServer


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


@pytest.fixture
def silent(tmp_path):
    """A handle of a worker that answers nothing; call it with the channels that ``state.json`` shows."""
    run = Project(tmp_path).create_run({"name": "n", "key": "k"}, new_meta("n"))
    record_launch(run, LaunchRecord(), allowed=lambda _: None)
    over = threading.Event()
    server = ControlServer(run, 1, lambda _: over.wait(60))
    server.start()
    handle = ProcessHandle(run)

    def make(channels):
        state = {"attempt": 1, "state": "starting", "control": server.address.as_json(), "channels": channels}
        write_json(run.state, state)
        return handle

    with FileLock(run.worker_lock).acquire():
        yield make
    over.set()
    handle.close()
    server.close()


CALLS = [lambda handle: handle.answer("1", True), lambda handle: handle.describe(), lambda handle: handle.pause()]


@pytest.mark.parametrize("call", CALLS, ids=["answer", "describe", "pause"])
def test_a_worker_that_is_starting_is_given_more_time_and_named_so(silent, monkeypatch, call):
    monkeypatch.setattr("gymdash_core.executors.process._CALL_S", 1000)
    monkeypatch.setattr("gymdash_core.executors.process._STARTING_S", 0.05)
    with pytest.raises(WorkerGoneError, match="still starting"):
        call(silent({}))


@pytest.mark.parametrize("call", CALLS, ids=["answer", "describe", "pause"])
def test_a_worker_that_has_started_and_does_not_reply_is_given_up_sooner(silent, monkeypatch, call):
    monkeypatch.setattr("gymdash_core.executors.process._CALL_S", 0.05)
    monkeypatch.setattr("gymdash_core.executors.process._STARTING_S", 1000)
    with pytest.raises(WorkerGoneError, match="no reply"):
        call(silent({"progress": "query"}))


def ask_in_vain(handle):
    return handle.query({"custom_query": {}}, 60)


@pytest.mark.parametrize("call", [*CALLS, ask_in_vain], ids=["answer", "describe", "pause", "query"])
@pytest.mark.parametrize("channels", [{}, {"custom_query": "query"}], ids=["starting", "started"])
def test_calls_under_way_and_later_ones_end_when_this_process_hangs_up(silent, eventually, call, channels):
    handle = silent(channels)
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(call, handle)
        eventually(lambda: handle._client and handle._client._busy)
        handle.hang_up()
        with pytest.raises(WorkerGoneError):
            waiting.result(30)
    with pytest.raises(WorkerGoneError, match="hangs up"):
        call(handle)


def test_a_call_that_waits_for_a_worker_to_come_up_ends_when_this_process_hangs_up(tmp_path):
    run = Project(tmp_path).create_run({"name": "n", "key": "k"}, new_meta("n"))
    record_launch(run, LaunchRecord(), allowed=lambda _: None)
    handle = ProcessHandle(run)
    with FileLock(run.worker_lock).acquire(), ThreadPoolExecutor() as pool:
        waiting = pool.submit(ask_in_vain, handle)
        handle.hang_up()
        with pytest.raises(WorkerGoneError, match="hangs up"):
            waiting.result(30)
