"""Locks: one holder, named to everybody, gone with its process."""

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from gymdash_core.errors import LockHeldError
from gymdash_core.locks import UNKNOWN_PID, FileLock, await_free, holder

HOLD = """
import sys
from pathlib import Path
from gymdash_core.locks import FileLock
lock = FileLock(Path(sys.argv[1])).acquire()
print("held", flush=True)
for line in sys.stdin:
    lock.release()
    print("released", flush=True)
"""


FORK = """
import os, sys
from pathlib import Path
from gymdash_core.locks import FileLock, holder
path = Path(sys.argv[1])
with FileLock(path) as lock:
    child = os.fork()
    if child == 0:
        lock.release()
        print(f"child: held {lock.held}, holder is the parent: {holder(path) == os.getppid()}", flush=True)
        os._exit(0)
    os.waitpid(child, 0)
    second = os.fork()
    if second == 0:
        seen = holder(path) == os.getppid()
        print(f"parent: held True, seen from outside: {seen}", flush=True)
        os._exit(0)
    os.waitpid(second, 0)
    assert lock.held
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "x.lock"


@pytest.fixture
def other(path):
    """Another process that holds the lock; a line to its input makes it let go."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


@pytest.fixture
def background():
    """Run calls on threads."""
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit


def test_a_free_lock_has_no_holder_and_is_not_created_by_asking(path):
    assert holder(path) is None
    assert not path.exists()
    path.touch()
    assert holder(path) is None


def test_a_lock_in_a_missing_folder_is_an_os_error_and_has_no_holder(tmp_path):
    with pytest.raises(FileNotFoundError):
        FileLock(tmp_path / "none" / "x.lock").acquire()
    assert holder(tmp_path / "none" / "x.lock") is None


def test_another_process_that_holds_it_is_named(path, other):
    assert holder(path) == other.pid
    with pytest.raises(LockHeldError) as caught:
        FileLock(path).acquire()
    assert caught.value.pid == other.pid
    assert str(other.pid) in str(caught.value)


def test_a_killed_holder_holds_nothing(path, other):
    other.kill()
    other.wait()
    assert holder(path) is None
    with FileLock(path):
        assert holder(path) == os.getpid()


def test_our_own_lock_is_named_and_survives_being_asked_for(path):
    with FileLock(path) as lock:
        assert holder(path) == os.getpid()
        assert lock.held
        assert _holder_seen_from_outside(path) == os.getpid()
    assert not lock.held
    assert _holder_seen_from_outside(path) is None


def test_asking_by_a_second_name_of_the_file_does_not_drop_our_lock(tmp_path, path):
    with FileLock(path):
        link, hard = tmp_path / "link", tmp_path / "hard"
        link.symlink_to(path)
        hard.hardlink_to(path)
        assert holder(link) == holder(hard) == os.getpid()
        for name in (link, hard):
            with pytest.raises(LockHeldError):
                FileLock(name).acquire()
        assert _holder_seen_from_outside(path) == os.getpid()


def test_a_refused_attempt_in_this_process_does_not_drop_the_lock(path):
    with FileLock(path):
        with pytest.raises(LockHeldError) as caught:
            FileLock(path).acquire()
        assert caught.value.pid == os.getpid()
        assert _holder_seen_from_outside(path) == os.getpid()


def test_a_lock_is_not_reentrant(path):
    with FileLock(path) as lock:
        with pytest.raises(LockHeldError), lock:
            pass
        with pytest.raises(LockHeldError):
            lock.acquire()
        assert lock.held


def test_acquire_can_be_entered_and_release_twice_is_harmless(path):
    lock = FileLock(path)
    with lock.acquire():
        assert lock.held
    assert not lock.held
    lock.release()
    with lock.acquire_wait(1):
        assert holder(path) == os.getpid()
    assert holder(path) is None


def test_waiting_ends_with_the_holder_named_when_the_time_is_over(path, other):
    with pytest.raises(LockHeldError) as caught:
        FileLock(path).acquire_wait(0.05)
    assert caught.value.pid == other.pid


def test_waiting_gets_the_lock_when_another_process_lets_go(path, other):
    lock = FileLock(path)
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(lock.acquire_wait, 30)
        other.stdin.write("\n")
        other.stdin.flush()
        with waiting.result(30):
            assert holder(path) == os.getpid()


def test_threads_exclude_each_other(path):
    inside: set[int] = set()

    def enter(number):
        for _ in range(50):
            with FileLock(path).acquire_wait(60):
                inside.add(number)
                assert inside == {number}
                inside.remove(number)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(enter, range(4))) == [None] * 4
    assert holder(path) is None


def test_a_child_that_is_forked_holds_nothing_and_does_not_drop_the_parents_lock(path):
    done = subprocess.run([sys.executable, "-c", FORK, str(path)], capture_output=True, text=True, check=True)
    child, parent = done.stdout.splitlines()
    assert child == "child: held False, holder is the parent: True"
    assert parent == "parent: held True, seen from outside: True"


def test_a_lock_whose_file_was_removed_does_not_pretend_to_guard_the_new_one(path):
    with FileLock(path):
        path.unlink()
        with FileLock(path.with_name("y.lock")):
            assert holder(path) == os.getpid()
    assert holder(path) is None


def test_a_signal_to_an_unknown_holder_reaches_nobody():
    with pytest.raises(ProcessLookupError):
        os.kill(UNKNOWN_PID, signal.SIGTERM)


def _holder_seen_from_outside(path):
    code = (
        "import sys; from pathlib import Path; from gymdash_core.locks import holder; print(holder(Path(sys.argv[1])))"
    )
    text = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True).stdout
    return None if text.strip() == "None" else int(text)


def test_waiting_for_locks_ends_with_their_holders(path, other, background):
    with pytest.raises(LockHeldError) as caught:
        await_free([path], 0)
    assert caught.value.pid == other.pid
    free = background(await_free, [path], 50)
    other.kill()
    assert free.result(50) is True


def test_waiting_for_locks_ends_with_whoever_waits(path, other, background):
    ending = threading.Event()
    free = background(await_free, [path], 50, ending)
    ending.set()
    assert free.result(50) is False
    assert holder(path) == other.pid
