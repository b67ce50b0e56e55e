"""The watcher of files where the system has no notifications left."""

from __future__ import annotations

import queue

import pytest
import watchfiles

from gymdash_core.project import RunFolder
from gymdash_server.recorder.watcher import FileWatcher

WAIT_S = 60
EXHAUSTED = "Error creating recommended watcher: Too many open files (os error 24)"


@pytest.mark.parametrize(
    ("error", "warnings"),
    [(RuntimeError(EXHAUSTED), 1), (OSError("strange"), 2)],
    ids=["all are taken", "something else"],
)
def test_runs_are_looked_at_where_the_system_tells_nothing(tmp_path, monkeypatch, caplog, error, warnings):
    def refuse(*_, **__):
        raise error

    monkeypatch.setattr(watchfiles, "watch", refuse)
    told = queue.Queue()
    watcher = FileWatcher(told.put)
    runs = [RunFolder(tmp_path / name) for name in "ab"]
    for run in runs:
        run.path.mkdir()
        watcher.watch(run)
    missing = {run.id for run in runs}
    while missing:
        missing.discard(told.get(timeout=WAIT_S))
    watcher.close()
    assert [str(error) in record.message for record in caplog.records] == [True] * warnings
    assert ("fs.inotify.max_user_instances" in caplog.text) == (warnings == 1)
