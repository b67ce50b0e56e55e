"""Run directories that hold anything."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from gymdash_core.project import RunFolder
from live_servers import WAIT_S

DAMAGE = {
    "meta is no JSON": ("meta.json", b"{"),
    "meta is a list": ("meta.json", b"[]"),
    "meta is empty": ("meta.json", b"{}"),
    "meta has no times": ("meta.json", b'{"created": "yesterday", "launches": [{}]}'),
    "meta has strange types": ("meta.json", b'{"created": 1, "launches": {"a": 1}, "tags": 5}'),
    "config is no JSON": ("config.json", b"\xff"),
    "config has no key": ("config.json", b"{}"),
    "kwargs are no object": ("config.json", b'{"key": "Walker", "kwargs": 5, "executor": "x"}'),
    "state is no JSON": ("state.json", b"{"),
    "state is unknown": ("state.json", b'{"attempt": 1, "state": "happy"}'),
    "exit is a list": ("exit.json", b"[1]"),
    "signals are strange": ("signals.jsonl", b'{"step": "ask"}\n{"step": "kill", "attempt": 1}\nx\n'),
    "statuses are strange": ("statuses.jsonl", b'{"time": "x"}\n[]\n{"time": 1, "code": "x", "attempt": "x"}\n'),
    "requests are strange": ("requests.jsonl", b'{"id": 1}\n{"id": null, "channel": {}}\n'),
    "interventions are strange": ("interventions.jsonl", b'{"event": "asked", "step": 1e999, "attempt": "x"}\n'),
    "a step is huge": ("interventions.jsonl", b'{"event": "asked", "id": "1", "step": 99999999999999999999}\n'),
    "a text is no text": ("interventions.jsonl", b'{"event": "asked", "id": "\\ud800", "time": "\\udfff"}\n'),
    "a name is no text": ("meta.json", b'{"created": "2026-11-26T10:00:00+00:00", "name": "\\ud800", "launches": []}'),
    "attempts are strange": ("attempts.jsonl", b'{"event": "ended", "attempt": [1]}\n'),
    "a folder in the place of a file": ("statuses.jsonl", None),
}


@pytest.mark.timeout(400)  # some hundred requests
def test_no_content_of_a_run_keeps_the_server_from_starting_and_from_serving_the_others(spawn):
    first = spawn()
    source, other = first.start("Walker", steps=5), first.start("Walker", steps=5)
    first.ended(source)
    first.ended(other)
    first.process.terminate()
    first.process.wait(WAIT_S)
    sims = Path(first.context["project"]) / "sims"
    damaged = {}
    for number, (what, (name, data)) in enumerate(DAMAGE.items()):
        run = RunFolder(sims / f"00000000-0000-4000-8000-{number:012d}")
        shutil.copytree(sims / source, run.path)
        (run.path / name).unlink(missing_ok=True)
        if data is None:
            (run.path / name).mkdir()
        else:
            (run.path / name).write_bytes(data)
        damaged[run.id] = what
    second = spawn()
    assert second.get(f"/simulations/{other}")["state"] == "succeeded"
    assert second.get(f"/simulations/{other}/points", key="height")["total"] == 5
    second.ended(second.start("Walker", steps=2))
    document = second.get("/openapi.json")
    for run, what in damaged.items():
        for path, operations in document["paths"].items():
            if "get" in operations and "{simulation_id}" in path:
                address = path.removeprefix("/api/v1").format(simulation_id=run, media_id="0" * 32)
                answer = second.http.get(address, params={"key": "height"} if path.endswith("points") else {})
                assert answer.status_code < 500 or "defect" not in answer.text, (what, path, answer.text)
