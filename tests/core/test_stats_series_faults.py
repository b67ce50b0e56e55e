"""Series on torn and damaged files, and on disks that refuse: nothing that was logged is lost, and all is said."""

from __future__ import annotations

import contextlib
import errno
import signal
import subprocess
import sys

import pytest

from gymdash_core.errors import InvalidCursorError, StatWriteError, UnknownStatError
from gymdash_core.project import RunFolder
from gymdash_core.stats.series import SeriesStreamer, SeriesWriter
from logged import only_file, values


@pytest.fixture
def run(tmp_path):
    return RunFolder(tmp_path)


# --- torn and damaged files ------------------------------------------------------------------------------------------


def test_torn_last_line_is_left_and_the_next_writer_begins_a_fresh_one(run):
    with contextlib.closing(SeriesWriter(run, 1)) as writer:
        writer.scalar("loss", 1.0, 0)
    with only_file(run).open("a") as file:
        file.write('{"step":1,"wall_ti')
    points, cursor = SeriesStreamer(run.stats).stat("loss").read()
    assert [p.value for p in points] == [1.0]
    with contextlib.closing(SeriesWriter(run, 2)) as writer:
        writer.scalar("loss", 2.0, 1)
    points, _ = SeriesStreamer(run.stats).stat("loss").read(cursor)
    assert [(p.value, p.attempt) for p in points] == [(2.0, 2)]


def test_torn_header_is_written_again(run):
    with contextlib.closing(SeriesWriter(run)) as writer:
        writer.scalar("Loss", 1.0, 0)
    file = only_file(run)
    file.write_bytes(file.read_bytes()[:20])
    with contextlib.closing(SeriesWriter(run)) as writer:
        writer.scalar("Loss", 2.0, 0)
    assert values(run, "Loss") == [2.0]


BAD_LINES = [
    "",
    "not json",
    "[]",
    "null",
    '"text"',
    "{}",
    '{"step":"1","wall_time":1,"value":1}',
    '{"step":true,"wall_time":1,"value":1}',
    '{"step":1,"wall_time":null,"value":1}',
    '{"step":1,"wall_time":1,"value":"high"}',
    '{"step":1,"wall_time":1,"value":null}',
    '{"step":1,"wall_time":1,"value":[1]}',
    "[" * 100_000,
    "\udcff",
]


def test_damaged_lines_are_skipped_and_harm_no_other(run):
    writer = SeriesWriter(run)
    for step, line in enumerate(BAD_LINES):
        writer.scalar("loss", 1.0, step)
        with only_file(run).open("ab") as file:
            file.write(line.encode("utf-8", "surrogateescape") + b"\n")
    writer.close()
    points = SeriesStreamer(run.stats).stat("loss").get_values()
    assert [p.step for p in points] == list(range(len(BAD_LINES)))


@pytest.mark.parametrize("cursor", ["x", "-1", "1.5", "", " 1", "²", "9" * 30, "3", "999999"])
def test_cursor_that_nobody_gave_out_is_refused(run, cursor):
    with contextlib.closing(SeriesWriter(run)) as writer:
        writer.scalar("loss", 1.0, 0)
    with pytest.raises(InvalidCursorError, match="cursor"):
        SeriesStreamer(run.stats).stat("loss").read(cursor)


def test_unknown_stat_suggests_near_names(run):
    with contextlib.closing(SeriesWriter(run)) as writer:
        writer.scalar("train/loss", 1.0, 0)
        writer.write("text", "train/loss", "x", 0)
    streamer = SeriesStreamer(run.stats)
    with pytest.raises(UnknownStatError, match="train/loss"):
        streamer.stat("train/los")
    with pytest.raises(UnknownStatError, match="Name the kind"):
        streamer.stat("train/loss")


def test_stat_whose_file_is_deleted_has_no_points(run):
    with contextlib.closing(SeriesWriter(run)) as writer:
        writer.scalar("loss", 1.0, 0)
    stat = SeriesStreamer(run.stats).stat("loss")
    only_file(run).unlink()
    assert stat.get_values() == []


# --- disks that refuse -----------------------------------------------------------------------------------------------


def test_full_disk_is_an_error_that_names_the_file_and_leaves_it_readable(run):
    """A real file size limit: the kernel takes a part of the line and refuses the rest."""
    script = f"""
import resource, signal, sys
from gymdash_core.errors import StatWriteError
from gymdash_core.project import RunFolder
from gymdash_core.stats.series import SeriesWriter
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
writer = SeriesWriter(RunFolder({str(run.path)!r}))
writer.scalar("loss", 0.0, 0)
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (200, hard))
failed = 0
for step in range(1, 5):
    try:
        writer.scalar("loss", float(step), step)
    except StatWriteError as error:
        failed += 1
        assert "loss.jsonl" in str(error) and "too large" in str(error), error
        assert isinstance(error.__cause__, OSError)
assert failed, "nothing was refused"
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
writer.scalar("loss", 99.0, 99)
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
    found = values(run)
    assert found[0] == 0.0
    assert found[-1] == 99.0
    assert len(found) < 6
    assert b"}{" not in only_file(run).read_bytes()


def test_stats_folder_that_is_a_file_is_a_write_error(run):
    run.stats.write_text("in the way")
    with pytest.raises(StatWriteError) as caught:
        SeriesWriter(run).scalar("loss", 1.0, 0)
    assert caught.value.__cause__.errno in {errno.ENOTDIR, errno.EEXIST}


def test_nothing_is_lost_to_a_kill(run):
    """The last point that the process announced before SIGKILL is in the file."""
    script = f"""
from gymdash_core.project import RunFolder
from gymdash_core.stats.series import SeriesWriter
writer = SeriesWriter(RunFolder({str(run.path)!r}))
step = 0
while True:
    writer.scalar("loss", 0.5, step)
    print(step, flush=True)
    step += 1
"""
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for _ in range(200):
        process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    rest, _ = process.communicate(timeout=30)
    announced = 199 + len([line for line in rest.splitlines(keepends=True) if line.endswith("\n")])
    points = SeriesStreamer(run.stats).stat("loss").get_values()
    assert [p.step for p in points[: announced + 1]] == list(range(announced + 1))


class CountingShield:
    def __init__(self):
        self.depth = 0
        self.entered = 0

    def __enter__(self):
        self.depth += 1
        self.entered += 1

    def __exit__(self, *_):
        self.depth -= 1


def test_shield_is_entered_around_each_write_and_always_left(run):
    shield = CountingShield()
    writer = SeriesWriter(run, 1, shield)
    writer.scalar("loss", 1.0, 0)
    writer.close()
    run.stats.rename(run.path / "away")
    run.stats.write_text("in the way")
    with pytest.raises(StatWriteError):
        writer.scalar("loss", 1.0, 1)
    assert (shield.depth, shield.entered) == (0, 3)
