"""A body that is no JSON is told apart from one that says something wrong."""

from __future__ import annotations

import pytest

HEADERS = {"Content-Type": "application/json"}


@pytest.mark.parametrize("body", [b"{", b'{"key": }', b"{'key': 1}", b"nonsense"])
def test_a_body_that_is_no_json_is_400(shared, body):
    for path in ("/simulations", "/simulations/batch"):
        answer = shared.http.post(path, content=body, headers=HEADERS)
        assert answer.status_code == 400
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["type"] == "urn:gymdash:error:InvalidRequest"
        assert answer.json()["errors"][0]["type"] == "json_invalid"


def test_a_body_that_is_json_and_wrong_is_422(shared):
    assert shared.http.post("/simulations", content=b"[]", headers=HEADERS).status_code == 422


def test_a_method_that_an_address_has_not_is_405_and_names_those_it_has(shared):
    answer = shared.http.put("/simulations")
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) & {"GET", "POST"}
