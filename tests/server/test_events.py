"""The fields of every event are those that the reference names."""

from __future__ import annotations

import re
from pathlib import Path

from gymdash_server.app import create_app
from gymdash_server.live.hub import EVENTS
from gymdash_server.settings import Settings

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "events.md"
#: Not in every event of its name.
SOMETIMES = {"deleted", "points", "machine"}


def documented():
    """Return the fields of each event: of its table, and of the schema that it holds all fields of."""
    schemas = create_app(Settings(project="unused", token="t")).openapi()["components"]["schemas"]
    _, *parts = re.split(r"^## (.*)$", PAGE.read_text(), flags=re.MULTILINE)
    found = {}
    for name, text in zip(parts[::2], parts[1::2], strict=True):
        fields = set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))
        for schema in re.findall(r"All fields of \[(\w+)\]", text):
            fields |= set(schemas[schema]["properties"])
        found[name] = fields
    return found


def test_every_event_has_the_fields_of_the_reference(shared):
    with shared.events() as reader, shared.events() as other:
        run = shared.start("Walker", ask_at=50)
        shared.until(run, "waiting")
        (asked,) = shared.get("/control-requests", open=True, simulation=run)["items"]
        shared.post(f"/control-requests/{asked['id']}/answer", {"go": True})
        shared.post(f"/simulations/{run}/query", {"channels": {"gain": 3.0}})
        printed, filmed = shared.start("PrintsALot"), shared.start("FilmsAndDies")
        for name in set(EVENTS) - {"resync"}:
            shared.eventually(lambda name=name: reader.of(name))
        shared.eventually(lambda: any("points" in event for event in reader.of("points")))
        shared.eventually(lambda: len([e for e in reader.of("usage") if e["simulation_id"] == run]) > 1)
        shared.post(f"/simulations/{run}/stop")
        for one in (run, printed, filmed):
            shared.ended(one)
        assert shared.http.delete(f"/simulations/{run}", params={"purge": True}).status_code == 204
        shared.eventually(lambda: any("deleted" in event for event in reader.of("simulation")))
        shared.context.hub._subscriptions[0].put(shared.context.hub._resync("this client was too slow"))
        shared.eventually(lambda: reader.of("resync") or other.of("resync"))
        seen = reader.heard + [event for event in other.heard if event[0] == "resync"]
    fields = documented()
    for name in EVENTS:
        events = [data for event, _, data in seen if event == name]
        assert {field for event in events for field in event} == fields[name], name
        whole = [event for event in events if not (event.keys() & SOMETIMES)]
        assert all(set(event) == fields[name] - SOMETIMES for event in whole), name
