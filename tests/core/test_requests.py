"""Questions to people: answered exactly once, durable before delivered, withdrawn at the end."""

from __future__ import annotations

import errno
import threading
from typing import Any

import pytest
from pydantic import BaseModel

from gymdash_core.errors import InvalidValueError, RequestClosedError, StopSimException, UnknownRequestError
from gymdash_core.interaction import board
from gymdash_core.interaction.channels import CUSTOM_QUERY, Channel
from gymdash_core.interaction.interactor import SimulationInteractor
from gymdash_core.interaction.requests import (
    ControlRequest,
    Question,
    RequestBook,
    RequestState,
    read_requests,
)
from gymdash_core.journal import JsonLines

DEADLINE_S = 10.0
ANSWERED, OPEN, WITHDRAWN = RequestState.ANSWERED, RequestState.OPEN, RequestState.WITHDRAWN


class Continue(BaseModel):
    speed: float


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Disk:
    """Where requests are recorded; can be full."""

    def __init__(self) -> None:
        self.lines: list[ControlRequest] = []
        self.full = False

    def __call__(self, request: ControlRequest) -> None:
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.lines.append(request)

    def states(self, request_id: str) -> list[RequestState]:
        return [line.state for line in self.lines if line.id == request_id]


@pytest.fixture
def disk():
    return Disk()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def changes():
    return []


@pytest.fixture
def interactor(disk, clock, changes):
    """An interactor whose loop never naps: its clock stands still."""
    found = SimulationInteractor([Channel("n", "N", "query", int), Channel("free", "Free")], clock=clock)
    book = RequestBook(disk, 3, lambda: changes.append(len(found.requests.open_requests())))
    found.attach(shield=threading.RLock(), record=lambda _: None, requests=book, initial={})
    return found


@pytest.fixture(autouse=True)
def no_naps(monkeypatch):
    monkeypatch.setattr("gymdash_core.interaction.interactor.QUESTION_NAP_S", 0)


def ids(interactor: SimulationInteractor) -> list[str]:
    return [request.id for request in interactor.requests.open_requests()]


def plain_query(interactor: SimulationInteractor, key: str, value: Any) -> Any:
    return interactor.send({key: value}, "somebody")[key]


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
    clock.now += 1e6
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


# --- plain queries ---------------------------------------------------------------------------------------------------


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
    clock.now += 60
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
    clock.now += 60
    interactor.set_out(CUSTOM_QUERY, "ok")
    clock.now += board.GONE_ON_S
    interactor.settle()
    assert ids(interactor) == [request]
    clock.now += 0.1
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
        clock.now += board.GONE_ON_S * 0.9
        poll(CUSTOM_QUERY)
        interactor.settle()
        assert ids(interactor) == [request]


def test_unanswered_plain_query_leaves_the_question_open(interactor, clock):
    request = interactor.add_control_request(CUSTOM_QUERY, "?")
    plain_query(interactor, CUSTOM_QUERY, {})
    interactor.get_in(CUSTOM_QUERY)
    clock.now += 60
    interactor.settle()
    assert ids(interactor) == [request]


def test_channel_that_was_never_polled_leaves_the_question_open(interactor, clock):
    request = interactor.add_control_request(CUSTOM_QUERY, "?")
    clock.now += 60
    interactor.settle()
    assert ids(interactor) == [request]


def test_delivered_answer_does_not_close_other_questions(interactor, clock):
    answered, other = (interactor.add_control_request("free", "?") for _ in range(2))
    interactor.answer(answered, 1)
    interactor.get_in("free")
    interactor.set_out("free", "ok")
    clock.now += 60
    interactor.settle()
    assert ids(interactor) == [other]


def test_query_on_another_channel_does_not_close_the_question(interactor, clock):
    request = interactor.add_control_request(CUSTOM_QUERY, "?")
    plain_query(interactor, "free", {})
    interactor.set_out_if_in("free", 1)
    clock.now += 60
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
    clock.now += 60
    disk.full = True
    interactor.settle()
    assert ids(interactor) == [request]
    disk.full = False
    interactor.settle()
    assert ids(interactor) == []


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
