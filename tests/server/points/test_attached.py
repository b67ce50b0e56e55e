"""Rules of `gymdash_server.points.index` where a stat is given by another streamer than before."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import pytest

from gymdash_core.errors import UnknownStatError
from gymdash_core.stats.kinds import StatPoint
from gymdash_core.stats.stat import StreamableStat
from gymdash_core.stats.streamer import Streamer
from gymdash_core.types import StreamerType
from indexes import new_run, open_index, values_of

NUMBERS = {"numbers": StreamerType("numbers", "some.module:Numbers", patterns="**/numbers.txt")}


class NumbersStat(StreamableStat):
    """Numbers by line; its cursor is a count, which fits any file."""

    def __init__(self, key, file):
        super().__init__(key, "scalars")
        self._file = file

    def read(self, cursor=None, limit=None):
        points = [StatPoint(n, 0.0, float(line)) for n, line in enumerate(self._file.read_text().split())]
        begin = int(cursor or 0)
        found = points[begin:][:limit]
        return found, str(begin + len(found))


class Numbers(Streamer):
    """``numbers.txt`` is the loss; each other file is called as it is named, with ``-`` for ``/``."""

    def __init__(self, folder):
        super().__init__("numbers")
        self._folder = Path(folder)

    def get_stat_keys(self):
        return [(key, "scalars") for key in self._files()]

    def stat(self, key, kind=None):
        return NumbersStat(key, self._files()[key])

    def _files(self):
        found = {file.stem.replace("-", "/"): file for file in sorted(self._folder.glob("**/*.txt"))}
        return {("loss" if key == "numbers" else key): file for key, file in found.items()}


@pytest.mark.parametrize("restarts", [False, True])
def test_a_stat_that_another_folder_gives_now_begins_anew(tmp_path, restarts):
    run = new_run(tmp_path)
    index = open_index(run, NUMBERS, lambda _: Numbers)
    write(run, "b", "1 2 3")
    index.update()
    assert values_of(index, "loss") == [1, 2, 3]
    write(run, "a", "7 8 9 10")  # no times, so that the name decides
    if restarts:
        index = open_index(run, NUMBERS, lambda _: Numbers)
    index.update(thorough=True)
    assert values_of(index, "loss") == [7, 8, 9, 10]
    assert values_of(index, "b/loss") == [1, 2, 3]


@pytest.mark.parametrize("restarts", [False, True])
def test_a_name_that_another_stat_of_the_same_streamer_has_now_begins_anew(tmp_path, restarts):
    run = new_run(tmp_path)
    index = open_index(run, NUMBERS, lambda _: Numbers)
    write(run, "a", "7")
    write(run, "b", "1 2 3")
    index.update()
    assert values_of(index, "b/loss") == [1, 2, 3]
    write(run, "b", "4 5 6 7", "b-loss.txt")
    if restarts:
        index = open_index(run, NUMBERS, lambda _: Numbers)
    index.update(thorough=True)
    assert values_of(index, "b/loss") == [4, 5, 6, 7]
    assert values_of(index, "b/b/loss") == [1, 2, 3]


@pytest.mark.parametrize("restarts", [False, True])
def test_a_name_that_is_not_given_any_more_is_dropped_as_from_an_index_made_anew(tmp_path, restarts):
    run = new_run(tmp_path)
    index = open_index(run, NUMBERS, lambda _: Numbers)
    write(run, "x/a", "1 2")
    write(run, "x/b", "3")
    index.update()
    assert not index.take_gone()
    assert values_of(index, "x/b/loss") == [3]
    write(run, "x", "8 9")
    if restarts:
        index = open_index(run, NUMBERS, lambda _: Numbers)
    told = []
    index.update(told.append, thorough=True)
    seen = stats_of(index)
    assert [stat["key"] for stat in seen] == ["loss"]
    with pytest.raises(UnknownStatError):
        values_of(index, "x/b/loss")
    assert {new.entry.key for new in told} == {"loss"}
    assert (index.take_gone(), index.take_gone()) == (True, False)
    assert stats_of(open_index(run, NUMBERS, lambda _: Numbers)) == seen
    folder = run.project_path / "db" / "points" / run.id
    assert len(list(folder.glob("*.points"))) == 1
    shutil.rmtree(folder)
    anew = open_index(run, NUMBERS, lambda _: Numbers)
    anew.update()
    assert stats_of(anew) == seen


def test_stats_stay_while_their_streamer_type_is_not_there_or_fails(tmp_path, caplog):
    class Failing(Numbers):
        def get_stat_keys(self):
            raise OSError("not now")

    run = new_run(tmp_path)
    write(run, "a", "1 2")
    open_index(run, NUMBERS, lambda _: Numbers).update()
    with caplog.at_level(logging.CRITICAL):
        for types, make in (({}, None), (NUMBERS, Failing), (NUMBERS, lambda _: 1 / 0)):
            index = open_index(run, types, lambda _, make=make: make)
            index.update(thorough=True)
            assert values_of(index, "loss") == [1, 2]


def stats_of(index):
    return [{name: value for name, value in stat.items() if name != "series"} for stat in index.stats()]


def write(run, folder, numbers, name="numbers.txt"):
    (run.path / folder).mkdir(parents=True, exist_ok=True)
    (run.path / folder / name).write_text(numbers)
