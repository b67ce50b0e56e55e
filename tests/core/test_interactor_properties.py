"""The interactor's contract under any order of events: against a model of its text, and with real threads.

The model is written from the contract, one channel of each kind, and knows nothing of lanes.
"""

from __future__ import annotations

import itertools
import random
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, precondition, rule

from gymdash_core.interaction.channels import PROGRESS, STOP, Channel
from gymdash_core.interaction.interactor import ChannelRequest, SimulationInteractor
from gymdash_core.interaction.lanes import LOOK_S
from gymdash_core.interaction.queries import Query, Reply
from gymdash_core.testing import FakeClock

ASK, PRESS, RATE = "ask", "press", "rate"
DECLARED = (Channel(ASK, kind="query"), Channel(PRESS, kind="action"), Channel(RATE, kind="control"))
DEADLINE_S = 30.0
#: So much is sent before a run ends.
ENOUGH = 20


# --- the model -------------------------------------------------------------------------------------------------------


@dataclass(eq=False)
class Sent:
    """One value on its way: what the model expects to become of it."""

    value: Any
    item: Query | Reply | None  # None: set_in
    asked_at: int
    reply: tuple[Any, ...] | None = None  # (triggered, value, pending, reason)
    client_gone: bool = False
    shown: int = 0

    @property
    def is_open(self) -> bool:
        return self.reply is None

    def close(self, *, triggered: bool, value: Any = None, reason: str = "") -> None:
        self.reply = (triggered, value, False, reason)


@dataclass
class Polled:
    """A channel that the loop looks at: ``query`` or ``action``."""

    merges: bool
    keeps: bool
    sent: list[Sent] = field(default_factory=list)
    taken: list[Sent] = field(default_factory=list)
    seen: list[Sent] = field(default_factory=list)
    stage: Sent | None = None
    contested_at: float | None = None
    looks: int = 0
    out: tuple[bool, Any] = (False, None)
    serving: set[int] = field(default_factory=set)
    late: list[str] = field(default_factory=list)

    def waiting(self) -> list[Sent]:
        return [sent for sent in self.sent if sent.is_open and sent not in self.taken]

    def forget_look(self) -> None:
        self.seen, self.stage, self.contested_at = [], None, None

    def look(self, now: float) -> tuple[bool, Any]:
        waiting = self.waiting()
        if not waiting:
            self.forget_look()
            return False, None
        over = self.contested_at is not None and now >= self.contested_at + LOOK_S
        if self.stage not in waiting or over:
            never = [sent for sent in waiting if not sent.shown]
            self.stage = never[0] if never else min(waiting, key=lambda sent: sent.shown)
            self.looks += 1
            self.stage.shown = self.looks
            self.contested_at = None
        if self.contested_at is None and len(waiting) > 1:
            self.contested_at = now
        assert self.stage is not None
        self.seen = [s for s in waiting if s is self.stage or (self.merges and s.value == self.stage.value)]
        return True, self.stage.value

    def answer(self, group: list[Sent], value: Any) -> None:
        for sent in group:
            sent.close(triggered=True, value=value)
            self.out = (True, value)
            if sent.item is not None and not sent.client_gone:
                self.serving.add(id(sent))

    def served(self, sent: Sent) -> None:
        if id(sent) in self.serving:
            self.serving.remove(id(sent))
            if not self.serving:
                self.out = (False, None)

    def set_out(self, value: Any) -> None:
        seen, group = self.seen, [sent for sent in self.seen if sent.is_open]
        self.forget_look()
        if group:
            self.answer(group, value)
        elif seen:
            self.late += [sent.item.id for sent in seen if isinstance(sent.item, Query)]
        else:
            self.out = (True, value)

    def set_out_if(self, value: Any, wanted: Any = ...) -> bool:
        fits = [sent for sent in self.waiting() if wanted is ... or sent.value == wanted]
        if not fits:
            return False
        group = [fits[0]]
        if fits[0] in self.seen:
            group = [sent for sent in self.seen if sent.is_open]
            self.forget_look()
        self.answer(group, value)
        return True

    def take(self) -> Sent | None:
        waiting = self.waiting()
        if not waiting:
            return None
        self.taken.append(waiting[0])
        if waiting[0] in self.seen:
            self.forget_look()
        return waiting[0]


@dataclass
class Handed:
    """A published channel: ``progress`` or a control."""

    published: tuple[Any, float, int | None] | None = None
    asked: bool = False
    readers: list[Sent] = field(default_factory=list)
    changes: list[Sent] = field(default_factory=list)
    seen: list[Sent] = field(default_factory=list)
    in_force: Any = None

    def hand_over(self, value: Any, now: float, step: int | None) -> None:
        self.published, self.in_force = (value, now, step), value
        for sent in self.readers:
            sent.close(triggered=True, value=value)
        self.readers, self.asked = [], False

    def settle(self, changes: list[Sent], value: Any) -> None:
        for sent in changes:
            sent.close(triggered=True, value=value)
        self.changes = [sent for sent in self.changes if sent.is_open]
        self.seen = []


# --- the machine -----------------------------------------------------------------------------------------------------

polled = st.sampled_from([ASK, ASK, PRESS])
small = st.integers(0, 1)


class InteractorMachine(RuleBasedStateMachine):
    """Any order of what clients and the loop can do."""

    clients = Bundle("clients")
    requests = Bundle("requests")

    def __init__(self) -> None:
        super().__init__()
        self.clock = FakeClock()
        self.notes: list[dict[str, Any]] = []
        self.interactor = SimulationInteractor(DECLARED, clock=self.clock)
        self.interactor._record = self.notes.append
        self.time = itertools.count(1)
        self.steps = itertools.count(1)
        self.polled = {ASK: Polled(merges=True, keeps=False), PRESS: Polled(merges=False, keeps=True)}
        self.progress, self.rate = Handed(), Handed()
        self.stops: list[Sent] = []
        self.stop_asked = False
        self.everything: list[Sent] = []
        self.ended = False
        self.collected: list[Sent] = []

    def sent(self, key: str, value: Any, *, client: bool) -> Sent:
        asked_at = next(self.time)
        if client:
            sent = Sent(value, self.interactor.send({key: value})[key], asked_at)
        else:
            self.interactor.set_in(key, value)
            sent = Sent(value, None, asked_at)
        self.everything.append(sent)
        return sent

    # clients

    @rule(target=clients, key=polled, values=st.lists(small, min_size=1, max_size=3))
    def ask(self, key, values):
        sent = [self.sent(key, value, client=True) for value in values]
        for item in sent:
            self.put_in(self.polled[key], item)
        return multiple(*[(key, item) for item in sent])

    @rule(key=polled, between=st.booleans())
    def answer_too_late(self, key, between):
        """The client that is shown gives up while the loop works on its answer; another comes."""
        self.get_in(key, 0.0, 1)
        stage = self.polled[key].stage
        if stage is None or stage.item is None or stage.client_gone:
            return
        if between:
            self.ask(key, [stage.value])
        self.end_of_wait((key, stage))
        self.collected.append(stage)
        self.set_out(key, looked=False)

    @rule(key=polled, value=small)
    def set_in(self, key, value):
        channel = self.polled[key]
        sent = self.sent(key, value, client=False)
        if not channel.serving:
            channel.out = (False, None)
        self.put_in(channel, sent)

    def put_in(self, channel: Polled, sent: Sent) -> None:
        if self.ended:
            sent.close(triggered=False, reason="ended")
        else:
            channel.sent.append(sent)

    @rule(key=polled, value=small)
    def set_in_if_out(self, key, value):
        channel = self.polled[key]
        assert self.interactor.set_in_if_out(key, value) is channel.out[0]
        if channel.out[0]:
            self.everything.append(sent := Sent(value, None, next(self.time)))
            self.put_in(channel, sent)

    @rule(target=clients, value=st.booleans())
    def ask_stop(self, value):
        sent = self.sent(STOP, True, client=value)
        if self.ended:
            sent.close(triggered=True, value=True, reason="ended")
        else:
            self.stop_asked = True
            self.stops.append(sent)
        return STOP, sent

    @rule(target=clients, key=st.sampled_from([PROGRESS, RATE]))
    def read(self, key):
        handed = self.progress if key == PROGRESS else self.rate
        sent = self.sent(key, None, client=True)
        if handed.published is None:
            assert isinstance(sent.item, Query)
            if self.ended:
                sent.close(triggered=False, reason="ended")
            else:
                handed.readers.append(sent)
        else:
            value, at, step = handed.published
            assert sent.item == Reply(triggered=True, value=value, age_s=self.clock.now - at, step=step)
            sent.close(triggered=True, value=value)
        handed.asked = True
        return key, sent

    @rule(target=clients, value=small)
    def change(self, value):
        sent = self.sent(RATE, value, client=True)
        if self.ended:
            sent.close(triggered=False, reason="ended")
        else:
            self.rate.changes.append(sent)
        return RATE, sent

    @rule(client=consumes(clients))
    def end_of_wait(self, client):
        """The client collects its reply, or its time is over."""
        key, sent = client
        if sent.item is None or sent in self.collected:
            return
        reply = self.interactor.collect(sent.item)
        if sent.is_open:
            stays = key in (PRESS, STOP) or (key == RATE and sent.value is not None)
            sent.client_gone = True
            if not stays:
                sent.close(triggered=False, reason="timeout")
                for readers in (self.progress.readers, self.rate.readers):
                    if sent in readers:
                        readers.remove(sent)
            expected = (False, None, stays, "timeout")
        else:
            expected = sent.reply
            if key in self.polled:
                self.polled[key].served(sent)
        assert (reply.triggered, reply.value, reply.pending, reply.reason) == expected

    # the loop

    @rule(seconds=st.sampled_from([0.0, 0.001, LOOK_S, 1.0]))
    def time_passes(self, seconds):
        self.clock.advance(seconds)
        self.interactor.step = next(self.steps)

    @rule(key=polled, between_s=st.sampled_from([0.0, LOOK_S]), times=st.integers(1, 3))
    def get_in(self, key, between_s, times):
        for _ in range(times):
            assert self.interactor.get_in(key) == self.polled[key].look(self.clock.now)
            self.clock.advance(between_s)

    @rule(key=polled, looked=st.booleans())
    def set_out(self, key, looked):
        if looked:
            self.get_in(key, 0.0, 1)
        value = next(self.time)
        self.interactor.set_out(key, value)
        self.polled[key].set_out(value)

    @rule(key=polled)
    def set_out_if_in(self, key):
        value = next(self.time)
        assert self.interactor.set_out_if_in(key, value) is self.polled[key].set_out_if(value)

    @rule(key=polled, wanted=small)
    def set_out_if_in_value(self, key, wanted):
        value = next(self.time)
        assert self.interactor.set_out_if_in_value(key, value, wanted) is self.polled[key].set_out_if(value, wanted)

    @rule(target=requests, key=polled)
    def take(self, key):
        request, sent = self.interactor.take(key), self.polled[key].take()
        assert (request is None) is (sent is None)
        if request is not None and sent is not None:
            assert request.value == sent.value
        return key, request, sent

    @rule(taken=consumes(requests), refuse=st.booleans())
    def answer_taken(self, taken: tuple[str, ChannelRequest | None, Sent], refuse):
        key, request, sent = taken
        if request is None:
            return
        value = next(self.time)
        if refuse:
            request.refuse("no")
        else:
            request.answer(value)
        channel = self.polled[key]
        if not sent.is_open:
            channel.late.append(request.id)
        elif refuse:
            sent.close(triggered=False, reason="refused: no")
        else:
            channel.answer([sent], value)

    @rule()
    def poll_stop(self):
        assert self.interactor.stop_asked is self.stop_asked
        assert self.interactor.get_in(STOP) == ((True, True) if self.stop_asked else (False, None))
        assert self.interactor.set_out_if_in(STOP, True) is self.stop_asked
        for sent in self.stops:
            sent.close(triggered=True, value=True)
        self.stops = []

    @rule(how=st.sampled_from(["set_out", "set_out_if_in"]), plain=st.booleans())
    def hand_over_progress(self, how, plain):
        value = [next(self.time), 9] if plain else {"at": next(self.time)}
        flag, _ = self.interactor.get_in(PROGRESS)
        assert flag is self.progress.asked
        found = getattr(self.interactor, how)(PROGRESS, tuple(value) if plain else value)
        assert found is (None if how == "set_out" else self.progress.asked)
        self.progress.hand_over(value, self.clock.now, self.interactor.step)

    @rule()
    def control(self):
        rate = self.rate
        if rate.changes:
            rate.in_force = rate.changes[-1].value
        assert self.interactor.control(RATE) == rate.in_force
        rate.settle(rate.changes, rate.in_force)
        rate.hand_over(rate.in_force, self.clock.now, self.interactor.step)

    @rule()
    def look_at_control(self):
        rate = self.rate
        rate.seen = list(rate.changes)
        expected = (
            (True, rate.changes[-1].value) if rate.changes else (rate.asked, rate.in_force if rate.asked else None)
        )
        assert self.interactor.get_in(RATE) == expected

    @rule(how=st.sampled_from(["set_out", "set_out_if_in"]), value=small)
    def hand_over_control(self, how, value):
        rate = self.rate
        raised = bool(rate.asked or rate.changes)
        assert getattr(self.interactor, how)(RATE, value) is (None if how == "set_out" else raised)
        rate.settle([sent for sent in rate.seen if sent.is_open], value)
        rate.hand_over(value, self.clock.now, self.interactor.step)

    @precondition(lambda self: len(self.everything) > ENOUGH)
    @rule()
    def end(self):
        self.interactor.end()
        self.ended = True
        for sent in self.stops:
            sent.close(triggered=True, value=True, reason="ended")
        for sent in self.everything:
            if sent.is_open:
                sent.close(triggered=False, reason="ended")
        self.stops, self.progress.readers, self.rate.readers, self.rate.changes = [], [], [], []
        for channel in self.polled.values():
            channel.forget_look()

    # what always holds

    @invariant()
    def every_client_has_what_the_model_says(self):
        for sent in self.everything:
            if isinstance(sent.item, Query):
                found = sent.item.reply
                assert (found is None) is sent.is_open
                if found is not None:
                    assert (found.triggered, found.value, found.pending, found.reason) == sent.reply

    @invariant()
    def no_answer_is_older_than_its_question(self):
        for channel in self.polled.values():
            for sent in channel.sent:
                if sent.reply is not None and sent.reply[0]:
                    assert sent.reply[1] > sent.asked_at

    @invariant()
    def outgoing_side_is_as_the_model_says(self):
        for key, channel in self.polled.items():
            assert self.interactor.get_out(key) == channel.out

    @invariant()
    def late_answers_are_recorded_and_given_to_nobody(self):
        for key, channel in self.polled.items():
            assert [
                note["id"] for note in self.notes if note["event"] == "late" and note["channel"] == key
            ] == channel.late

    @invariant()
    def each_press_has_one_effect(self):
        answered = [note["id"] for note in self.notes if note["event"] in ("answered", "refused")]
        assert len(answered) == len(set(answered))

    @invariant()
    def pending_counts_what_waits(self):
        pending = {item["key"]: item["pending"] for item in self.interactor.describe()}
        expected = {key: len(channel.waiting()) for key, channel in self.polled.items()}
        expected[STOP] = len(self.stops)
        expected[PROGRESS] = len(self.progress.readers)
        expected[RATE] = len(self.rate.readers) + len(self.rate.changes)
        assert {key: pending[key] for key in expected} == expected


TestInteractorMachine = InteractorMachine.TestCase
TestInteractorMachine.settings = settings(
    max_examples=120,
    stateful_step_count=50,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


# --- real threads ----------------------------------------------------------------------------------------------------


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
