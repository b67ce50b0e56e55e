"""Origin: cross-site requests (CVE-2025-1473, CVE-2026-27482, Gradio 13594)."""

from __future__ import annotations

import pytest

from raw_http import BEARER, METHODS, ask, port_of


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("path", ["/", "/api/v1/simulations", "/api/v1/events"])
def test_another_origin_is_refused_on_every_method_and_on_the_stream(shared, method, path):
    port = port_of(shared)
    origins = ["https://evil.example", "null", "", "file://", f"http://localhost:{port}", f"https://127.0.0.1:{port}"]
    for origin in [
        *origins,
        f"http://127.0.0.1:{port + 1}",
        "http://127.0.0.1",
        f"http://127.0.0.1:{port}.evil.example",
    ]:
        answer = ask(shared, method, path, BEARER, f"Origin: {origin}")
        assert answer.status == 403, origin
        assert not [name for name, _ in answer.headers if name.startswith("access-control-")]


def test_the_origin_is_compared_with_a_host_that_was_checked_before(shared):
    answer = ask(shared, "POST", "/api/v1/simulations", BEARER, "Origin: http://evil.example", host="evil.example")
    assert answer.status == 421


def test_two_origins_are_refused(shared):
    own = f"Origin: http://127.0.0.1:{port_of(shared)}"
    assert ask(shared, "GET", "/api/v1/health", BEARER, own).status == 200
    assert ask(shared, "GET", "/api/v1/health", BEARER, own, own).status == 403


def test_a_page_of_this_server_may_do_everything(shared):
    own = f"Origin: {shared.url}"
    assert ask(shared, "GET", "/api/v1/events", BEARER, own).status == 200
    assert ask(shared, "POST", "/api/v1/simulations", BEARER, own, "Content-Length: 0").status == 422


def test_no_answer_allows_another_site_to_read_it(shared):
    preflight = ["Access-Control-Request-Method: POST", "Access-Control-Request-Headers: authorization"]
    for method, path, headers in [
        ("GET", "/", []),
        ("GET", "/api/v1/health", []),
        ("GET", "/api/v1/nothing", []),
        ("GET", "/api/v1/events", []),
        ("OPTIONS", "/api/v1/simulations", preflight),
        ("POST", "/api/v1/simulations", []),
    ]:
        for token in ([], [BEARER]):
            answer = ask(shared, method, path, *token, *headers)
            assert not [name for name, _ in answer.headers if name.startswith("access-control-")]
            assert answer["cross-origin-resource-policy"] == "same-origin"
