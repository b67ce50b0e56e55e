"""Rules of `gymdash_server.api.problems`: a refusal says what to do."""

from __future__ import annotations

import pytest

REMEDY = "send it with Content-Type: application/json"


@pytest.fixture(scope="module")
def question(shared):
    """The address of an answer."""
    run = shared.start("Walker", ask_at=3)
    shared.until(run, "waiting")
    (asked,) = shared.get("/control-requests", open=True, simulation=run)["items"]
    return f"/control-requests/{asked['id']}/answer"


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", "application/octet-stream", ""])
def test_a_body_that_is_not_sent_as_json_is_refused_with_what_to_send(shared, question, kind):
    bodies = {"/simulations": b'{"key": "Quiet"}', "/simulations/batch": b'{"key": "Quiet"}', question: b'{"go": true}'}
    for path, body in bodies.items():
        answer = shared.http.post(path, content=body, headers={"Content-Type": kind} if kind else {})
        assert answer.status_code == 422
        assert REMEDY in answer.json()["detail"]
        assert answer.json()["errors"] == [{"loc": ["body"], "message": REMEDY, "type": "content_type"}]


@pytest.mark.parametrize(
    "kind", ["application/json", "Application/JSON; charset=utf-8", "application/merge-patch+json"]
)
def test_a_body_that_is_sent_as_json_is_judged_by_what_it_says(shared, question, kind):
    for path, body in {"/simulations": b"[]", question: b'{"go": "x"}'}.items():
        answer = shared.http.post(path, content=body, headers={"Content-Type": kind})
        assert answer.status_code == 422
        assert REMEDY not in answer.text


def test_a_missing_body_is_called_missing(shared):
    assert "required" in shared.http.post("/simulations").json()["detail"]
