"""Rules of `gymdash_server.live.hub`: each event once, in order, at each client's own pace."""

from __future__ import annotations

import asyncio
import json
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gymdash_server.live import hub as module
from gymdash_server.live.hub import Hub, Interest

ALL = Interest()


def parse(data):
    """Return (event, id, data) of each event in some bytes."""
    found = []
    for block in data.decode().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if fields:
            found.append((fields["event"], fields["id"], json.loads(fields["data"])))
    return found


async def heard(hub, subscription):
    """Return what waits for a client, and what comes behind it, to the end of the stream."""
    hub.close()
    return [event async for data in subscription.chunks() for event in parse(data)]


def names(events):
    return [name for name, _, _ in events]


def test_client_hears_hello_and_then_all_that_comes():
    async def story():
        hub = Hub()
        hub.publish("simulation", {"n": 0}, "r")
        client = hub.subscribe(ALL, {"version": "1"})
        hub.publish("simulation", {"n": 1}, "r")
        hub.publish("usage", {"n": 2})
        return hub, await heard(hub, client)

    hub, events = asyncio.run(story())
    assert names(events) == ["hello", "simulation", "usage"]
    assert [identity for _, identity, _ in events] == [f"{hub.boot}-{n}" for n in (1, 2, 3)]
    assert events[0][2] == {"boot": hub.boot, "version": "1"}
    assert events[1][2] == {"simulation_id": "r", "n": 1}


@given(st.lists(st.sampled_from(["simulation", "points", "log"]), max_size=30), st.integers(0, 30), st.integers(0, 12))
@settings(deadline=None, max_examples=40)
def test_replay_is_what_was_missed_or_a_resync(published, seen, buffer):
    async def story():
        hub = Hub(buffer=buffer)
        for name in published:
            hub.publish(name, {}, "r")
        client = hub.subscribe(ALL, {}, f"{hub.boot}-{seen}")
        data, _ = client._collect()
        return parse(data)[1:]

    events = asyncio.run(story())
    numbered = list(enumerate(published, 1))
    kept = [(number, name) for number, name in numbered if name != "points"]
    missed = [(number, name) for number, name in kept if number > seen]
    if seen > len(published) or any(item not in kept[len(kept) - min(buffer, len(kept)) :] for item in missed):
        assert names(events) == ["resync"]
    else:
        assert [(int(identity.partition("-")[2]), name) for name, identity, _ in events] == missed


@pytest.mark.parametrize(
    "last", ["other-3", "", "x", "{boot}-", "{boot}--1", "{boot}-9", "{boot}-1e3", "{boot}-" + "9" * 40]
)
def test_id_that_was_never_given_is_answered_with_a_resync(last):
    async def story():
        hub = Hub()
        hub.publish("simulation", {}, "r")
        return parse(hub.subscribe(ALL, {}, last.format(boot=hub.boot))._collect()[0])

    assert names(asyncio.run(story())) == ["hello", "resync"]


def test_points_are_not_replayed():
    async def story():
        hub = Hub()
        hub.publish("points", {}, "r")
        hub.publish("log", {}, "r")
        return parse(hub.subscribe(ALL, {}, f"{hub.boot}-0")._collect()[0])

    assert names(asyncio.run(story())) == ["hello", "log"]


def test_filters_hold_for_live_and_replayed_events():
    async def story():
        hub = Hub()
        interest = Interest(frozenset({"a"}), frozenset({"log", "usage"}))
        for run in ("a", "b", None):
            for event in ("log", "simulation", "usage"):
                hub.publish(event, {}, run)
        late = hub.subscribe(interest, {}, f"{hub.boot}-0")
        live = hub.subscribe(interest, {})
        for run in ("a", "b", None):
            for event in ("log", "simulation", "usage"):
                hub.publish(event, {}, run)
        wanted = hub.wants("log", "a"), hub.wants("log", "b"), hub.wants("simulation", "a"), hub.wants("usage")
        return [parse(client._collect()[0]) for client in (late, live)], wanted

    (late, live), wanted = asyncio.run(story())
    once = [("log", "a"), ("usage", "a"), ("log", None), ("usage", None)]
    assert [(name, data["simulation_id"]) for name, _, data in live[1:]] == once
    assert [(name, data["simulation_id"]) for name, _, data in late[1:]] == once * 2
    assert wanted == (True, False, False, True)


def test_slow_client_loses_all_that_waits_and_goes_on_after_a_resync():
    async def story():
        hub = Hub(client_bytes=2000)
        slow, quick = hub.subscribe(ALL, {}), hub.subscribe(ALL, {})
        got = []
        for n in range(40):
            hub.publish("log", {"n": n, "text": "x" * 100}, "r")
            got += parse(quick._collect()[0])
        first = parse(slow._collect()[0])
        hub.publish("log", {"n": 40}, "r")
        return hub, got, first, parse(slow._collect()[0])

    hub, quick, slow, after = asyncio.run(story())
    assert [data.get("n") for _, _, data in quick[1:]] == list(range(40))
    assert slow[0][0] == "resync"
    number = int(slow[0][1].removeprefix(f"{hub.boot}-"))
    assert [data["n"] for _, _, data in slow[1:]] == list(range(number, 40)), "a gap behind the resync"
    assert [data["n"] for _, _, data in after] == [40]


def test_event_that_is_larger_than_what_may_wait_becomes_a_resync():
    async def story():
        hub = Hub(client_bytes=1024)
        client = hub.subscribe(ALL, {})
        hub.publish("log", {"text": "x" * 4000}, "r")
        return parse(client._collect()[0])

    events = asyncio.run(story())
    assert names(events) == ["resync"]
    assert "too large" in events[0][2]["reason"]


def test_what_is_kept_for_those_who_come_back_is_bounded_in_bytes_too():
    async def story():
        hub = Hub(buffer_bytes=2000)
        for n in range(40):
            hub.publish("log", {"n": n, "text": "x" * 100}, "r")
        kept = list(hub._kept)
        back = [hub.subscribe(ALL, {}, f"{hub.boot}-{kept[0].number - n}") for n in (1, 2)]
        hub.publish("log", {"text": "x" * 4000}, "r")
        after = hub.subscribe(ALL, {}, f"{hub.boot}-40"), hub.subscribe(ALL, {}, f"{hub.boot}-41")
        return kept, [parse(client._collect()[0])[1:] for client in (*back, *after)]

    kept, (whole, cut, missed, nothing) = asyncio.run(story())
    assert 2000 - max(len(event.data) for event in kept) < sum(len(event.data) for event in kept) <= 2000
    assert [data["n"] for name, _, data in whole if "n" in data] == [event.number - 1 for event in kept]
    assert (names(cut)[0], names(missed), nothing) == ("resync", ["resync"], [])


def test_client_that_never_reads_blocks_nobody():
    async def story():
        hub = Hub(client_bytes=4096)
        hub.subscribe(ALL, {})
        reader = hub.subscribe(ALL, {})
        done = threading.Event()

        def publish():
            for n in range(2000):
                hub.publish("simulation", {"n": n}, "r")
            done.set()

        threading.Thread(target=publish).start()
        seen, last = [], ""
        while last != f"{hub.boot}-2000":  # the event itself, or a resync in its place: this reader may be slow, too
            events = parse(await asyncio.wait_for(anext(reader.chunks()), 60))
            seen += [data["n"] for name, _, data in events if name == "simulation"]
            last = events[-1][1] if events else last
        assert done.wait(60)
        return seen

    seen = asyncio.run(story())
    assert seen == sorted(set(seen))


def test_close_ends_all_streams_and_those_that_begin_later():
    async def story():
        hub = Hub()
        one = hub.stream(ALL, {})
        assert parse(await anext(one))
        assert hub.clients == 1
        threading.Thread(target=hub.close).start()
        rest = [chunk async for chunk in one]
        late = [chunk async for chunk in hub.stream(ALL, {})]
        return hub.clients, rest, late

    clients, rest, late = asyncio.run(story())
    assert clients == 0
    assert rest == []
    assert names(parse(b"".join(late))) == ["hello"]


def test_stream_that_is_never_begun_or_is_left_leaves_nothing_behind():
    async def story():
        hub = Hub()
        await hub.stream(ALL, {}).aclose()
        begun = hub.stream(ALL, {})
        await anext(begun)
        assert hub.clients == 1
        await begun.aclose()
        return hub.clients

    assert asyncio.run(story()) == 0


def test_silence_is_broken_by_comments(monkeypatch):
    monkeypatch.setattr(module, "HEARTBEAT_S", 0.01)

    async def story():
        stream = Hub().stream(ALL, {})
        return [await anext(stream) for _ in range(3)]

    first, *rest = asyncio.run(story())
    assert names(parse(first)) == ["hello"]
    assert all(chunk.startswith(b":") for chunk in rest)


def test_events_that_come_together_go_out_together():
    async def story():
        hub = Hub()
        client = hub.subscribe(ALL, {})
        for n in range(50):
            hub.publish("log", {"n": n}, "r")
        return await anext(client.chunks())

    assert len(parse(asyncio.run(story()))) == 51


def test_non_finite_numbers_are_their_names():
    async def story():
        hub = Hub()
        client = hub.subscribe(ALL, {})
        hub.publish("channel", {"value": [float("nan"), float("-inf")]}, "r")
        return parse(client._collect()[0])[1][2]

    assert asyncio.run(story())["value"] == ["NaN", "-Infinity"]
