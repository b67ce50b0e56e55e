"""Rules of the interactor, one by one: what a loop that polls sees and answers."""

from __future__ import annotations

import pytest

from gymdash_core.errors import InvalidValueError, UnknownChannelError
from gymdash_core.interaction.channels import CUSTOM_QUERY, PROGRESS, STOP, Channel
from gymdash_core.interaction.interactor import SimulationInteractor
from talkers import Client

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
