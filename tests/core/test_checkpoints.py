"""Checkpoints appear whole or not at all."""

from __future__ import annotations

import json

import pytest

from gymdash_core.checkpoints import CheckpointStore, copy_origin
from gymdash_core.errors import NoCheckpointError, WrongStateError
from gymdash_core.meta import new_meta
from gymdash_core.project import Project


@pytest.fixture
def run(tmp_path):
    return Project(tmp_path).create_run({"name": "n", "key": "k"}, new_meta("n"))


def test_checkpoints_are_listed_in_the_order_of_saving(run):
    store = CheckpointStore(run, attempt=2)
    for step in (10, 5, 5):
        store.save(step, lambda folder, step=step: (folder / "x").write_text(str(step)))
    found = store.list()
    assert [(c.name, c.step, c.attempt) for c in found] == [
        ("0001-step-10", 10, 2),
        ("0002-step-5", 5, 2),
        ("0003-step-5", 5, 2),
    ]
    assert (found[0].path / "x").read_text() == "10"
    assert store.find() == found[-1]
    assert store.find("0001-step-10") == found[0]
    assert json.loads(json.dumps(found[0].as_json()))["step"] == 10


def test_checkpoints_beyond_four_digits_come_after_the_others(run):
    store = CheckpointStore(run)
    store.save(1, lambda _: None).path.rename(run.checkpoints / "9999-step-1")
    assert [store.save(step, lambda _: None).name for step in (2, 3)] == ["10000-step-2", "10001-step-3"]
    assert [c.step for c in store.list()] == [1, 2, 3]
    assert store.find().step == 3


def test_a_save_that_fails_leaves_nothing(run):
    def write(folder):
        (folder / "half").write_text("")
        raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        CheckpointStore(run).save(1, write)
    assert list(run.checkpoints.iterdir()) == []
    with pytest.raises(WrongStateError, match="Save one first"):
        CheckpointStore(run).find()


def test_a_folder_that_a_kill_left_is_no_checkpoint(run):
    half = run.checkpoints / ".0001-step-3.new"
    half.mkdir(parents=True)
    (half / "x").write_text("")
    (run.checkpoints / "strange").mkdir()
    assert CheckpointStore(run).list() == []
    assert CheckpointStore(run).save(3, lambda _: None).name == "0001-step-3"


def test_an_unknown_checkpoint_names_the_known_ones(run):
    CheckpointStore(run).save(3, lambda _: None)
    with pytest.raises(WrongStateError, match="0001-step-3"):
        CheckpointStore(run).find("0009-step-9")


def test_a_branch_keeps_a_copy_that_outlives_its_parent(run, tmp_path):
    saved = CheckpointStore(run).save(
        7, lambda folder: (folder / "deep").mkdir() or (folder / "deep" / "x").write_text("7")
    )
    child = Project(tmp_path).create_run(
        {"name": "c", "key": "k"}, new_meta("c"), fill=lambda folder: copy_origin(saved, run.id, folder)
    )
    origin = CheckpointStore(child).find()
    assert (origin.step, origin.origin) == (7, run.id)
    assert CheckpointStore(run).find().origin is None
    (saved.path / "deep" / "x").unlink()
    assert (origin.path / "deep" / "x").read_text() == "7"
    assert CheckpointStore(child, 1).save(9, lambda _: None).name == "0001-step-9"


def test_a_checkpoint_that_is_not_there_is_named_with_those_that_are(run):
    store = CheckpointStore(run)
    with pytest.raises(NoCheckpointError, match=f"run {run.id} has no checkpoint. Save one first"):
        store.find()
    store.save(7, lambda folder: (folder / "x").write_text(""))
    with pytest.raises(NoCheckpointError, match=r"has no checkpoint 'nope'\. It has: 0001-step-7"):
        store.find("nope")
