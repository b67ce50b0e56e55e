"""Commands on a project folder, with and without a server."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3

import pytest
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary

from gymdash_core.project import Project
from gymdash_server.client import Client
from gymdash_server.db.engine import open_database
from gymdash_tensorboard.records import frame

PNG = b"\x89PNG\r\n\x1a\n and the rest"
CSV_PLUGIN = """
from gymdash_core import StreamerType, StreamableStat, Streamer, StatPoint, hookimpl


class CsvStat(StreamableStat):
    def __init__(self, key, path):
        super().__init__(key, "scalars")
        self.path = path

    def read(self, cursor=None, limit=None):
        begin = int(cursor or 0)
        lines = self.path.read_text().splitlines()[begin:][:limit]
        points = [StatPoint(begin + n, 0.0, float(line)) for n, line in enumerate(lines)]
        return points, str(begin + len(points))


class CsvStreamer(Streamer):
    def __init__(self, folder):
        super().__init__("csv")
        from pathlib import Path
        self.folder = Path(folder)

    def get_stat_keys(self):
        return [(path.stem, "scalars") for path in sorted(self.folder.rglob("*.csv"))]

    def stat(self, key, kind=None):
        return CsvStat(key, next(self.folder.rglob(f"{key}.csv")))

    def refresh(self):
        pass


@hookimpl
def gymdash_streamers():
    return [StreamerType("csv", "csv_plugin:CsvStreamer", patterns=["**/*.csv"])]
"""


def install(gymdash, name, text):
    """Make a module findable as a plugin."""
    (gymdash.site / f"{name}.py").write_text(text)
    info = gymdash.site / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[gymdash]\n{name} = {name}\n")


@pytest.fixture
def logdir(tmp_path):
    folder = tmp_path / "logs"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "loss.csv").write_text("3\n2\n1\n")
    (folder / "notes.txt").write_text("by hand")
    return folder


def test_nothing_is_imported_that_nobody_reads(gymdash, logdir):
    line = gymdash("import", logdir, code=1).stderr
    assert line.count("\n") == 1
    assert "gymdash-tensorboard" in line or "tensorboard reads" in line
    assert not list((gymdash.folder / ".gymdash").glob("sims/*"))
    install(gymdash, "csv_plugin", CSV_PLUGIN)
    (logdir / "deep" / "loss.csv").unlink()
    assert "csv reads **/*.csv" in gymdash("import", logdir, code=1).stderr


def test_a_folder_of_logs_is_imported_with_and_without_a_server(served, logdir):
    served.end()
    install(served, "csv_plugin", CSV_PLUGIN)
    with served.begin("import", logdir, "--name", "old", "--tag", "x") as process:
        one = process.communicate(timeout=60)[0].strip()
    served.serve()
    with served.begin("import", logdir, "--json") as process:
        (two,) = json.loads(process.communicate(timeout=60)[0])["items"]
    assert (two["name"], two["state"], two["key"]) == ("deep", "succeeded", "imported")
    assert len(served.json("list")["items"]) == 2
    for run in (one, two["id"]):
        assert served.json("points", run, "loss")["value"] == [3.0, 2.0, 1.0]
        assert served.json("show", run)["state"] == "succeeded"
    assert served.json("show", "old")["tags"] == ["x"]
    for verb in ("resume", "restart", "branch"):
        assert f"an imported run does not support '{verb}'" in served(verb, one, code=1).stderr
    served.end()


def test_the_logs_of_tensorboard_are_imported_with_their_images(served, tmp_path):
    (tmp_path / "old" / "ppo_1").mkdir(parents=True)
    picture = Summary.Image(height=1, width=1, encoded_image_string=PNG)
    with (tmp_path / "old" / "ppo_1" / "events.out.tfevents.1700000000.host").open("wb") as file:
        for step, value in enumerate([3.0, 2.0, 1.0]):
            summary = Summary(value=[Summary.Value(tag="loss", simple_value=value)])
            file.write(frame(Event(wall_time=1.7e9 + step, step=step, summary=summary).SerializeToString()))
        summary = Summary(value=[Summary.Value(tag="shot", image=picture)])
        file.write(frame(Event(wall_time=1.7e9 + 3, step=3, summary=summary).SerializeToString()))
    run = served("import", tmp_path / "old").stdout.strip()
    served("wait", run)
    (stat,) = json.loads(served("export", run, "--format", "json", "--key", "loss").stdout)["stats"]
    assert (stat["step"], stat["value"], stat["attempt"]) == ([0, 1, 2], [3.0, 2.0, 1.0], [1, 1, 1])
    (point,) = served.json("points", run, "shot")["points"]
    assert (point["step"], point["media_type"], point["size"]) == (3, "image/png", len(PNG))
    with Client(served.url, served.token) as client:
        assert client.media(run, point["url"].rpartition("/")[2]) == PNG


def test_each_folder_of_event_files_is_a_run_of_its_own(served, tmp_path):
    for step, name in enumerate(["ppo_1", "ppo_2"]):
        (tmp_path / "old" / name).mkdir(parents=True)
        summary = Summary(value=[Summary.Value(tag="loss", simple_value=step)])
        event = frame(Event(wall_time=1.7e9, step=step, summary=summary).SerializeToString())
        (tmp_path / "old" / name / "events.out.tfevents.1700000000.host").write_bytes(event + event[:-1])
    done = served("import", tmp_path / "old")
    assert {run["id"] for run in served.json("list")["items"]} == set(done.stdout.split())  # at once
    for step, run in enumerate(done.stdout.split()):
        assert served.json("show", run)["name"] == f"ppo_{step + 1}"
        assert served.json("points", run, "loss")["step"] == [step]
        assert f"{run}: events.out" in done.stderr
    assert len(done.stdout.split()) == 2


def test_a_rebuilt_index_tells_the_same(served):
    runs = [served("start", "Counter").stdout.strip(), served("start", "Failing").stdout.strip()]
    served("wait", *runs, code=1)
    live = served("start", "Counter", "-p", "total=100000").stdout.strip()
    served.until(live, "running")
    assert "ends" not in served("project", "reindex", code=1).stderr
    before = [served.json("show", run) for run in runs]
    points = served.json("points", runs[0], "height")
    served.end()
    done = served.json("project", "reindex")
    assert (done["simulations"], done["put_aside"]) == (3, None)
    served.serve()
    assert [served.json("show", run) for run in runs] == before
    again = served.json("points", runs[0], "height")
    assert again["value"] == points["value"]
    assert again["series"] != points["series"]
    assert served.state(live) == "running"


@pytest.mark.parametrize("damage", ["text", "pages", "newer", "gone"])
def test_a_damaged_database_is_cured_by_reindex(served, damage):
    run = served("start", "Counter").stdout.strip()
    served("wait", run)
    before = served.json("show", run)
    served.end()
    break_database(served.project.database, damage)
    if damage != "gone":
        line = served("serve", "--no-browser", "--port", 0, code=1).stderr.splitlines()[-1]
        assert "gymdash project reindex" in line
        assert line.startswith("Error: ")
        assert "reindex" in served("doctor", code=1).stdout
    done = served("project", "reindex")
    assert "1 runs" in done.stdout
    assert ("put aside" in done.stderr or "is now" in done.stderr) == (damage != "gone")
    served.serve()
    assert served.json("show", run) == before


def break_database(file, damage):
    if damage == "gone":
        shutil.rmtree(file.parent)
    elif damage == "text":
        file.write_text("this is no database at all\n" * 100)
    elif damage == "newer":
        connection = sqlite3.connect(file)
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
        connection.close()
    else:
        content = bytearray(file.read_bytes())
        content[100:] = os.urandom(len(content) - 100)
        file.write_bytes(content)


def test_reindex_refuses_while_a_server_has_the_project_and_where_there_is_none(served):
    line = served("project", "reindex", code=1).stderr
    assert line.count("\n") == 1
    assert served.url in line
    assert str(served.process.pid) in line
    assert served("project", "reindex", "--project", "nothing-here", code=1).stderr.count("\n") == 1


def test_the_doctor_finds_nothing_wrong_here(served, gymdash):
    rows = {row["what"]: row for row in served.json("doctor")["items"]}
    assert all(row["ok"] for row in rows.values())
    assert set(rows) == {"Python", "GymDash", "project", "server", "database", "plugin", "disk", "GPU", "sockets"}
    assert served.url in rows["server"]["details"]
    served.end()
    assert "none serves" in served("doctor").stdout


def test_the_doctor_finds_broken_plugins_and_places(gymdash):
    install(gymdash, "broken", "raise RuntimeError('meant to break')\n")
    assert "meant to break" in gymdash("doctor", code=1).stdout
    (gymdash.folder / "file").write_text("")
    assert "WRONG" in gymdash("doctor", "--project", "file", code=1).stdout


def everything_in(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def test_the_doctor_looks_at_another_database_and_makes_none(gymdash, tmp_path):
    gymdash.environment["GYMDASH_DATABASE_URL"] = f"sqlite:///{tmp_path}/deep/other.db"
    assert "made when a server starts" in gymdash("doctor").stdout
    assert not (tmp_path / "deep").exists()
    open_database(f"sqlite:///{tmp_path}/deep/other.db").dispose()
    before = everything_in(tmp_path)
    assert "other.db is sound" in gymdash("doctor").stdout
    assert everything_in(tmp_path) == before
    break_database(tmp_path / "deep" / "other.db", "newer")
    assert "newer than this GymDash" in gymdash("doctor", code=1).stdout


@pytest.mark.parametrize("url", ["nonsense", "nothing://me:secret@host/x"])
def test_the_doctor_names_a_database_that_cannot_be_without_its_password(gymdash, url):
    gymdash.environment["GYMDASH_DATABASE_URL"] = url
    said = gymdash("doctor", code=1).stdout
    assert "cannot be used" in said
    assert "secret" not in said


WITH_A_TABLE = """
from sqlmodel import Field, SQLModel

class Stranger(SQLModel, table=True):
    id: int = Field(primary_key=True)
"""


def test_reindex_leaves_the_tables_of_a_plugin_and_a_sound_database_alone(gymdash):
    install(gymdash, "with_a_table", WITH_A_TABLE)
    project = Project(gymdash.folder / ".gymdash")
    project.create()
    for _ in range(2):
        done = json.loads(gymdash("project", "reindex", "--json").stdout)
        assert (done["simulations"], done["put_aside"]) == (0, None)
    assert [file.name for file in project.database.parent.glob("*.damaged")] == []
