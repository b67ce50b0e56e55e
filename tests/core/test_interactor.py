"""Each rule of the interactor's contract, one by one."""

from __future__ import annotations

import errno
import logging
import threading
import time
from typing import Annotated, Any, NoReturn

import pytest
from pydantic import BaseModel, Field

from gymdash_core.errors import AskTimeout, InvalidValueError, StopSimException, UnknownChannelError
from gymdash_core.interaction.asking import Ask
from gymdash_core.interaction.channels import CUSTOM_QUERY, PROGRESS, STOP, Channel
from gymdash_core.interaction.interactor import SimulationInteractor
from gymdash_core.interaction.queries import Reply
from gymdash_core.interaction.requests import RequestBook, RequestState
from gymdash_core.testing import FakeClock

DEADLINE_S = 10.0


class Form(BaseModel):
    size: int = 3


class Notes(list):
    """The record of interventions."""

    def events(self) -> list[str]:
        return [note["event"] for note in self]


class Shield:
    """Counts how often it is entered, and stands for the worker's."""

    def __init__(self) -> None:
        self.depth = self.entered = 0

    def __enter__(self) -> None:
        self.depth += 1
        self.entered += 1

    def __exit__(self, *_: object) -> None:
        self.depth -= 1


CHANNELS = (
    Channel("best", "Best so far", "query"),
    Channel("save", "Save", "action"),
    Channel("form", "Form", "action", Form),
    Channel("rate", "Rate", "control", Annotated[float, Field(ge=0)], initial=0.1),
    Channel("free", "Free", "control"),
    Channel("typed", "Typed", "query", int, result=Annotated[int, Field(ge=0)]),
)


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def notes():
    return Notes()


@pytest.fixture
def interactor(clock, notes):
    found = SimulationInteractor(CHANNELS, clock=clock)
    found.attach(shield=Shield(), record=notes.append, requests=RequestBook(), initial={})
    return found


class Client:
    """Somebody outside who waits for a reply, without a thread."""

    def __init__(self, interactor: SimulationInteractor, key: str, value: Any = None) -> None:
        self._interactor = interactor
        self._item = interactor.send({key: value}, "somebody")[key]

    @property
    def waits(self) -> bool:
        return not isinstance(self._item, Reply) and self._item.is_open

    def reply(self) -> Reply:
        assert not self.waits
        return self._interactor.collect(self._item)

    def give_up(self) -> Reply:
        """The time-out."""
        assert self.waits
        return self._interactor.collect(self._item)


class Asker(threading.Thread):
    """Somebody outside who waits for a reply, in a thread of their own."""

    def __init__(self, interactor: SimulationInteractor, values: dict[str, Any], timeout_s: float | None) -> None:
        super().__init__(daemon=True)
        self._call = lambda: interactor.query(values, timeout_s)
        self._replies: dict[str, Reply] | None = None
        arrived = threading.Event()
        with interactor.listening(lambda _: arrived.set()):
            self.start()
            assert arrived.wait(DEADLINE_S)

    def run(self) -> None:
        self._replies = self._call()

    def replies(self) -> dict[str, Reply]:
        self.join(DEADLINE_S)
        assert self._replies is not None
        return self._replies


def wait_for(condition) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline


# --- what exists -----------------------------------------------------------------------------------------------------


def test_built_in_channels_always_exist():
    kinds = {channel.key: str(channel.kind) for channel in SimulationInteractor().channels}
    assert kinds == {STOP: "action", PROGRESS: "query", CUSTOM_QUERY: "query"}


def test_unknown_key_reads_as_nothing_and_sets_nothing(interactor):
    assert interactor.get_in("no") == (False, None)
    assert interactor.get_out("no") == (False, None)
    interactor.set_in("no", 1)
    interactor.set_out("no", 1)
    assert interactor.set_out_if_in("no", 1) is False
    assert interactor.set_in_if_out("no", 1) is False
    assert interactor.set_out_if_in_value("no", 1, 1) is False
    assert interactor.set_in_if_out_value("no", 1, 1) is False
    assert interactor.add_control_request("no") is False


def test_unknown_channel_in_a_query_delivers_nothing(interactor):
    with pytest.raises(UnknownChannelError, match="best"):
        interactor.query({"save": None, "bets": None}, 0)
    assert interactor.take("save") is None


def test_bad_value_in_a_query_delivers_nothing(interactor):
    with pytest.raises(InvalidValueError):
        interactor.query({"save": None, "typed": "no number"}, 0)
    assert interactor.take("save") is None


def test_kinds_of_channels_are_declared_by_name():
    with pytest.raises(ValueError, match="button"):
        Channel("x", "X", "button")


# --- get_in ----------------------------------------------------------------------------------------------------------


def test_get_in_shows_nothing_when_nothing_is_open(interactor):
    assert interactor.get_in("best") == (False, None)


def test_get_in_peeks_at_the_oldest(interactor):
    for value in ("first", "second"):
        Client(interactor, "best", value)
    assert interactor.get_in("best") == (True, "first")
    assert interactor.get_in("best") == (True, "first")


def test_get_in_shows_the_same_until_answered(interactor, clock):
    Client(interactor, "best", "first")
    interactor.get_in("best")
    clock.advance(60)
    assert interactor.get_in("best") == (True, "first")
    interactor.set_out("best", 1)
    assert interactor.get_in("best") == (False, None)


def test_get_in_goes_on_when_the_query_that_is_shown_closes(interactor):
    first, _ = Client(interactor, "best", "first"), Client(interactor, "best", "second")
    interactor.get_in("best")
    first.give_up()
    assert interactor.get_in("best") == (True, "second")


def test_seen_and_unanswered_queries_yield_round_robin(interactor, clock):
    for value in "abc":
        Client(interactor, "best", value)
    shown = []
    for _ in range(7):
        shown.append(interactor.get_in("best")[1])
        clock.advance(0.05)
    assert shown == list("abcabca")


def test_a_query_that_yielded_stays_open_until_answered(interactor, clock):
    first, second = Client(interactor, "best", "first"), Client(interactor, "best", "second")
    interactor.get_in("best")
    clock.advance(0.05)
    assert interactor.get_in("best") == (True, "second")
    interactor.set_out("best", "answer to second")
    assert second.reply().value == "answer to second"
    assert first.waits
    assert interactor.get_in("best") == (True, "first")
    interactor.set_out("best", "answer to first")
    assert first.reply().value == "answer to first"


def test_a_query_alone_keeps_the_stage_until_another_has_waited_a_look(interactor, clock):
    Client(interactor, "best", "first")
    interactor.get_in("best")
    clock.advance(60)
    Client(interactor, "best", "second")
    assert interactor.get_in("best") == (True, "first")
    clock.advance(0.05)
    assert interactor.get_in("best") == (True, "second")


def test_legacy_loop_that_waits_for_continue_reaches_it_behind_others(interactor, clock):
    other, last = Client(interactor, CUSTOM_QUERY, {"x": 1}), Client(interactor, CUSTOM_QUERY, {"continue": True})
    for _ in range(4):
        triggered, custom = interactor.get_in(CUSTOM_QUERY)
        if triggered and "continue" in custom:
            interactor.set_out(CUSTOM_QUERY, custom)
            break
        clock.advance(0.05)
    assert last.reply().value == {"continue": True}
    assert other.waits


# --- set_out ---------------------------------------------------------------------------------------------------------


def test_set_out_answers_the_query_seen_last(interactor):
    first, second = Client(interactor, "best", 1), Client(interactor, "best", 2)
    interactor.get_in("best")
    interactor.set_out("best", "answer")
    reply = first.reply()
    assert (reply.triggered, reply.value, reply.age_s, reply.pending, reply.reason) == (True, "answer", 0.0, False, "")
    assert reply.request_id
    assert second.waits


def test_set_out_answers_none_that_came_after_the_look(interactor):
    seen = Client(interactor, "best", 1)
    interactor.get_in("best")
    later = Client(interactor, "best", 1)
    interactor.set_out("best", "answer")
    assert seen.reply().value == "answer"
    assert later.waits


def test_a_second_look_covers_what_came_before_it(interactor):
    clients = [Client(interactor, "best", 1)]
    interactor.get_in("best")
    clients.append(Client(interactor, "best", 1))
    interactor.get_in("best")
    interactor.set_out("best", "answer")
    assert [client.reply().value for client in clients] == ["answer", "answer"]


def test_queries_of_equal_value_open_when_shown_are_answered_together(interactor):
    same, other = [Client(interactor, "best", {"n": 1}) for _ in range(3)], Client(interactor, "best", {"n": 2})
    interactor.get_in("best")
    interactor.set_out("best", "answer")
    assert [client.reply().value for client in same] == ["answer"] * 3
    assert other.waits


def test_set_out_without_a_look_answers_nobody(interactor):
    client = Client(interactor, "best", 1)
    interactor.set_out("best", "unasked")
    assert client.waits
    assert interactor.get_in("best") == (True, 1)


def test_set_out_answers_a_look_only_once(interactor):
    first, second = Client(interactor, "best", 1), Client(interactor, "best", 2)
    interactor.get_in("best")
    interactor.set_out("best", "answer")
    interactor.set_out("best", "again")
    assert first.reply().value == "answer"
    assert second.waits


def test_answer_after_the_time_out_is_recorded_as_late_and_given_to_nobody(interactor, notes):
    late, other = Client(interactor, "best", 1), Client(interactor, "best", 2)
    interactor.get_in("best")
    reply = late.give_up()
    interactor.set_out("best", "too late")
    assert other.waits
    assert interactor.get_out("best") == (False, None)
    assert [(n["event"], n["id"]) for n in notes if n["event"] == "late"] == [("late", reply.request_id)]


def test_set_out_with_nothing_open_is_kept_for_get_out_alone(interactor):
    interactor.set_out("best", "kept")
    assert interactor.get_out("best") == (True, "kept")
    assert Client(interactor, "best", 1).waits


def test_kept_value_is_not_read_by_who_asks_with_set_in(interactor):
    interactor.set_out("best", "old")
    interactor.set_in("best", 1)
    assert interactor.get_out("best") == (False, None)
    interactor.get_in("best")
    interactor.set_out("best", "new")
    assert interactor.get_out("best") == (True, "new")


def test_outgoing_flag_falls_when_its_clients_are_served(interactor):
    clients = [Client(interactor, "best", 1) for _ in range(2)]
    interactor.get_in("best")
    interactor.set_out("best", "answer")
    assert interactor.get_out("best") == (True, "answer")
    clients[0].reply()
    assert interactor.get_out("best") == (True, "answer")
    clients[1].reply()
    assert interactor.get_out("best") == (False, None)


# --- the conditional setters -----------------------------------------------------------------------------------------


def test_set_out_if_in_answers_the_oldest_that_is_open(interactor):
    first, second = Client(interactor, "best", 1), Client(interactor, "best", 2)
    assert interactor.set_out_if_in("best", "answer") is True
    assert first.reply().value == "answer"
    assert second.waits


def test_set_out_if_in_answers_the_oldest_whatever_was_shown(interactor, clock):
    first, second = Client(interactor, "best", 1), Client(interactor, "best", 2)
    interactor.get_in("best")
    clock.advance(0.05)
    assert interactor.get_in("best") == (True, 2)
    interactor.set_out_if_in("best", "answer")
    assert first.reply().value == "answer"
    assert second.waits


def test_set_out_if_in_without_a_query_sets_nothing(interactor):
    assert interactor.set_out_if_in("best", "answer") is False
    assert interactor.get_out("best") == (False, None)
    assert Client(interactor, "best").waits


def test_set_out_if_in_value_answers_the_oldest_of_equal_value(interactor):
    clients = [Client(interactor, "best", {"n": n}) for n in (1, 2, 2)]
    assert interactor.set_out_if_in_value("best", "answer", {"n": 3}) is False
    assert interactor.set_out_if_in_value("best", "answer", {"n": 2}) is True
    assert [client.waits for client in clients] == [True, False, True]


def test_set_in_if_out_sends_only_while_the_outgoing_flag_is_raised(interactor):
    assert interactor.set_in_if_out("best", 1) is False
    assert interactor.get_in("best") == (False, None)
    interactor.set_out("best", "out")
    assert interactor.set_in_if_out("best", 1) is True
    assert interactor.get_in("best") == (True, 1)


def test_set_in_if_out_value_sends_only_for_an_equal_value(interactor):
    interactor.set_out("best", (1, 2))
    assert interactor.set_in_if_out_value("best", "in", [3]) is False
    assert interactor.set_in_if_out_value("best", "in", (1, 2)) is True
    assert interactor.get_in("best") == (True, "in")


# --- actions ---------------------------------------------------------------------------------------------------------


def test_two_presses_are_never_answered_together(interactor):
    presses = [Client(interactor, "save", None) for _ in range(2)]
    interactor.get_in("save")
    interactor.set_out("save", "done")
    assert [press.waits for press in presses] == [False, True]
    interactor.set_out_if_in("save", "done")
    assert [press.waits for press in presses] == [False, False]


def test_presses_are_taken_in_order_and_once(interactor):
    for size in (1, 2, 3):
        Client(interactor, "form", {"size": size})
    taken = [interactor.take("form") for _ in range(3)]
    assert [request.value for request in taken if request] == [Form(size=1), Form(size=2), Form(size=3)]
    assert interactor.take("form") is None


def test_taken_press_is_answered_later(interactor):
    first, second = Client(interactor, "save"), Client(interactor, "save")
    one, two = interactor.take("save"), interactor.take("save")
    two.answer({"path": "x"})
    assert second.reply().value == {"path": "x"}
    assert first.waits
    one.refuse("no room")
    reply = first.reply()
    assert (reply.triggered, reply.reason) == (False, "refused: no room")


def test_press_without_a_value_gets_the_defaults_of_its_form(interactor):
    Client(interactor, "form", None)
    assert interactor.take("form").value == Form(size=3)


def test_press_stays_pending_after_its_client_has_gone(interactor):
    reply = Client(interactor, "save").give_up()
    assert (reply.triggered, reply.pending, reply.reason) == (False, True, "timeout")
    request = interactor.take("save")
    assert request.id == reply.request_id
    request.answer("done")
    assert interactor.take("save") is None
    assert interactor.get_out("save") == (True, "done")


def test_press_whose_client_has_gone_does_not_hold_the_outgoing_flag(interactor):
    Client(interactor, "save").give_up()
    client = Client(interactor, "save")
    for _ in range(2):
        interactor.take("save").answer("done")
    client.reply()
    assert interactor.get_out("save") == (False, None)


def test_taken_query_is_not_answered_by_set_out(interactor):
    client = Client(interactor, "best", 1)
    interactor.get_in("best")
    interactor.take("best")
    interactor.set_out("best", "kept")
    assert client.waits


def test_take_of_an_unknown_or_published_channel_is_an_error(interactor):
    with pytest.raises(UnknownChannelError):
        interactor.take("no")
    with pytest.raises(InvalidValueError, match="control"):
        interactor.take("rate")


# --- queries and time ------------------------------------------------------------------------------------------------


def test_query_is_withdrawn_at_its_time_out(interactor):
    reply = interactor.query({"best": 1}, 0)["best"]
    assert (reply.triggered, reply.pending, reply.reason) == (False, False, "timeout")
    assert interactor.get_in("best") == (False, None)


def test_taken_query_is_withdrawn_at_its_time_out_too(interactor, notes):
    client = Client(interactor, "best", 1)
    request = interactor.take("best")
    assert client.give_up().reason == "timeout"
    request.answer("too late")
    assert notes.events() == ["asked", "expired", "late"]
    assert interactor.get_out("best") == (False, None)


def test_query_waits_for_its_answer(interactor):
    asker = Asker(interactor, {"best": 1}, DEADLINE_S)
    interactor.get_in("best")
    interactor.set_out("best", 7)
    assert asker.replies()["best"].value == 7


def test_replies_of_several_channels_come_together(interactor):
    interactor.set_out_if_in(PROGRESS, (1, 2))
    asker = Asker(interactor, {PROGRESS: None, "save": None, "best": None}, DEADLINE_S)
    wait_for(lambda: interactor.has_pending("best"))
    interactor.take("save").answer("saved")
    interactor.set_out_if_in("best", 3)
    assert {key: reply.value for key, reply in asker.replies().items()} == {
        PROGRESS: [1, 2],
        "save": "saved",
        "best": 3,
    }


def test_a_client_that_is_interrupted_leaves_no_query_behind(interactor, monkeypatch):
    def interrupted(*_: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr("gymdash_core.interaction.queries.Query.wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        interactor.query({"best": 1}, None)
    assert interactor.get_in("best") == (False, None)


def test_set_in_has_no_time_limit_and_no_client(interactor, clock):
    interactor.set_in("best", 1)
    clock.advance(1e6)
    assert interactor.get_in("best") == (True, 1)
    interactor.set_out("best", 2)
    assert interactor.get_in("best") == (False, None)
    assert interactor.get_out("best") == (True, 2)


# --- stop ------------------------------------------------------------------------------------------------------------


def test_stop_stays_flagged_until_the_attempt_ends(interactor):
    assert interactor.set_out_if_in(STOP, True) is False
    assert not interactor.stop_asked
    interactor.set_in(STOP, True)
    assert interactor.stop_asked
    for _ in range(3):
        assert interactor.get_in(STOP) == (True, True)
        assert interactor.set_out_if_in(STOP, True) is True


def test_one_answer_serves_all_who_asked_for_the_stop(interactor):
    clients = [Client(interactor, STOP, value) for value in (True, None, {"why": "x"})]
    assert interactor.set_out_if_in(STOP, True) is True
    assert all(client.reply().triggered for client in clients)


def test_stop_survives_the_time_out_of_its_client(interactor):
    reply = Client(interactor, STOP).give_up()
    assert (reply.triggered, reply.pending) == (False, True)
    assert interactor.set_out_if_in(STOP, True) is True


def test_stop_by_set_out_answers_too(interactor):
    client = Client(interactor, STOP)
    interactor.set_out(STOP, value=True)
    assert client.reply().triggered


def test_stop_asked_with_null_reads_as_true(interactor):
    Client(interactor, STOP, None)
    assert interactor.get_in(STOP) == (True, True)
    assert interactor.set_out_if_in_value(STOP, True, True) is True


# --- published channels ----------------------------------------------------------------------------------------------


def test_progress_answers_at_once_with_its_age(interactor, clock):
    interactor.step = 5
    assert interactor.set_out_if_in(PROGRESS, (5, 20)) is False
    clock.advance(2.5)
    reply = interactor.query({PROGRESS: None}, 0)[PROGRESS]
    assert (reply.triggered, reply.value, reply.age_s, reply.step) == (True, [5, 20], 2.5, 5)


def test_asking_for_progress_raises_the_incoming_flag(interactor):
    interactor.set_out_if_in(PROGRESS, (1, 20))
    assert interactor.get_in(PROGRESS) == (False, None)
    interactor.query({PROGRESS: None}, 0)
    assert interactor.get_in(PROGRESS) == (True, None)
    assert interactor.set_out_if_in(PROGRESS, (2, 20)) is True
    assert interactor.set_out_if_in(PROGRESS, (3, 20)) is False
    assert interactor.get_in(PROGRESS) == (False, None)


def test_progress_waits_before_the_first_value(interactor):
    clients = [Client(interactor, PROGRESS) for _ in range(3)]
    assert all(client.waits for client in clients)
    assert interactor.set_out_if_in(PROGRESS, (1, 20)) is True
    assert [client.reply().value for client in clients] == [[1, 20]] * 3


def test_progress_before_the_first_value_times_out(interactor):
    reply = interactor.query({PROGRESS: None}, 0)[PROGRESS]
    assert (reply.triggered, reply.reason) == (False, "timeout")


def test_worker_asks_for_progress_itself(interactor):
    """Loops that answer only when asked hand a value over."""
    interactor.ask_progress()
    assert interactor.get_in(PROGRESS)[0] is True
    interactor.set_out(PROGRESS, (3, 20))
    assert interactor.get_in(PROGRESS)[0] is False
    assert interactor.published()[PROGRESS]["value"] == [3, 20]


def test_set_out_of_progress_publishes_and_is_kept_for_get_out(interactor):
    interactor.set_out(PROGRESS, (1, 2))
    assert interactor.get_out(PROGRESS) == (True, [1, 2])
    assert interactor.query({PROGRESS: None}, 0)[PROGRESS].value == [1, 2]


def test_progress_may_be_any_json(interactor):
    interactor.set_out_if_in(PROGRESS, {"phase": "warm-up"})
    assert interactor.query({PROGRESS: None}, 0)[PROGRESS].value == {"phase": "warm-up"}


def test_matched_hand_over_is_published(interactor):
    Client(interactor, PROGRESS)
    assert interactor.set_out_if_in_value(PROGRESS, (1, 2), None) is True
    assert interactor.published()[PROGRESS]["value"] == [1, 2]


def test_result_type_of_a_published_channel_checks_pairs_too():
    interactor = SimulationInteractor([Channel(PROGRESS, "P", "query", result=tuple[int, int])])
    interactor.set_out_if_in(PROGRESS, (1, 2))
    with pytest.raises(InvalidValueError):
        interactor.set_out_if_in(PROGRESS, (1, None))
    assert interactor.published()[PROGRESS]["value"] == [1, 2]


# --- controls --------------------------------------------------------------------------------------------------------


def test_control_has_its_declared_first_value(interactor):
    assert interactor.control("rate") == 0.1
    assert interactor.query({"rate": None}, 0)["rate"].value == 0.1


def test_control_gets_its_first_value_from_the_run(clock, notes):
    interactor = SimulationInteractor([Channel("rate", "Rate", "control", float)], clock=clock)
    interactor.attach(shield=Shield(), record=notes.append, requests=RequestBook(), initial={"rate": 0.25})
    assert interactor.query({"rate": None}, 0)["rate"].value == 0.25
    assert interactor.control("rate") == 0.25


def test_control_without_a_first_value_waits_for_it(interactor):
    reader = Client(interactor, "free")
    assert reader.waits
    interactor.set_out_if_in("free", 1)
    assert reader.reply().value == 1


def test_last_change_wins_and_each_caller_gets_the_applied_value_and_step(interactor):
    clients = [Client(interactor, "rate", value) for value in (0.5, 0.6, 0.7)]
    interactor.step = 42
    assert interactor.control("rate") == 0.7
    for client in clients:
        reply = client.reply()
        assert (reply.triggered, reply.value, reply.step) == (True, 0.7, 42)


def test_change_is_reported_as_the_model_has_made_it(interactor):
    client = Client(interactor, "rate", "0.5")
    assert interactor.get_in("rate") == (True, 0.5)
    assert interactor.control("rate") == 0.5
    assert client.reply().value == 0.5


def test_change_is_refused_by_the_model(interactor):
    with pytest.raises(InvalidValueError, match="rate"):
        interactor.query({"rate": -1}, 0)
    assert interactor.control("rate") == 0.1


def test_change_is_applied_by_a_legacy_loop(interactor):
    client = Client(interactor, "rate", 0.5)
    interactor.step = 7
    flag, value = interactor.get_in("rate")
    assert (flag, value) == (True, 0.5)
    interactor.set_out("rate", value)
    reply = client.reply()
    assert (reply.value, reply.step) == (0.5, 7)
    assert interactor.get_in("rate") == (False, None)
    assert interactor.control("rate") == 0.5


def test_change_that_nobody_has_seen_is_not_confirmed(interactor):
    client = Client(interactor, "rate", 0.5)
    interactor.set_out_if_in("rate", 0.1)
    interactor.set_out("rate", 0.1)
    assert client.waits
    assert interactor.control("rate") == 0.5
    assert client.reply().value == 0.5


def test_change_after_the_look_is_not_confirmed_by_it(interactor):
    first = Client(interactor, "rate", 0.5)
    interactor.get_in("rate")
    second = Client(interactor, "rate", 0.6)
    interactor.set_out("rate", 0.5)
    assert first.reply().value == 0.5
    assert second.waits
    assert interactor.get_in("rate") == (True, 0.6)


def test_comparison_with_the_newest_change_is_a_look_at_it(interactor):
    client = Client(interactor, "rate", 0.5)
    assert interactor.set_out_if_in_value("rate", 0.4, 0.1) is False
    assert interactor.set_out_if_in_value("rate", 0.4, 0.5) is True
    assert client.reply().value == 0.4


def test_change_stays_pending_after_its_client_has_gone(interactor):
    reply = Client(interactor, "rate", 0.5).give_up()
    assert (reply.triggered, reply.pending) == (False, True)
    assert reply.request_id
    assert interactor.control("rate") == 0.5
    assert interactor.query({"rate": None}, 0)["rate"].value == 0.5


def test_null_reads_a_control(interactor, clock):
    interactor.control("rate")
    clock.advance(3)
    reply = interactor.query({"rate": None}, 0)["rate"]
    assert (reply.triggered, reply.value, reply.age_s, reply.request_id) == (True, 0.1, 3, None)


def test_reading_a_control_raises_the_flag_and_shows_the_value_in_force(interactor):
    """A loop that applies whatever it is shown must not be shown null."""
    assert interactor.get_in("rate") == (False, None)
    interactor.query({"rate": None}, 0)
    assert interactor.get_in("rate") == (True, 0.1)
    interactor.set_out("rate", 0.1)
    assert interactor.get_in("rate") == (False, None)


def test_reading_while_a_change_waits_gives_the_value_in_force(interactor):
    Client(interactor, "rate", 0.5)
    assert interactor.query({"rate": None}, 0)["rate"].value == 0.1


def test_value_that_the_simulation_hands_over_is_in_force(interactor):
    interactor.set_out_if_in("rate", 0.05)
    assert interactor.control("rate") == 0.05
    assert interactor.query({"rate": None}, 0)["rate"].value == 0.05


def test_age_of_a_control_counts_from_the_last_poll(interactor, clock):
    clock.advance(100)
    interactor.step = 9
    interactor.control("rate")
    clock.advance(1)
    reply = interactor.query({"rate": None}, 0)["rate"]
    assert (reply.age_s, reply.step) == (1, 9)


def test_control_of_a_model_returns_the_model(clock):
    interactor = SimulationInteractor([Channel("form", "F", "control", Form, initial=Form())], clock=clock)
    assert interactor.control("form") == Form(size=3)
    client = Client(interactor, "form", {"size": 4})
    assert interactor.control("form") == Form(size=4)
    assert client.reply().value == {"size": 4}
    interactor.set_out_if_in("form", {"size": 5})
    assert interactor.control("form") == Form(size=5)


def test_control_of_what_is_none_is_an_error(interactor):
    with pytest.raises(UnknownChannelError, match="rate"):
        interactor.control("best")


# --- values ----------------------------------------------------------------------------------------------------------


def test_custom_query_takes_an_object_or_null(interactor):
    Client(interactor, CUSTOM_QUERY, None)
    assert interactor.get_in(CUSTOM_QUERY) == (True, {})
    for value in (1, "continue", [], True):
        with pytest.raises(InvalidValueError):
            interactor.query({CUSTOM_QUERY: value}, 0)
        with pytest.raises(InvalidValueError):
            interactor.set_in(CUSTOM_QUERY, value)


def test_custom_query_takes_what_its_declared_model_takes():
    interactor = SimulationInteractor([Channel(CUSTOM_QUERY, "Custom", "query", list[int])])
    interactor.set_in(CUSTOM_QUERY, [1])
    assert interactor.get_in(CUSTOM_QUERY) == (True, [1])
    with pytest.raises(InvalidValueError):
        interactor.set_in(CUSTOM_QUERY, {})


def test_polling_loop_sees_raw_json_and_take_the_parsed_value(interactor):
    Client(interactor, "form", {"size": "4"})
    assert interactor.get_in("form") == (True, {"size": "4"})
    assert interactor.take("form").value == Form(size=4)


def test_answer_that_breaks_the_result_type_is_refused_and_the_query_stays(interactor):
    client = Client(interactor, "typed", 1)
    interactor.get_in("typed")
    with pytest.raises(InvalidValueError, match="typed"):
        interactor.set_out("typed", -1)
    assert client.waits
    interactor.set_out("typed", "3")
    assert client.reply().value == 3


def test_value_over_a_mebibyte_is_refused_at_the_call(interactor):
    big = "x" * (1 << 20)
    with pytest.raises(InvalidValueError, match="1048576"):
        interactor.query({"best": big}, 0)
    Client(interactor, "best", 1)
    for call in (interactor.set_out, interactor.set_out_if_in, interactor.set_in):
        with pytest.raises(InvalidValueError):
            call("best", big)


def test_answers_are_converted_to_json(interactor):
    client = Client(interactor, "best", (1, 2))
    assert interactor.get_in("best") == (True, [1, 2])
    interactor.set_out("best", {"pair": (1, 2)})
    assert client.reply().value == {"pair": [1, 2]}


# --- the end ---------------------------------------------------------------------------------------------------------


def test_open_queries_close_at_once_when_the_run_ends(interactor):
    clients = [Client(interactor, key, value) for key, value in (("best", 1), ("save", None), ("rate", 0.5))]
    clients.append(Client(interactor, "save"))
    interactor.take("save")
    clients.append(Client(interactor, PROGRESS))
    interactor.end()
    assert [(c.reply().triggered, c.reply().pending, c.reply().reason) for c in clients] == [
        (False, False, "ended")
    ] * 5


def test_open_stop_succeeds_when_the_run_ends(interactor):
    client = Client(interactor, STOP)
    interactor.end()
    reply = client.reply()
    assert (reply.triggered, reply.reason) == (True, "ended")


def test_waiting_client_is_woken_by_the_end(interactor):
    asker = Asker(interactor, {"best": 1}, None)
    interactor.end()
    assert asker.replies()["best"].reason == "ended"


def test_whoever_asks_after_the_end_is_told_at_once(interactor):
    interactor.set_out_if_in(PROGRESS, (20, 20))
    interactor.end()
    replies = interactor.query({"best": 1, STOP: None, "rate": 0.5, PROGRESS: None}, None)
    assert {key: (reply.triggered, reply.reason) for key, reply in replies.items()} == {
        "best": (False, "ended"),
        STOP: (True, "ended"),
        "rate": (False, "ended"),
        PROGRESS: (True, ""),
    }


def test_nothing_comes_in_after_the_end(interactor):
    interactor.end()
    interactor.set_in("best", 1)
    assert interactor.get_in("best") == (False, None)
    assert interactor.add_control_request(CUSTOM_QUERY, "too late") is False
    assert interactor.requests.open_requests() == []


def test_end_may_be_called_twice(interactor, notes):
    Client(interactor, "save")
    interactor.end()
    interactor.end()
    assert notes.events() == ["asked", "ended"]


# --- the record ------------------------------------------------------------------------------------------------------


def test_what_was_asked_and_answered_is_recorded(interactor, notes):
    client = Client(interactor, "save", 1)
    interactor.step = 3
    interactor.set_out_if_in("save", "done")
    common = {"channel": "save", "kind": "action", "id": client.reply().request_id}
    assert notes == [
        {"event": "asked", "step": None, "value": 1, "by": "somebody", **common},
        {"event": "answered", "step": 3, "value": "done", **common},
    ]


def test_large_values_are_recorded_by_size_and_kind_and_delivered_whole(interactor, notes):
    picture = {"image": "A" * 50_000, "top": 3}
    client = Client(interactor, "custom_query", picture)
    assert interactor.get_in("custom_query") == (True, picture)
    interactor.set_out("custom_query", list(range(1000)))
    assert client.reply().value == list(range(1000))
    asked, answered = (note["value"] for note in notes)
    assert asked == {"image": {"truncated": "string", "size_bytes": 50_002, "start": "A" * 64}, "top": 3}
    assert (answered["truncated"], answered["size_bytes"]) == ("array", 3891)


@pytest.mark.parametrize("key", ["free", "save"])
def test_what_a_control_or_an_action_was_sent_is_recorded_whole_up_to_16_kib(interactor, notes, key):
    layers = {"layers": list(range(3000))}
    Client(interactor, key, layers)
    Client(interactor, key, {"layers": "x" * 20_000})
    first, second = (note["value"] for note in notes)
    assert first == layers
    assert second == {"layers": {"truncated": "string", "size_bytes": 20_002, "start": "x" * 64}}


def test_reading_published_values_is_not_recorded(interactor, notes):
    interactor.set_out_if_in(PROGRESS, (1, 2))
    interactor.query({PROGRESS: None, "rate": None}, 0)
    interactor.set_out_if_in(PROGRESS, (2, 2))
    interactor.control("rate")
    assert notes == []


def test_a_change_is_recorded_from_asked_to_applied(interactor, notes):
    Client(interactor, "rate", 0.5).give_up()
    interactor.control("rate")
    assert notes.events() == ["asked", "pending", "answered"]


def test_full_disk_costs_the_notes_and_not_the_simulation(clock, caplog):
    def full(_: dict[str, Any]) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    interactor = SimulationInteractor(CHANNELS, clock=clock)
    interactor.attach(shield=Shield(), record=full, requests=RequestBook(), initial={})
    with caplog.at_level(logging.WARNING):
        clients = [Client(interactor, "save"), Client(interactor, "rate", 0.5), Client(interactor, "best")]
        interactor.take("save").answer("done")
        interactor.control("rate")
        interactor.get_in("best")
        interactor.set_out("best", 1)
    assert [client.reply().value for client in clients] == ["done", 0.5, 1]
    assert len(caplog.records) == 1
    assert "No space left" in caplog.text


# --- locks, listeners, description -----------------------------------------------------------------------------------


def test_the_shield_is_held_whenever_a_lock_is(clock):
    shield = Shield()
    interactor = SimulationInteractor(CHANNELS, clock=clock)
    interactor.attach(shield=shield, record=lambda _: None, requests=RequestBook(), initial={})
    lock = interactor._lock

    class Checked:
        def __enter__(self) -> None:
            assert shield.depth
            lock.acquire()

        def __exit__(self, *_: object) -> None:
            lock.release()

    interactor._lock = Checked()
    client = Client(interactor, "best", 1)
    interactor.get_in("best")
    interactor.set_out("best", 2)
    client.reply()
    Client(interactor, "rate", 0.5)
    interactor.control("rate")
    Client(interactor, PROGRESS)
    interactor.set_out_if_in(PROGRESS, (1, 2))
    interactor.set_in("save")
    interactor.take("save").refuse("no")
    interactor.set_in_if_out("best", 1)
    interactor.get_out("best")
    interactor.answer(interactor.add_control_request("best", "?"), 1)
    interactor.ask_progress()
    interactor.settle()
    interactor.end()
    assert shield.depth == 0


def test_poll_with_nothing_pending_takes_no_lock(clock):
    shield = Shield()
    interactor = SimulationInteractor(CHANNELS, clock=clock)
    interactor.attach(shield=shield, record=lambda _: None, requests=RequestBook(), initial={})
    shield.entered = 0
    with interactor._lock:
        assert interactor.set_out_if_in(STOP, True) is False
        assert interactor.get_in(CUSTOM_QUERY) == (False, None)
        assert interactor.get_in(PROGRESS) == (False, None)
        assert interactor.take("save") is None
        assert interactor.control("rate") == 0.1
        assert interactor.set_out_if_in(PROGRESS, (1, 2)) is False
    assert shield.entered == 0


def test_listeners_are_told_what_arrives(interactor):
    heard = []
    with interactor.listening(heard.append):
        interactor.set_in(STOP, True)
        Client(interactor, "best", 1)
        interactor.set_out("best", 1)
        interactor.set_in_if_out("best", 1)
    interactor.set_in("save")
    assert heard == [STOP, "best", "best"]


def test_pending_work_is_seen_without_a_look(interactor):
    assert not interactor.has_pending("save")
    Client(interactor, "save")
    assert interactor.has_pending("save")
    interactor.take("save")
    assert not interactor.has_pending("save")
    assert not interactor.has_pending("no")


def test_description_tells_value_age_and_pending(interactor, clock):
    for value in (0.5, 0.6):
        Client(interactor, "rate", value)
    clock.advance(2)
    described = {item["key"]: item for item in interactor.describe()}
    rate = described["rate"]
    assert (rate["value"], rate["age_s"], rate["pending"], rate["kind"]) == (0.1, 2, 2, "control")
    assert rate["schema"]["minimum"] == 0
    assert (described["best"]["value"], described["best"]["age_s"], described["best"]["pending"]) == (None, None, 0)


def test_empty_look_naps_only_while_a_question_is_open(interactor, monkeypatch):
    naps = []
    monkeypatch.setattr("time.sleep", naps.append)
    interactor.get_in(CUSTOM_QUERY)
    assert naps == []
    request = interactor.add_control_request(CUSTOM_QUERY, "Go on?")
    interactor.get_in(CUSTOM_QUERY)
    interactor.get_in("best")
    assert naps == [0.01]
    interactor.answer(request, {"continue": True})
    assert interactor.get_in(CUSTOM_QUERY) == (True, {"continue": True})
    interactor.set_out(CUSTOM_QUERY, {})
    interactor.get_in(CUSTOM_QUERY)
    assert naps == [0.01]


# --- ask: a question whose asker waits -------------------------------------------------------------------------------


def stop() -> NoReturn:
    raise StopSimException("saved and stopped")


class Asking(threading.Thread):
    """A simulation's thread inside `Simulation.ask`."""

    def __init__(self, interactor: SimulationInteractor, **options: Any) -> None:
        super().__init__(daemon=True)
        self._ask = Ask(interactor, Shield(), "How big?", Form, stop)
        self._options = {"timeout_s": None, "default": None, **options}
        self._interactor = interactor
        self.outcome: Any = None

    def run(self) -> None:
        try:
            self.outcome = self._ask.wait((), **self._options)
        except Exception as error:  # noqa: BLE001 - the outcome under test
            self.outcome = error

    def __enter__(self) -> str:
        opened = threading.Event()
        self._interactor.requests._on_change = opened.set
        self.start()
        assert opened.wait(DEADLINE_S)
        return self._interactor.requests.open_requests()[0].id

    def __exit__(self, *_: object) -> None:
        self.join(DEADLINE_S)
        assert not self.is_alive()


def test_ask_returns_the_validated_answer(interactor):
    asking = Asking(interactor)
    with asking as request:
        with pytest.raises(InvalidValueError):
            interactor.answer(request, {"size": "big"})
        interactor.answer(request, {"size": 5})
    assert asking.outcome == Form(size=5)


def test_ask_without_an_answer_returns_the_default(interactor):
    default = Form(size=9)
    assert Ask(interactor, Shield(), "?", Form, stop).wait((), 0, default) is default
    assert interactor.requests.open_requests() == []


def test_ask_without_an_answer_or_a_default_times_out(interactor):
    from gymdash_core.interaction.asking import NO_DEFAULT

    with pytest.raises(AskTimeout, match="How big"):
        Ask(interactor, Shield(), "How big?", Form, stop).wait((), 0, NO_DEFAULT)


def test_stop_ends_ask_and_withdraws_the_question(clock):
    states = []
    interactor = SimulationInteractor(clock=clock)
    book = RequestBook(states.append)
    interactor.attach(shield=Shield(), record=lambda _: None, requests=book, initial={})
    asking = Asking(interactor)
    with asking:
        client = Client(interactor, STOP)
    assert str(asking.outcome) == "saved and stopped"
    interactor.end()
    assert [(item.state, item.reason) for item in states] == [
        (RequestState.OPEN, ""),
        (RequestState.WITHDRAWN, "the run was stopped"),
    ]
    assert client.reply().triggered


def test_ask_of_a_thread_that_is_left_behind_ends_with_the_run(interactor):
    asking = Asking(interactor)
    with asking:
        interactor.end()
    assert isinstance(asking.outcome, StopSimException)
