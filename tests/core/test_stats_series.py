"""Rules of `gymdash_core.stats.series`: what was logged is in the file, and every reader sees it once and in order."""

from __future__ import annotations

import contextlib
import json
import math
import subprocess
import sys
import tempfile
import threading
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from gymdash_core.errors import InvalidValueError, UnknownStatError
from gymdash_core.project import RunFolder
from gymdash_core.stats import series
from gymdash_core.stats.series import SeriesStreamer, SeriesWriter
from logged import only_file, open_descriptors, values


@pytest.fixture
def run(tmp_path):
    return RunFolder(tmp_path)


def test_point_is_in_the_file_when_scalar_returns(run):
    writer = SeriesWriter(run, attempt=3)
    writer.scalar("train/loss", 0.5, 7, wall_time=12.25)
    header, line = map(json.loads, only_file(run).read_text().splitlines())
    assert header == {"format": "gymdash-series", "version": 1, "key": "train/loss", "kind": "scalars"}
    assert line == {"step": 7, "wall_time": 12.25, "attempt": 3, "value": 0.5}
    writer.close()


def test_file_is_strict_json_with_non_finite_values_as_strings(run):
    writer = SeriesWriter(run)
    for step, value in enumerate([math.nan, math.inf, -math.inf]):
        writer.scalar("loss", value, step)
    writer.write("custom", "c", {"x": [math.nan, 1.0], "y": {"z": -math.inf}}, 0)
    writer.close()

    def refuse(token):
        raise AssertionError(token)

    texts = [file.read_text() for file in run.stats.rglob("*.jsonl")]
    lines = [json.loads(line, parse_constant=refuse) for text in texts for line in text.splitlines()]
    assert [line["value"] for line in lines if "value" in line and isinstance(line["value"], str)] == [
        "NaN",
        "Infinity",
        "-Infinity",
    ]
    assert values(run, "c") == [{"x": ["NaN", 1.0], "y": {"z": "-Infinity"}}]
    assert math.isnan(values(run)[0])
    assert values(run)[1:] == [math.inf, -math.inf]


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(), st.integers(-(2**63) + 1, 2**63 - 1)), max_size=20))
def test_every_float_and_step_survives_bit_by_bit(points):
    with tempfile.TemporaryDirectory() as folder:
        writer = SeriesWriter(RunFolder(folder))
        for value, step in points:
            writer.scalar("x", value, step)
        writer.close()
        streamer = SeriesStreamer(RunFolder(folder).stats)
        found = streamer.stat("x").get_values() if points else []
        assert [point.step for point in found] == [step for _, step in points]
        assert [repr(point.value) for point in found] == [repr(value) for value, _ in points]


class Tensor:
    """What the libraries' scalars have in common."""

    def __init__(self, value):
        self.value = value

    def item(self):
        if isinstance(self.value, list):
            raise ValueError("only one element tensors can be converted to Python scalars")  # noqa: TRY004 - as torch does
        return self.value


@pytest.mark.parametrize(
    ("value", "expected"), [(True, 1.0), (3, 3.0), (Fraction(1, 4), 0.25), (Tensor(1.5), 1.5), (Tensor(2), 2.0)]
)
def test_scalar_takes_whatever_holds_one_number(run, value, expected):
    with contextlib.closing(SeriesWriter(run)) as writer:
        writer.scalar("loss", value, 0)
    assert values(run) == [expected]


@pytest.mark.parametrize("value", ["1.0", None, 1j, [1.0], Tensor([1, 2]), Tensor("x"), 10**400, object()])
def test_what_is_no_number_is_refused_and_leaves_no_file(run, value):
    with pytest.raises(InvalidValueError, match="'loss'"):
        SeriesWriter(run).scalar("loss", value, 0)
    assert not run.stats.exists()


class Index:
    def __index__(self):
        return 5


def test_step_takes_integers_of_any_library(run):
    with contextlib.closing(SeriesWriter(run)) as writer:
        writer.scalar("loss", 1.0, Index())
        writer.scalar("loss", 1.0, True)
    assert [p.step for p in SeriesStreamer(run.stats).stat("loss").get_values()] == [5, 1]


@pytest.mark.parametrize("step", [1.0, "1", None, 2**63, -(2**64)])
def test_step_that_is_no_64_bit_integer_is_refused(run, step):
    with pytest.raises(InvalidValueError, match="step"):
        SeriesWriter(run).scalar("loss", 1.0, step)


@pytest.mark.parametrize("key", ["", None, 3, "x" * 5000])
def test_key_that_is_no_text_is_refused(run, key):
    with pytest.raises(InvalidValueError, match="name"):
        SeriesWriter(run).scalar(key, 1.0, 0)


KEYS = [
    "a/b",
    "a%2Fb",
    "..",
    ".hidden",
    "Loss",
    "loss",
    "LOSS",
    "x" * 300,
    "x" * 301,
    "a~b",
    "\ud800",
    "ä/ö",
    "a b",
    "\0",
]


def test_every_key_has_a_series_of_its_own_under_its_own_name(run):
    with contextlib.closing(SeriesWriter(run)) as writer:
        for step, key in enumerate(KEYS):
            writer.scalar(key, 1.0, step)
            writer.write("text", key, key, step)
    streamer = SeriesStreamer(run.stats)
    assert sorted(streamer.get_stat_keys()) == sorted((key, kind) for key in KEYS for kind in ("scalars", "text"))
    for step, key in enumerate(KEYS):
        assert [p.step for p in streamer.stat(key, "scalars").get_values()] == [step]
        assert values(run, key, "text") == [key]
    names = [file.name for file in run.stats.rglob("*.jsonl")]
    assert len({name.lower() for name in names}) * 2 == len(names)
    assert max(map(len, names)) < 200


def test_more_series_than_descriptors_are_kept_open(run):
    writer = SeriesWriter(run)
    before = open_descriptors()
    for step in range(3):
        for number in range(150):
            writer.scalar(f"s{number}", float(number), step)
    assert open_descriptors() - before <= 64
    writer.close()
    assert open_descriptors() == before
    streamer = SeriesStreamer(run.stats)
    for number in range(150):
        assert [(p.step, p.value) for p in streamer.stat(f"s{number}").get_values()] == [(s, number) for s in range(3)]


def test_files_of_many_stats_are_looked_into_once(run, monkeypatch):
    looks = []
    monkeypatch.setattr(series, "_read_header", looks.append)
    writer = SeriesWriter(run)
    for step in range(3):
        for number in range(150):
            writer.scalar(f"s{number}", float(number), step)
    writer.close()
    assert len(looks) == 150


def test_a_file_that_was_removed_while_others_were_written_begins_anew(run):
    writer = SeriesWriter(run)
    for number in range(150):
        writer.scalar(f"s{number}", 1.0, 0)
    for file in run.stats.rglob("*.jsonl"):
        file.unlink()
    writer.scalar("s0", 2.0, 1)
    writer.close()
    assert values(run, "s0") == [2.0]


def test_closed_writer_opens_again(run):
    writer = SeriesWriter(run)
    writer.scalar("loss", 1.0, 0)
    writer.close()
    writer.scalars({"loss": 2.0, "acc": 3}, 1)
    writer.close()
    assert values(run) == [1.0, 2.0]
    assert values(run, "acc") == [3.0]


def test_threads_never_mix_their_points(run):
    writer = SeriesWriter(run)
    barrier = threading.Barrier(4)

    def work(number):
        barrier.wait()
        for step in range(300):
            writer.scalar("shared", float(number), step)
            writer.scalar(f"own{step % 40}", float(number), step)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.close()
    points = SeriesStreamer(run.stats).stat("shared").get_values()
    for number in range(4):
        assert [p.step for p in points if p.value == number] == list(range(300))


class Point(BaseModel):
    x: float


def test_pydantic_model_is_written_as_its_json(run):
    with contextlib.closing(SeriesWriter(run)) as writer:
        writer.write("dots", "d", Point(x=math.inf), 0)
    assert values(run, "d") == [{"x": "Infinity"}]
    assert Point.model_validate(values(run, "d")[0]).x == math.inf


def test_value_that_is_no_json_is_refused(run):
    with pytest.raises(InvalidValueError, match="object is no JSON"):
        SeriesWriter(run).write("dots", "d", {"x": object()}, 0)


# --- property: cursors -----------------------------------------------------------------------------------------------

WRITES = st.tuples(st.just("write"), st.integers(1, 4))
TEARS = st.tuples(st.just("tear"), st.integers(1, 30))
REOPENS = st.tuples(st.just("reopen"), st.just(0))
READS = st.tuples(st.just("read"), st.tuples(st.integers(0, 2), st.one_of(st.none(), st.integers(0, 3))))


@settings(deadline=None, max_examples=60)
@given(st.lists(st.one_of(WRITES, TEARS, REOPENS, READS), max_size=40))
def test_each_reader_sees_each_point_once_and_in_order(actions):
    with tempfile.TemporaryDirectory() as folder:
        run = RunFolder(folder)
        file = run.stats / "scalars" / "x.jsonl"
        writer = SeriesWriter(run)
        written: list[int] = []
        seen: list[list[int]] = [[], [], []]
        cursors: list[str | None] = [None, None, None]

        def read(reader, limit):
            stat = SeriesStreamer(run.stats).stat("x")
            points, cursors[reader] = stat.read(cursors[reader], limit)
            assert limit is None or len(points) <= limit
            seen[reader] += [point.step for point in points]

        for action, argument in [("write", 1), *actions]:
            if action == "write":
                for _ in range(argument):
                    writer.scalar("x", 0.5, len(written))
                    written.append(len(written))
            elif action == "tear":  # a line of another writer's that was cut; the next one closes it
                writer.close()
                with file.open("ab") as torn:
                    torn.write(b'{"step":77,"wall_time":1.5,"attem'[:argument])
            elif action == "reopen":
                writer.close()
                writer = SeriesWriter(run)
            else:
                read(*argument)
                assert seen[argument[0]] == written[: len(seen[argument[0]])]
        writer.close()
        for reader in range(3):
            read(reader, None)
            assert seen[reader] == written


def test_reader_beside_a_writing_process_sees_each_point_once(run):
    script = f"""
from gymdash_core.project import RunFolder
from gymdash_core.stats.series import SeriesWriter
writer = SeriesWriter(RunFolder({str(run.path)!r}))
for step in range(3000):
    writer.scalar("loss", 0.5, step)
"""
    process = subprocess.Popen([sys.executable, "-c", script])
    seen: list[int] = []
    cursor = None
    while True:
        ended = process.poll() is not None
        with contextlib.suppress(UnknownStatError):
            points, cursor = SeriesStreamer(run.stats).stat("loss").read(cursor, limit=500)
            seen += [point.step for point in points]
        if ended and len(seen) >= 3000:
            break
        if ended and cursor is None:
            pytest.fail("the writer wrote nothing")
    assert seen == list(range(3000))
    assert process.returncode == 0
