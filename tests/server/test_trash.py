"""Rules of the trash: what is in it stays as it is, and nothing that goes on gets into it."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from gymdash_core.journal import write_json
from gymdash_core.locks import FileLock
from gymdash_core.meta import LaunchRecord, read_meta
from gymdash_server.settings import Settings

MISBEHAVING = Path(__file__).parents[1] / "integration" / "misbehaving.py"


@pytest.fixture
def settings(tmp_path):
    load = (str(MISBEHAVING),)
    return Settings(project=tmp_path / "project", port=0, token="a-token-of-the-tests", load=load, usage_period_s=60)


@pytest.fixture
def saved(server):
    """A run that was saved and stopped."""
    run = server.start("Walker", steps=100_000)
    server.until(run, "running")
    server.post(f"/simulations/{run}/stop", {"save": True})
    server.ended(run)
    return run


def test_run_in_the_trash_is_not_resumed_until_it_is_restored(server, saved):
    server.http.delete(f"/simulations/{saved}")
    answer = server.http.post(f"/simulations/{saved}/resume")
    assert (answer.status_code, "trash" in answer.json()["detail"]) == (409, True)
    assert server.get(f"/simulations/{saved}")["attempt"] == 1
    server.post(f"/simulations/{saved}/restore")
    assert server.post(f"/simulations/{saved}/resume", status=202)["attempt"] == 2


@pytest.mark.parametrize("purge", [False, True])
def test_run_that_is_resumed_while_it_is_being_deleted_stays(server, saved, purge, monkeypatch):
    folder = server.context.project.run(saved)
    reached, answers = threading.Event(), []
    acquire = FileLock.acquire_wait

    def note(lock, timeout_s):
        if lock.path == folder.meta_lock:
            reached.set()
        return acquire(lock, timeout_s)

    def delete():
        answers.append(server.http.delete(f"/simulations/{saved}", params={"purge": purge}))

    monkeypatch.setattr(FileLock, "acquire_wait", note)
    with FileLock(folder.meta_lock):
        thread = threading.Thread(target=delete)
        thread.start()
        assert reached.wait(30)
        write_json(folder.meta, read_meta(folder) | {"queued": LaunchRecord("somebody").as_json()})
    thread.join(30)
    assert [(answer.status_code, "queued" in answer.json()["detail"]) for answer in answers] == [(409, True)]
    assert read_meta(folder)["trashed"] is None
