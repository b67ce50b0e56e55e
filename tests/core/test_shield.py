"""Our SIGTERM unwinds the simulation's code, never ours. Real signals on the main thread."""

from __future__ import annotations

import signal
import threading

import pytest

from gymdash_core.errors import StopSimException
from gymdash_core.worker.shield import Shield


@pytest.fixture
def shield():
    made = Shield()
    before = signal.signal(signal.SIGUSR1, lambda *_: made.deliver(StopSimException("now")))
    yield made
    signal.signal(signal.SIGUSR1, before)


def send():
    signal.raise_signal(signal.SIGUSR1)


def test_user_code_is_unwound_at_once_and_its_finally_runs(shield):
    seen = []

    def user_code():
        try:
            send()
            seen.append("went on")
        finally:
            seen.append("cleaned")

    with pytest.raises(StopSimException), shield.window():
        user_code()
    assert seen == ["cleaned"]


def test_our_own_code_is_left_first(shield):
    seen = []

    def our_code():
        with shield:
            with shield:
                send()
                seen.append("inner goes on")
            seen.append("outer goes on")
        seen.append("too far")

    with pytest.raises(StopSimException), shield.window():
        our_code()
    assert seen == ["inner goes on", "outer goes on"]


def test_a_signal_before_the_window_waits_for_it_and_one_after_it_does_nothing(shield):
    send()
    with pytest.raises(StopSimException), shield.window():
        pytest.fail("the window opened over a pending signal")
    with shield.window():
        pass
    send()


def test_it_comes_once(shield):
    with shield.window():
        with pytest.raises(StopSimException):
            send()
        with shield:
            pass


def test_another_thread_holds_nothing_back(shield):
    inside, leave = threading.Event(), threading.Event()

    def enter():
        with shield:
            inside.set()
            leave.wait(30)

    thread = threading.Thread(target=enter)
    thread.start()
    assert inside.wait(30)
    with pytest.raises(StopSimException), shield.window():
        send()
    leave.set()
    thread.join()
