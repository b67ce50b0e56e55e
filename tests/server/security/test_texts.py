"""Text is text (CVE-2024-27132), and no request of the server leaves it (CVE-2026-2393: webhooks)."""

from __future__ import annotations

import json
import re

import httpx

from live_servers import TOKEN, WAIT_S
from raw_http import NOBODY


def test_no_route_takes_an_address(shared):
    document = json.dumps(shared.get("/openapi.json"))
    assert not re.search(r'"(?:webhook|callback|artifact)[^"]*"|"format": ?"ur[il]"', document)


MARKUP = "<img src=x onerror=alert(1)>{{7*7}}${7*7}"


def test_markup_in_names_notes_and_tags_comes_back_as_text(shared):
    run = shared.post("/simulations", {"key": "Walker", "kwargs": {"steps": 3}, "name": MARKUP, "tags": [MARKUP[:50]]})
    shared.ended(run["id"])
    answer = shared.http.patch(f"/simulations/{run['id']}", json={"notes": f"<script>{MARKUP}</script>"})
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["notes"] == f"<script>{MARKUP}</script>"
    for query in ({"q": "onerror"}, {"tag": MARKUP[:50]}):
        (found,) = shared.get("/simulations", **query)["items"]
        assert (found["name"], found["tags"]) == (MARKUP, [MARKUP[:50]])
    missing = shared.http.get(f"/simulations/{MARKUP}")
    assert missing.headers["content-type"] == "application/problem+json"


def test_a_folder_is_never_named_by_a_client(shared):
    """CVE-2024-1560: a name that was decoded once too often deleted folders."""
    names = ["../../outside", "%2e%2e%2foutside", "/tmp/outside", "..", "a/b", "a\x00b"]
    for name in names:
        made = shared.http.post(
            "/simulations", json={"key": "Walker", "kwargs": {"steps": 2}, "name": name, "group": name}
        )
        assert made.status_code in {201, 422}
        if made.status_code == 201:
            run = made.json()["id"]
            shared.ended(run)
            assert shared.http.delete(f"/simulations/{run}", params={"purge": True}).status_code == 204
    assert {path.name for path in shared.context.project.path.iterdir()} >= {"sims", "db", "resources"}


def test_a_purge_does_not_follow_links(shared, tmp_path):
    run_id = shared.start("Walker", steps=2)
    shared.ended(run_id)
    keep = tmp_path / "keep"
    keep.mkdir()
    (keep / "file").touch()
    (shared.context.project.sims / run_id / "link").symlink_to(keep)
    assert shared.http.delete(f"/simulations/{run_id}", params={"purge": True}).status_code == 204
    assert (keep / "file").exists()


def test_a_folder_of_runs_that_is_a_link_is_no_run(shared, tmp_path):
    link = shared.context.project.sims / NOBODY
    link.symlink_to(tmp_path)
    try:
        assert shared.http.get(f"/simulations/{NOBODY}").status_code == 404
        assert shared.http.delete(f"/simulations/{NOBODY}", params={"purge": True}).status_code == 404
        assert tmp_path.exists()
    finally:
        link.unlink()


def test_a_failing_request_does_not_show_a_traceback(shared, monkeypatch):
    def fail(*_: object) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr(shared.context.usage, "latest", fail)
    answer = httpx.get(f"{shared.url}/api/v1/usage", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=WAIT_S)
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert "a secret" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
