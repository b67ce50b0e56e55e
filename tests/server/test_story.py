"""The story of the server: start, ask, read live from two clients, answer, stop."""

from __future__ import annotations

WAIT_S = 60


def test_two_clients_see_every_point_of_a_run_that_asks_and_is_stopped(server):
    with server.events() as one, server.events() as other:
        run = server.start(interactive=True, poll_period=0.02, total_runtime=600)
        server.until(run, "waiting")
        question = server.get("/control-requests", open=True)["items"][0]
        assert (question["simulation_id"], question["channel"]) == (run, "custom_query")
        answered = server.post(f"/control-requests/{question['id']}/answer", {"continue": True})
        assert answered["state"] == "answered"
        server.post(f"/control-requests/{question['id']}/answer", {"continue": True}, status=409)
        server.eventually(lambda: len(points_of(one, run)) > 20)
        assert server.post(f"/simulations/{run}/stop")["state"] in {"stopping", "stopped"}
        assert server.ended(run)["state"] == "stopped"
        stored = server.get(f"/simulations/{run}/points", key="my_number")
        for client in (one, other):
            server.eventually(lambda client=client: len(points_of(client, run)) == stored["total"])
            assert points_of(client, run) == stored["value"]
            server.eventually(lambda client=client: "stopped" in [one["state"] for one in client.of("simulation")])


def points_of(client, run):
    found, expected = [], 0
    for event in client.of("points"):
        if event["simulation_id"] == run and event["key"] == "my_number":
            assert event["from"] == expected
            expected = event["to"]
            found += event["value"]
    return found
