"""Captured output: read by offset, whole characters, nothing consumed."""

import json
import os
import threading

import pytest

from gymdash_core.errors import UnknownKeyError
from gymdash_core.logs import LogChunk, is_unbounded, read_log
from gymdash_core.project import RunFolder

LONG_AGO = (1_000_000_000, 1_000_000_000)


@pytest.fixture
def run(tmp_path):
    run = RunFolder(tmp_path)
    run.logs.mkdir()
    return run


def _write(run, data, stream="stdout"):
    run.log(stream).write_bytes(data if isinstance(data, bytes) else data.encode())


def _keep_from(run, offset, **more):
    run.log_offsets.write_text(json.dumps({"stdout": offset, "stderr": 0, **more}))


def test_an_unknown_stream_names_the_known_ones(run):
    with pytest.raises(UnknownKeyError, match=r"unknown log stream 'stdotu'.*'stdout'"):
        read_log(run, "stdotu")


def test_a_stream_without_a_file_is_empty(tmp_path):
    assert read_log(RunFolder(tmp_path / "none"), "stderr") == LogChunk("stderr", 0, 0, 0, 0, "")


def test_the_default_is_the_last_64_kib(run):
    _write(run, "a" * 100_000 + "end\n")
    chunk = read_log(run, "stdout")
    assert (chunk.offset, chunk.next_offset, chunk.size) == (100_004 - 65_536, 100_004, 100_004)
    assert chunk.text.endswith("aend\n")
    assert len(chunk.text) == 65_536


def test_streams_are_apart(run):
    _write(run, "out")
    _write(run, "err", "stderr")
    assert (read_log(run, "stdout").text, read_log(run, "stderr").text) == ("out", "err")


def test_reading_on_from_next_offset_gives_each_byte_once(run):
    text = "".join(f"línea {i} → 🎉\n" for i in range(2000))
    _write(run, text)
    for limit in (4, 5, 7, 1000):
        pieces, offset = [], 0
        while (chunk := read_log(run, "stdout", offset, limit)).next_offset > offset:
            assert chunk.offset == offset
            pieces.append(chunk.text)
            offset = chunk.next_offset
        assert "".join(pieces) == text
        assert offset == chunk.size


def test_an_offset_that_is_no_longer_kept_is_moved_up(run):
    _write(run, b"\0" * 100 + b"kept\n")
    _keep_from(run, 100)
    for asked in (-5, 0, 99, 100, None):
        assert read_log(run, "stdout", asked) == LogChunk("stdout", 100, 100, 105, 105, "kept\n")
    assert read_log(run, "stdout", 102).text == "pt\n"


def test_an_offset_behind_the_end_is_moved_down(run):
    _write(run, "short\n")
    assert read_log(run, "stdout", 1000) == LogChunk("stdout", 6, 0, 6, 6, "")


def test_a_file_smaller_than_its_kept_offset_begins_anew(run):
    _write(run, "new\n")
    _keep_from(run, 5000)
    assert read_log(run, "stdout") == LogChunk("stdout", 0, 0, 4, 4, "new\n")


def test_damaged_offsets_count_as_none(run):
    _write(run, "text")
    for damaged in ("{", "[]", '{"stdout": "x"}', ""):
        run.log_offsets.write_text(damaged)
        assert read_log(run, "stdout", 0).text == "text"


def test_the_default_begins_with_a_whole_character(run):
    _write(run, "€" * 100)
    for limit in (298, 299):
        chunk = read_log(run, "stdout", limit=limit)
        assert (chunk.text, chunk.offset) == ("€" * 99, 3)


def test_a_character_that_is_still_being_written_is_left_for_the_next_read(run):
    euro = "€".encode()
    _write(run, b"10 " + euro[:2])
    first = read_log(run, "stdout", 0)
    assert (first.text, first.next_offset, first.size) == ("10 ", 3, 5)
    _write(run, b"10 " + euro + b"\n")
    assert read_log(run, "stdout", first.next_offset).text == "€\n"


def test_a_character_that_was_torn_long_ago_is_replaced(run):
    _write(run, b"10 " + "€".encode()[:2])
    os.utime(run.log("stdout"), LONG_AGO)
    chunk = read_log(run, "stdout", 0)
    assert (chunk.text, chunk.next_offset) == ("10 \ufffd", 5)


def test_undecodable_bytes_are_replaced(run):
    _write(run, b"a\xff\xfeb\x80\n")
    assert read_log(run, "stdout", 0).text == "a\ufffd\ufffdb\ufffd\n"


def test_the_limit_has_bounds(run):
    _write(run, "abcdefgh")
    assert read_log(run, "stdout", 0, 0).text == "abcd"
    assert read_log(run, "stdout", 0, 10**12).text == "abcdefgh"


def test_unbounded_logs_say_so(run):
    assert not is_unbounded(run)
    _keep_from(run, 0, unbounded=True)
    assert is_unbounded(run)


def test_a_head_that_is_freed_while_it_is_read_is_never_shown(run):
    """A writer frees the head as the supervisor does: offsets first, zeros after."""
    _write(run, "x" * 10_000)
    stop = threading.Event()

    def free_heads():
        first = 0
        while first < 9_000 and not stop.is_set():
            first += 1
            temporary = run.log_offsets.with_suffix(".tmp")
            temporary.write_text(json.dumps({"stdout": first}))
            temporary.replace(run.log_offsets)
            with run.log("stdout").open("r+b") as file:
                file.write(b"\0" * first)

    writer = threading.Thread(target=free_heads)
    writer.start()
    try:
        texts = [read_log(run, "stdout", 0).text for _ in range(300)]
    finally:
        stop.set()
        writer.join(60)
    assert set("".join(texts)) == {"x"}
