"""Processes: told apart by birth, found by session and descent, killed until none is left."""

import os
import subprocess
import sys

import psutil
import pytest

from gymdash_core.processes import (
    ProcessId,
    await_end,
    descendants,
    is_same_process,
    kill_all,
    session_members,
    thread_environment,
    threads_per_run,
)

SLEEP = "import time; print('up', flush=True); time.sleep(100)"
#: A family: a child in the session, one that forks and ends all the time, for 4 s, and one in a session of its own,
#: which says its number when all are there.
FAMILY = """
import os, sys, time
def child(work):
    if os.fork() == 0:
        work()
        os._exit(0)
def sleep():
    time.sleep(100)
def away():
    os.setsid()
    print(os.getpid(), flush=True)
    time.sleep(100)
def fork_on():
    for _ in range(200):
        if os.fork():
            time.sleep(0.02)
            os._exit(0)
print("up", flush=True)
for work in (sleep, fork_on, away):
    child(work)
time.sleep(100)
"""


@pytest.fixture
def spawn():
    """Start Python code in a session of its own and wait for its first line."""
    started = []

    def start(code):
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", code], stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        started.append(process)
        assert process.stdout.readline() == "up\n"
        return process

    yield start
    for process in started:
        kill_all(lambda process=process: session_members(process.pid) | descendants(process.pid))
        with process:
            process.kill()


def test_a_process_is_the_same_while_it_lives(spawn):
    assert is_same_process(ProcessId.current())
    process = spawn(SLEEP)
    identity = ProcessId.of(process.pid)
    assert is_same_process(ProcessId(process.pid, float(str(identity.started))))
    process.kill()
    process.wait()
    assert not is_same_process(identity)
    with pytest.raises(psutil.NoSuchProcess):
        ProcessId.of(process.pid)


def test_another_birth_is_another_process():
    me = ProcessId.current()
    assert not is_same_process(ProcessId(me.pid, me.started + 0.01))


def test_a_zombie_is_dead(spawn, eventually):
    process = spawn(SLEEP)
    identity = ProcessId.of(process.pid)
    os.kill(process.pid, 9)
    eventually(lambda: psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE)
    assert not is_same_process(identity)
    assert session_members(process.pid) == set()
    assert process.pid not in {found.pid for found in descendants(os.getpid())}
    assert kill_all(lambda: {psutil.Process(process.pid)}) == set()
    assert process.wait() == -9


def test_a_session_is_found_without_its_leader(spawn, eventually):
    code = "import os, time\nchild = os.fork()\nif child: print('up', flush=True); os._exit(0)\ntime.sleep(100)"
    process = spawn(code)
    process.wait()
    (member,) = session_members(process.pid)
    assert member.pid != process.pid
    assert kill_all(lambda: session_members(process.pid)) == {member.pid}
    assert session_members(process.pid) == set()


def test_descendants_include_other_sessions_and_nobody_else(spawn):
    code = "import os, time\nif os.fork() == 0: os.setsid()\nelse: print('up', flush=True)\ntime.sleep(100)"
    process = spawn(code)
    (child,) = descendants(process.pid)
    assert child.ppid() == process.pid
    assert descendants(child.pid) == set()


def test_descendants_of_nobody_are_none(spawn):
    process = spawn(SLEEP)
    process.kill()
    process.wait()
    assert descendants(process.pid) == session_members(process.pid) == set()


def test_killing_goes_on_until_none_is_left_even_where_they_fork(spawn):
    process = spawn(FAMILY)
    away = {psutil.Process(int(process.stdout.readline()))}
    killed = kill_all(lambda: session_members(process.pid) | {found for found in away if found.is_running()})
    assert process.pid in killed
    assert session_members(process.pid) == set()
    assert process.wait(30) == -9


def test_an_empty_selection_is_not_believed_while_processes_are_born(spawn):
    born = []

    def select():
        if not born:
            born.append(psutil.Process(spawn(SLEEP).pid))
            return set()
        return {process for process in born if process.is_running()}

    assert kill_all(select) == {born[0].pid}


def test_excluded_processes_and_the_caller_live_on(spawn):
    spared, other = spawn(SLEEP), spawn(SLEEP)
    selected = [psutil.Process(pid) for pid in (os.getpid(), spared.pid, other.pid)]
    killed = kill_all(lambda: {process for process in selected if process.is_running()}, exclude={spared.pid})
    assert killed == {other.pid}
    assert other.wait(30) == -9
    assert spared.poll() is None


def test_a_process_that_stays_is_given_up_and_logged(spawn, caplog, monkeypatch):
    process = psutil.Process(spawn(SLEEP).pid)
    with monkeypatch.context() as patch:
        patch.setattr(os, "killpg", lambda group, number: None)
        assert kill_all(lambda: {process}, timeout_s=0.05) == {process.pid}
    assert f"{process.pid}" in caplog.text


def test_a_process_of_somebody_else_is_left_and_logged(spawn, caplog, monkeypatch):
    def refuse(group, number):
        raise PermissionError

    process = psutil.Process(spawn(SLEEP).pid)
    with monkeypatch.context() as patch:
        patch.setattr(os, "killpg", refuse)
        assert kill_all(lambda: {process}) == set()
    assert "not ours to kill" in caplog.text


def test_the_group_of_a_spared_process_is_not_killed_with_another(spawn):
    process = spawn("import os, time\nif os.fork(): print('up', flush=True)\ntime.sleep(100)")
    (child,) = descendants(process.pid)
    assert kill_all(lambda: {child} if child.is_running() else set(), exclude={process.pid}) == {child.pid}
    assert process.poll() is None


def test_thread_counts_are_set_for_all_libraries():
    environment = thread_environment(3)
    assert environment.keys() >= {"OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"}
    assert set(environment.values()) == {"3"}
    assert set(thread_environment(0).values()) == {"1"}


@pytest.mark.parametrize(("max_running", "cores", "threads"), [(2, 8, 4), (3, 8, 2), (16, 8, 1), (1, 1, 1), (0, 4, 4)])
def test_runs_share_the_cores(max_running, cores, threads):
    assert threads_per_run(max_running, cores) == threads


def test_cores_are_those_that_this_process_may_use():
    assert 1 <= threads_per_run(1) <= os.cpu_count()


def test_a_process_that_nobody_buries_has_ended(spawn):
    process = spawn(SLEEP)
    assert not await_end(process.pid, 0)
    process.kill()
    assert await_end(process.pid, 30)
    assert psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE
    process.wait()
    assert await_end(process.pid, 0)


def test_ends_are_seen_where_the_system_has_no_event_for_them(spawn, monkeypatch):
    monkeypatch.delattr(os, "pidfd_open")
    process = spawn(SLEEP)
    assert not await_end(process.pid, 0)
    process.kill()
    assert await_end(process.pid, 30)
    process.wait()
    assert await_end(process.pid, 0)
