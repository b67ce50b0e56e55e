"""Nothing changes by GET, and no form of another site is a command (CVE-2025-1473)."""

from __future__ import annotations

import pytest

from live_servers import WAIT_S
from raw_http import BEARER, ask, problem, send


def snapshot(project):
    """Everything in a project but what the server's clock writes."""
    skipped = {"usage.jsonl", "simulations.db-wal", "simulations.db-shm", "simulations.db"}
    files = [path for path in project.path.rglob("*") if path.is_file() and path.name not in skipped]
    return {str(path): path.read_bytes() for path in files if "points" not in path.parts}


def test_no_get_changes_anything(shared):
    run = shared.start("Walker", steps=5)
    shared.ended(run)
    document = shared.get("/openapi.json")
    values = {"simulation_id": run, "media_id": "0" * 32, "request_id": "x", "plugin": "core", "path": "x.js"}
    gets = [path for path, operations in document["paths"].items() if "get" in operations and path != "/api/v1/events"]
    assert len(gets) >= 18

    def look():
        for path in gets:
            for query in ("", "?key=height", "?open=true"):
                answer = shared.http.get(path.removeprefix("/api/v1").format(**values) + query)
                assert answer.status_code < 500
        return shared.get("/simulations"), shared.get(f"/simulations/{run}/statuses")

    def is_described():  # the list does not wait for ever: what is found out later is written into the cache
        return not any("timed out" in (kind["error"] or "") for kind in shared.get("/simulation-types")["items"])

    first = look()
    shared.eventually(is_described, WAIT_S)
    before = snapshot(shared.context.project)
    assert look() == first
    assert snapshot(shared.context.project) == before


def test_commands_are_no_gets(shared):
    run = shared.start("Walker", steps=5)
    shared.ended(run)
    document = shared.get("/openapi.json")
    for path, operations in document["paths"].items():
        if "post" in operations and "get" not in operations:
            address = path.format(simulation_id=run, request_id="x")
            for method in ("GET", "HEAD", "OPTIONS", "PUT"):
                answer = ask(shared, method, address, BEARER)
                known = address == "/api/v1/simulations/batch" and method == "GET"  # taken for a run of that id
                assert answer.status in ({404} if known else {405}), (method, address)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_a_form_of_another_site_is_no_command(shared, kind):
    before = set(shared.context.project.sims.iterdir())
    body = b'{"key": "custom_control"}'
    head = ["POST /api/v1/simulations HTTP/1.1", "Host: 127.0.0.1", BEARER, f"Content-Type: {kind}"]
    answer = send(shared, "\n".join([*head, f"Content-Length: {len(body)}"]), body)
    assert answer.status == 422
    assert "send it with Content-Type: application/json" in problem(answer)["detail"]
    assert set(shared.context.project.sims.iterdir()) == before


def test_head_and_options_are_answered_in_words(shared):
    for method in ("HEAD", "OPTIONS", "TRACE", "CONNECT", "FOO"):
        answer = ask(shared, method, "/api/v1/health", BEARER)
        assert answer.status in {400, 405}
        if answer.status == 405:
            assert "GET" in answer["allow"]


def test_every_answer_says_how_a_browser_must_treat_it(shared):
    for path, token in [("/", BEARER), ("/", "X: y"), ("/api/v1/health", BEARER), ("/api/v1/nothing", BEARER)]:
        answer = ask(shared, "GET", path, token)
        assert answer["x-content-type-options"] == "nosniff"
        assert answer["x-frame-options"] == "DENY"
        assert answer["referrer-policy"] == "no-referrer"
        policy = answer["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        scripts = policy.partition("script-src")[2].partition(";")[0]
        assert "unsafe" not in scripts
        assert not answer.all("server")
    assert ask(shared, "GET", "/api/v1/health", BEARER)["cache-control"] == "no-store"
