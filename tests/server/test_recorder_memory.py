"""Rules of `gymdash_server.recorder.memory`: live runs are never forgotten, and nothing grows for ever."""

from __future__ import annotations

import threading

from gymdash_server.recorder import memory
from gymdash_server.recorder.memory import Memory, Turns


def test_live_runs_stay_and_the_longest_unused_ended_ones_go(monkeypatch):
    monkeypatch.setattr(memory, "_REMEMBERED", 3)
    known = Memory()
    assert known.keep("live")
    assert not known.keep("live")
    first = known.get("live")
    for name in "abcd":
        known.get(name).mark = name
    assert known.get("live") is first
    assert [known.get(name).mark for name in "bcd"] == ["b", "c", "d"]
    assert known.get("a").mark == ""
    assert set(known.live()) == {"live"}


def test_ending_and_going_on_keep_what_was_told():
    known = Memory()
    known.keep("x")
    known.get("x").mark = "m"
    known.let_go("x")
    assert (known.is_live("x"), known.get("x").mark) == (False, "m")
    known.keep("x")
    assert known.get("x").mark == "m"
    known.forget("x")
    assert known.get("x").mark == ""


def test_turns_exclude_each_other_by_run_and_leave_nothing_behind():
    turns, inside, most = Turns(), [0], [0]

    def work():
        for _ in range(200):
            with turns.of("x"):
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                inside[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    with turns.of("y"):
        pass
    for thread in threads:
        thread.join()
    assert most == [1]
    assert turns._held == {}
