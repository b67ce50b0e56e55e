"""Questions without a schema, whose answer is a query on their channel."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from gymdash_core.errors import RequestClosedError
from gymdash_core.interaction import board
from gymdash_core.interaction.channels import CUSTOM_QUERY
from questions import ANSWERED, DEADLINE_S, OPEN, Continue, ids, plain_query


def test_plain_query_that_satisfies_the_schema_closes_the_question(interactor, disk, changes):
    request = interactor.add_control_request(CUSTOM_QUERY, "?", schema=Continue)
    query = plain_query(interactor, CUSTOM_QUERY, {"speed": 1})
    assert changes == [1, 0]
    last = disk.lines[-1]
    assert (last.id, last.state, last.answer, last.by) == (request, ANSWERED, {"speed": 1}, "somebody")
    assert interactor.get_in(CUSTOM_QUERY) == (True, {"speed": 1})
    interactor.set_out(CUSTOM_QUERY, "ok")
    assert interactor.collect(query).value == "ok"
    with pytest.raises(RequestClosedError):
        interactor.answer(request, {"speed": 2})


def test_plain_query_that_breaks_the_schema_leaves_the_question_open(interactor, clock):
    request = interactor.add_control_request(CUSTOM_QUERY, "?", schema=Continue)
    query = plain_query(interactor, CUSTOM_QUERY, {"other": 1})
    interactor.get_in(CUSTOM_QUERY)
    interactor.set_out(CUSTOM_QUERY, "thanks")
    assert interactor.collect(query).value == "thanks"
    clock.advance(60)
    interactor.settle()
    assert ids(interactor) == [request]


def test_plain_query_that_closed_the_question_outlives_its_client(interactor):
    """Otherwise the loop would wait for an answer that nobody is asked for any more."""
    interactor.add_control_request(CUSTOM_QUERY, "?", schema=Continue)
    reply = interactor.query({CUSTOM_QUERY: {"speed": 1}}, 0)[CUSTOM_QUERY]
    assert (reply.triggered, reply.pending) == (False, True)
    assert interactor.get_in(CUSTOM_QUERY) == (True, {"speed": 1})


def test_value_of_set_in_closes_the_question_as_a_query_does(interactor, disk):
    request = interactor.add_control_request(CUSTOM_QUERY, "?", schema=Continue)
    interactor.set_in(CUSTOM_QUERY, {"speed": 1})
    assert ids(interactor) == []
    assert disk.states(request) == [OPEN, ANSWERED]
    assert interactor.get_in(CUSTOM_QUERY) == (True, {"speed": 1})


def test_plain_query_that_could_not_be_recorded_leaves_the_question_open(interactor, disk):
    request = interactor.add_control_request(CUSTOM_QUERY, "?", schema=Continue)
    disk.full = True
    query = plain_query(interactor, CUSTOM_QUERY, {"speed": 1})
    assert ids(interactor) == [request]
    interactor.get_in(CUSTOM_QUERY)
    interactor.set_out(CUSTOM_QUERY, "ok")
    assert interactor.collect(query).value == "ok"


def test_either_the_answer_or_a_plain_query_closes_the_question(interactor, disk):
    """Whichever comes second finds it closed: the loop is never given two answers to one question."""
    for _ in range(30):
        request = interactor.add_control_request(CUSTOM_QUERY, "?", schema=Continue)
        refused, ready = threading.Event(), threading.Barrier(2)

        def answer(request: str = request, refused: threading.Event = refused, ready: Any = ready) -> None:
            ready.wait(DEADLINE_S)
            try:
                interactor.answer(request, {"speed": 1})
            except RequestClosedError:
                refused.set()

        thread = threading.Thread(target=answer)
        thread.start()
        ready.wait(DEADLINE_S)
        query = plain_query(interactor, CUSTOM_QUERY, {"speed": 2})
        thread.join(DEADLINE_S)
        assert disk.states(request) == [OPEN, ANSWERED]
        assert interactor.get_in(CUSTOM_QUERY) == (True, {"speed": 2 if refused.is_set() else 1})
        interactor.set_out(CUSTOM_QUERY, "ok")
        if not refused.is_set():
            assert interactor.collect(query).reason == "timeout"
        assert interactor.get_in(CUSTOM_QUERY) == (False, None)


def test_answered_plain_query_closes_a_question_without_schema_once_the_loop_has_gone_on(interactor, clock, disk):
    request = interactor.add_control_request(CUSTOM_QUERY, "?")
    plain_query(interactor, CUSTOM_QUERY, {"continue": 1})
    interactor.get_in(CUSTOM_QUERY)
    clock.advance(60)
    interactor.set_out(CUSTOM_QUERY, "ok")
    clock.advance(board.GONE_ON_S)
    interactor.settle()
    assert ids(interactor) == [request]
    clock.advance(0.1)
    interactor.settle()
    assert ids(interactor) == []
    assert disk.states(request) == [OPEN, ANSWERED]
    assert disk.lines[-1].answer == {"continue": 1}


def test_loop_that_goes_on_polling_keeps_its_question_open(interactor, clock):
    request = interactor.add_control_request(CUSTOM_QUERY, "?")
    plain_query(interactor, CUSTOM_QUERY, {"speed": 1})
    interactor.get_in(CUSTOM_QUERY)
    interactor.set_out(CUSTOM_QUERY, "not yet")
    polls = (
        interactor.get_in,
        interactor.take,
        lambda key: interactor.set_out_if_in(key, 1),
        lambda key: interactor.set_out_if_in_value(key, 1, 2),
    )
    for poll in polls * 2:
        clock.advance(board.GONE_ON_S * 0.9)
        poll(CUSTOM_QUERY)
        interactor.settle()
        assert ids(interactor) == [request]


def test_unanswered_plain_query_leaves_the_question_open(interactor, clock):
    request = interactor.add_control_request(CUSTOM_QUERY, "?")
    plain_query(interactor, CUSTOM_QUERY, {})
    interactor.get_in(CUSTOM_QUERY)
    clock.advance(60)
    interactor.settle()
    assert ids(interactor) == [request]


def test_channel_that_was_never_polled_leaves_the_question_open(interactor, clock):
    request = interactor.add_control_request(CUSTOM_QUERY, "?")
    clock.advance(60)
    interactor.settle()
    assert ids(interactor) == [request]


def test_delivered_answer_does_not_close_other_questions(interactor, clock):
    answered, other = (interactor.add_control_request("free", "?") for _ in range(2))
    interactor.answer(answered, 1)
    interactor.get_in("free")
    interactor.set_out("free", "ok")
    clock.advance(60)
    interactor.settle()
    assert ids(interactor) == [other]


def test_query_on_another_channel_does_not_close_the_question(interactor, clock):
    request = interactor.add_control_request(CUSTOM_QUERY, "?")
    plain_query(interactor, "free", {})
    interactor.set_out_if_in("free", 1)
    clock.advance(60)
    interactor.settle()
    assert ids(interactor) == [request]


def test_asking_again_shows_that_the_loop_has_gone_on(interactor):
    interactor.add_control_request(CUSTOM_QUERY, "first?")
    plain_query(interactor, CUSTOM_QUERY, {})
    interactor.get_in(CUSTOM_QUERY)
    interactor.set_out(CUSTOM_QUERY, "ok")
    second = interactor.add_control_request(CUSTOM_QUERY, "second?")
    assert ids(interactor) == [second]


def test_settling_that_cannot_be_recorded_leaves_the_question_open(interactor, disk, clock):
    request = interactor.add_control_request(CUSTOM_QUERY, "?")
    plain_query(interactor, CUSTOM_QUERY, {})
    interactor.set_out_if_in(CUSTOM_QUERY, "ok")
    clock.advance(60)
    disk.full = True
    interactor.settle()
    assert ids(interactor) == [request]
    disk.full = False
    interactor.settle()
    assert ids(interactor) == []
