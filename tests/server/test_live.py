"""Rules of the way from a worker's write to the client, over a real server with real workers."""

from __future__ import annotations

import importlib.util
import itertools
import shutil
import sys
from functools import partial
from pathlib import Path

import pytest

from gymdash_core import SimulationTracker, StreamerType, hookimpl
from gymdash_core.plugins import build_plugin_manager
from gymdash_server.points.model import EVENT_POINTS
from gymdash_server.recorder.telling import LOG_BYTES
from gymdash_server.settings import Settings
from live_servers import ASK_S, WAIT_S

REHEARSALS = Path(__file__).with_name("rehearsals.py")
MISBEHAVING = Path(__file__).parents[1] / "integration" / "misbehaving.py"


@pytest.fixture
def settings(tmp_path):
    load = (str(REHEARSALS), str(MISBEHAVING))
    return Settings(project=tmp_path / "project", port=0, token="a-token-of-the-tests", usage_period_s=0.2, load=load)


def points_of(client, run, key):
    """Return the values that a client has heard, each ordinal once and in order."""
    found, expected = [], 0
    for event in client.of("points"):
        if (event["simulation_id"], event["key"]) == (run, key):
            assert event["from"] == expected, "a gap, or heard twice"
            assert event["to"] - event["from"] <= EVENT_POINTS
            expected = event["to"]
            found += event.get("value") or event.get("points")
    return found


def names_of(client, run):
    return [name for name, _, data in list(client.heard) if data.get("simulation_id") == run]


# --- points -----------------------------------------------------------------------------------------------------------


def test_run_that_ends_before_anybody_looks_is_heard_and_served_whole(server):
    with server.events() as client:
        run = server.start("Quick")
        server.ended(run)
        server.eventually(lambda: "succeeded" in [event.get("state") for event in client.of("simulation")])
        assert points_of(client, run, "many") == [float(n) for n in range(2500)]
        server.eventually(lambda: "quick output" in "".join(e["text"] for e in client.of("log")))
        names = names_of(client, run)
        last_points = max(n for n, name in enumerate(names) if name == "points")
        final = next(n for n, (name, _, data) in enumerate(client.heard) if data.get("state") == "succeeded")
        assert names[:1] == ["simulation"]
        assert last_points < len(names_of(client, run)) - 1
        assert [name for name, _, data in client.heard[final:] if name == "points"] == []
    stats = server.get(f"/simulations/{run}/stats")["items"]
    assert [(item["key"], item["count"], item["last_step"]) for item in stats] == [("many", 2500, 2499)]


def test_asking_for_points_of_an_ending_run_hides_none_from_those_who_listen(server):
    for _ in range(3):
        with server.events(event=["points"]) as client:
            run = server.start("Quick", count=300)
            server.eventually(lambda run=run: server.http.get(f"/simulations/{run}/points?key=many").status_code == 200)
            server.ended(run)
            server.get(f"/simulations/{run}/points", key="many")
            server.eventually(lambda client=client, run=run: len(points_of(client, run, "many")) == 300)


def test_all_kinds_of_points_questions_with_pictures_and_channels_are_told(server):
    with server.events() as client:
        run = server.start("Shows")
        server.until(run, "waiting")
        for key, value in {"loss": [1.0], "notes": ["words"]}.items():
            server.eventually(lambda key=key, value=value: points_of(client, run, key) == value)
        server.eventually(lambda: points_of(client, run, "weights"))
        picture = server.eventually(lambda: points_of(client, run, "frame"))[0]
        assert server.http.get(picture["url"].removeprefix("/api/v1")).headers["content-type"] == "image/png"
        asked = server.eventually(lambda: client.of("control_request"))[0]
        shown = server.http.get(asked["media"][0]["url"].removeprefix("/api/v1"))
        assert (shown.status_code, shown.headers["content-type"]) == (200, "image/png")
        server.post(f"/control-requests/{asked['id']}/answer", {"go": True})
        server.eventually(lambda: [event["state"] for event in client.of("control_request")] == ["open", "answered"])
        answered = server.post(f"/simulations/{run}/query", {"channels": {"gain": 2.5}, "timeout_s": ASK_S})
        assert answered["channels"]["gain"]["triggered"]
        server.eventually(lambda: 2.5 in [e["value"] for e in client.of("channel") if e["key"] == "gain"])
        server.eventually(lambda: 2.5 in points_of(client, run, "gain"))
        assert client.of("log")[0]["text"] == "the first line\n"
        assert client.of("log")[0]["offset"] == 0
        server.eventually(lambda: [e for e in client.of("usage") if e["simulation_id"] == run])
        server.eventually(lambda: server.get("/usage")["runs"][run]["processes"] >= 2)
        server.post(f"/simulations/{run}/stop")
        server.ended(run)
    kinds = {item["key"]: item["kind"] for item in server.get(f"/simulations/{run}/stats")["items"]}
    assert kinds.items() >= {"loss": "scalars", "notes": "text", "weights": "histograms", "frame": "images"}.items()


def test_every_change_is_told_once(server):
    with server.events(event=["simulation", "progress"]) as client:
        run = server.start("Steps")
        server.eventually(lambda: "running" in [event["state"] for event in client.of("simulation")])
        server.eventually(lambda: len(client.of("progress")) > 3)
        server.post(f"/simulations/{run}/stop")
        server.ended(run)
        server.eventually(lambda: "stopped" in [event["state"] for event in client.of("simulation")])
    told = client.of("simulation")
    views = [{name: value for name, value in event.items() if name != "progress"} for event in told]
    # two news of the same list may leave all else as it was
    assert all(one != other or other["news"] for one, other in itertools.pairwise(views)), "told twice"
    states = [view["state"] for view in views]
    assert states.index("stopped") == len(states) - 1
    steps = [event["current"] for event in client.of("progress")]
    assert steps == sorted(steps)


def test_news_of_lists_is_told_when_they_can_be_read(server):
    with server.events(event=["simulation"]) as client:
        run = server.start("Walker", steps=100_000)
        server.until(run, "running")

        def news(name):
            return [event for event in client.of("simulation") if name in event["news"]]

        server.eventually(lambda: news("attempts"))
        assert not news("checkpoints")
        server.post(f"/simulations/{run}/query", {"channels": {"checkpoint": None}})
        server.eventually(lambda: news("checkpoints"))
        assert len(server.get(f"/simulations/{run}/checkpoints")["items"]) == 1
        server.eventually(lambda: server.get(f"/simulations/{run}/interventions")["items"][-1]["acknowledged"])
        server.eventually(lambda: news("interventions"))
        told, tried = len(news("checkpoints")), len(news("attempts"))
        server.post(f"/simulations/{run}/stop")
        server.ended(run)
        server.eventually(lambda: client.of("simulation")[-1]["state"] == "stopped")
        assert server.get(f"/simulations/{run}/attempts")["items"][-1]["ended"]
        assert len(news("attempts")) > tried
        assert len(news("checkpoints")) == told, "told again although nothing is new"


def test_the_end_of_an_attempt_that_it_could_not_tell_itself_is_news_of_the_attempts(server):
    with server.events(event=["simulation"]) as client:
        run = server.start("Walker", steps=100_000)
        server.until(run, "running")
        server.post(f"/simulations/{run}/pause")  # what the worker itself has to tell of its attempt is told
        server.eventually(lambda: client.of("simulation")[-1]["state"] == "paused")
        server.post(f"/simulations/{run}/kill")
        server.ended(run)
        (end,) = server.eventually(lambda: [one for one in client.of("simulation") if one["state"] == "killed"])
        assert "attempts" in end["news"]


def test_a_run_without_a_worker_has_no_channels(server):
    run = server.start("Steps", steps=1)
    server.ended(run)
    assert server.get(f"/simulations/{run}/channels") == {"items": [], "next_cursor": None}
    assert server.http.get("/simulations/gone/channels").status_code == 404


def test_output_of_a_hundred_megabytes_is_told_in_bounded_pieces(server):
    with server.events(event=["log"]) as client:
        run = server.start("PrintsALot")
        server.ended(run)
        server.eventually(lambda: client.of("log") and client.of("log")[-1]["text"].endswith("the last line\n"))
    told = [event for event in client.of("log") if event["stream"] == "stdout"]
    assert all(len(event["text"].encode()) <= LOG_BYTES for event in told)
    assert all(one["next_offset"] <= other["offset"] for one, other in itertools.pairwise(told))
    size = 100 * 1024 * 1024 + len("the last line\n")
    assert told[-1]["size"] == told[-1]["next_offset"] == size
    page = server.get(f"/simulations/{run}/logs")
    assert page["text"].endswith("the last line\n")
    assert page["first_offset"] > 0
    part = server.get(f"/simulations/{run}/logs", offset=size - 10, limit=4)
    assert (part["text"], part["next_offset"]) == ("last", size - 6)


# --- streamers --------------------------------------------------------------------------------------------------------


@pytest.fixture
def numbers(monkeypatch):
    """Register the streamer type of the rehearsals, as an installed plugin would."""
    spec = importlib.util.spec_from_file_location("rehearsed_streamers", REHEARSALS)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "rehearsed_streamers", module)
    spec.loader.exec_module(module)

    class Plugin:
        @hookimpl
        def gymdash_streamers(self):
            return [StreamerType("numbers", "rehearsed_streamers:Numbers", patterns="**/*.numbers")]

    monkeypatch.setattr("gymdash_server.context.build_plugin_manager", partial(build_plugin_manager, extra=[Plugin()]))


def test_streamers_that_plugins_register_are_read_live_also_where_a_pattern_alone_finds_the_file(numbers, server):
    with server.events(event=["points"]) as client:
        run = server.start("WritesNumbers")
        for key in ("known", "loose"):
            server.eventually(lambda key=key: len(points_of(client, run, key)) > 5)
        server.post(f"/simulations/{run}/stop")
        server.ended(run)
        for key in ("known", "loose"):
            stored = server.get(f"/simulations/{run}/points", key=key)
            assert stored["value"][:2] == [1.5, 2.5]
            server.eventually(lambda key=key, stored=stored: points_of(client, run, key) == stored["value"])
    streamers = {item["key"]: item["streamer"] for item in server.get(f"/simulations/{run}/stats")["items"]}
    assert streamers == {"known": "numbers", "loose": "numbers:loose"}


def test_a_stat_that_is_dropped_is_told(numbers, server, settings):
    with server.events(event=["points", "simulation"]) as client:
        run = server.start("WritesNumbers")
        server.eventually(lambda: points_of(client, run, "loose"))
        (settings.project / "sims" / run / "loose").rename(settings.project / "sims" / run / "moved")
        (settings.project / "sims" / run / "moved" / "loose.numbers").unlink()
        assert server.ended(run)["state"] == "failed"  # it has no folder to write to
        server.eventually(lambda: [event for event in client.of("simulation") if "stats" in event["news"]])
        assert "loose" not in {item["key"] for item in server.get(f"/simulations/{run}/stats")["items"]}


def test_what_only_the_runs_code_can_read_is_read_by_a_helper_and_told(server):
    with server.events(event=["points", "simulation"]) as client:
        run = server.start("StreamsLines")
        assert server.ended(run)["state"] == "succeeded"
        assert server.get(f"/simulations/{run}/points", key="lines")["value"] == [1.5, 2.5]
        server.eventually(lambda: points_of(client, run, "lines") == [1.5, 2.5])
        server.eventually(lambda: "succeeded" in [event.get("state") for event in client.of("simulation")])
    assert "rehearsals" not in sys.modules


def test_media_that_a_dead_worker_had_not_indexed_are_served(server):
    run = server.start("FilmsAndDies")
    assert server.ended(run)["state"] == "failed"
    points = server.get(f"/simulations/{run}/points", key="shot")["points"]
    assert [point["step"] for point in points] == [5]
    found = server.http.get(points[0]["url"].removeprefix("/api/v1"))
    assert (found.status_code, found.headers["content-type"], len(found.content)) == (
        200,
        "image/png",
        points[0]["size"],
    )


def test_helper_of_one_run_holds_up_no_other(server, monkeypatch, eventually):
    import threading

    library, waiting, go_on = server.context.library, threading.Event(), threading.Event()
    ask = library._ask_helper

    def slow(run, index):
        waiting.set()
        go_on.wait(WAIT_S)
        return ask(run, index)

    monkeypatch.setattr(library, "_ask_helper", slow)
    with server.events(event=["points", "simulation"]) as client:
        odd = server.start("StreamsLines")
        assert waiting.wait(WAIT_S)
        run = server.start("Steps", steps=20)
        eventually(lambda: "succeeded" in [e["state"] for e in client.of("simulation") if e["simulation_id"] == run])
        assert len(points_of(client, run, "height")) == 20
        assert "succeeded" not in [e["state"] for e in client.of("simulation") if e["simulation_id"] == odd]
        go_on.set()
        eventually(lambda: "succeeded" in [e["state"] for e in client.of("simulation") if e["simulation_id"] == odd])


# --- runs of others ---------------------------------------------------------------------------------------------------


def test_runs_of_a_script_appear_stream_and_can_be_asked_and_stopped(server, settings):
    with SimulationTracker(settings.project) as tracker, server.events() as client:
        run = str(tracker.start("custom_control", name="mine", poll_period=0.01, total_runtime=600))
        server.eventually(lambda: points_of(client, run, "my_number"))
        assert [item["name"] for item in server.get("/simulations")["items"]] == ["mine"]
        answer = server.post(f"/simulations/{run}/query", {"channels": {"progress": None}, "timeout_s": ASK_S})
        assert answer["channels"]["progress"]["triggered"]
        server.post(f"/simulations/{run}/stop")
        assert server.ended(run)["state"] == "stopped"
        stored = server.get(f"/simulations/{run}/points", key="my_number")
        server.eventually(lambda: points_of(client, run, "my_number") == stored["value"])
        assert str(tracker.view(run).state) == "stopped"
        done = server.get(f"/simulations/{run}/interventions")["items"]
        assert [(item["event"], item["by"], item["outcome"]) for item in done if item["event"] == "stop"] == [
            ("stop", "python-httpx", "stopped")
        ]


def test_run_that_a_script_removes_vanishes_and_is_told(server, settings):
    with SimulationTracker(settings.project) as tracker, server.events(event=["simulation"]) as client:
        run = tracker.start("custom_control", total_runtime=0)
        tracker.wait(run)
        server.ended(str(run))
        tracker.project.remove_run(tracker.project.run(run))
        server.eventually(lambda: [event for event in client.of("simulation") if event.get("deleted")])
    assert server.http.get(f"/simulations/{run}").status_code == 404
    assert not (settings.project_folder.points_index / str(run)).exists()


# --- the index is only an index ---------------------------------------------------------------------------------------


def test_database_and_points_are_each_made_anew_without_the_other(serving, settings):
    with serving() as server:
        run = server.start("Quick", count=50)
        before = server.ended(run)
        points = server.get(f"/simulations/{run}/points", key="many")
        statuses = server.get(f"/simulations/{run}/statuses")
    shutil.rmtree(settings.project_folder.points_index)
    with serving() as server:
        again = server.get(f"/simulations/{run}/points", key="many")
        assert again["value"] == points["value"]
        assert again["series"] != points["series"]
        refused = server.http.get(f"/simulations/{run}/points", params={"key": "many", "cursor": points["cursor"]})
        assert refused.status_code == 422
    for file in settings.project_folder.database.parent.glob("simulations.db*"):
        file.unlink()
    with serving() as server:
        assert server.get(f"/simulations/{run}") == before
        assert server.get(f"/simulations/{run}/statuses") == statuses
        assert server.get(f"/simulations/{run}/points", key="many")["series"] == again["series"]


def test_points_of_a_live_run_go_on_with_the_same_ordinals_after_a_restart(serving):
    with serving() as server:
        run = server.start("Steps")
        server.eventually(lambda: server.http.get(f"/simulations/{run}/points?key=height").status_code == 200)
        first = server.get(f"/simulations/{run}/points", key="height")
    with serving() as server, server.events(event=["points"]) as client:
        second = server.get(f"/simulations/{run}/points", key="height", cursor=first["cursor"])
        assert (second["series"], second["from"]) == (first["series"], first["to"])
        server.eventually(lambda: len(client.of("points")) > 3)
        server.post(f"/simulations/{run}/stop")
        server.ended(run)
        whole = server.get(f"/simulations/{run}/points", key="height")
        assert whole["value"] == [float(n) for n in range(whole["total"])]
        heard = client.of("points")
        assert all(one["to"] == other["from"] for one, other in itertools.pairwise(heard))


def test_indexes_of_runs_that_are_gone_are_removed_at_the_start(serving, settings):
    orphan = settings.project_folder.points_index / "6f9619ff-8b86-4011-b42d-00c04fc964ff"
    orphan.mkdir(parents=True)
    with serving():
        assert not orphan.exists()
