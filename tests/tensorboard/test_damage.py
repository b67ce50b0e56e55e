"""Files that are cut, damaged, replaced or gone: what is whole is read, and what is not is told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gymdash_core import SimStatusCode, Simulation
from gymdash_core.errors import InvalidCursorError
from gymdash_core.testing import run_simulation
from gymdash_tensorboard import TensorboardStreamer


def steps(streamer, key="x"):
    return [point.step for point in streamer.stat(key).read()[0]]


@pytest.fixture
def ten(tmp_path, events):
    """A file of ten points."""
    events.write(tmp_path, *(events.simple("x", step, step) for step in range(10)))
    return tmp_path / events.name


def cut(path):
    path.write_bytes(path.read_bytes()[:-5])


def spoil(path):
    content = bytearray(path.read_bytes())
    content[-6] ^= 0xFF
    path.write_bytes(content)


@pytest.mark.parametrize("harm", [cut, spoil])
def test_what_is_left_at_the_end_of_a_file_is_a_fault_and_no_damage_yet(ten, harm):
    harm(ten)
    streamer = TensorboardStreamer(ten.parent)
    assert steps(streamer) == list(range(9))
    assert streamer.damages == {}
    (fault,) = streamer.faults()
    assert fault.startswith(f"{ten.name}: the last ")
    assert "no whole record" in fault


def test_a_file_that_is_whole_has_no_fault(ten):
    assert TensorboardStreamer(ten.parent).faults() == []


def test_the_faults_of_a_file_are_one_sentence(ten):
    content = bytearray(ten.read_bytes())
    content[len(content) // 2] ^= 0xFF
    ten.write_bytes(content[:-5])
    (fault,) = TensorboardStreamer(ten.parent).faults()
    assert "skipped: bytes that are no record; " in fault
    assert "the last " in fault


class Logging(Simulation):
    """Leaves an event file behind that is copied from elsewhere."""

    def _run(self, **kwargs):
        folder = self.run_dir / "tb"
        folder.mkdir()
        source = Path(self.config.kwargs["source"])
        (folder / source.name).write_bytes(source.read_bytes())
        self.streamer.get_or_register(TensorboardStreamer(folder))


def test_a_damaged_file_becomes_one_status_of_the_run_that_wrote_it(ten):
    cut(ten)
    run = run_simulation(Logging, {"source": str(ten)})
    assert str(run.state) == "succeeded"
    (status,) = [status for status in run.statuses if ten.name in status.details]
    assert status.code is SimStatusCode.INFO
    assert "no whole record" in status.details


def test_behind_more_damage_than_a_batch_holds_reading_goes_on(ten, events, monkeypatch):
    monkeypatch.setattr("gymdash_tensorboard.files._BATCH_BYTES", 64)
    with ten.open("ab") as file:
        file.write(b"\xff" * 500)
    events.write(ten.parent, events.simple("x", 10, 10))
    streamer = TensorboardStreamer(ten.parent)
    assert streamer.get_stat_keys() == [("x", "scalars")]  # one refresh is enough
    file = streamer._files[ten.name]
    assert file.reader.offset == ten.stat().st_size


def test_a_file_that_is_replaced_is_read_anew_and_its_cursors_fail(ten, events):
    streamer = TensorboardStreamer(ten.parent)
    stat = streamer.stat("x")
    cursor = stat.read(limit=3)[1]
    ten.unlink()
    events.write(ten.parent, *(events.simple("x", step, step) for step in range(100, 130)))
    with pytest.raises(InvalidCursorError):
        stat.read(cursor)
    assert steps(streamer) == list(range(100, 130))
    assert "replaced" in streamer.damages[ten.name][0].cause
    with pytest.raises(InvalidCursorError):
        TensorboardStreamer(ten.parent).stat("x").read(cursor)
    cursor = stat.read(limit=3)[1]
    assert len(TensorboardStreamer(ten.parent).stat("x").read(cursor)[0]) == 27


def test_a_file_that_is_cut_is_read_anew_and_its_cursors_fail(ten, events):
    streamer = TensorboardStreamer(ten.parent)
    stat = streamer.stat("x")
    cursor = stat.read()[1]
    ten.write_bytes(ten.read_bytes()[: ten.stat().st_size // 2])
    with pytest.raises(InvalidCursorError):
        stat.read(cursor)
    assert steps(streamer) == list(range(5))
    events.write(ten.parent, *(events.simple("x", step, step) for step in range(50, 70)))
    with pytest.raises(InvalidCursorError):  # although the file is longer again
        stat.read(cursor)
    assert steps(streamer) == [*range(5), *range(50, 70)]


def test_a_file_that_is_rewritten_behind_its_head_is_read_anew(ten, events):
    streamer = TensorboardStreamer(ten.parent)
    assert steps(streamer) == list(range(10))
    first = ten.stat().st_size // 10
    ten.write_bytes(ten.read_bytes()[:first])
    events.write(ten.parent, *(events.simple("y", step, step) for step in range(50)))
    assert len(steps(streamer, "y")) == 50
    assert steps(streamer) == [0]


def test_a_file_that_is_copied_over_itself_goes_on(ten, events):
    streamer = TensorboardStreamer(ten.parent)
    stat = streamer.stat("x")
    cursor = stat.read()[1]
    copy = ten.with_name("copy")
    copy.write_bytes(ten.read_bytes())
    events.write(ten.parent, events.simple("x", 10, 10), name="copy")
    copy.replace(ten)
    assert [point.step for point in stat.read(cursor)[0]] == [10]
    assert streamer.damages == {}


def test_a_cursor_without_the_mark_of_its_file_is_still_good(ten):
    stat = TensorboardStreamer(ten.parent).stat("x")
    name, mark, _ = stat.read(limit=4)[1].partition("@")
    assert mark
    assert len(stat.read(name)[0]) == 6


def test_a_file_that_is_gone_is_told_once(ten, caplog):
    streamer = TensorboardStreamer(ten.parent)
    assert steps(streamer) == list(range(10))
    ten.unlink()
    for _ in range(3):
        assert steps(streamer) == list(range(10))
    assert caplog.text.count("cannot be read") == 1
    (fault,) = streamer.faults()
    assert "cannot be read" in fault


def picture(events, step, *strings):
    return events.holding(events.tensor("i", "images", np.array([*strings], object)), step)


@pytest.mark.parametrize("strings", [(b"1",), ()])
def test_a_value_that_cannot_be_decoded_is_damage_and_costs_no_other(tmp_path, events, strings):
    good = (b"1", b"1", b"P")
    events.write(tmp_path, picture(events, 1, *good), picture(events, 2, *strings), picture(events, 3, *good))
    streamer = TensorboardStreamer(tmp_path)
    stat = streamer.stat("i")
    found, cursor = stat.read(limit=2)
    assert [point.step for point in found] == [1, 3]
    assert stat.read(cursor)[0] == []
    stat.read()
    (damage,) = streamer.damages[events.name]
    assert "'i' cannot be decoded" in damage.cause
    assert damage.end > damage.start


def test_an_empty_batch_has_no_points_and_is_no_damage(tmp_path, events):
    events.write(tmp_path, picture(events, 1, b"1", b"1"), picture(events, 2, b"1", b"1", b"P"))
    streamer = TensorboardStreamer(tmp_path)
    assert steps(streamer, "i") == [2]
    assert streamer.damages == {}


def test_files_in_a_file_that_is_gone_wait_for_it(tmp_path, events):
    events.write(tmp_path, picture(events, 1, b"1", b"1", b"P"))
    streamer = TensorboardStreamer(tmp_path)
    stat = streamer.stat("i")
    path = tmp_path / events.name
    path.rename(tmp_path / "away")
    found, cursor = stat.read()
    assert found == []
    (tmp_path / "away").rename(path)
    assert [point.value for point in stat.read(cursor)[0]] == [b"P"]


def test_a_number_that_is_none_costs_no_other_value_of_its_event(tmp_path, events):
    summary = events.tensor("bad", "scalars", np.array(b"no number", object))
    summary.value.add(tag="good", simple_value=2.0)
    events.write(tmp_path, events.holding(summary, 1))
    streamer = TensorboardStreamer(tmp_path)
    assert streamer.get_stat_keys() == [("good", "scalars")]
    assert "'bad' cannot be decoded" in streamer.damages[events.name][0].cause
