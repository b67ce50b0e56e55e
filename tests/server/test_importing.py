"""Folders of logs become runs, one for each folder that holds some."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary

from gymdash_core.journal import read_json
from gymdash_core.plugins import build_plugin_manager
from gymdash_core.registry import Registry
from gymdash_core.runview import read_run, read_statuses
from gymdash_core.stats.reader import RunStats
from gymdash_core.status import SimStatusCode
from gymdash_server.importing import import_folder
from gymdash_tensorboard.records import frame

NAME = "events.out.tfevents.1700000000.host"
BEGAN = 1.7e9


@pytest.fixture(scope="module")
def registry():
    return Registry(build_plugin_manager())


def write(folder, steps):
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / NAME).open("ab") as file:
        for step in steps:
            summary = Summary(value=[Summary.Value(tag="loss", simple_value=step)])
            file.write(frame(Event(wall_time=BEGAN + step, step=step, summary=summary).SerializeToString()))


def steps_of(run, registry):
    stats = RunStats(run, {name: entry.item for name, entry in registry.streamers.items()})
    return {key: [point.step for point in stats.points(key, kind)] for key, kind in stats.keys()}  # noqa: SIM118


def files_of(run):
    folder = run.path / "imported"
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def logs(tmp_path):
    """Two runs, one of which holds another."""
    folder = tmp_path / "logs"
    write(folder / "ppo_1", [1, 2])
    write(folder / "ppo_2", [3])
    write(folder / "ppo_2" / "eval", [4])
    (folder / "notes.txt").write_text("of nobody")
    (folder / "ppo_1" / "videos").mkdir()
    (folder / "ppo_1" / "videos" / "a.mp4").write_text("of the first")
    return folder


def test_each_folder_that_holds_event_files_becomes_a_run(tmp_path, logs, registry):
    runs = import_folder(tmp_path / "project", logs, tags=["old"], registry=registry)
    assert [read_run(run).name for run in runs] == ["ppo_1", "ppo_2", "ppo_2/eval"]
    assert [steps_of(run, registry) for run in runs] == [{"loss": [1, 2]}, {"loss": [3]}, {"loss": [4]}]
    assert [files_of(run) for run in runs] == [[NAME, "videos/a.mp4"], [NAME], [NAME]]
    assert all(read_run(run).tags == ("old",) for run in runs)
    assert read_json(runs[1].config)["kwargs"] == {"folder": str(logs / "ppo_2")}


def test_a_folder_that_holds_event_files_itself_is_named_after_itself(tmp_path, logs, registry):
    (run,) = import_folder(tmp_path / "project", logs / "ppo_1", registry=registry)
    assert read_run(run).name == "ppo_1"


@pytest.mark.parametrize(("folder", "names"), [("", ["x/ppo_1", "x/ppo_2", "x/ppo_2/eval"]), ("ppo_1", ["x"])])
def test_a_name_is_that_of_the_run_or_stands_before_each(tmp_path, logs, registry, folder, names):
    runs = import_folder(tmp_path / "project", logs / folder, "x", registry=registry)
    assert [read_run(run).name for run in runs] == names


def test_a_run_lasts_from_its_first_event_to_its_last(tmp_path, logs, registry):
    run = read_run(import_folder(tmp_path / "project", logs / "ppo_1", registry=registry)[0])
    assert (run.started, run.ended) == (at(1), at(2))


def at(step):
    return datetime.fromtimestamp(BEGAN + step, UTC)


def test_a_file_that_was_cut_is_told_in_the_statuses(tmp_path, logs, registry):
    path = logs / "ppo_1" / NAME
    path.write_bytes(path.read_bytes()[:-3])
    (run,) = import_folder(tmp_path / "project", logs / "ppo_1", registry=registry)
    done, told = read_statuses(run)
    assert (done.code, told.code) == (SimStatusCode.SUCCESS, SimStatusCode.INFO)
    assert NAME in told.details
    assert "no whole record" in told.details
    assert str(read_run(run).state) == "succeeded"


def test_a_folder_that_was_imported_before_is_told_with_its_runs(tmp_path, logs, registry):
    first = import_folder(tmp_path / "project", logs, registry=registry)
    again = import_folder(tmp_path / "project", logs, registry=registry)
    assert [len(read_statuses(run)) for run in first] == [1, 1, 1]
    assert [read_statuses(run)[1].details for run in again] == [
        f"The same folder was imported before, as {run.id}." for run in first
    ]
