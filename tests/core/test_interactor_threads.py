"""The interactor's contract with real threads: each checks what it is given."""

from __future__ import annotations

import itertools
import random
import sys
import threading
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channel_model import ASK, DECLARED, PRESS, RATE
from gymdash_core.interaction.channels import PROGRESS, STOP
from gymdash_core.interaction.interactor import SimulationInteractor
from gymdash_core.interaction.queries import Reply

DEADLINE_S = 30.0


@pytest.fixture
def eager_switching():
    """Threads interleave after a few bytecodes."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


class World:
    """One loop, helpers that take presses, and clients that ask; each checks what it is given."""

    def __init__(self, seed: int) -> None:
        self.interactor = SimulationInteractor(DECLARED)
        self.seed = seed
        self.time = itertools.count(1)
        self.done = threading.Event()
        self.problems: list[str] = []
        self.effects: list[tuple[int, int]] = []
        self.applied: list[tuple[int, Any]] = []
        self.presses: dict[tuple[int, int], Reply] = {}
        self.changes: list[tuple[Any, Reply]] = []

    # the simulation

    def loop(self) -> None:
        dice = random.Random(self.seed)
        for step in itertools.count(1):
            if self.done.is_set():
                return
            self.interactor.step = step
            self.interactor.set_out_if_in(PROGRESS, (step, next(self.time)))
            self.loop_answers(dice)
            self.loop_takes(dice, step)
            self.interactor.set_out_if_in(STOP, True)

    def loop_answers(self, dice: random.Random) -> None:
        if dice.random() < 0.5:
            flag, value = self.interactor.get_in(ASK)
            if flag:
                self.interactor.set_out(ASK, {"saw": value, "at": next(self.time)})
        else:
            for wanted in range(3):
                self.interactor.set_out_if_in_value(ASK, {"saw": wanted, "at": None}, wanted)

    def loop_takes(self, dice: random.Random, step: int) -> None:
        if dice.random() < 0.5:
            value = self.interactor.control(RATE)
            if not self.applied or self.applied[-1][1] != value:
                self.applied.append((step, value))
        else:
            flag, value = self.interactor.get_in(RATE)
            if flag:
                self.interactor.set_out(RATE, value)
                self.applied.append((step, value))
        self.take_press()

    def take_press(self) -> None:
        request = self.interactor.take(PRESS)
        if request is not None:
            self.effects.append(tuple(request.value))
            request.answer(request.value)

    def helper(self) -> None:
        while not self.done.is_set():
            self.take_press()

    # the outside

    def asker(self, me: int) -> None:
        dice = random.Random(self.seed * 100 + me)
        for _ in range(15):
            value, asked_at = dice.randrange(3), next(self.time)
            reply = self.interactor.query({ASK: value}, dice.choice([0, 0.001, DEADLINE_S]))[ASK]
            if reply.triggered:
                self.expect(reply.value["saw"] == value, f"{value} was answered {reply}")
                self.expect((reply.value["at"] or asked_at + 1) > asked_at, f"answer from before {asked_at}: {reply}")
            else:
                self.expect(reply.reason == "timeout" and not reply.pending, f"{reply}")

    def presser(self, me: int) -> None:
        dice = random.Random(self.seed * 200 + me)
        for number in range(15):
            timeout_s = dice.choice([0, 0.001, DEADLINE_S])
            reply = self.interactor.query({PRESS: [me, number]}, timeout_s)[PRESS]
            self.presses[me, number] = reply
            self.expect(reply.value == [me, number] if reply.triggered else reply.pending, f"{reply}")

    def changer(self, me: int) -> None:
        for number in range(15):
            value = [me, number]
            reply = self.interactor.query({RATE: value}, DEADLINE_S)[RATE]
            self.changes.append((value, reply))

    def reader(self) -> None:
        last = 0
        for _ in range(30):
            replies = self.interactor.query({PROGRESS: None, RATE: None}, DEADLINE_S)
            self.expect(all(reply.triggered for reply in replies.values()), f"{replies}")
            step = replies[PROGRESS].value[0]
            self.expect(step >= last, f"progress went back from {last} to {step}")
            last = step

    def stopper(self) -> None:
        reply = self.interactor.query({STOP: True}, DEADLINE_S)[STOP]
        self.expect(reply.triggered, f"{reply}")

    def setter(self) -> None:
        """Somebody who waits for nothing, on the channel where others wait."""
        for number in range(15):
            self.interactor.set_in(ASK, number % 3)
            self.interactor.get_out(ASK)

    def expect(self, holds: bool, what: str) -> None:
        if not holds:
            self.problems.append(what)

    def run(self) -> None:
        simulation = [threading.Thread(target=work, daemon=True) for work in (self.loop, self.helper)]
        outside = [threading.Thread(target=self.asker, args=(me,), daemon=True) for me in range(3)]
        outside += [threading.Thread(target=self.presser, args=(me,), daemon=True) for me in range(2)]
        outside += [threading.Thread(target=self.changer, args=(me,), daemon=True) for me in range(2)]
        plain = (self.reader, self.reader, self.stopper, self.stopper, self.setter)
        outside += [threading.Thread(target=work, daemon=True) for work in plain]
        random.Random(self.seed).shuffle(outside)
        for thread in (*simulation, *outside):
            thread.start()
        deadline = time.monotonic() + DEADLINE_S
        for thread in outside:
            thread.join(max(0.0, deadline - time.monotonic()))
        self.expect(not any(thread.is_alive() for thread in outside), "a client waits for ever")
        self.done.set()
        for thread in simulation:
            thread.join(DEADLINE_S)


@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_threads_in_any_interleaving_get_what_the_contract_says(eager_switching, seed):
    world = World(seed)
    world.run()
    assert world.problems == []

    # One press, one effect; none lost: what its client no longer waited for is still there.
    while world.interactor.has_pending(PRESS):
        world.take_press()
    assert sorted(world.effects) == sorted(world.presses)
    answered_in_time = {key for key, reply in world.presses.items() if reply.triggered}
    assert answered_in_time <= set(world.effects)

    # Each change was confirmed with a value that was in force at that step.
    in_force = [value for _, value in world.applied]
    assert all(reply.triggered for _, reply in world.changes)
    assert all(reply.value in in_force and reply.step is not None for _, reply in world.changes)
    assert world.interactor.control(RATE) == in_force[-1]

    # Everything is closed at the end.
    left = [world.interactor.send({key: [0]})[key] for key in (ASK, PRESS, RATE)]
    world.interactor.end()
    assert [world.interactor.collect(item).reason for item in left] == ["ended"] * 3
    assert all(item["pending"] == 0 for item in world.interactor.describe())


@settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(count=st.integers(1, 12), before=st.booleans())
def test_end_in_the_midst_of_queries_leaves_nobody_waiting(eager_switching, count, before):
    interactor = SimulationInteractor(DECLARED)
    replies: list[Reply] = []
    started = threading.Barrier(count + 1)

    def ask(me: int) -> None:
        key = (ASK, PRESS, RATE, STOP)[me % 4]
        started.wait(DEADLINE_S)
        replies.append(interactor.query({key: [me]}, None)[key])

    threads = [threading.Thread(target=ask, args=(me,), daemon=True) for me in range(count)]
    for thread in threads:
        thread.start()
    if before:
        interactor.end()
    started.wait(DEADLINE_S)
    interactor.end()
    for thread in threads:
        thread.join(DEADLINE_S)
    assert [reply.reason for reply in replies] == ["ended"] * count
