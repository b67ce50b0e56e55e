"""The commands on runs, against a real server with real workers."""

from __future__ import annotations

import contextlib
import os
import pty
import signal

import pytest

from gymdash_core.project import Project
from live_servers import WAIT_S

FIELDS = {"id", "name", "key", "state", "reason", "created", "kwargs", "executor", "progress", "attempt", "tags"}
UUID_LENGTH = 36


def test_a_run_is_started_listed_shown_and_waited_for(served):
    run = served("start", "Counter", "--name", "first", "-p", "total=3", "--tag", "a", "--tag", "b").stdout.strip()
    assert len(run) == UUID_LENGTH
    assert served("wait", run, "--timeout", 60).stdout == f"{run}  first: succeeded\n"
    (found,) = served.json("list")["items"]
    assert set(found) >= FIELDS
    assert (found["id"], found["tags"], found["kwargs"]) == (run, ["a", "b"], {"total": 3})
    assert served.json("show", run[:8]) == found == served.json("show", "first")
    assert run in served("list", "--state", "succeeded", "--tag", "a", "--key", "Counter").stdout
    assert served("list", "--state", "failed").stdout == ""
    shown = served("show", run).stdout
    assert "height" in shown
    assert "first" in shown


def test_start_as_json_gives_the_run(served):
    assert set(served.json("start", "Counter")) >= FIELDS
    assert served.json("list", "--limit", 1)["next_cursor"] is None


def test_a_name_that_several_runs_have_is_refused_in_one_line(served):
    for _ in range(2):
        served("start", "Counter", "--name", "twin")
    assert "names 2 runs" in served("show", "twin", code=1).stderr
    assert "no run 'none'" in served("show", "none", code=1).stderr


def test_waiting_for_a_run_that_fails_has_exit_code_1(served):
    run = served("start", "Failing").stdout.strip()
    assert "failed" in served("wait", run, code=1).stdout
    (found,) = served.json("wait", run, code=1)["items"]
    assert found["state"] == "failed"


def test_waiting_too_long_has_exit_code_4(served):
    run = served("start", "Counter", "-p", "total=100000").stdout.strip()
    done = served("wait", run, "--timeout", 0.2, code=4)
    assert "0.2 s" in done.stderr
    assert served.json("kill", run)["items"][0]["id"] == run
    assert served.json("wait", run, code=1)["items"][0]["state"] == "killed"


def test_what_the_server_refuses_is_one_line_with_exit_code_1(served):
    line = served("start", "Countre", code=1).stderr
    assert line.startswith("Error: unknown simulation 'Countre'. Did you mean 'Counter'?")
    assert line.count("\n") == 1
    refused = served("start", "Counter", "-p", "total=many", "-p", "totl=1", code=1).stderr
    assert "total" in refused
    assert "totl" in refused
    assert served.json("list")["items"] == []


def test_a_run_is_stopped_saved_resumed_and_branched(served):
    run = served("start", "Counter", "-p", "total=100000").stdout.strip()
    served.until(run, "running")
    assert served.json("stop", run, "--save", "--grace", 20)["items"][0]["state"] in {"stopping", "stopped"}
    assert served.json("wait", run, code=1)["items"][0]["state"] == "stopped"
    resumed = served("resume", run).stdout
    assert resumed.startswith(f"{run}  Counter: ")
    assert resumed.count("\n") == 1
    assert served.json("show", run)["attempt"] == 2
    branch = served.json("branch", run, "-p", "text=new", "--name", "other")
    assert (branch["parent"], branch["name"], branch["kwargs"]["text"]) == (run, "other", "new")
    served("stop", run, branch["id"])
    served("wait", run, branch["id"], code=1)
    said = served("resume", run, "--checkpoint", "none", code=1).stderr
    assert f"run {run} has no checkpoint 'none'. It has: " in said


def test_a_run_is_paused_and_goes_on(served):
    run = served("start", "Counter", "-p", "total=100000").stdout.strip()
    served.until(run, "running")
    told = (f"{run}  Counter: running (holds at its next tick)\n", f"{run}  Counter: paused\n")
    assert served("pause", run).stdout in told
    served.until(run, "paused")
    assert served("pause", run).stdout == told[1]
    assert served("resume", run).stdout in {f"{run}  Counter: paused (goes on)\n", f"{run}  Counter: running\n"}
    served.until(run, "running")


def test_a_table_of_runs_says_why_one_has_failed(served):
    run = served("start", "Failing").stdout.strip()
    served("wait", run, code=1)
    (row,) = served("list", "--state", "failed").stdout.splitlines()[1:]
    assert "meant to fail" in row
    long = served("start", "Failing", "-p", f"text={'long ' * 40}").stdout.strip()
    served("wait", long, code=1)
    assert served("list", "--limit", 1).stdout.rstrip().endswith("\N{HORIZONTAL ELLIPSIS}")


def test_a_run_that_is_followed_shows_its_progress_and_its_end(served):
    process = served.begin("start", "Counter", "-p", "total=100000", "--follow")
    run = process.stdout.readline().strip()
    assert any(line.startswith("Counter: running") for line in process.stderr)
    served("stop", run)
    _, rest = process.communicate(timeout=WAIT_S)
    assert process.returncode == 1
    assert rest.splitlines()[-1].endswith("Counter: stopped")
    done = served("start", "Counter", "-p", "total=4", "--follow")
    assert len(done.stdout.strip()) == UUID_LENGTH
    assert done.stderr.splitlines()[-1].endswith("Counter: succeeded")
    assert served("start", "Failing", "--follow", code=1).stderr.splitlines()[-1].count("meant to fail")
    assert served.json("start", "Counter", "--follow")["state"] == "succeeded"


def test_following_tells_what_a_run_asks(served):
    process = served.begin("start", "Asking", "--follow")
    for line in process.stderr:
        if "What shall it be?" in line:
            break
    served("answer", line.split()[-1], '{"name": "x", "colour": "red"}')
    assert process.wait(60) == 0
    process.communicate()


def test_ctrl_c_leaves_a_followed_run_going_and_says_how_to_stop_it(served):
    process = served.begin("start", "Counter", "-p", "total=100000", "--follow")
    run = process.stdout.readline().strip()
    for line in process.stderr:
        if "running" in line:
            break
    process.send_signal(signal.SIGINT)
    _, rest = process.communicate(timeout=WAIT_S)
    assert process.returncode == 0
    assert rest.splitlines()[-1] == f"Counter goes on. Stop it with: gymdash stop {run}"
    assert served.state(run) == "running"


def test_a_terminal_shows_a_bar_with_the_time_left(served, client):
    ours, theirs = pty.openpty()
    run = client.start("Counter", total=100, pause_s=0.05).id
    served.until(run, "running")
    client.pause(run)  # else it may have ended when it is followed
    served.until(run, "paused")
    process = served.begin("resume", run, "--follow", stderr=theirs)
    os.close(theirs)
    shown = b""
    with contextlib.suppress(OSError):  # the end of a terminal
        while read := os.read(ours, 4096):
            shown += read
    os.close(ours)
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert all(part.encode() in shown for part in ("\u2501", " left", "height"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_server_ends_with_streams_open_and_runs_go_on(served, client, number):
    run = served("start", "Counter", "-p", "total=100000").stdout.strip()
    events = client.events()
    assert next(events).name == "hello"
    follower = served.begin("logs", run, "-f")
    follower.stdout.readline()
    assert served.end(number) == 0
    assert not Project(served.folder / ".gymdash").server.exists()
    follower.kill()
    follower.communicate()
    assert "nobody serves this project" in served("list", code=3).stderr
    served.serve()
    assert served.state(run) == "running"
    assert served.json("kill", run)["items"][0]["id"] == run
