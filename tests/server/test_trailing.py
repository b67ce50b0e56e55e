"""Rules of what is recorded behind an answer: the answer does not wait for it, and whoever reads the index does."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from gymdash_server.recorder import recorder, trailing
from gymdash_server.recorder.trailing import Trailing


@pytest.fixture
def patient(monkeypatch):
    """Have readers wait for as long as this machine may take; a person would not want to."""
    monkeypatch.setattr(trailing, "_SETTLE_S", 60)


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("path", ["/simulations/{run}", "/simulations", "/simulations/{run}/interventions"])
def test_a_stop_is_answered_before_it_is_in_the_index_and_nobody_reads_the_index_without_it(server, monkeypatch, path):
    run = server.start("custom_control", total_runtime=600)
    server.until(run, "running")
    write, wait, may_write = recorder.write_runs, trailing.wait, threading.Event()

    def held(*arguments):
        assert may_write.wait(60)
        return write(*arguments)

    def waited(*arguments):
        may_write.set()
        return wait(*arguments)

    monkeypatch.setattr(recorder, "write_runs", held)
    monkeypatch.setattr(trailing, "wait", waited)  # who reads lets it be written: were nobody to wait, it never would
    assert server.post(f"/simulations/{run}/stop")["state"] in {"stopping", "stopped"}
    found = server.get(path.format(run=run))
    (item,) = found.get("items", [found])
    assert (item.get("state") or item["event"]) in {"stopping", "stopped", "stop"}


def test_an_end_that_is_known_is_told_when_it_can_be_read(server):
    run = server.start("custom_control", total_runtime=600)
    server.until(run, "running")
    server.post(f"/simulations/{run}/kill")
    server.ended(run)
    assert server.post(f"/simulations/{run}/stop") == server.get(f"/simulations/{run}")


@pytest.mark.usefixtures("patient")
def test_readers_wait_for_what_was_given_before_them_about_their_run_and_for_nothing_else():
    behind, may_go, done = Trailing(), threading.Event(), []
    behind.settle()
    behind.submit("one", lambda: done.append(may_go.wait(60)))
    behind.submit("other", lambda: done.append("other"))
    behind.settle("other")
    behind.settle("third")
    assert done == ["other"]
    with ThreadPoolExecutor(2) as pool:
        readers = [pool.submit(behind.settle, "one"), pool.submit(behind.settle)]
        assert not any(reader.done() for reader in readers)
        may_go.set()
        for reader in readers:
            reader.result()
    assert done == ["other", True]
    behind.close()
    assert behind._pending == {}


def test_a_reader_does_not_wait_for_ever_and_nothing_is_taken_after_the_end(monkeypatch):
    monkeypatch.setattr(trailing, "_SETTLE_S", 0.01)
    behind, may_go, done = Trailing(), threading.Event(), []
    for _ in range(2):  # as many as are carried out at once
        behind.submit("run", lambda: done.append(may_go.wait(60)))
    behind.submit("run", lambda: done.append("left to the next server"))
    behind.settle()
    assert done == []
    closing = threading.Thread(target=behind.close)
    closing.start()
    while not behind._pool._shutdown:
        pass
    may_go.set()
    closing.join()
    behind.submit("run", lambda: done.append("late"))
    behind.settle()
    assert done == [True, True]
