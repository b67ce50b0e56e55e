"""Rules of `gymdash_core.worker.upkeep`: what a heartbeat does, and in which order."""

from __future__ import annotations

import threading
from types import SimpleNamespace

from gymdash_core.project import RunFolder
from gymdash_core.stats.manifest import MediaIndexer
from gymdash_core.worker import upkeep
from gymdash_core.worker.upkeep import Upkeep

DEADLINE_S = 10.0


def test_the_state_is_written_before_media_are_looked_for_which_may_take_long(tmp_path, monkeypatch):
    order, looked = [], threading.Event()

    def refresh(*_, final=False):
        order.append("media")
        looked.set()

    def write_state():
        order.append("state")

    monkeypatch.setattr(upkeep, "BEAT_S", 0.01)
    monkeypatch.setattr(MediaIndexer, "refresh", refresh)
    run = RunFolder(tmp_path)
    run.config.write_text("{}")
    beating = Upkeep(run, 1, lambda _: None, lambda _: None, (write_state,), owns_process=False)
    interactor = SimpleNamespace(ask_progress=lambda: None, settle=lambda: None, stop_asked=False)
    beating.simulation = SimpleNamespace(streamer=None, interactor=interactor)
    beating.start()
    try:
        assert looked.wait(DEADLINE_S)
    finally:
        beating.stop()
    assert order[:2] == ["state", "media"]
