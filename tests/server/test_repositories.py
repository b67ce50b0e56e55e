"""Rules of `gymdash_server.db.repositories`: pages are the whole, filters are exact, SQL is portable."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlmodel import Session, col

from gymdash_core.errors import InvalidCursorError, UnknownKeyError
from gymdash_server.db.conditions import Condition
from gymdash_server.db.engine import open_database
from gymdash_server.db.repositories import (
    SORTS,
    RecordRepository,
    SimulationFilter,
    SimulationRepository,
    decode_cursor,
    encode_cursor,
)
from gymdash_server.db.tables import ControlRequestTable, InterventionTable, SimulationTable, StatusTable


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    engine = open_database(f"sqlite:///{tmp_path_factory.mktemp('db')}/x.db")
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine):
    with Session(engine) as found:
        yield found
        found.rollback()


def row(identity, **fields):
    base = {"id": identity, "name": identity, "key": "k", "state": "running", "created": "2026-01-01T00:00:00.000000Z"}
    return SimulationTable(**{**base, **fields})


def put(session, *rows, tags=()):
    repository = SimulationRepository(session)
    for item in rows:
        repository.save(item)
        session.flush()
        repository.describe(item, tags)
    session.flush()
    return repository


def pages(repository, wanted, limit):
    found, cursor = [], None
    for _ in range(100):
        page = repository.page(wanted, limit, cursor)
        assert len(page.items) <= limit
        found += [item["id"] for item in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return found
    raise AssertionError("no end")


_few = st.sampled_from(["", "a", "b", "B", "ä", "%", "zz"])
_time = st.none() | st.sampled_from(["2026-01-01", "2026-01-02", "2026-02-01"])
_rows = st.lists(st.tuples(_few, _few, st.sampled_from(["running", "failed"]), _time, _time), max_size=12)


@given(_rows, st.sampled_from(SORTS), st.booleans(), st.integers(1, 5))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
def test_pages_put_together_are_all_rows_once_in_order(engine, rows, sort, descending, limit):
    with Session(engine) as session:
        made = [
            row(f"{n:02d}", name=name, key=key, state=state, created=begun or "2026-01-01", started=begun, ended=ended)
            for n, (name, key, state, begun, ended) in enumerate(rows)
        ]
        repository = put(session, *made)
        wanted = SimulationFilter(sort=f"-{sort}" if descending else sort)
        keys = [(getattr(item, sort) or "", item.id) for item in made]
        expected = [identity for _, identity in sorted(keys, reverse=descending)]
        assert pages(repository, wanted, limit) == expected
        session.rollback()


def test_filters_and_their_combinations(session):
    repository = put(session, row("1", key="a", state="failed"), row("2", key="b", group_id="g"), row("3", trashed="t"))
    put(session, row("4", key="a", notes="Warm start"), tags=("x", "y"))

    def found(**fields):
        return [item["id"] for item in repository.page(SimulationFilter(sort="name", **fields), 10, None).items]

    assert found() == ["1", "2", "4"]
    assert found(trashed=True) == ["3"]
    assert found(states=["failed", "running"], key="a") == ["1", "4"]
    assert found(states=["lost"]) == []
    assert found(group="g") == ["2"]
    assert found(tag="y") == ["4"]
    assert found(tag="Y") == []
    assert found(text="WARM st") == ["4"]
    assert found(text="warm nothing") == []
    assert found(text="x") == ["4"]


@pytest.mark.parametrize("limit", [1, 2, 10])
def test_pages_of_runs_that_meet_conditions_are_the_whole(session, limit):
    repository = put(session, *(row(f"{n:02d}", kwargs={"lr": n / 10}, key="ab"[n % 2]) for n in range(12)))
    conditions = [Condition.parse("lr>0.2"), Condition.parse("lr!=0.5")]
    wanted = SimulationFilter(sort="name", key="b", conditions=conditions)
    assert pages(repository, wanted, limit) == ["03", "07", "09", "11"]


@pytest.mark.parametrize(
    ("name", "text", "hit"),
    [
        ("100%", "%", True),
        ("plain", "%", False),
        ("a_b", "_", True),
        ("ab", "a_b", False),
        ('it\'s "so"', "'s", True),
        ('it\'s "so"', '"SO"', True),
        ("back\\slash", "\\", True),
        ("plain", "\\", False),
        ("Ärger", "Ärger", True),
        ("ärger", "ärger", True),
        ("x", "'; DROP TABLE simulations; --", False),
        ("ß", "ß", True),
        ("ÄRGER", "ärger", True),
    ],
)
def test_searched_words_are_taken_by_the_letter(session, name, text, hit):
    repository = put(session, row("1", name=name))
    assert bool(repository.page(SimulationFilter(text=text), 10, None).items) is hit


@pytest.mark.parametrize("sort", ["", "-", "--name", "id", "name; --", "kwargs"])
def test_unknown_order_is_refused(session, sort):
    with pytest.raises(UnknownKeyError):
        SimulationRepository(session).page(SimulationFilter(sort=sort), 10, None)


STRANGE_CURSORS = ["", "x", "ä", "e30", "W1tdXQ", encode_cursor("name"), encode_cursor("-name", "a", "b")]


@pytest.mark.parametrize("cursor", [*STRANGE_CURSORS, encode_cursor("name", 1, "b")])
def test_cursor_of_another_list_is_refused(session, cursor):
    with pytest.raises(InvalidCursorError):
        SimulationRepository(session).page(SimulationFilter(sort="name"), 10, cursor)


@pytest.mark.parametrize("place", [1 << 63, -(1 << 63) - 1, 10**30, True, False, None, 1.0, "1"])
def test_a_cursor_with_a_number_that_no_row_has_is_refused(session, place):
    with pytest.raises(InvalidCursorError):
        RecordRepository(session).statuses("r", 10, encode_cursor(place))


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb"])
def test_a_cursor_with_text_that_no_database_takes_is_refused(session, text):
    for parts in ((text, "b"), ("a", text)):
        with pytest.raises(InvalidCursorError):
            RecordRepository(session).interventions("r", 10, encode_cursor(*parts))


def test_cursors_come_back_as_they_were():
    for parts in itertools.product(["", "ä", "'", "\U0001f600", "\x00"], ["b"]):
        assert decode_cursor(encode_cursor(*parts), (str, str)) == list(parts)
    assert decode_cursor(encode_cursor((1 << 63) - 1), (int,)) == [(1 << 63) - 1]


def test_rows_are_removed_with_all_that_belongs_to_them(session):
    repository, records = put(session, row("1"), tags=("t",)), RecordRepository(session)
    records.add_statuses([StatusTable(simulation_id="1", place=0, time="t", code=0, subcode=0)])
    session.flush()
    repository.remove(["1", "unknown"])
    session.flush()
    session.expire_all()
    assert records.statuses("1", 10, None).items == []
    assert repository.read("1") is None
    put(session, row("1"))
    assert repository.read("1")["tags"] == []


def test_tags_are_replaced_and_groups_keep_their_first_time(session):
    put(session, row("1", group_id="g", created="2026-02"), tags=("a", "b"))
    repository = put(session, row("1", group_id="g", created="2026-02"), tags=("b", "c"))
    put(session, row("2", group_id="g", created="2026-01"))
    assert repository.read("1")["tags"] == ["b", "c"]
    from gymdash_server.db.tables import GroupTable

    assert session.get(GroupTable, "g").created == "2026-01"


@given(st.lists(st.tuples(st.sampled_from("12"), st.sampled_from("ab")), max_size=10), st.integers(1, 4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
def test_records_of_a_run_are_paged_whole(engine, items, limit):
    with Session(engine) as session:
        put(session, row("r"))
        records = RecordRepository(session)
        for n, (time, event) in enumerate(items):
            records.save_interventions([InterventionTable(simulation_id="r", id=f"{n}", time=time, event=event)])
            status = StatusTable(simulation_id="r", place=n, time=time, code=0, subcode=0, details=str(n))
            records.add_statuses([status])
            request = ControlRequestTable(id=f"{n}", simulation_id="r", channel="c", created=time, state=event)
            records.save_requests([request])
        session.flush()
        for read, name in ((records.interventions, "id"), (records.statuses, "details")):
            found, cursor, first = [], None, True
            while first or cursor:
                page, first = read("r", limit, cursor), False
                found += [item[name] for item in page.items]
                cursor = page.next_cursor
            by_time = sorted(range(len(items)), key=lambda n: (items[n][0], str(n)))
            wanted = by_time if name == "id" else range(len(items))
            assert found == [str(n) for n in wanted]
        found, cursor, first = [], None, True
        while first or cursor:
            page, first = records.requests(run_id="r", is_open=None, limit=limit, cursor=cursor), False
            found += [item["id"] for item in page.items]
            cursor = page.next_cursor
        assert found == [str(n) for n in sorted(range(len(items)), key=lambda n: (items[n][0], str(n)))]
        session.rollback()


def test_interventions_are_found_by_id_and_by_an_end_that_is_open(session):
    put(session, row("r"), row("other"))
    records = RecordRepository(session)
    events = [("query", None), ("stop", None), ("stop", "stopped"), ("kill", "accepted")]
    for n, (event, outcome) in enumerate(events, 1):
        done = InterventionTable(simulation_id="r", id=str(n), time="t", event=event, outcome=outcome)
        records.save_interventions([done])
    records.save_interventions([InterventionTable(simulation_id="other", id="1", time="t", event="stop")])
    session.flush()
    found = records.interventions_with("r", ["1", *map(str, range(100, 1200))], {"stop", "kill"})
    assert sorted((item.simulation_id, item.id) for item in found) == [("r", "1"), ("r", "2"), ("r", "4")]


def test_questions_are_filtered_by_run_and_openness(session):
    put(session, row("r"), row("s"))
    records = RecordRepository(session)
    records.save_requests(
        ControlRequestTable(id=f"{run}{state}", simulation_id=run, channel="c", created="t", state=state)
        for run in "rs"
        for state in ("open", "answered", "withdrawn")
    )
    session.flush()

    def found(run, is_open):
        return [item["id"] for item in records.requests(run_id=run, is_open=is_open, limit=10, cursor=None).items]

    assert found(None, True) == ["ropen", "sopen"]
    assert found("r", False) == ["ranswered", "rwithdrawn"]
    assert len(found(None, None)) == 6


def test_statements_compile_for_other_databases(session, monkeypatch):
    statements = []

    class Spy:
        def __getattr__(self, name):
            def call(statement, *args, **kwargs):
                statements.append(statement)
                return getattr(session, name)(statement, *args, **kwargs)

            return call

    repository, records = SimulationRepository(Spy()), RecordRepository(Spy())
    wanted = SimulationFilter(["failed"], "k", "t", "g", "words % here", sort="ended")
    repository.page(wanted, 10, encode_cursor("ended", "x", "y"))
    records.interventions_with("r", ["1"], {"stop"})
    records.interventions("r", 10, encode_cursor("x", "y"))
    records.requests(run_id="r", is_open=True, limit=3, cursor=encode_cursor("x", "y"))
    records.forget("r")
    statements.append(delete(SimulationTable).where(col(SimulationTable.id) == "x"))
    assert len(statements) > 5
    for statement in statements:
        for dialect in (sqlite, postgresql, mysql):
            assert str(statement.compile(dialect=dialect.dialect()))
