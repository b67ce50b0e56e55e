"""What every streamer has to hold, as a checker that explains, and as a suite for pytest.

`check_streamer` runs all checks and needs no pytest; `StreamerContract` is the same as a class to inherit from, one
test a rule.
"""

from __future__ import annotations

import json
import math
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from gymdash_core.errors import InvalidCursorError, UnknownStatError
from gymdash_core.stat_tags import SCALARS
from gymdash_core.stats.kinds import StatPoint
from gymdash_core.stats.streamer import Streamer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gymdash_core.stats.stat import StreamableStat

_START = 1_700_000_000.0
_ORDER = (5, 1, 1, 3, 0, 5, 2)
_SETTLED = 2
_TIME_TOLERANCE_S = 0.01


@dataclass(frozen=True)
class StreamerChecks:
    """The rules, each a method that raises AssertionError with an explanation.

    Args:
        make: Returns a new streamer over a folder.
        append: Adds points to the one stat in that folder, as the writer of the format would. Values are floats that
            fit into 32 bits; a streamer of another kind than ``scalars`` may write what it likes for them.
        folder: An empty folder.
    """

    make: Callable[[Path], Streamer]
    append: Callable[[Path, Sequence[StatPoint]], None]
    folder: Path

    def before_any_point(self) -> None:
        """A streamer may be made before its files are there."""
        keys = self._streamer().get_stat_keys()
        if not isinstance(keys, list):
            _fail(f"get_stat_keys() must return a list of (key, kind), not {type(keys).__name__}.")

    def names_its_stat(self) -> None:
        """Once there are points, the stat is listed, found with and without its kind, and others are unknown."""
        self.append(self.folder, _points(range(3)))
        streamer = self._streamer()
        key, kind = self._names(streamer)
        for stat in (streamer.stat(key), streamer.stat(key, kind)):
            if (stat.key, stat.kind) != (key, kind):
                _fail(f"stat({key!r}) has key and kind {(stat.key, stat.kind)}, but {(key, kind)} was listed.")
        try:
            streamer.stat(f"{key} of nobody")
        except UnknownStatError:
            return
        _fail("stat() of a key that does not exist must raise gymdash_core.errors.UnknownStatError.")

    def reading_consumes_nothing(self) -> None:
        """Every read from the same cursor gives the same points, for any number of readers."""
        expected = _points(range(6))
        self.append(self.folder, expected)
        stat = self._stat()
        for what in ("first", "second"):
            self._same(expected, stat.read()[0], f"The {what} read() of all points")
        self._same(expected, self._stat().read()[0], "A second reader's read()")
        self._same(expected, stat.get_values(), "get_values() after that")

    def cursors_survive_a_new_reader(self) -> None:
        """A cursor is good in another instance, and in another process."""
        expected = _points(range(6))
        self.append(self.folder, expected)
        _, cursor = self._stat().read(limit=2)
        if not isinstance(cursor, str):
            _fail(f"A cursor is a text, not {type(cursor).__name__}: it is stored and sent.")
        self._same(expected[2:], self._stat().read(cursor)[0], "read(cursor) of a new reader")

    def limit_pages(self) -> None:
        """Pages of any size put together are all points, once and in order."""
        expected = _points(range(7))
        self.append(self.folder, expected)
        stat = self._stat()
        for limit in (1, 3, 100):
            found: list[StatPoint] = []
            cursor = None
            for _ in range(len(expected) + 1):
                page, cursor = stat.read(cursor, limit)
                if len(page) > limit:
                    _fail(f"read(limit={limit}) returned {len(page)} points.")
                found += page
            self._same(expected, found, f"All pages of read(limit={limit})")

    def bad_requests_are_refused(self) -> None:
        """A limit of 0 gives nothing; a negative one, a foreign cursor and a kind that is not there are errors."""
        self.append(self.folder, _points(range(3)))
        streamer = self._streamer()
        key, kind = self._names(streamer)
        stat = streamer.stat(key, kind)
        found = stat.read()[0]
        if not isinstance(found, list):
            _fail(f"read() must return a list of points, not a {type(found).__name__}.")
        if stat.read(limit=0)[0]:
            _fail("read(limit=0) must return no point.")
        self._refused(ValueError, lambda: stat.read(limit=-1), "read(limit=-1); use stats.stat.check_limit")
        self._refused(
            InvalidCursorError,
            lambda: stat.read("no cursor!"),
            "read() of a foreign cursor; use stats.stat.parse_offset",
        )
        self._refused(
            UnknownStatError, lambda: streamer.stat(key, f"{kind} of nobody"), "stat() of a kind that is not there"
        )

    @staticmethod
    def _refused(error: type[Exception], call: Callable[[], object], what: str) -> None:
        try:
            call()
        except error:
            return
        except Exception as other:  # noqa: BLE001 - the streamer under test
            _fail(f"{what} must raise {error.__name__}, not {other!r}.", other)
        _fail(f"{what} must raise {error.__name__}.")

    def order_is_kept(self) -> None:
        """Points come in the order of writing; repeated and out-of-order steps are kept."""
        expected = _points(_ORDER)
        self.append(self.folder, expected)
        self._same(expected, self._stat().read()[0], "read() of steps that repeat and go back")

    def non_finite_values_survive(self) -> None:
        """NaN and infinities are values like others (kind ``scalars`` only)."""
        self.append(self.folder, _points(range(1)))
        if self._names(self._streamer())[1] != SCALARS:
            return
        values = (math.nan, math.inf, -math.inf, 0.25)
        more = [StatPoint(step, _START + step, value) for step, value in enumerate(values, start=1)]
        self.append(self.folder, more)
        self._same(_points(range(1)) + more, self._stat().read()[0], "read() of NaN and infinities")

    def growth_is_seen(self) -> None:
        """A reader that is up to date gets what was written since, once."""
        first, second = _points(range(3)), _points(range(3, 5))
        self.append(self.folder, first)
        streamer = self._streamer()
        stat = streamer.stat(*self._names(streamer))
        found, cursor = stat.read()
        self._same(first, found, "The first read()")
        self._same(first, stat.get_recent(), "The first get_recent()")
        self._same([], stat.read(cursor)[0], "read(cursor) with nothing new")
        self.append(self.folder, second)
        _refresh(streamer)
        found, cursor = stat.read(cursor)
        self._same(second, found, "read(cursor) after more was written")
        self._same(second, stat.get_recent(), "get_recent() after more was written")
        self._same([], stat.read(cursor)[0], "read(cursor) once more")

    def torn_tail_comes_later(self) -> None:
        """A point that is half written does no harm and comes later, once, whole.

        Tried where the format appends to a file: at each byte of what the last points added.
        """
        expected = _points(range(4))
        self.append(self.folder, expected[:2])
        before = _contents(self.folder)
        self.append(self.folder, expected[2:])
        for path, content in _contents(self.folder).items():
            head = before.get(path, content)
            if content != head and content.startswith(head):
                for size in range(len(head), len(content)):
                    self._cut(path, content, size, expected)

    def spec_can_be_stored(self) -> None:
        """A spec is (name of a streamer type, folder, JSON options), or None."""
        spec: object = self._streamer().stream_spec()
        if spec is None:
            return
        if not (isinstance(spec, tuple) and len(spec) == 3):
            _fail(f"spec() must return (type name, folder, options) or None, not {spec!r}.")
        type_name, folder, options = spec
        if not (isinstance(type_name, str) and isinstance(folder, str)):
            _fail(f"The first two parts of spec() are texts, not {type_name!r} and {folder!r}.")
        try:
            json.dumps(dict(options))
        except (TypeError, ValueError) as error:
            _fail(f"The options of spec() must be JSON: {error}.", error)

    def _cut(self, path: Path, content: bytes, size: int, expected: list[StatPoint]) -> None:
        where = f"with {path.name} cut to {size} of {len(content)} bytes"
        path.write_bytes(content[:size])
        try:
            found, cursor = self._stat().read()
        except Exception as error:  # noqa: BLE001 - the streamer under test
            _fail(f"read() {where} raised {error!r}; a point that is half written must be left for later.", error)
        finally:
            path.write_bytes(content)
        self._same(expected[: len(found)], found, f"read() {where}")
        self._same(expected[len(found) :], self._stat().read(cursor)[0], f"read(cursor) after reading {where}")

    def _streamer(self) -> Streamer:
        streamer = self.make(self.folder)
        if not isinstance(streamer, Streamer):
            _fail(f"make() returned a {type(streamer).__name__}, which is no gymdash_core.Streamer.")
        if not isinstance(getattr(streamer, "streamer_name", None), str):
            _fail("The streamer has no streamer_name; call super().__init__(streamer_name) or set it.")
        _refresh(streamer)
        return streamer

    def _names(self, streamer: Streamer) -> tuple[str, str]:
        keys = [(key, kind) for key, kind in streamer.get_stat_keys()]
        if len(keys) != 1:
            _fail(f"After append() the folder holds one stat, but get_stat_keys() returned {keys!r}.")
        return keys[0]

    def _stat(self) -> StreamableStat:
        streamer = self._streamer()
        return streamer.stat(*self._names(streamer))

    def _same(self, expected: Sequence[StatPoint], found: Sequence[StatPoint], what: str) -> None:
        if len(expected) != len(found):
            _fail(f"{what} gave {len(found)} points, not {len(expected)}: steps {[p.step for p in found]}.")
        for number, (one, other) in enumerate(zip(expected, found, strict=True)):
            if one.step != other.step:
                _fail(f"{what} gave step {other.step} as point {number}, not {one.step}.")
            if abs(one.wall_time - other.wall_time) > _TIME_TOLERANCE_S and other.path is None:
                _fail(f"{what} gave wall time {other.wall_time} as point {number}, not {one.wall_time}.")
            if isinstance(other.value, float) and one.value != other.value and not _both_nan(one.value, other.value):
                _fail(f"{what} gave value {other.value} as point {number}, not {one.value}.")


#: The rules in the order in which they are checked: name of the method.
RULES = (
    "before_any_point",
    "names_its_stat",
    "reading_consumes_nothing",
    "cursors_survive_a_new_reader",
    "limit_pages",
    "bad_requests_are_refused",
    "order_is_kept",
    "non_finite_values_survive",
    "growth_is_seen",
    "torn_tail_comes_later",
    "spec_can_be_stored",
)


def check_streamer(make: Callable[[Path], Streamer], append: Callable[[Path, Sequence[StatPoint]], None]) -> None:
    """Check that a streamer holds its contract; returns if it does.

    Args:
        make: Returns a new streamer over a folder, which may be empty.
        append: Adds points to the one stat in that folder, as the writer of the format would.

    Raises:
        AssertionError: It breaks a rule; the message says which, and what was expected.
    """
    for rule in RULES:
        with tempfile.TemporaryDirectory() as folder:
            check_rule(rule, make, append, Path(folder))


def check_rule(
    rule: str,
    make: Callable[[Path], Streamer],
    append: Callable[[Path, Sequence[StatPoint]], None],
    folder: Path,
) -> None:
    """Check one rule in an empty folder.

    Raises:
        AssertionError: The streamer breaks it.
    """
    check = getattr(StreamerChecks(make, append, folder), rule)
    try:
        check()
    except AssertionError as error:
        raise AssertionError(f"{check.__doc__.splitlines()[0]}\n{error}") from error.__cause__
    except Exception as error:
        raise AssertionError(f"{check.__doc__.splitlines()[0]}\nInstead it raised {error!r}.") from error


class StreamerContract:
    r"""The rules as tests: inherit in a test module, and implement `make` and `append`.

    Example::

        class TestColumnStreamer(StreamerContract):
            def make(self, folder):
                return ColumnStreamer(folder)

            def append(self, folder, points):
                with (folder / "height.col").open("a") as file:
                    for point in points:
                        file.write(f"{point.step},{point.wall_time},{point.value}\n")
    """

    def make(self, folder: Path) -> Streamer:
        """Return a new streamer over a folder, which may be empty."""
        raise NotImplementedError

    def append(self, folder: Path, points: Sequence[StatPoint]) -> None:
        """Add points to the one stat in that folder, as the writer of the format would."""
        raise NotImplementedError

    def test_may_be_made_before_its_files_are_there(self, tmp_path: Path) -> None:
        """See `StreamerChecks.before_any_point`."""
        check_rule("before_any_point", self.make, self.append, tmp_path)

    def test_names_its_stat(self, tmp_path: Path) -> None:
        """See `StreamerChecks.names_its_stat`."""
        check_rule("names_its_stat", self.make, self.append, tmp_path)

    def test_reading_consumes_nothing(self, tmp_path: Path) -> None:
        """See `StreamerChecks.reading_consumes_nothing`."""
        check_rule("reading_consumes_nothing", self.make, self.append, tmp_path)

    def test_cursors_survive_a_new_reader(self, tmp_path: Path) -> None:
        """See `StreamerChecks.cursors_survive_a_new_reader`."""
        check_rule("cursors_survive_a_new_reader", self.make, self.append, tmp_path)

    def test_pages_are_all_points_once_and_in_order(self, tmp_path: Path) -> None:
        """See `StreamerChecks.limit_pages`."""
        check_rule("limit_pages", self.make, self.append, tmp_path)

    def test_bad_requests_are_refused(self, tmp_path: Path) -> None:
        """See `StreamerChecks.bad_requests_are_refused`."""
        check_rule("bad_requests_are_refused", self.make, self.append, tmp_path)

    def test_repeated_and_out_of_order_steps_are_kept(self, tmp_path: Path) -> None:
        """See `StreamerChecks.order_is_kept`."""
        check_rule("order_is_kept", self.make, self.append, tmp_path)

    def test_non_finite_values_survive(self, tmp_path: Path) -> None:
        """See `StreamerChecks.non_finite_values_survive`."""
        check_rule("non_finite_values_survive", self.make, self.append, tmp_path)

    def test_growth_is_seen_once(self, tmp_path: Path) -> None:
        """See `StreamerChecks.growth_is_seen`."""
        check_rule("growth_is_seen", self.make, self.append, tmp_path)

    def test_half_written_point_comes_later_whole(self, tmp_path: Path) -> None:
        """See `StreamerChecks.torn_tail_comes_later`."""
        check_rule("torn_tail_comes_later", self.make, self.append, tmp_path)

    def test_spec_can_be_stored(self, tmp_path: Path) -> None:
        """See `StreamerChecks.spec_can_be_stored`."""
        check_rule("spec_can_be_stored", self.make, self.append, tmp_path)


def _points(steps: Sequence[int]) -> list[StatPoint]:
    return [StatPoint(step, _START + step, step * 0.5) for step in steps]


def _refresh(streamer: Streamer) -> None:
    for _ in range(_SETTLED):  # a media file counts once it is unchanged over two refreshes
        streamer.refresh()


def _contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _both_nan(one: object, other: object) -> bool:
    return isinstance(one, float) and isinstance(other, float) and math.isnan(one) and math.isnan(other)


def _fail(message: str, cause: BaseException | None = None) -> NoReturn:
    raise AssertionError(message) from cause
