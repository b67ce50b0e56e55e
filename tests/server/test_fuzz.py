"""Every operation of the OpenAPI document, fuzzed: no 5xx, and nothing that the document does not say."""

from __future__ import annotations

import warnings
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # schemathesis and what it imports warn of their own future
    import schemathesis
    from schemathesis.checks import not_a_server_error
    from schemathesis.generation import GenerationMode
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        response_headers_conformance,
        response_schema_conformance,
        status_code_conformance,
    )

from gymdash_server.api.document import operations_of
from gymdash_server.app import create_app
from gymdash_server.db.repositories import encode_cursor
from gymdash_server.settings import Settings
from live_servers import TOKEN, WAIT_S

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
DOCUMENT = create_app(Settings(project="unused", token=TOKEN)).openapi()
#: Operation ids are names in clients: DESIGN, section 9, in its order.
OPERATIONS = {
    "get_health": "GET /health",
    "list_plugins": "GET /plugins",
    "list_simulation_types": "GET /simulation-types",
    "list_stat_kinds": "GET /stat-kinds",
    "list_executors": "GET /executors",
    "get_usage": "GET /usage",
    "create_simulation": "POST /simulations",
    "create_simulations": "POST /simulations/batch",
    "list_simulations": "GET /simulations",
    "get_simulation": "GET /simulations/{simulation_id}",
    "update_simulation": "PATCH /simulations/{simulation_id}",
    "delete_simulation": "DELETE /simulations/{simulation_id}",
    "restore_simulation": "POST /simulations/{simulation_id}/restore",
    "stop_simulation": "POST /simulations/{simulation_id}/stop",
    "kill_simulation": "POST /simulations/{simulation_id}/kill",
    "pause_simulation": "POST /simulations/{simulation_id}/pause",
    "resume_simulation": "POST /simulations/{simulation_id}/resume",
    "restart_simulation": "POST /simulations/{simulation_id}/restart",
    "branch_simulation": "POST /simulations/{simulation_id}/branch",
    "query_simulation": "POST /simulations/{simulation_id}/query",
    "list_channels": "GET /simulations/{simulation_id}/channels",
    "list_statuses": "GET /simulations/{simulation_id}/statuses",
    "get_provenance": "GET /simulations/{simulation_id}/provenance",
    "list_checkpoints": "GET /simulations/{simulation_id}/checkpoints",
    "list_interventions": "GET /simulations/{simulation_id}/interventions",
    "list_attempts": "GET /simulations/{simulation_id}/attempts",
    "get_log": "GET /simulations/{simulation_id}/logs",
    "list_stats": "GET /simulations/{simulation_id}/stats",
    "get_points": "GET /simulations/{simulation_id}/points",
    "get_media": "GET /simulations/{simulation_id}/media/{media_id}",
    "list_control_requests": "GET /control-requests",
    "answer_control_request": "POST /control-requests/{request_id}/answer",
    "stream_events": "GET /events",
}
#: What the dashboard needs besides.
OPERATIONS |= {
    "get_run_usage": "GET /simulations/{simulation_id}/usage",
    "get_plugin_file": "GET /plugins/{plugin}/files/{path}",
    "list_last_values": "GET /last-values",
}
#: These start processes, or wait for them.
SLOW = {"create_simulation", "create_simulations", "restart_simulation", "branch_simulation", "resume_simulation"}
SLOW |= {"kill_simulation", "stop_simulation", "query_simulation"}


def test_operations_are_those_of_the_contract():
    found = {op["operationId"]: f"{method.upper()} {path}" for path, method, op in operations_of(DOCUMENT)}
    assert found == {name: where.replace(" ", " /api/v1") for name, where in OPERATIONS.items()}


def test_every_operation_says_who_may_call_it_and_how_it_fails():
    assert DOCUMENT["security"] == [{"token": []}]
    for _, _, operation in operations_of(DOCUMENT):
        assert {"401", "403", "413", "421", "503"} <= set(operation["responses"])
        for status, answer in operation["responses"].items():
            if int(status) >= 400 and status != "416":
                assert list(answer["content"]) == ["application/problem+json"]


#: The state of each run of the pool, and its arguments.
WANTED = {
    "ended": ("succeeded", {"steps": 20, "period": 0}),
    "live": ("running", {}),
    "asking": ("waiting", {"ask_at": 3}),
}


class Pool:
    """Runs to aim at: one that has ended, one that goes on, one that asks a question."""

    def __init__(self, server):
        self.server, self.runs, self.question = server, {}, ""
        self.coming = set()  # names of runs that were started and have not yet become what is wanted

    def fill(self):
        self._end_others()
        for name in WANTED:
            self.server.eventually(lambda name=name: self._has(name), WAIT_S)

    def _end_others(self):
        """End what the requests before have started: it would take the slots."""
        live = ["created", "queued", "starting", "running", "waiting", "paused", "stopping"]
        for run in self.server.get("/simulations", state=live, limit=1000)["items"]:
            if run["id"] not in self.runs.values():
                self.server.post(f"/simulations/{run['id']}/kill")

    def _has(self, name):
        """Whether a run is as it is wanted; one that is so no more, as after a pause or an answer, is replaced.

        What the requests before have asked of it may show only now.
        """
        (wanted, kwargs), state = WANTED[name], self._state(name)
        if state == wanted:
            self.coming.discard(name)
        elif name not in self.coming or state not in {"queued", "starting", "running", "stopping"}:
            self.runs[name] = self.server.start("Walker", **kwargs)
            self.coming.add(name)
        return state == wanted and self._asks(name)

    def _state(self, name):
        answer = self.server.http.get(f"/simulations/{self.runs.get(name)}")
        found = answer.json() if answer.status_code == 200 else {"trashed": True}
        return "" if found["trashed"] else found["state"]

    def _asks(self, name):
        if name != "asking":
            return True
        questions = self.server.get("/control-requests", open=True, simulation=self.runs[name])["items"]
        self.question = questions[0]["id"] if questions else ""
        return bool(questions)

    @property
    def ids(self):
        return {
            "simulation_id": [*self.runs.values()],
            "simulation": [*self.runs.values()],
            "request_id": [self.question],
            "media_id": ["0" * 32],
            "key": ["Walker", "height", "custom_control"],
            "channels": [{"progress": None, "gain": 2.0}, {"custom_query": {}}, {"twice": 1.0}],
        }


@pytest.fixture(scope="module")
def pool(shared):
    made = Pool(shared)
    yield made
    made.runs.clear()
    made._end_others()


@pytest.fixture(scope="module")
def schema():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return schemathesis.openapi.from_dict(DOCUMENT)


def aim(case, data, known):
    """Put names of things that are there into a case, most of the time."""
    for part in (case.path_parameters, case.query, case.body):
        for name in sorted(known.keys() & set(part)) if isinstance(part, dict) else ():
            if data.draw(st.integers(0, 4)):
                part[name] = data.draw(st.sampled_from(known[name]))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["as-said", "otherwise"])
@pytest.mark.parametrize("name", [name for name in OPERATIONS if name != "stream_events"])
def test_no_request_breaks_the_server_or_the_document(shared, pool, schema, name, mode):
    pool.fill()
    operation = schema.find_operation_by_id(name)
    known = pool.ids
    if name == "create_simulations":
        known["grid"], known["seeds"] = [{"gain": [1.0, 2.0]}, {}], [[1], None]
    takes_something = bool(operation.definition.raw.get("parameters") or operation.body)
    if mode is GenerationMode.NEGATIVE and not takes_something:
        pytest.skip("it takes nothing that could be wrong")

    @settings(
        max_examples=1 if not takes_something else 5 if name in SLOW else 15,
        deadline=None,
        database=None,
        derandomize=False,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), data=st.data())
    def attempt(case: Any, data: Any) -> None:
        aim(case, data, known)
        if name == "query_simulation" and isinstance(case.body, dict):
            case.body["timeout_s"] = 0.1 if _is_number(case.body.get("timeout_s", 0)) else "x"
        answer = case.call(base_url=shared.url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=40)
        case.validate_response(answer, checks=CHECKS)

    attempt()
    assert shared.get("/health")["status"] == "ok"


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
NUMBERS = st.integers() | st.integers((1 << 63) - 2, 1 << 65) | st.booleans()
TEXTS = st.text(st.characters(exclude_categories=()), max_size=10) | st.just("name")
#: Cursors that are well encoded and that no list has given out.
FORGED = st.one_of(
    st.tuples(NUMBERS), st.tuples(TEXTS, TEXTS), st.tuples(TEXTS, TEXTS, TEXTS), st.lists(ANYTHING, max_size=4)
).map(lambda parts: encode_cursor(*parts))
LISTS = [
    "/simulations?sort=name&",
    "/control-requests?",
    *(f"/simulations/RUN/{part}?" for part in ("statuses", "interventions")),
]


@pytest.mark.parametrize("path", [*LISTS, "/simulations/RUN/points?key=height&"])
def test_a_forged_cursor_is_refused_or_leads_to_a_list(shared, pool, path):
    pool.fill()
    where = path.replace("RUN", pool.runs["ended"])

    @settings(max_examples=60, deadline=None, database=None, phases=[Phase.generate])
    @given(cursor=FORGED)
    def attempt(cursor):
        answer = shared.http.get(f"{where}cursor={cursor}")
        assert answer.status_code in {200, 422}, answer.text

    attempt()


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


@settings(max_examples=25, deadline=None, database=None, phases=[Phase.generate])
@given(
    event=st.one_of(st.none(), st.sampled_from(["points", "hello", "x"]), st.text(max_size=5)),
    simulation=st.one_of(st.none(), st.text(max_size=40)),
    last=st.one_of(st.none(), st.text("0123456789abcdef-", max_size=40)),
)
def test_the_stream_begins_or_says_why_not(shared, event, simulation, last):
    params = {name: value for name, value in (("event", event), ("simulation", simulation)) if value is not None}
    headers = {"Authorization": f"Bearer {TOKEN}"} | ({} if last is None else {"Last-Event-ID": last})
    with httpx.stream("GET", f"{shared.url}/api/v1/events", params=params, headers=headers, timeout=WAIT_S) as answer:
        if answer.status_code == 200:
            assert answer.headers["content-type"].startswith("text/event-stream")
            assert next(answer.iter_lines()) == "event: hello"
        else:
            answer.read()
            assert answer.status_code in {404, 422}
            assert answer.headers["content-type"] == "application/problem+json"
