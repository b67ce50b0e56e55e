"""What controllers write about a run: one at a time, and a signal before it is sent."""

from __future__ import annotations

import threading

import pytest

from gymdash_core.errors import WrongStateError
from gymdash_core.meta import (
    LaunchRecord,
    SignalStep,
    new_meta,
    read_launch,
    read_meta,
    read_signals,
    record_launch,
    record_signal,
    update_meta,
)
from gymdash_core.project import Project


@pytest.fixture
def run(tmp_path):
    config = {"name": "n", "key": "k", "changed_kwargs": {"lr": 1}}
    return Project(tmp_path).create_run(config, new_meta("n"))


def test_launches_are_numbered_and_the_last_one_is_read(run):
    record_launch(run, LaunchRecord(start_kwargs={"a": 1}), allowed=lambda _: None)
    assert (
        record_launch(run, LaunchRecord(start_kwargs={"b": 2}, resume_from="checkpoints/x"), allowed=lambda _: None)
        == 2
    )
    launch = read_launch(run)
    assert (launch.attempt, launch.start_kwargs, launch.changed_kwargs) == (2, {"b": 2}, {"lr": 1})
    assert launch.resume_from == run.path / "checkpoints" / "x"


def test_a_launch_that_is_not_allowed_changes_nothing(run):
    def refuse(meta):
        raise WrongStateError(run.id, "running", "be started")

    with pytest.raises(WrongStateError):
        record_launch(run, LaunchRecord(), allowed=refuse)
    assert read_meta(run)["launches"] == []


def test_of_many_controllers_one_launches(run):
    def once(meta):
        if meta["launches"]:
            raise WrongStateError(run.id, "starting", "be started")

    results = []

    def launch():
        try:
            results.append(record_launch(run, LaunchRecord(), allowed=once))
        except WrongStateError:
            results.append(None)

    threads = [threading.Thread(target=launch) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results, key=str) == [1, *[None] * 7]


def test_concurrent_changes_lose_nothing(run):
    def tag(name):
        update_meta(run, lambda meta: meta["tags"].append(name))

    threads = [threading.Thread(target=tag, args=(str(n),)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(read_meta(run)["tags"]) == [str(n) for n in range(8)]


def test_a_signal_belongs_to_its_attempt(run):
    assert record_signal(run, SignalStep.ASK, "me", save=True) == 0
    record_launch(run, LaunchRecord(), allowed=lambda _: None)
    assert record_signal(run, SignalStep.KILL, "you") == 1
    assert [signal.step for signal in read_signals(run, 0)] == [SignalStep.ASK]
    (kill,) = read_signals(run, 1)
    assert (kill.step, kill.by) == (SignalStep.KILL, "you")
    assert read_signals(run, 0)[0].details["save"] is True
