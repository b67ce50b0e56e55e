"""Rules of pages of points over the API: the client puts them together, whatever has bounded them."""

from __future__ import annotations

from pathlib import Path

import pytest

from gymdash_core.stats.series import SeriesWriter
from gymdash_server.client import Client
from gymdash_server.points import windows
from gymdash_server.settings import Settings

TOKEN = "a-token-of-the-tests"
REHEARSALS = Path(__file__).with_name("rehearsals.py")


@pytest.fixture
def settings(tmp_path):
    return Settings(project=tmp_path / "project", port=0, token=TOKEN, load=(str(REHEARSALS),), usage_period_s=60)


def test_client_reads_all_pages_of_large_values(server, monkeypatch):
    run = server.start("Quick", count=5)
    server.ended(run)
    writer = SeriesWriter(server.context.project.run(run), 1)
    for step in range(20):
        writer.write("text", "notes", "x" * 98, step, 1.0)
    writer.close()
    server.context.library.open(server.context.project.run(run)).update()
    monkeypatch.setattr(windows, "PAGE_BYTES", 350)
    answer = server.get(f"/simulations/{run}/points", key="notes")
    assert (answer["to"], answer["total"], len(answer["value"])) == (3, 20, 3)
    with Client(server.url, TOKEN) as client:
        assert client.points(run, "notes").step == list(range(20))
        assert client.points(run, "notes", start=4, end=15).step == list(range(4, 16))
        assert client.points(run, "many").value == [0.0, 1.0, 2.0, 3.0, 4.0]
        assert client.points(run, "many", start=50).value == []
