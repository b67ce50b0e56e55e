"""Repositories: what is asked of the index. SQL stays in here."""

from __future__ import annotations

import base64
import binascii
import itertools
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, func, or_, select
from sqlmodel import col

from gymdash_core.errors import InvalidCursorError, UnknownKeyError
from gymdash_server.db.mapping import intervention_json, request_json, simulation_json, status_json
from gymdash_server.db.tables import (
    ControlRequestTable,
    GroupTable,
    InterventionTable,
    SimulationTable,
    StatusTable,
    TagTable,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from sqlalchemy import ColumnElement, Select
    from sqlmodel import Session

    from gymdash_server.db.conditions import Condition

#: Databases limit how many values one statement may have.
_MOST_IDS = 500
_MOST = (1 << 63) - 1

#: What runs can be sorted by.
SORTS = ("created", "started", "ended", "name", "key", "state")


@dataclass(frozen=True)
class Page:
    """A part of a list.

    Attributes:
        items: The items as JSON objects.
        next_cursor: Where the next part begins; None behind the last.
    """

    items: list[dict[str, Any]]
    next_cursor: str | None = None


@dataclass(frozen=True)
class SimulationFilter:
    """Which runs a list holds, and in which order.

    Attributes:
        states: States, any of them; empty for all.
        key: Simulation type.
        tag: A tag.
        group: A group's id.
        text: Words that occur in name, key, notes, id or tags, all of them.
        conditions: What their arguments meet, all of them.
        trashed: Whether those in the trash are listed, instead of the others.
        sort: One of `SORTS`, with ``-`` in front for descending.
    """

    states: Sequence[str] = ()
    key: str | None = None
    tag: str | None = None
    group: str | None = None
    text: str = ""
    conditions: Sequence[Condition] = ()
    trashed: bool = False
    sort: str = "-created"


def encode_cursor(*parts: Any) -> str:
    """Return an opaque cursor."""
    text = json.dumps(parts, separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode(errors="surrogatepass")).decode().rstrip("=")


def decode_cursor(cursor: str, types: Sequence[type | tuple[type, ...]]) -> list[Any]:
    """Return the parts of a cursor.

    Raises:
        InvalidCursorError: No list gave it out.
    """
    try:
        parts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error, RecursionError) as error:
        raise InvalidCursorError(cursor) from error
    if not isinstance(parts, list) or len(parts) != len(types):
        raise InvalidCursorError(cursor)
    if not all(isinstance(part, kind) and _is_storable(part) for part, kind in zip(parts, types, strict=True)):
        raise InvalidCursorError(cursor)
    return parts


def _is_storable(part: Any) -> bool:
    """Return whether a database can be asked for a value: a whole number of 64 bits, or text that is UTF-8."""
    if isinstance(part, str):
        return not any("\ud800" <= letter <= "\udfff" for letter in part)
    return not isinstance(part, bool) and -_MOST - 1 <= part <= _MOST


class SimulationRepository:
    """Runs.

    Args:
        session: A session of the index.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, run_id: str) -> SimulationTable | None:
        """Return a row, or None."""
        return self._session.get(SimulationTable, run_id)

    def read(self, run_id: str) -> dict[str, Any] | None:
        """Return a run as clients see it, or None."""
        row = self.get(run_id)
        return None if row is None else simulation_json(row, self._tags([row.id]).get(row.id, []))

    def count(self) -> int:
        """Return how many runs there are, those in the trash included."""
        return int(self._session.scalar(select(func.count()).select_from(SimulationTable)) or 0)

    def in_state(self, state: str) -> list[str]:
        """Return the ids of the runs that are in a state."""
        table = SimulationTable
        return list(self._session.scalars(select(col(table.id)).where(col(table.state) == str(state))))

    def fingerprints(self) -> dict[str, tuple[str, str]]:
        """Return state and fingerprint of each row, by id."""
        table = SimulationTable
        rows = self._session.execute(select(col(table.id), col(table.state), col(table.fingerprint)))
        return {run_id: (state, fingerprint) for run_id, state, fingerprint in rows}

    def save(self, row: SimulationTable, *, is_new: bool = False) -> None:
        """Write a row.

        Args:
            row: The row.
            is_new: There is none of its id, so nobody needs to look.
        """
        if is_new:
            self._session.add(row)
        else:
            self._session.merge(row)

    def describe(self, row: SimulationTable, tags: Sequence[str], *, is_new: bool = False) -> None:
        """Write the tags and the group of a row that is there."""
        present = [] if is_new else self._tags([row.id]).get(row.id, [])
        if present != list(tags):
            if present:
                self._session.execute(delete(TagTable).where(col(TagTable.simulation_id) == row.id))
            self._session.add_all(TagTable(simulation_id=row.id, place=n, tag=tag) for n, tag in enumerate(tags))
        if row.group_id is not None:
            group = self._session.get(GroupTable, row.group_id)
            if group is None:
                self._session.add(GroupTable(id=row.group_id, created=row.created))
                self._session.flush()
            elif row.created < group.created:
                group.created = row.created

    def remove(self, run_ids: Iterable[str]) -> None:
        """Remove rows with all that belongs to them."""
        for run_id in run_ids:
            row = self.get(run_id)
            if row is not None:
                self._session.delete(row)

    def page(self, wanted: SimulationFilter, limit: int, cursor: str | None) -> Page:
        """Return a part of the runs that match.

        Raises:
            UnknownKeyError: They cannot be sorted that way.
            InvalidCursorError: The cursor is of another list.
        """
        name, descending = wanted.sort.removeprefix("-"), wanted.sort.startswith("-")
        if name not in SORTS:
            raise UnknownKeyError("sort order", wanted.sort, [*SORTS, *(f"-{sort}" for sort in SORTS)])
        # An empty text stands for what has no value, so that every row has a place in the order.
        value = func.coalesce(col(getattr(SimulationTable, name)), "")
        key = col(SimulationTable.id)
        query = select(SimulationTable).where(*self._conditions(wanted))
        if cursor is not None:
            sort, last, last_id = decode_cursor(cursor, (str, str, str))
            if sort != wanted.sort:
                raise InvalidCursorError(cursor)
            query = query.where(_behind(value, key, last, last_id, descending=descending))
        order = (value.desc(), key.desc()) if descending else (value.asc(), key.asc())
        rows = self._first(query.order_by(*order), wanted.conditions, limit + 1)
        more, rows = len(rows) > limit, rows[:limit]
        tags = self._tags([row.id for row in rows])
        items = [simulation_json(row, tags.get(row.id, [])) for row in rows]
        following = encode_cursor(wanted.sort, getattr(rows[-1], name) or "", rows[-1].id) if more else None
        return Page(items, following)

    def _first(
        self, query: Select[SimulationTable], conditions: Sequence[Condition], limit: int
    ) -> list[SimulationTable]:
        if not conditions:
            return list(self._session.scalars(query.limit(limit)))
        found: Iterable[SimulationTable] = self._session.scalars(query.execution_options(yield_per=_MOST_IDS))
        return list(itertools.islice((row for row in found if _meets(row, conditions)), limit))

    def _conditions(self, wanted: SimulationFilter) -> list[ColumnElement[bool]]:
        table = SimulationTable
        trashed = col(table.trashed)
        found: list[ColumnElement[bool]] = [trashed.is_not(None) if wanted.trashed else trashed.is_(None)]
        if wanted.states:
            found.append(col(table.state).in_(wanted.states))
        if wanted.key is not None:
            found.append(col(table.key) == wanted.key)
        if wanted.group is not None:
            found.append(col(table.group_id) == wanted.group)
        if wanted.tag is not None:
            found.append(col(table.id).in_(_tagged(col(TagTable.tag) == wanted.tag)))
        for word in wanted.text.split():
            pattern = "%" + word.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
            texts = (table.name, table.key, table.notes, table.id)
            in_tags = col(table.id).in_(_tagged(func.lower(col(TagTable.tag)).like(pattern, escape="\\")))
            found.append(or_(*(func.lower(col(text)).like(pattern, escape="\\") for text in texts), in_tags))
        return found

    def _tags(self, run_ids: Sequence[str]) -> dict[str, list[str]]:
        query = select(TagTable).where(col(TagTable.simulation_id).in_(run_ids)).order_by(col(TagTable.place))
        found: dict[str, list[str]] = {}
        for tag in self._session.scalars(query):
            found.setdefault(tag.simulation_id, []).append(tag.tag)
        return found


def _meets(row: SimulationTable, conditions: Sequence[Condition]) -> bool:
    return all(condition.holds(row.kwargs) for condition in conditions)


def _tagged(condition: ColumnElement[bool]) -> Select[str]:
    return select(col(TagTable.simulation_id)).where(condition)


def _behind(value: Any, key: Any, last: str, last_id: str, *, descending: bool) -> ColumnElement[bool]:
    if descending:
        return or_(value < last, and_(value == last, key < last_id))
    return or_(value > last, and_(value == last, key > last_id))


class RecordRepository:
    """What belongs to a run: statuses, questions and interventions.

    Args:
        session: A session of the index.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def add_statuses(self, rows: Iterable[StatusTable]) -> None:
        """Add statuses."""
        self._session.add_all(rows)

    def save_requests(self, rows: Iterable[ControlRequestTable]) -> None:
        """Write questions."""
        for row in rows:
            self._session.merge(row)

    def save_interventions(self, rows: Iterable[InterventionTable], *, are_new: bool = False) -> None:
        """Write interventions.

        Args:
            rows: The rows.
            are_new: There are none of their ids, so nobody needs to look.
        """
        for row in rows:
            if are_new:
                self._session.add(row)
            else:
                self._session.merge(row)

    def forget(self, run_id: str) -> None:
        """Remove all that belongs to a run, to be read anew."""
        for table in (StatusTable, ControlRequestTable, InterventionTable):
            self._session.execute(delete(table).where(col(table.simulation_id) == run_id))

    def statuses(self, run_id: str, limit: int, cursor: str | None) -> Page:
        """Return a part of a run's statuses, oldest first.

        Raises:
            InvalidCursorError: The cursor is of another list.
        """
        place = col(StatusTable.place)
        query = select(StatusTable).where(col(StatusTable.simulation_id) == run_id).order_by(place)
        if cursor is not None:
            query = query.where(place > decode_cursor(cursor, (int,))[0])
        rows = list(self._session.scalars(query.limit(limit + 1)))
        more, rows = len(rows) > limit, rows[:limit]
        return Page([status_json(row) for row in rows], encode_cursor(rows[-1].place) if more else None)

    def requests(self, *, run_id: str | None, is_open: bool | None, limit: int, cursor: str | None) -> Page:
        """Return a part of the questions, oldest first.

        Raises:
            InvalidCursorError: The cursor is of another list.
        """
        created, key = col(ControlRequestTable.created), col(ControlRequestTable.id)
        query = select(ControlRequestTable).order_by(created, key)
        if run_id is not None:
            query = query.where(col(ControlRequestTable.simulation_id) == run_id)
        if is_open is not None:
            state = col(ControlRequestTable.state)
            query = query.where(state == "open" if is_open else state != "open")
        if cursor is not None:
            last, last_id = decode_cursor(cursor, (str, str))
            query = query.where(_behind(created, key, last, last_id, descending=False))
        rows = list(self._session.scalars(query.limit(limit + 1)))
        more, rows = len(rows) > limit, rows[:limit]
        following = encode_cursor(rows[-1].created, rows[-1].id) if more else None
        return Page([request_json(row) for row in rows], following)

    def request(self, request_id: str) -> ControlRequestTable | None:
        """Return a question, or None."""
        return self._session.get(ControlRequestTable, request_id)

    def requests_of(self, run_id: str) -> list[ControlRequestTable]:
        """Return all questions of a run."""
        query = select(ControlRequestTable).where(col(ControlRequestTable.simulation_id) == run_id)
        return list(self._session.scalars(query))

    def interventions_with(self, run_id: str, ids: Sequence[str], endings: Collection[str]) -> list[InterventionTable]:
        """Return what was done to a run: of some ids, and what was to end it and has not been seen to do so yet."""
        table = InterventionTable
        found = list[InterventionTable]()
        is_open = or_(col(table.outcome).is_(None), col(table.outcome) == "accepted")
        conditions: list[ColumnElement[bool]] = [and_(col(table.event).in_(endings), is_open)]
        conditions += [col(table.id).in_(ids[n : n + _MOST_IDS]) for n in range(0, len(ids), _MOST_IDS)]
        for condition in conditions:
            found += self._session.scalars(select(table).where(col(table.simulation_id) == run_id, condition))
        return found

    def interventions(self, run_id: str, limit: int, cursor: str | None) -> Page:
        """Return a part of what was done to a run, oldest first.

        Raises:
            InvalidCursorError: The cursor is of another list.
        """
        time, key = col(InterventionTable.time), col(InterventionTable.id)
        query = select(InterventionTable).where(col(InterventionTable.simulation_id) == run_id).order_by(time, key)
        if cursor is not None:
            last, last_id = decode_cursor(cursor, (str, str))
            query = query.where(_behind(time, key, last, last_id, descending=False))
        rows = list(self._session.scalars(query.limit(limit + 1)))
        more, rows = len(rows) > limit, rows[:limit]
        following = encode_cursor(rows[-1].time, rows[-1].id) if more else None
        return Page([intervention_json(row) for row in rows], following)
