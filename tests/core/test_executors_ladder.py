"""The stop ladder: one climb at a time, and each with the grace that was asked for."""

from __future__ import annotations

import threading

import pytest

from gymdash_core.executors.ladder import StopLadder


class Steps:
    """What a ladder does: each look at the end, and each step after the grace."""

    def __init__(self):
        self.ended = False
        self.asked = threading.Event()
        self.waits = []
        self.killed = threading.Event()

    def wait(self, seconds):
        self.waits.append(seconds)
        self.asked.set()
        return self.ended


@pytest.fixture
def steps():
    return Steps()


@pytest.fixture
def ladder(steps):
    ladder = StopLadder("run", steps.wait, [(steps.killed.set, 0.0)])
    yield ladder
    steps.ended = True
    ladder.join(30)


def test_a_climb_takes_its_steps_when_the_grace_is_over(ladder, steps):
    ladder.climb(0)
    ladder.join(30)
    assert steps.killed.is_set()


def test_a_second_climb_shortens_the_grace_of_the_first(ladder, steps):
    ladder.climb(1000)
    assert steps.asked.wait(30)
    ladder.climb(0)
    assert steps.killed.wait(30)


def test_a_climb_after_one_that_is_over_has_a_grace_of_its_own(ladder, steps):
    ladder.climb(0)
    ladder.join(30)
    steps.killed.clear()
    steps.ended = True
    steps.waits.clear()
    ladder.climb(1000)
    ladder.join(30)
    assert steps.waits == [0.5]
    assert not steps.killed.is_set()


def test_a_climb_that_somebody_has_begun_leaves_out_what_he_did(steps):
    asked = threading.Event()
    ladder = StopLadder("run", steps.wait, [(asked.set, 0.0), (steps.killed.set, 0.0)])
    ladder.climb(0, done=1)
    ladder.join(30)
    assert steps.killed.is_set()
    assert not asked.is_set()
