"""Questions to people: answered exactly once, durable before delivered, withdrawn at the end."""

from __future__ import annotations

import threading

import pytest

from gymdash_core.errors import InvalidValueError, RequestClosedError, StopSimException, UnknownRequestError
from gymdash_core.interaction.channels import CUSTOM_QUERY
from gymdash_core.interaction.interactor import SimulationInteractor
from gymdash_core.interaction.requests import (
    ControlRequest,
    Question,
    RequestBook,
    read_requests,
)
from gymdash_core.journal import JsonLines
from questions import ANSWERED, DEADLINE_S, OPEN, WITHDRAWN, Continue, ids, plain_query

# --- asking ----------------------------------------------------------------------------------------------------------


def test_question_is_durable_before_it_is_open(interactor, disk, changes):
    request = interactor.add_control_request(
        CUSTOM_QUERY, "Go on?", "continue", "speed", schema=Continue, media=("a.png",)
    )
    assert request
    assert ids(interactor) == [request]
    assert changes == [1]
    (line,) = disk.lines
    assert (line.id, line.channel, line.details, line.subkeys) == (
        request,
        CUSTOM_QUERY,
        "Go on?",
        ("continue", "speed"),
    )
    assert (line.media, line.attempt, line.state) == (("a.png",), 3, OPEN)
    assert line.schema == Continue.model_json_schema()


def test_question_that_cannot_be_recorded_is_not_open(interactor, disk, changes):
    disk.full = True
    with pytest.raises(OSError, match="No space"):
        interactor.add_control_request(CUSTOM_QUERY, "Go on?")
    assert ids(interactor) == changes == []


def test_request_survives_its_json():
    request = ControlRequest("i", "c", "d", ("a",), {"type": "object"}, ("m",), answer=[1], by="me", attempt=2)
    assert ControlRequest.from_json(request.as_json()) == request


def test_the_shield_is_held_while_a_question_is_recorded():
    depth, depths = 0, []

    class Shield:
        def __enter__(self) -> None:
            nonlocal depth
            depth += 1

        def __exit__(self, *_: object) -> None:
            nonlocal depth
            depth -= 1

    interactor = SimulationInteractor()
    book = RequestBook(lambda _: depths.append(depth))
    interactor.attach(shield=Shield(), record=lambda _: None, requests=book, initial={})
    questions = [book.open(Question("ask", "?"), lambda raw, parsed: None) for _ in range(2)]
    book.answer(questions[0].id, 1)
    book.withdraw(questions[1].id)
    assert len(depths) == 4
    assert min(depths) > 0
    assert depth == 0


# --- answering -------------------------------------------------------------------------------------------------------


def test_answer_is_delivered_as_a_value_without_time_limit(interactor, clock):
    request = interactor.add_control_request("free", "?")
    closed = interactor.answer(request, {"x": (1, 2)}, "me")
    assert (closed.state, closed.answer, closed.by) == (ANSWERED, {"x": [1, 2]}, "me")
    clock.advance(1e6)
    assert interactor.get_in("free") == (True, {"x": [1, 2]})
    interactor.set_out("free", "ok")
    assert interactor.get_in("free") == (False, None)


def test_second_answer_is_refused(interactor):
    request = interactor.add_control_request("free", "?")
    interactor.answer(request, 1)
    with pytest.raises(RequestClosedError, match="answered"):
        interactor.answer(request, 2)
    interactor.get_in("free")
    interactor.set_out("free", None)
    assert interactor.get_in("free") == (False, None)


def test_unknown_question_is_an_error(interactor):
    with pytest.raises(UnknownRequestError):
        interactor.answer("nothing", 1)


def test_schema_refusal_names_the_field_and_keeps_the_question_open(interactor, disk):
    request = interactor.add_control_request(CUSTOM_QUERY, "?", schema=Continue)
    with pytest.raises(InvalidValueError) as caught:
        interactor.answer(request, {"speed": "fast"})
    assert caught.value.errors[0].loc == ("speed",)
    assert ids(interactor) == [request]
    assert disk.states(request) == [OPEN]
    assert interactor.get_in(CUSTOM_QUERY) == (False, None)
    interactor.answer(request, {"speed": 2})
    assert ids(interactor) == []


def test_raw_json_is_delivered_not_the_validated_value(interactor):
    request = interactor.add_control_request(CUSTOM_QUERY, "?", schema=Continue)
    interactor.answer(request, {"speed": "2.50", "extra": None})
    assert interactor.get_in(CUSTOM_QUERY) == (True, {"speed": "2.50", "extra": None})


@pytest.mark.parametrize("value", ["yes", 1, ["continue"]])
def test_answer_must_be_what_its_channel_takes(interactor, value):
    """Legacy loops say ``"continue" in custom``."""
    request = interactor.add_control_request(CUSTOM_QUERY, "?")
    with pytest.raises(InvalidValueError, match="custom_query"):
        interactor.answer(request, value)
    assert ids(interactor) == [request]
    interactor.answer(request, None)
    assert interactor.get_in(CUSTOM_QUERY) == (True, {})


def test_answer_is_validated_by_the_model_of_its_channel(interactor):
    request = interactor.add_control_request("n", "?")
    with pytest.raises(InvalidValueError):
        interactor.answer(request, "no number")
    interactor.answer(request, "3")
    assert interactor.take("n").value == 3


def test_answer_is_durable_before_it_is_delivered(disk):
    order = []
    book = RequestBook(lambda request: order.append(str(request.state)))
    request = book.open(Question("ask", "?"), lambda raw, parsed: order.append("delivered"))
    book.answer(request.id, 1)
    assert order == ["open", "answered", "delivered"]


def test_answer_that_cannot_be_recorded_leaves_the_question_open(interactor, disk):
    request = interactor.add_control_request("free", "?")
    disk.full = True
    with pytest.raises(OSError, match="No space"):
        interactor.answer(request, 1)
    assert ids(interactor) == [request]
    assert interactor.get_in("free") == (False, None)
    disk.full = False
    interactor.answer(request, 2)
    assert interactor.get_in("free") == (True, 2)


def test_exactly_one_of_many_answers_wins(interactor, disk):
    requests = [interactor.add_control_request("free", "?") for _ in range(20)]
    winners: list[tuple[str, int]] = []
    ready = threading.Barrier(8)

    def answer_all(me: int) -> None:
        ready.wait(DEADLINE_S)
        for request in requests:
            try:
                interactor.answer(request, [request, me])
            except RequestClosedError:
                continue
            winners.append((request, me))

    threads = [threading.Thread(target=answer_all, args=(me,)) for me in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE_S)
    assert sorted(request for request, _ in winners) == sorted(requests)
    assert all(disk.states(request) == [OPEN, ANSWERED] for request in requests)
    delivered = []
    while taken := interactor.take("free"):
        delivered.append(tuple(taken.value))
    assert sorted(delivered) == sorted(winners)


def test_one_answer_closes_one_question(interactor):
    first, second = (interactor.add_control_request("free", "?") for _ in range(2))
    interactor.answer(first, 1)
    assert ids(interactor) == [second]


# --- withdrawing -----------------------------------------------------------------------------------------------------


def test_open_questions_are_withdrawn_at_the_end(interactor, disk, changes):
    answered, *others = (interactor.add_control_request("free", "?") for _ in range(3))
    interactor.answer(answered, 1)
    interactor.end()
    assert ids(interactor) == []
    assert changes[-1] == 0
    assert disk.states(answered) == [OPEN, ANSWERED]
    assert all(disk.states(request) == [OPEN, WITHDRAWN] for request in others)
    assert disk.lines[-1].reason == "the run ended"
    with pytest.raises(RequestClosedError, match="withdrawn"):
        interactor.answer(others[0], 1)


def test_nothing_is_asked_after_the_end(interactor, disk):
    interactor.end()
    assert interactor.add_control_request("free", "?") is False
    with pytest.raises(StopSimException):
        interactor.requests.open(Question("ask", "?"), lambda raw, parsed: None)
    assert disk.lines == []


def test_withdrawal_takes_effect_on_a_full_disk_and_is_recorded_later(interactor, disk):
    request = interactor.add_control_request("free", "?")
    disk.full = True
    interactor.requests.withdraw(request, "went on")
    assert ids(interactor) == []
    with pytest.raises(RequestClosedError, match="withdrawn"):
        interactor.answer(request, 1)
    with pytest.raises(OSError, match="No space"):
        interactor.settle()
    disk.full = False
    interactor.settle()
    interactor.settle()
    assert disk.states(request) == [OPEN, WITHDRAWN]


def test_end_on_a_full_disk_closes_all_and_can_be_made_up_for(interactor, disk):
    request = interactor.add_control_request("free", "?")
    query = plain_query(interactor, "n", 1)
    disk.full = True
    with pytest.raises(OSError, match="No space"):
        interactor.end()
    assert interactor.collect(query).reason == "ended"
    disk.full = False
    interactor.end()
    assert disk.states(request) == [OPEN, WITHDRAWN]


def test_withdrawing_a_closed_question_changes_nothing(interactor, disk, changes):
    request = interactor.add_control_request("free", "?")
    interactor.answer(request, 1)
    interactor.requests.withdraw(request)
    assert disk.states(request) == [OPEN, ANSWERED]
    assert changes == [1, 0]


# --- on disk ---------------------------------------------------------------------------------------------------------


def test_readers_see_the_last_state_of_each_question(tmp_path):
    path = tmp_path / "requests.jsonl"
    lines = JsonLines(path)
    book = RequestBook(lambda request: lines.append(request.as_json()))
    first = book.open(Question("c", "first"), lambda raw, parsed: None)
    second = book.open(Question("c", "second"), lambda raw, parsed: None)
    third = book.open(Question("c", "third"), lambda raw, parsed: None)
    answered = book.answer(second.id, {"a": 1})
    book.withdraw(third.id, "not needed")
    lines.close()
    with path.open("a", encoding="utf-8") as torn:
        torn.write('{"id": "half')
    found = read_requests(path)
    assert found[:2] == [first, answered]
    assert [(request.state, request.reason) for request in found] == [
        (OPEN, ""),
        (ANSWERED, ""),
        (WITHDRAWN, "not needed"),
    ]
