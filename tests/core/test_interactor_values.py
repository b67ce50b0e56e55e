"""Rules of the interactor, one by one: published values and controls."""

from __future__ import annotations

import pytest

from gymdash_core.errors import InvalidValueError, UnknownChannelError
from gymdash_core.interaction.channels import CUSTOM_QUERY, PROGRESS, Channel
from gymdash_core.interaction.interactor import SimulationInteractor
from gymdash_core.interaction.requests import RequestBook
from talkers import Client, Form, Shield

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
