"""Files that are cut, damaged, replaced or gone: what is whole is read, and what is not is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from gymdash_core import SimStatusCode, Simulation
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
    assert "1 part" in fault
    assert "bytes that are no record" in fault
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
