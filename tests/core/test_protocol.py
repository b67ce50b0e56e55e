"""The control protocol: typed, versioned lines, and errors that arrive whole."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from gymdash_core.errors import (
    FieldError,
    GymDashError,
    InvalidValueError,
    NotSupportedError,
    ProtocolError,
    RequestClosedError,
    UnknownChannelError,
    UnknownRequestError,
    WrongStateError,
)
from gymdash_core.worker import protocol

MESSAGES = [
    protocol.Query({"progress": None, "ü": [1, float("inf")]}, 2.5, "me"),
    protocol.Query({}, None),
    protocol.Answer("id", {"a": "\udc80"}, "me"),
    protocol.Stop(save=True, by="me"),
    protocol.Pause(on=False),
    protocol.Describe(),
]
ERRORS = [
    UnknownChannelError("x", ["y"]),
    InvalidValueError("here", [FieldError(("a", 1), "bad", "kind")]),
    RequestClosedError("id", "answered"),
    UnknownRequestError("id"),
    NotSupportedError("it", "pause", "do that"),
    WrongStateError("run", "ended", "be asked", "no"),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.type)
def test_a_message_survives_the_wire_on_one_line(message):
    line = protocol.encode_request(message)
    assert line.count(b"\n") == 1
    assert protocol.decode_request(line) == message


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_arrives_as_it_was_raised(error):
    arrived = protocol.decode_reply(protocol.encode_error(error)).error
    assert type(arrived) is type(error)
    assert str(arrived) == str(error)
    assert vars(arrived) == vars(error)


def test_any_other_error_arrives_in_words():
    arrived = protocol.decode_reply(protocol.encode_error(OSError("no room"))).error
    assert type(arrived) is GymDashError
    assert "no room" in str(arrived)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"nonsense\n", "not JSON"),
        (b"[1]\n", "version"),
        (b'{"v": 2, "type": "describe", "body": {}}\n', "version 2"),
        (b'{"v": 1, "type": "dance", "body": {}}\n', "dance"),
        (b'{"v": 1, "type": "answer", "body": {}}\n', "lacks a field"),
        (b'{"v": 1, "type": "query", "body": {"channels": [1]}}\n', "channels"),
        (b'{"v": 1, "type": "describe", "body": 3}\n', "describe"),
    ],
)
def test_what_breaks_the_protocol_is_refused_by_name(line, words):
    with pytest.raises(ProtocolError, match=words):
        protocol.decode_request(line)


def test_fields_of_a_newer_version_are_ignored():
    data = json.loads(protocol.encode_request(protocol.Stop()))
    data["body"]["louder"] = True
    assert protocol.decode_request(json.dumps(data).encode()) == protocol.Stop()


def test_a_token_is_asked_for_where_there_is_one():
    line = protocol.encode_request(protocol.Describe(), "secret")
    assert protocol.decode_request(line, "secret") == protocol.Describe()
    with pytest.raises(ProtocolError, match="token"):
        protocol.decode_request(protocol.encode_request(protocol.Describe()), "secret")


def test_a_message_that_was_read_late_waits_less(monkeypatch):
    monkeypatch.setattr(protocol, "time", SimpleNamespace(time=lambda: 1000.0))
    assert protocol.Query({}, 5.0, sent=997.0).remaining_s() == 2.0
    assert protocol.Query({}, 5.0, sent=970.0).remaining_s() == 0.0
    assert protocol.Query({}, None, sent=0.0).remaining_s() is None
