"""Files that survive a kill."""

from __future__ import annotations

import errno
import json
import os
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gymdash_core import journal
from gymdash_core.errors import CorruptFileError
from gymdash_core.journal import JsonLines, append_line, read_json, read_lines, write_json


def test_a_json_file_is_replaced_whole(tmp_path):
    path = tmp_path / "x.json"
    write_json(path, {"a": 1})
    write_json(path, {"a": float("nan"), "ü": "\udc80"}, fsync=True)
    assert str(read_json(path)) == str({"a": float("nan"), "ü": "\udc80"})
    assert os.listdir(tmp_path) == ["x.json"]


def test_a_failed_replacement_leaves_the_old_file_and_no_other(tmp_path):
    path = tmp_path / "x.json"
    write_json(path, {"a": 1})
    with pytest.raises(TypeError):
        write_json(path, {"a": object()})
    assert read_json(path) == {"a": 1}
    assert os.listdir(tmp_path) == ["x.json"]


@pytest.mark.parametrize("content", [b"", b'{"a": ', b"[1]", b"\xff"])
def test_a_damaged_json_file_is_named(tmp_path, content):
    path = tmp_path / "x.json"
    path.write_bytes(content)
    with pytest.raises(CorruptFileError, match=r"x\.json"):
        read_json(path)


def test_a_missing_file_is_none(tmp_path):
    assert read_json(tmp_path / "x.json") is None
    assert list(read_lines(tmp_path / "x.jsonl")) == []


@given(st.lists(st.dictionaries(st.text(max_size=5), st.integers()), max_size=8), st.integers(0, 400))
def test_a_torn_tail_loses_nothing_before_it(tmp_path_factory, lines, cut):
    path = tmp_path_factory.mktemp("lines") / "x.jsonl"
    for line in lines:
        append_line(path, line)
    if not lines:
        return
    whole = path.read_bytes()
    kept = whole[: max(0, len(whole) - cut)]
    path.write_bytes(kept)
    read = [line for _, line in read_lines(path)]
    assert read == lines[: kept.count(b"\n")]
    append_line(path, {"after": 1})
    assert [line for _, line in read_lines(path)][-1] == {"after": 1}
    assert [line for _, line in read_lines(path)][: len(read)] == read


def test_offsets_go_on_where_they_ended(tmp_path):
    path = tmp_path / "x.jsonl"
    append_line(path, {"n": 1})
    ((offset, _),) = read_lines(path)
    append_line(path, {"n": 2})
    assert [line for _, line in read_lines(path, offset)] == [{"n": 2}]


def test_broken_lines_in_the_middle_are_skipped(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_bytes(b'{"n":1}\nnonsense\n[1]\n{"n":2}\n')
    assert [line["n"] for _, line in read_lines(path)] == [1, 2]


def test_threads_never_tear_each_others_lines(tmp_path):
    lines = JsonLines(tmp_path / "x.jsonl")
    threads = [
        threading.Thread(target=lambda t=t: [lines.append({"t": t, "n": n}) for n in range(200)]) for t in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines.close()
    read = [line for _, line in read_lines(lines.path)]
    assert len(read) == 800
    assert all([line["n"] for line in read if line["t"] == t] == list(range(200)) for t in range(4))


def test_a_failed_append_leaves_the_next_one_on_a_line_of_its_own(tmp_path, monkeypatch):
    lines = JsonLines(tmp_path / "x.jsonl")
    lines.append({"n": 1})

    def short_write(descriptor, data):
        os.write(descriptor, bytes(data)[:3])
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as patch:
        patch.setattr(journal, "write_all", short_write)
        with pytest.raises(OSError, match="full"):
            lines.append({"n": 2})
    lines.append({"n": 3})
    lines.close()
    assert [line["n"] for _, line in read_lines(lines.path)] == [1, 3]
    assert json.loads(lines.path.read_bytes().splitlines()[-1]) == {"n": 3}
