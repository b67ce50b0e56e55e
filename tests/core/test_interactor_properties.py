"""The interactor's contract under any order of events, against the model of its text."""

from __future__ import annotations

import itertools
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, precondition, rule

from channel_model import ASK, DECLARED, PRESS, RATE, Handed, Polled, Sent
from gymdash_core.interaction.channels import PROGRESS, STOP
from gymdash_core.interaction.interactor import ChannelRequest, SimulationInteractor
from gymdash_core.interaction.lanes import LOOK_S
from gymdash_core.interaction.queries import Query, Reply
from gymdash_core.testing import FakeClock

#: So much is sent before a run ends.
ENOUGH = 20


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
