"""What runs have produced, on the command line."""

from __future__ import annotations

import csv
import json

import pytest


@pytest.fixture
def run(served):
    """A run that has succeeded."""
    found = served("start", "Counter", "-p", "total=4").stdout.strip()
    served("wait", found)
    return found


def test_points_are_printed(served, run):
    found = served.json("points", run, "height")
    assert {"key", "kind", "series", "from", "to", "total", "cursor"} <= set(found)
    assert (found["step"], found["value"], found["total"]) == ([0, 1, 2, 3], [0.0, 1.0, 2.0, 3.0], 4)
    assert served.json("points", run, "height", "--start", 1, "--end", 2)["step"] == [1, 2]
    assert served.json("points", run, "odd")["value"] == ["NaN"]
    lines = served("points", run, "height").stdout.splitlines()
    assert lines[0].split() == ["step", "wall", "time", "attempt", "value"]
    assert lines[-1].split()[0::2] == ["3", "1"]
    assert "no stat 'hight'" in served("points", run, "hight", code=1).stderr


def test_logs_are_printed_and_followed(served, run):
    text = "".join(f"step {step}\n" for step in range(4))
    assert served("logs", run).stdout == text
    assert served("logs", run, "--offset", 7).stdout == text[7:]
    assert served("logs", run, "-f").stdout == text
    assert served("logs", run, "--stream", "stderr").stdout == ""
    assert served.json("logs", run)["next_offset"] == len(text)
    live = served("start", "Counter", "-p", "total=60").stdout.strip()
    assert served("logs", live, "-f").stdout == "".join(f"step {step}\n" for step in range(60))


def test_stats_are_exported(served, run):
    rows = list(csv.DictReader(served("export", run).stdout.splitlines()))
    assert {(row["key"], row["kind"]) for row in rows} == {("height", "scalars"), ("odd", "scalars")}
    assert [float(row["value"]) for row in rows if row["key"] == "height"] == [0.0, 1.0, 2.0, 3.0]
    assert [row["value"] for row in rows if row["key"] == "odd"] == ["NaN"]
    done = served("export", run, "--key", "height", "-o", "out.json")
    assert done.stdout == ""
    assert "4 points" in done.stderr
    written = json.loads((served.folder / "out.json").read_text())
    assert written["simulation"]["id"] == run
    assert [stat["value"] for stat in written["stats"]] == [[0.0, 1.0, 2.0, 3.0]]
    assert served.json("export", run)["simulation"]["id"] == run
    assert "no stat 'x'" in served("export", run, "--key", "x", "-o", "none.csv", code=1).stderr
    assert "no/out.csv" in served("export", run, "-o", "no/out.csv", code=1).stderr
    assert sorted(path.name for path in served.folder.iterdir()) == [".gymdash", "out.json"]
