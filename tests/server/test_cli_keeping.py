"""Commands on what is kept of runs, and groups of runs that are started together."""

from __future__ import annotations

from types import SimpleNamespace

import pytest


@pytest.fixture
def done(served):
    """The id of a run that has succeeded."""
    run = served("start", "Counter", "--name", "first", "--tag", "a", "-p", "total=3").stdout.strip()
    served("wait", run)
    return run


def test_a_run_is_deleted_to_the_trash_restored_and_purged(served, done):
    assert served("delete", "first").stdout == f"{done}  first: in the trash\n"
    assert served.json("list")["items"] == []
    assert done in served("list", "--trashed").stdout
    assert served("restore", "first").stdout == f"{done}  first: succeeded\n"
    assert [run["id"] for run in served.json("list")["items"]] == [done]
    (trashed,) = served.json("delete", done)["items"]
    assert trashed["trashed"]
    (folder,) = served.project.sims.iterdir()
    assert served("delete", done, "--purge", "--yes").stdout == f"{done}  first: removed\n"
    assert not folder.exists()
    assert "no run" in served("restore", done, code=1).stderr


def test_several_runs_are_deleted_or_none_where_one_is_unknown(served, done):
    other = served("start", "Counter", "-p", "total=3").stdout.strip()
    served("wait", other)
    served("delete", done, "unknown", code=1)
    assert len(served.json("list")["items"]) == 2
    assert len(served("delete", done, other, "--purge", "-y").stdout.splitlines()) == 2
    assert served.json("list")["items"] == served.json("list", "--trashed")["items"] == []


@pytest.mark.parametrize(("typed", "options", "stays"), [("n\n", (), True), ("y\n", (), False), ("", ("-y",), False)])
def test_a_person_is_asked_before_a_purge(served, done, monkeypatch, typed, options, stays):
    terminal = SimpleNamespace(stdin=SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr("gymdash_server.cli.commands.keeping.sys", terminal)
    asked = served("delete", done, "--purge", *options, stdin=typed, code=int(stays))
    assert ("Remove for good" in asked.stderr) is not bool(options)
    assert bool(served.json("list")["items"]) is stays


def test_where_nobody_can_be_asked_nothing_is_purged_without_yes(served, done):
    assert "--yes" in served("delete", done, "--purge", code=2).stderr
    assert [run["id"] for run in served.json("list")["items"]] == [done]


def test_a_run_that_goes_is_not_deleted(served):
    run = served("start", "Counter", "-p", "total=100000").stdout.strip()
    served.until(run, "running")
    assert "Stop it first" in served("delete", run, code=1).stderr


def test_a_run_is_renamed_tagged_and_noted(served, done):
    assert served("edit", "first", "--name", "second", "--tag", "b", "--untag", "a").stdout == f"{done}  second  #b\n"
    changed = served.json("edit", "second", "--tag", "c", "--tag", "b", "--notes", "the best so far")
    assert (changed["name"], changed["tags"], changed["notes"]) == ("second", ["b", "c"], "the best so far")
    assert served.json("edit", done, "--notes", "")["notes"] == ""
    assert "--name" in served("edit", done, code=2).stderr
    assert "--untag" in served("edit", done, "--tag", "x", "--untag", "x", code=2).stderr


def test_a_run_is_started_anew(served, done):
    new = served("restart", "first").stdout.strip()
    found = served.json("show", new)
    assert (found["parent"], found["kwargs"]) == (done, {"total": 3})
    served("wait", new)
    again = served.json("restart", done, "--follow", "--name", "second")
    assert (again["state"], again["name"]) == ("succeeded", "second")


def test_a_grid_is_started_as_a_group(served):
    done = served("start", "Counter", "--grid", "total=[1, 2]", "--grid", 'text=["x"]', "--name", "scan", "--tag", "t")
    ids = done.stdout.split()
    found = served.json("list", "--tag", "t", "--sort", "created")["items"]
    assert [run["id"] for run in found] == ids
    assert [run["kwargs"] for run in found] == [{"total": 1, "text": "x"}, {"total": 2, "text": "x"}]
    assert {run["group"] for run in found} == {done.stderr.split()[-1]}
    served("wait", *ids)


def test_a_grid_reaches_arguments_inside_of_others(served):
    batch = served.json("start", "Counter", "--grid", "settings.rate=[1, 2]", "-p", "settings.kind=a", "-p", "total=1")
    assert [run["kwargs"]["settings"] for run in batch["items"]] == [{"kind": "a", "rate": 1}, {"kind": "a", "rate": 2}]
    assert [run["name"] for run in batch["items"]] == ["Counter, rate=1", "Counter, rate=2"]
    served("wait", *(run["id"] for run in batch["items"]))


def test_seeds_are_counted_or_listed(served):
    batch = served.json("start", "Seeded", "--seeds", 2, "-p", "total=3")
    assert [run["kwargs"] for run in batch["items"]] == [{"total": 3, "seed": 0}, {"total": 3, "seed": 1}]
    assert {run["group"] for run in batch["items"]} == {batch["group"]}
    listed = served.json("start", "Seeded", "--seeds", "3,5")["items"]
    assert [run["kwargs"]["seed"] for run in listed] == [3, 5]


@pytest.mark.parametrize(
    "wrong",
    [
        ("--grid", "total"),
        ("--grid", "total=3"),
        ("--grid", "total=[]"),
        ("--grid", "=[1]"),
        ("--grid", "total.=[1]"),
        ("--grid", "total=[1]", "--grid", "total=[2]"),
        ("--seeds", "0"),
        ("--seeds", "many"),
        ("--seeds", "1001"),
        ("--seeds", "2", "--follow"),
    ],
)
def test_what_makes_no_group_is_wrong_usage(served, wrong):
    served("start", "Counter", *wrong, code=2)
    assert served.json("list")["items"] == []
