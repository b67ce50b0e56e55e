"""Rules of the interactor, one by one: actions, queries in time, the stop."""

from __future__ import annotations

import pytest

from gymdash_core.errors import InvalidValueError, UnknownChannelError
from gymdash_core.interaction.channels import PROGRESS, STOP
from talkers import DEADLINE_S, Asker, Client, Form, wait_for

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
