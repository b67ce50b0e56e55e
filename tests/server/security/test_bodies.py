"""Bodies: bounded, and refused in words."""

from __future__ import annotations

import pytest

from gymdash_server.settings import Settings
from live_servers import TOKEN
from raw_http import BEARER, problem, send


def post(server, path, body, *headers, length=True):
    size = [f"Content-Length: {len(body)}"] if length else []
    head = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", BEARER, "Content-Type: application/json", *size, *headers]
    return send(server, "\n".join(head), body)


def chunked(body, size=65536):
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


@pytest.fixture(scope="module")
def small(tmp_path_factory, serve_at):
    """A server that takes bodies of a KiB."""
    with serve_at(Settings(project=tmp_path_factory.mktemp("small"), port=0, token=TOKEN, max_body_bytes=1024)) as made:
        yield made


def test_a_body_that_says_it_is_too_large_is_refused_unread(small):
    answer = post(small, "/api/v1/simulations", b"", "Content-Length: 100000000", length=False)
    assert answer.status == 413
    assert "1024" in problem(answer)["detail"]


@pytest.mark.parametrize(
    "path", ["/api/v1/simulations", "/api/v1/simulations/batch", "/api/v1/control-requests/x/answer"]
)
def test_a_body_without_a_length_is_cut_off(small, path):
    body = b'{"key": "' + b"x" * 100_000 + b'"}'
    answer = post(small, path, chunked(body), "Transfer-Encoding: chunked", length=False)
    assert answer.status == 413
    assert "1024" in problem(answer)["detail"]


def test_a_body_within_the_limit_is_taken_in_chunks(small):
    answer = post(
        small, "/api/v1/simulations", chunked(b'{"key": "nothing"}', 3), "Transfer-Encoding: chunked", length=False
    )
    assert answer.status == 404


@pytest.mark.parametrize("length", ["-1", "x", "1e3", "\xb2", "9" * 5000, "5, 5"])
def test_a_length_that_is_none_is_refused(small, length):
    answer = post(small, "/api/v1/simulations", b"", f"Content-Length: {length}", length=False)
    assert answer.status in {400, 413}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"\xff\xfe",
        b'{"key": "custom_control", "kwargs": ' + b"[" * 100 + b"]" * 100 + b"}",
        b"[" * 500 + b"]" * 500,
        b'{"key": ' + b"9" * 900 + b"}",
        b'{"key": "custom_control", "more": 1}',
        b'{"key": "custom_control", "name": "\\ud800"}',
        b'{"key": "custom_control", "tags": ["\\udfff"]}',
        b'{"key": "custom_control", "group": "\\ud800"}',
        b'{"key": "\\ud800"}',
        b'{"key": "custom_control", "kwargs": {"\\ud800": 1}}',
        b'{"key": "custom_control", "kwargs": {"total_runtime": "\\ud800"}}',
        b'{"key": "custom_control", "kwargs": {"total_runtime": NaN}}',
    ],
)
def test_a_strange_body_is_refused_in_words_and_nothing_is_created(small, body):
    answer = post(small, "/api/v1/simulations", body)
    assert answer.status in {400, 404, 422}
    assert problem(answer)["detail"]
    assert not list(small.context.project.runs())


def test_deep_and_long_json_is_refused_in_words(shared):
    for body in (b"[" * 100_000, b'{"a":' * 100_000, b'{"key": ' + b"9" * 10_000 + b"}"):
        answer = post(shared, "/api/v1/simulations", body)
        assert answer.status in {400, 422}
        assert problem(answer)["detail"]
