"""Rules of the interactor, one by one: its end, its record, its locks, and those who wait."""

from __future__ import annotations

import errno
import logging
import threading
from typing import Any, NoReturn

import pytest

from gymdash_core.errors import AskTimeout, InvalidValueError, StopSimException
from gymdash_core.interaction.asking import Ask
from gymdash_core.interaction.channels import CUSTOM_QUERY, PROGRESS, STOP
from gymdash_core.interaction.interactor import SimulationInteractor
from gymdash_core.interaction.requests import RequestBook, RequestState
from talkers import CHANNELS, DEADLINE_S, Asker, Client, Form, Shield

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
