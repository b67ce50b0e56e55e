"""Records: every one is found once, torn tails wait, damage is skipped and reported."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gymdash_tensorboard.checksums import MAX_RECORD_BYTES, find_header
from gymdash_tensorboard.records import RecordReader, frame, masked_crc

BODIES = st.lists(st.binary(max_size=40), max_size=12)


def read_all(path, reader=None):
    reader = reader or RecordReader(path)
    return [data for _, data in reader.read()], reader


def test_the_checksum_is_that_of_the_format():
    # RFC 3720, appendix B.4: CRC-32C of 32 zero bytes, masked as TFRecord does
    crc = 0x8A9136AA
    assert masked_crc(bytes(32)) == ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def test_records_are_those_that_tensorboards_own_writer_makes(tmp_path):
    from tensorboard.summary.writer.record_writer import RecordWriter

    path = tmp_path / "records"
    with path.open("wb") as file:
        writer = RecordWriter(file)
        for body in (b"", b"a", b"x" * 300):
            writer.write(body)
    assert path.read_bytes() == b"".join(map(frame, (b"", b"a", b"x" * 300)))
    assert read_all(path)[0] == [b"", b"a", b"x" * 300]


@given(bodies=BODIES, more=BODIES, data=st.data())
def test_a_file_that_grows_by_any_bytes_gives_each_record_once(tmp_path_factory, bodies, more, data):
    path = tmp_path_factory.mktemp("r") / "records"
    content = b"".join(map(frame, bodies + more))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(content)), max_size=5)))
    reader, found = RecordReader(path), []
    for cut in [*cuts, len(content)]:
        path.write_bytes(content[:cut])
        found += read_all(path, reader)[0]
    assert found == bodies + more
    assert reader.damages == []


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_record_with_wrong_data_is_skipped_and_reported(tmp_path, place):
    bodies = [b"first" * 3, b"second" * 3, b"third" * 3]
    frames = [bytearray(frame(body)) for body in bodies]
    frames[place][14] ^= 0xFF
    path = tmp_path / "records"
    path.write_bytes(b"".join(frames) + frame(b"fourth"))
    found, reader = read_all(path)
    assert found == [*(body for n, body in enumerate(bodies) if n != place), b"fourth"]
    (damage,) = reader.damages
    assert damage.start == sum(len(item) for item in frames[:place])
    assert "checksum" in damage.cause


@given(noise=st.binary(min_size=1, max_size=60))
def test_behind_bytes_that_are_no_record_reading_goes_on(tmp_path_factory, noise):
    path = tmp_path_factory.mktemp("r") / "records"
    path.write_bytes(frame(b"before") + b"\xff" + noise + frame(b"behind" * 4))
    found, reader = read_all(path)
    assert found[0] == b"before"
    assert found[-1] == b"behind" * 4
    assert len(reader.damages) == 1


def test_damage_at_the_end_waits_for_what_comes(tmp_path):
    path = tmp_path / "records"
    whole = frame(b"late" * 10)
    path.write_bytes(frame(b"a") + whole[:-20] + bytes(20))
    found, reader = read_all(path)
    assert (found, reader.damages) == ([b"a"], [])
    path.write_bytes(frame(b"a") + whole + frame(b"c"))
    assert read_all(path, reader)[0] == [b"late" * 10, b"c"]


def test_a_length_that_nobody_writes_is_damage(tmp_path):
    length = struct.pack("<Q", 1 << 50)
    path = tmp_path / "records"
    path.write_bytes(length + struct.pack("<I", masked_crc(length)) + bytes(100) + frame(b"behind"))
    found, reader = read_all(path)
    assert found == [b"behind"]
    assert len(reader.damages) == 1


def test_a_record_larger_than_a_chunk_is_read(tmp_path):
    path = tmp_path / "records"
    path.write_bytes(frame(b"a") + frame(bytes(9 << 20)) + frame(b"b"))
    assert [len(data) for data in read_all(path)[0]] == [1, 9 << 20, 1]


def test_nothing_is_read_twice(tmp_path, monkeypatch):
    path = tmp_path / "records"
    path.write_bytes(frame(b"x" * 100) * 50)
    reader = RecordReader(path)
    assert len(reader.read()) == 50
    with path.open("ab") as file:
        file.write(frame(b"new"))
    assert [data for _, data in reader.read()] == [b"new"]
    assert reader.offset == path.stat().st_size


@given(noise=st.binary(max_size=80), length=st.integers(0, 1 << 31), data=st.data())
def test_the_first_header_is_found_wherever_it_stands(noise, length, data):
    packed = struct.pack("<Q", length)
    at = data.draw(st.integers(0, len(noise)))
    content = noise[:at] + packed + struct.pack("<I", masked_crc(packed)) + noise[at:]
    assert find_header(content) == (at if length <= MAX_RECORD_BYTES else None)


@pytest.mark.parametrize("content", [b"", bytes(11), bytes(12), bytes(1 << 16), b"\xff" * 100])
def test_where_no_header_is_none_is_found(content):
    assert find_header(content) is None


def test_damage_is_searched_without_a_look_at_each_place(tmp_path, monkeypatch):
    path = tmp_path / "records"
    path.write_bytes(frame(b"before") + bytes(3 << 20) + frame(b"behind"))
    reader = RecordReader(path)
    checked = []
    check = RecordReader._check_header
    monkeypatch.setattr(RecordReader, "_check_header", lambda *args: checked.append(args) or check(*args))
    assert read_all(path, reader)[0] == [b"before", b"behind"]
    assert len(checked) < 100
    assert [(damage.start, damage.end) for damage in reader.damages] == [(22, 22 + (3 << 20))]


def test_a_fault_of_the_disk_loses_no_record_that_was_read(tmp_path, monkeypatch):
    path = tmp_path / "records"
    path.write_bytes(frame(b"a") + frame(bytes(9 << 20)) + frame(b"b"))
    reader, chunks = RecordReader(path), []
    read_chunk = RecordReader._read_chunk

    def fail_once(*args):
        chunks.append(args)
        if len(chunks) == 2:
            raise OSError(5, "the disk refuses")
        read_chunk(*args)

    monkeypatch.setattr(RecordReader, "_read_chunk", fail_once)
    assert [len(data) for data in read_all(path, reader)[0]] == [1]
    assert [len(data) for data in read_all(path, reader)[0]] == [9 << 20, 1]
