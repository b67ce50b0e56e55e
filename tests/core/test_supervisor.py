"""The supervisor: however a worker ends, it is written down, and nothing of the run is left behind."""

import errno
import json
import os
import resource
import signal
import subprocess
import sys

import psutil
import pytest

from gymdash_core.locks import holder
from gymdash_core.logs import is_unbounded, read_log
from gymdash_core.processes import session_members
from gymdash_core.project import RunFolder
from gymdash_core.status import from_iso
from gymdash_core.worker import supervisor
from gymdash_core.worker.supervising import command

PYTHON = [sys.executable, "-I", "-S", "-u", "-c"]
#: Runs until the file "go" appears in its working directory.
WAIT = """
import os, time
print("up", flush=True)
while not os.path.exists("go"):
    time.sleep(0.01)
print("done", flush=True)
"""
#: Prints 4 MB in lines of 100 bytes.
PRINT_4_MB = "for i in range(40_000): print('z' * 99)\n"
MIB = 1024 * 1024


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "sims" / "run"
    folder.mkdir(parents=True)
    return RunFolder(folder)


@pytest.fixture
def supervise(run):
    """Start a supervisor on Python code, or on a command line; killed with all it started at the end."""
    started = []

    def start(worker, *, attempt=1, log_limit_bytes=MIB, **options):
        argv = [*PYTHON, worker] if isinstance(worker, str) else worker
        process = subprocess.Popen(
            command(str(run.path), attempt, log_limit_bytes, argv),
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd=run.path,
            start_new_session=True,
            **options,
        )
        started.append(process)
        return process

    yield start
    if run.path.exists():
        (run.path / "go").touch()
    for process in started:
        with process:
            for left in _children(process.pid):
                left.kill()
            process.kill()


def _children(pid):
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _worker_of(process, eventually):
    return eventually(psutil.Process(process.pid).children)[0]


def _ended(run, process):
    assert process.wait(60) == 0
    return json.loads(run.exit.read_text())


def _lives(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _text(run, stream="stdout"):
    return read_log(run, stream).text


def test_an_exit_code_is_written_down(run, supervise):
    ending = _ended(run, supervise("import sys; sys.exit(7)", attempt=3))
    assert (ending["version"], ending["attempt"], ending["code"], ending["signal"]) == (1, 3, 7, None)
    assert ending["error"] is None
    assert from_iso(ending["started"]) <= from_iso(ending["ended"])
    assert MIB < ending["peak_rss_bytes"] < 1024 * MIB
    assert "left" not in ending


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM], ids=lambda number: number.name)
def test_a_signal_is_written_down(run, supervise, number):
    ending = _ended(run, supervise(f"import os; print(os.getpid()); os.kill(os.getpid(), {int(number)})"))
    assert (ending["code"], ending["signal"], ending["error"]) == (None, number, None)
    assert ending["pid"] == int(_text(run))


def test_a_worker_that_cannot_be_started_is_written_down_as_code_127(run, supervise):
    ending = _ended(run, supervise(["/nowhere/python", "-V"]))
    assert (ending["code"], ending["signal"], ending["pid"]) == (127, None, None)
    assert "could not be started" in ending["error"]
    assert "/nowhere/python" in ending["error"]


def test_logs_that_cannot_be_opened_are_written_down(run, supervise):
    run.logs.write_text("a file in the way")
    ending = _ended(run, supervise("pass"))
    assert ending["code"] == 127
    assert "logs" in ending["error"]


def test_wrong_arguments_are_refused(run):
    for arguments in (
        [],
        ["--run", str(run.path)],
        ["--run", str(run.path), "--attempt", "1", "--log-limit", "9", "--"],
    ):
        done = subprocess.run(
            [sys.executable, "-I", "-S", supervisor.__file__, *arguments], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr.split()[0]) == (2, "usage:")
    assert list(run.path.iterdir()) == []


def test_a_worker_gets_its_own_session_default_signals_and_an_empty_input(run, supervise):
    code = (
        "import os, signal, sys\n"
        "print(os.getsid(0) == os.getpid(), repr(sys.stdin.read()), os.environ['COLOUR'], os.getcwd())\n"
        "print([s.name for s in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD)"
        " if signal.getsignal(s) is signal.SIG_IGN])\n"
        "print('to stderr', file=sys.stderr)\n"
        "print(sorted(os.listdir('/proc/self/fd'))[:3], len(os.listdir('/proc/self/fd')))\n"
    )
    _ended(run, supervise(code, env={**os.environ, "COLOUR": "blue"}))
    assert _text(run).splitlines() == [f"True '' blue {run.path}", "[]", "['0', '1', '2'] 4"]
    assert _text(run, "stderr") == "to stderr\n"


def test_signals_to_the_supervisor_do_not_end_it(run, supervise, eventually):
    process = supervise(WAIT)
    eventually(lambda: _text(run) == "up\n")
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        process.send_signal(number)
    (run.path / "go").touch()
    assert _ended(run, process)["code"] == 0
    assert _text(run) == "up\ndone\n"


def test_a_detached_supervisor_leaves_its_starter_no_child(run, supervise, eventually):
    line = command(str(run.path), 1, MIB, [*PYTHON, WAIT], detach=True)
    subprocess.run(line, cwd=run.path, start_new_session=True, check=True, timeout=60)
    eventually(lambda: _text(run) == "up\n")
    (run.path / "go").touch()
    eventually(run.exit.exists)
    assert json.loads(run.exit.read_text())["code"] == 0


def test_the_lock_is_held_from_before_the_worker_until_its_end_is_written(run, supervise, eventually):
    process = supervise(WAIT)
    eventually(lambda: _text(run) == "up\n")
    assert holder(run.supervisor_lock) == process.pid
    assert not run.exit.exists()
    (run.path / "go").touch()
    eventually(lambda: holder(run.supervisor_lock) is None)
    assert run.exit.exists()


def test_a_second_supervisor_refuses_and_touches_nothing(run, supervise, eventually):
    first = supervise(WAIT)
    eventually(lambda: _text(run) == "up\n")
    before = sorted(path.name for path in run.path.rglob("*"))
    second = supervise("print('second')", attempt=2)
    assert second.wait(30) == 3
    assert sorted(path.name for path in run.path.rglob("*")) == before
    assert holder(run.supervisor_lock) == first.pid
    (run.path / "go").touch()
    assert _ended(run, first)["attempt"] == 1
    assert _text(run) == "up\ndone\n"


def test_a_supervisor_killed_alone_leaves_the_worker_undisturbed(run, supervise, eventually):
    process = supervise(WAIT)
    worker = _worker_of(process, eventually)
    eventually(lambda: _text(run) == "up\n")
    process.kill()
    process.wait()
    assert holder(run.supervisor_lock) is None
    assert _lives(worker.pid)
    (run.path / "go").touch()
    eventually(lambda: not _lives(worker.pid))
    assert _text(run) == "up\ndone\n"
    assert not run.exit.exists()


def test_a_supervisor_outlives_its_parent(run, supervise, eventually):
    line = command(str(run.path), 1, MIB, [*PYTHON, WAIT])
    start = f"import subprocess; subprocess.Popen({line!r}, cwd={str(run.path)!r}, start_new_session=True); input()"
    with subprocess.Popen([sys.executable, "-c", start], stdin=subprocess.PIPE) as parent:
        eventually(lambda: _text(run) == "up\n")
        parent.kill()
    (run.path / "go").touch()
    eventually(run.exit.exists)
    assert json.loads(run.exit.read_text())["code"] == 0
    assert _text(run) == "up\ndone\n"


CHILDREN = """
import os, signal, time
def child(name, *, session=False, stubborn=False, orphan=False, restless=False):
    if os.fork():
        return
    if orphan and os.fork():
        os._exit(0)
    if session:
        os.setsid()
    if stubborn:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with open(name + ".tmp", "w") as file:
        file.write(str(os.getpid()))
    os.rename(name + ".tmp", name + ".pid")
    if restless:
        fork_on()
    time.sleep(100)
    os._exit(0)
def fork_on():
    for _ in range(2000):
        if os.fork():
            time.sleep(0.005)
            os._exit(0)
child("plain")
child("orphan", orphan=True)
child("session", session=True)
child("escaped", session=True, orphan=True)
child("stubborn", session=True, orphan=True, stubborn=True)
child("restless", session=True, orphan=True, stubborn=True, restless=True)
while sum(name.endswith(".pid") for name in os.listdir(".")) < 6:
    time.sleep(0.01)
os._exit(5)
"""


def test_nothing_that_a_worker_started_survives_it(run, supervise):
    ending = _ended(run, supervise(CHILDREN))
    pids = {path.stem: int(path.read_text()) for path in run.path.glob("*.pid")}
    assert sorted(pids) == ["escaped", "orphan", "plain", "restless", "session", "stubborn"]
    assert [name for name, pid in pids.items() if _lives(pid) or session_members(pid)] == []
    assert ending["code"] == 5


def test_a_session_is_found_where_orphans_are_not_adopted():
    code = "import os, time\nchild = os.fork()\nif child: print(child, flush=True); os._exit(0)\ntime.sleep(100)"
    with subprocess.Popen([*PYTHON, code], stdout=subprocess.PIPE, start_new_session=True) as leader:
        orphan = int(leader.stdout.readline())
        leader.wait()
        living, groups = supervisor._remaining(leader.pid)
        os.kill(orphan, signal.SIGKILL)
    assert living[orphan] == leader.pid
    assert leader.pid in groups
    assert os.getpid() not in living
    assert os.getpgrp() not in groups


def test_orphans_are_buried_while_the_worker_lives(run, supervise, eventually):
    orphan = "if os.fork() == 0:\n if os.fork() == 0: time.sleep(0.05)\n os._exit(0)\nos.wait()\n"
    process = supervise("import os, time\n" + orphan + WAIT)
    eventually(lambda: _text(run) == "up\n")
    eventually(lambda: len(_children(process.pid)) == 1)
    (run.path / "go").touch()
    assert _ended(run, process)["code"] == 0


def test_100_mb_of_output_stay_within_the_limit_with_offsets_unmoved(run, supervise):
    lines = 1_000_000
    worker = [sys.executable, "-I", "-S", "-c", f"for i in range({lines}): print(f'{{i:099d}}')"]
    _ended(run, supervise(worker))
    status = run.log("stdout").stat()
    last, first = read_log(run, "stdout"), read_log(run, "stdout", 0)
    assert status.st_size == last.size == last.next_offset == lines * 100
    assert status.st_blocks * 512 <= MIB + 64 * 1024
    assert int(last.text.splitlines()[-1]) == lines - 1
    assert MIB // 2 - 100 <= first.size - first.first_offset <= MIB
    assert (first.offset, first.offset % 100) == (first.first_offset, 0)
    assert int(first.text.splitlines()[0]) == first.offset // 100
    assert not is_unbounded(run)


def test_the_logs_of_a_live_worker_are_bounded(run, supervise, eventually):
    process = supervise(PRINT_4_MB + WAIT)
    eventually(lambda: _text(run).endswith("up\n"))
    eventually(lambda: run.log("stdout").stat().st_blocks * 512 <= MIB + 64 * 1024)
    (run.path / "go").touch()
    assert _ended(run, process)["code"] == 0
    assert _text(run).endswith("z\nup\ndone\n")


def test_a_later_attempt_appends_and_keeps_the_first_offset(run, supervise):
    _ended(run, supervise(PRINT_4_MB))
    before = read_log(run, "stdout")
    assert before.first_offset > 0
    ending = _ended(run, supervise("print('again')", attempt=2))
    after = read_log(run, "stdout", before.next_offset)
    assert (after.text, after.first_offset) == ("again\n", before.first_offset)
    assert ending["attempt"] == 2


def test_logs_that_somebody_removed_begin_anew(run, supervise):
    _ended(run, supervise(PRINT_4_MB))
    run.log("stdout").unlink()
    _ended(run, supervise("print('again')", attempt=2))
    assert read_log(run, "stdout").text == "again\n"
    assert json.loads(run.log_offsets.read_text()) == {"stdout": 0, "stderr": 0}


def _refuse(number):
    def punch(descriptor, length_bytes):
        raise OSError(number, os.strerror(number))

    return punch


def test_where_holes_are_impossible_logs_grow_and_say_so(run):
    logs = supervisor.Logs(str(run.logs), 100, punch=_refuse(errno.EOPNOTSUPP))
    os.write(logs.files["stdout"], b"line\n" * 50)
    logs.bound()
    os.write(logs.files["stdout"], b"line\n" * 50)
    logs.bound()
    assert is_unbounded(run)
    assert read_log(run, "stdout", 0).text == "line\n" * 100


def test_a_hole_that_fails_for_now_is_made_later(run):
    failing = supervisor.Logs(str(run.logs), 100, punch=_refuse(errno.EINTR))
    os.write(failing.files["stdout"], b"line\n" * 5000)
    failing.bound()
    assert not is_unbounded(run)
    later = supervisor.Logs(str(run.logs), 100)
    os.write(later.files["stdout"], b"line\n" * 50)
    later.bound()
    assert read_log(run, "stdout", 0).text == "line\n" * 10
    assert run.log("stdout").stat().st_blocks * 512 <= 8192


def test_a_kept_head_without_line_ends_begins_with_a_whole_character(run):
    logs = supervisor.Logs(str(run.logs), 100_001)
    os.write(logs.files["stderr"], "€".encode() * 100_000)
    logs.bound()
    assert set(read_log(run, "stderr", 0).text) == {"€"}


def test_a_limit_of_zero_keeps_everything(run, supervise):
    _ended(run, supervise(PRINT_4_MB, log_limit_bytes=0))
    assert read_log(run, "stdout", 0).first_offset == 0
    assert not run.log_offsets.exists()


def test_on_a_full_disk_the_ballast_goes_and_the_end_is_written_when_there_is_room(run, supervise, eventually):
    run.ballast.write_bytes(b"\0" * 16384)
    process = supervise(WAIT)
    eventually(lambda: _text(run) == "up\n")
    _, hard = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, hard))  # no byte can be written to any file
    (run.path / "go").touch()
    eventually(lambda: not run.ballast.exists())
    assert process.poll() is None
    assert not run.exit.exists()
    assert holder(run.supervisor_lock) == process.pid
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (hard, hard))
    assert _ended(run, process)["code"] == 0
    assert [path.name for path in run.path.iterdir() if path.name.startswith(".")] == []


def test_a_run_that_was_deleted_ends_its_supervisor(run, supervise, eventually):
    process = supervise(WAIT)
    worker = _worker_of(process, eventually)
    eventually(lambda: _text(run) == "up\n")
    run.path.rename(run.path.with_name("trash"))
    worker.kill()
    assert process.wait(30) == 4
    assert b"exit.json" in process.stderr.read()


def test_a_supervisor_takes_less_than_15_mb(run, supervise, eventually):
    process = supervise(WAIT)
    eventually(lambda: _text(run) == "up\n")
    assert psutil.Process(process.pid).memory_info().rss < 15_000_000
    (run.path / "go").touch()
    _ended(run, process)


def test_a_supervisor_imports_the_standard_library_alone_and_little_of_it():
    code = (
        "import sys, importlib.util\n"
        f"spec = importlib.util.spec_from_file_location('supervisor', {supervisor.__file__!r})\n"
        "before = set(sys.modules)\n"
        "spec.loader.exec_module(importlib.util.module_from_spec(spec))\n"
        "print(*(set(sys.modules) - before))\n"
    )
    done = subprocess.run([*PYTHON, code], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert loaded <= sys.stdlib_module_names
    assert not loaded & {"argparse", "subprocess", "threading", "typing", "dataclasses", "logging", "pathlib"}
