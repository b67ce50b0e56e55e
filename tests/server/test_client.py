"""The client, against a real server with real workers."""

from __future__ import annotations

import http.server
import math
import ssl
import subprocess
import sys
import threading

import httpx
import pytest

from gymdash_core.errors import (
    InvalidKwargsError,
    InvalidValueError,
    RequestClosedError,
    RunNotFoundError,
    UnknownChannelError,
    UnknownKeyError,
    UnknownStatError,
    WrongStateError,
)
from gymdash_server.client import Client
from gymdash_server.client.connection import Connection
from gymdash_server.client.finding import Search
from gymdash_server.client.problems import error_of
from gymdash_server.client.stream import Event, parse_events
from gymdash_server.errors import InvalidConditionError, NoServerError, RefusedError

LONG = {"total": 100_000}


def test_importing_it_loads_neither_web_framework_nor_database():
    script = "import sys, gymdash_server.client; print(*sorted(m for m in sys.modules if '.' not in m))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert not set(done.stdout.split()) & {
        "fastapi",
        "starlette",
        "sqlmodel",
        "sqlalchemy",
        "numpy",
        "uvicorn",
    }


@pytest.mark.parametrize(("url", "trusts"), [("http://127.0.0.1:1", False), ("https://127.0.0.1:1", True)])
def test_whom_to_trust_is_read_where_a_server_may_have_to_prove_who_it_is(url, trusts):
    connection = Connection(Search(url), "tests")
    context = connection.renewed()._transport._pool._ssl_context
    connection.close()
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert (context.cert_store_stats()["x509"] > 0) == trusts


# --- finding a server ------------------------------------------------------------------------------------------------


def test_arguments_win_over_the_environment_which_wins_over_the_project(tmp_path):
    (tmp_path / "server.json").write_text('{"url": "http://127.0.0.1:1", "token": "a"}')
    environment = {"GYMDASH_URL": "http://127.0.0.1:2", "GYMDASH_TOKEN": "b"}
    assert vars(Search(project=tmp_path).find({})) == {"url": "http://127.0.0.1:1", "token": "a"}
    assert vars(Search().find(environment)) == {"url": "http://127.0.0.1:2", "token": "b"}
    assert Search().find({"GYMDASH_PROJECT": str(tmp_path)}).token == "a"
    assert Search(project=tmp_path).find(environment).url == "http://127.0.0.1:1"
    assert Search(project=tmp_path).find({"GYMDASH_TOKEN": "b"}).token == "b"
    assert Search(project=tmp_path, token="d").find({"GYMDASH_TOKEN": "b"}).token == "d"
    assert vars(Search("127.0.0.1:3/?token=c", "d").find(environment)) == {"url": "http://127.0.0.1:3", "token": "c"}
    assert Search("http://127.0.0.1:3", "d").find(environment).token == "d"


@pytest.mark.parametrize("url", ["ftp://x", "http://", "http://x:y", "http://[", "http://x:99999"])
def test_what_is_no_address_is_no_server(url):
    with pytest.raises(NoServerError):
        Client(url)


def test_where_nobody_listens_there_is_no_server(tmp_path):
    with pytest.raises(NoServerError, match="nobody serves"):
        Client(project=tmp_path)
    with Client("http://127.0.0.1:9") as client:
        with pytest.raises(NoServerError, match="nobody listens"):
            client.health()
        with pytest.raises(NoServerError, match="nobody listens"):
            next(client.events())


def test_a_wrong_token_is_refused_with_a_remedy(served):
    with Client(served.url, "wrong") as client:
        with pytest.raises(RefusedError, match="GYMDASH_TOKEN") as caught:
            client.health()
        assert caught.value.status == 401
        with pytest.raises(RefusedError):
            next(client.events())


def test_where_something_else_answers_there_is_no_server():
    page = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=page.serve_forever)
    thread.start()
    with Client(f"http://127.0.0.1:{page.server_port}", "x") as client:
        for call in (client.health, client.simulations, lambda: next(client.events())):
            with pytest.raises(NoServerError, match="no GymDash server"):
                call()
    page.shutdown()
    page.server_close()
    thread.join()


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<p>hello")

    def log_message(self, *_):
        pass


# --- verbs -----------------------------------------------------------------------------------------------------------


def test_it_tells_what_the_server_has(client):
    assert client.health().status == "ok"
    assert {item.key for item in client.simulation_types()} >= {"custom_control", "Counter"}
    assert "scalars" in {kind.name for kind in client.stat_kinds()}
    assert "process" in {executor.name for executor in client.executors()}
    assert "core" in [plugin.name for plugin in client.plugins()]
    assert client.usage().runs == {}


def test_a_run_from_start_to_end(client):
    run = client.start("Counter", name="a", kwargs={"total": 3}, tags=["t"], text="x")
    assert (run.name, run.kwargs, run.tags) == ("a", {"total": 3, "text": "x"}, ["t"])
    assert client.wait(run, timeout=60)
    assert client.state(run) == "succeeded"
    assert client.get("a").id == client.get(run.id[:6]).id == client.resolve(run.id.upper()) == run.id
    points = client.points(run, "height")
    assert (points.step, points.value, points.total) == ([0, 1, 2], [0.0, 1.0, 2.0], 3)
    assert client.points(run, "height", cursor=points.cursor).value == []
    assert client.points(run, "height", start=1).value == [1.0, 2.0]
    (odd,) = client.points(run, "odd").value or []
    assert math.isnan(odd)
    assert {stat.key: stat.count for stat in client.stats(run)} == {"height": 3, "odd": 1}
    assert client.log(run).text == "step 0\nstep 1\nstep 2\n"
    assert [attempt.attempt for attempt in client.attempts(run)] == [1]
    assert client.statuses(run) == []
    assert client.provenance(run)["version"] == 1
    with pytest.raises(UnknownStatError):
        client.points(run, "none")
    assert client.update(run, name="b", notes="n", tags=["u"]).notes == "n"
    client.delete(run)
    assert client.simulations() == []
    assert [found.name for found in client.simulations(trashed=True)] == ["b"]
    assert client.restore("b").trashed is None
    client.delete(run, purge=True)
    with pytest.raises(RunNotFoundError):
        client.get(run)


def test_a_batch_is_started_listed_in_pages_and_waited_for(client, monkeypatch):
    monkeypatch.setattr("gymdash_server.client.reading._PAGE", 2)
    batch = client.start_batch(
        "Counter", kwargs={"pause_s": 0}, grid={"total": [1, 2, 3], "text": ["a", "b"]}, name="g"
    )
    assert len(batch.items) == 6
    assert client.wait(batch.items, timeout=60)
    found = client.simulations(group=batch.group, state=["succeeded"])
    assert {run.id for run in found} == {run.id for run in batch.items}
    found = client.simulations(where=["total>=2", "text=A"])  # in parts of two
    assert {run.id for run in found} == {
        run.id for run in batch.items if run.kwargs["total"] > 1 and run.kwargs["text"] == "a"
    }
    with pytest.raises(InvalidConditionError, match=r"'total' is no condition"):
        client.simulations(where="total")
    assert len(client.simulations(limit=3)) == 3
    assert client.wait([], timeout=0)


def test_a_run_is_steered(client):
    run = client.start("Counter", kwargs=LONG)
    assert client.wait_for(run, "running", timeout=60)
    assert client.query(run, {"speed": 2.0}, timeout_s=60)["speed"].value == 2.0
    assert {channel.key for channel in client.channels(run)} >= {"speed", "progress"}
    with pytest.raises(UnknownChannelError):
        client.query(run, {"none": 1})
    client.pause(run)
    assert client.wait_for(run, ["paused"], timeout=60)
    client.resume(run)
    assert client.wait_for(run, "running", timeout=60)
    client.stop(run, save=True)
    assert client.wait(run, timeout=60)
    assert not client.wait_for(run, "running", timeout=60)
    (checkpoint,) = client.checkpoints(run)
    branch = client.branch(run, checkpoint.name, {"text": "new"}, name="other")
    restarted = client.restart(run)
    assert (branch.parent, restarted.parent) == (run.id, run.id)
    assert client.resume(run, checkpoint.name).attempt == 2
    for other in (run, branch, restarted):
        client.kill(other)
    assert client.wait([run, branch, restarted], timeout=60)
    with pytest.raises(WrongStateError):
        client.query(run, {"progress": None})
    done = [item for item in client.interventions(run) if item.event in {"control", "pause", "resume", "stop", "kill"}]
    assert {item.event: item.by for item in done} == dict.fromkeys(
        ["control", "pause", "resume", "stop", "kill"], "gymdash-client"
    )


def test_questions_are_answered_once(client):
    run = client.start("Asking")
    assert client.wait_for(run, "waiting", timeout=60)
    (question,) = client.control_requests(run)
    with pytest.raises(InvalidValueError) as caught:
        client.answer(question.id, {"name": 3})
    assert {error.loc[-1] for error in caught.value.errors} >= {"colour"}
    assert client.answer(question.id, {"name": "x", "colour": "red"}).state == "answered"
    with pytest.raises(RequestClosedError):
        client.answer(question.id, {"name": "x", "colour": "red"})
    assert client.wait(run, timeout=60)
    assert client.control_requests() == []
    assert [item.id for item in client.control_requests(open=None)] == [question.id]


def test_errors_are_those_of_the_tree(client):
    with pytest.raises(UnknownKeyError, match="Did you mean 'Counter'"):
        client.start("Countr")
    with pytest.raises(InvalidKwargsError) as caught:
        client.start("Counter", total="many", nonsense=1)
    assert {error.loc for error in caught.value.errors} == {("total",), ("nonsense",)}
    with pytest.raises(RunNotFoundError):
        client.get("ffffffff-ffff-4fff-8fff-ffffffffffff")
    with pytest.raises(RunNotFoundError):
        client.get("")
    with pytest.raises(RefusedError) as refused:
        client.simulations(sort="created", limit=None, state="nonsense")
    assert refused.value.status == 422
    with pytest.raises(UnknownKeyError):
        client.wait_for("x", "nonsense")
    with pytest.raises(InvalidValueError):
        client.start("Counter", text=object())


@pytest.mark.parametrize("content", [b"", b"[]", b"<html>", b'{"type": "urn:gymdash:error:GymDashError.__init__"}'])
def test_an_answer_of_something_else_is_still_an_error(content):
    assert isinstance(error_of(httpx.Response(502, content=content)), RefusedError)


# --- live ------------------------------------------------------------------------------------------------------------


def test_events_tell_a_run_from_start_to_end(client):
    events = client.events(event=["simulation", "points"])
    assert next(events).name == "hello"
    run = client.start("Counter", kwargs={"total": 20})
    heard, values = [], []
    for event in events:
        assert event.simulation_id == run.id
        heard.append(event)
        if event.name == "points" and event.data["key"] == "height":
            values += event.data["value"]
        if event.data.get("state") == "succeeded":
            break
    assert values == [float(step) for step in range(20)]
    again = client.events(simulation=run, event="simulation", last_event_id=heard[0].id)
    assert next(again).name == "hello"
    assert next(again).data["state"] == "succeeded" or heard


def test_an_unknown_event_is_refused(client):
    with pytest.raises(UnknownKeyError):
        next(client.events(event="nonsense"))


def test_a_wait_ends_in_time(client):
    run = client.start("Counter", kwargs=LONG)
    assert not client.wait(run, timeout=0.3)
    assert not client.wait(run, timeout=0)


def test_a_wait_outlives_a_restart_of_the_server_at_another_address(served, eventually):
    with Client(project=served.project.path) as client:
        run = client.start("Counter", kwargs=LONG)
        done = []
        thread = threading.Thread(target=lambda: done.append(client.wait(run, timeout=100)))
        thread.start()
        names = []
        events = client.events(event="simulation")
        names.append(next(events).name)
        eventually(lambda: client.health().clients == 2)
        served.end()
        served.serve()
        names.append(next(event.name for event in events if event.name != "simulation"))
        names.append(next(event.name for event in events if event.name != "simulation"))
        client.kill(run)
        thread.join(100)
        assert done == [True]
        assert names == ["hello", "hello", "resync"]


def test_a_lost_server_is_given_up_in_time(served):
    with Client(served.url, served.token) as client:
        events = client.events(patience_s=0.5)
        next(events)
        served.end()
        with pytest.raises(NoServerError):
            list(events)


def test_a_deleted_run_ends_the_wait(client):
    run = client.start("Counter", kwargs=LONG)
    caught = []

    def wait():
        try:
            client.wait(run, timeout=60)
        except RunNotFoundError as error:
            caught.append(error)

    events = client.events(event="simulation")
    next(events)
    thread = threading.Thread(target=wait)
    thread.start()
    client.kill(run)
    next(event for event in events if event.data["state"] == "killed")
    thread.join(60)
    client.delete(run, purge=True)
    with pytest.raises(RunNotFoundError):
        client.wait(run)
    assert caught == []


def test_lines_become_events():
    lines = ["event: a", "id: 1-1", 'data: {"x": 1}', "", ": still here", "", "event: cut", "data: {}"]
    assert list(parse_events(iter(lines))) == [Event("a", "1-1", {"x": 1}), None]


def test_what_a_run_has_used_is_read(client, eventually):
    run = client.start("Counter", kwargs=LONG)
    samples = eventually(lambda: client.usage_history(run).items)
    assert samples[0].memory_bytes > 0
    client.kill(run)
