"""The streamer over event files: TensorBoard's own writers on one side, the same numbers on the other."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
from tensorboard.util.tensor_util import make_tensor_proto

from gymdash_core import stat_tags
from gymdash_core.errors import InvalidCursorError, UnknownStatError
from gymdash_core.stats.histogram import HistogramPoint
from gymdash_core.testing import StreamerContract
from gymdash_tensorboard import TensorboardStreamer
from gymdash_tensorboard.records import frame

NAME = "events.out.tfevents.1700000000.host"


def write(folder, *events, name=NAME):
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open("ab") as file:
        for event in events:
            file.write(frame(event.SerializeToString()))


def simple(tag, value, step, when=None):
    summary = Summary(value=[Summary.Value(tag=tag, simple_value=value)])
    return Event(wall_time=1.7e9 + step if when is None else when, step=step, summary=summary)


def tensor(tag, plugin, array):
    """A summary as TensorFlow 2 and TensorBoard's plugins write it."""
    metadata = SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name=plugin))
    return Summary(value=[Summary.Value(tag=tag, tensor=make_tensor_proto(array), metadata=metadata)])


def number(tag, value):
    return tensor(tag, "scalars", np.float32(value))


def holding(summary, step):
    return Event(wall_time=1.7e9 + step, step=step, summary=summary)


def values(streamer, key, kind=None):
    return [point.value for point in streamer.stat(key, kind).read()[0]]


class TestContract(StreamerContract):
    def make(self, folder):
        return TensorboardStreamer(folder)

    def append(self, folder, points):
        write(folder, *(simple("a/tag", point.value, point.step, point.wall_time) for point in points))


class TestContractOfTensors(StreamerContract):
    def make(self, folder):
        return TensorboardStreamer(folder)

    def append(self, folder, points):
        for point in points:
            event = holding(number("tag", point.value), point.step)
            event.wall_time = point.wall_time
            write(folder, event)


def test_scalars_are_those_of_tensorboards_own_reader(tmp_path):
    rng = np.random.default_rng(0)
    tags = ["a", "train/loss", "t" * 130, "ünïcode/✓"]
    for step in range(400):
        tag = tags[step % len(tags)]
        write(tmp_path, simple(tag, float(rng.normal()), int(rng.integers(0, 2**40)) if step % 7 else 0))
    theirs = EventAccumulator(str(tmp_path), size_guidance={"scalars": 0}, purge_orphaned_data=False)
    theirs.Reload()
    streamer = TensorboardStreamer(tmp_path)
    for tag in tags:
        ours = streamer.stat(tag).read()[0]
        assert [(p.step, p.wall_time, p.value) for p in ours] == [
            (event.step, event.wall_time, event.value) for event in theirs.Scalars(tag)
        ]


def test_every_kind_is_read(tmp_path):
    texts = np.array([b"hello", b"world"], object)
    rows = np.array([[0.0, 1.0, 1.0], [1.0, 2.0, 2.0], [2.0, 4.0, 1.0]])
    events = [
        holding(number("s", 1.5), 1),
        holding(tensor("i", "images", np.array([b"6", b"4", b"\x89PNGx"], object)), 2),
        holding(tensor("a", "audio", np.array([[b"RIFFx", b"a clip"]], object)), 3),
        holding(tensor("t", "text", texts), 4),
        holding(tensor("h", "histograms", rows), 5),
        holding(tensor("p", "a plugin that nobody knows", rows), 6),
    ]
    write(tmp_path, *events)
    streamer = TensorboardStreamer(tmp_path)
    kinds = [("s", "scalars"), ("i", "images"), ("a", "audio"), ("t", "text"), ("h", "histograms")]
    assert streamer.get_stat_keys() == kinds
    assert [values(streamer, key)[0] for key in "siat"] == [1.5, b"\x89PNGx", b"RIFFx", "hello\nworld"]
    histograms = "h"
    point = HistogramPoint.model_validate(values(streamer, histograms)[0])
    assert (point.count, point.minimum, point.maximum) == (4, 0.0, 4.0)


def test_the_kind_of_a_tensor_is_remembered_from_its_first_event(tmp_path):
    first, later = number("s", 1.0), number("s", 2.0)
    later.value[0].ClearField("metadata")
    write(tmp_path, holding(first, 1), holding(later, 2))
    streamer = TensorboardStreamer(tmp_path)
    (key, kind) = streamer.get_stat_keys()[0]
    assert kind == "scalars"
    assert values(streamer, key) == [1.0, 2.0]


def test_a_double_keeps_its_digits(tmp_path):
    write(tmp_path, holding(tensor("d", "scalars", np.float64(0.1)), 1))
    write(tmp_path, simple("d", 0.5, 2), simple("d", 0.25, 3))
    assert values(TensorboardStreamer(tmp_path), "d") == [0.1, 0.5, 0.25]


def test_a_tag_may_change_how_it_is_written(tmp_path):
    write(tmp_path, simple("d", 0.5, 1), simple("d", 0.25, 2), holding(tensor("d", "scalars", np.float64(0.1)), 3))
    write(tmp_path, simple("d", 0.75, 4), simple("d", 1.5, 5))
    assert values(TensorboardStreamer(tmp_path), "d") == [0.5, 0.25, 0.1, 0.75, 1.5]


def test_legacy_histograms_images_and_audio_are_read(tmp_path):
    from tensorboard.compat.proto.histogram_pb2 import HistogramProto

    histo = HistogramProto(min=0, max=3, num=4, sum=6, bucket_limit=[1.0, 2.0, 3.0], bucket=[1.0, 1.0, 2.0])
    picture = Summary.Image(height=1, width=1, colorspace=3, encoded_image_string=b"\x89PNGx")
    sound = Summary.Audio(sample_rate=8000, encoded_audio_string=b"RIFFx")
    pairs = [("h", {"histo": histo}), ("i", {"image": picture}), ("a", {"audio": sound})]
    for tag, value in pairs:
        write(tmp_path, holding(Summary(value=[Summary.Value(tag=tag, **value)]), 1))
    streamer = TensorboardStreamer(tmp_path)
    point = HistogramPoint.model_validate(values(streamer, "h")[0])
    assert (point.edges, point.counts) == ([0.0, 1.0, 2.0, 3.0], [1, 1, 2])
    assert values(streamer, "i") == [b"\x89PNGx"]
    assert values(streamer, "a") == [b"RIFFx"]


def test_a_map_chooses_what_is_read(tmp_path):
    write(tmp_path, simple("a", 1, 1), simple("b", 2, 1), holding(tensor("t", "text", np.array([b"x"], object)), 1))
    chosen = TensorboardStreamer(tmp_path, {stat_tags.TB_SCALARS: ["b", "later"]})
    assert chosen.get_stat_keys() == [("b", "scalars")]
    with pytest.raises(UnknownStatError):
        chosen.stat("a")
    assert len(TensorboardStreamer(tmp_path, {"scalars": "*"}).get_stat_keys()) == 2
    name, folder, options = chosen.spec()
    assert (name, folder) == ("tensorboard", str(tmp_path))
    assert TensorboardStreamer(folder, **options).get_stat_keys() == [("b", "scalars")]


def test_files_of_a_folder_are_one_curve_in_the_order_of_their_creation(tmp_path):
    write(tmp_path, simple("x", 3, 3), name="events.out.tfevents.1700000300.host")
    write(tmp_path, simple("x", 1, 1), name="events.out.tfevents.1700000100.host")
    streamer = TensorboardStreamer(tmp_path)
    found, cursor = streamer.stat("x").read()
    assert [point.value for point in found] == [1, 3]
    write(tmp_path, simple("x", 2, 2), name="events.out.tfevents.1700000100.host")
    write(tmp_path, simple("x", 4, 4), name="events.out.tfevents.1700000400.host")
    again = TensorboardStreamer(tmp_path).stat("x")
    found, cursor = again.read(cursor)
    assert [point.value for point in found] == [2, 4]
    assert again.read(cursor)[0] == []


def test_non_finite_numbers_survive(tmp_path):
    write(tmp_path, *(simple("x", value, step) for step, value in enumerate([math.nan, math.inf, -math.inf, 0.0])))
    found = values(TensorboardStreamer(tmp_path), "x")
    assert math.isnan(found[0])
    assert found[1:] == [math.inf, -math.inf, 0.0]


def test_damage_costs_what_is_damaged_and_is_told(tmp_path, caplog):
    write(tmp_path, *(simple("x", step, step) for step in range(10)))
    path = tmp_path / NAME
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    streamer = TensorboardStreamer(tmp_path)
    assert len(values(streamer, "x")) == 9
    assert len(streamer.damages[NAME]) == 1
    assert "skipped" in caplog.text


def test_a_record_that_is_no_event_is_damage(tmp_path):
    write(tmp_path, simple("x", 1, 1))
    with (tmp_path / NAME).open("ab") as file:
        file.write(frame(b"\xff\xff\xff no event"))
    write(tmp_path, simple("x", 2, 2))
    streamer = TensorboardStreamer(tmp_path)
    assert values(streamer, "x") == [1, 2]
    assert "no event" in streamer.damages[NAME][0].cause


@pytest.mark.parametrize("cursor", ["x", "a=", "a=-1", "=", "a=1|b"])
def test_a_cursor_of_somebody_else_is_refused(tmp_path, cursor):
    write(tmp_path, simple("x", 1, 1))
    with pytest.raises(InvalidCursorError):
        TensorboardStreamer(tmp_path).stat("x").read(cursor)


def test_a_cursor_behind_the_end_of_its_file_is_refused(tmp_path):
    write(tmp_path, simple("x", 1, 1))
    with pytest.raises(InvalidCursorError):
        TensorboardStreamer(tmp_path).stat("x").read(f"{NAME}=100000")


def test_the_package_is_light_and_its_plugin_sound():
    from gymdash_core.testing import check_plugin

    check_plugin("tensorboard")
