"""Clients that do not read, and requests that never end."""

from __future__ import annotations

import contextlib
import signal
import socket

import psutil
import pytest

from gymdash_server.settings import Settings
from live_servers import TOKEN


@pytest.fixture
def narrow(tmp_path, serve_at):
    """A server that keeps little for a slow client."""
    settings = Settings(project=tmp_path / "project", port=0, token=TOKEN, client_bytes=64 << 10, usage_period_s=0.2)
    with serve_at(settings) as made:
        yield made


def test_a_client_that_never_reads_disturbs_nobody_and_is_told_to_read_anew(narrow):
    hub, port = narrow.context.hub, int(narrow.url.rpartition(":")[2])
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.connect(("127.0.0.1", port))
    request = f"GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\n\r\n"
    deaf.sendall(request.encode())
    narrow.eventually(lambda: hub.clients == 1)
    memory = psutil.Process().memory_info().rss
    with narrow.events(event=["log"]) as other:
        text = "x" * 10_000
        for number in range(900):
            hub.publish("log", {"number": number, "text": text}, None)
            if number % 4 == 3:  # 40 KB at a time: who reads has no reason to fall behind
                narrow.eventually(lambda number=number: len(other.of("log")) == number + 1)
        assert [event["number"] for event in other.of("log")] == list(range(900))
        assert not other.of("resync")
    assert psutil.Process().memory_info().rss - memory < 100 << 20
    (slow,) = [item for item in hub._subscriptions if item._size]
    assert slow._size <= 64 << 10
    narrow.eventually(
        lambda: (hub.publish("log", {"text": text}), hub.clients == 1)[1]
    )  # who has left is seen at a write
    deaf.settimeout(10)
    found = b""
    while b"event: resync" not in found[-200_000:]:
        found += deaf.recv(65536)
    assert b"this client was too slow" in found
    deaf.close()
    narrow.eventually(lambda: (hub.publish("log", {"text": text}), hub.clients == 0)[1])


def test_a_server_with_a_client_that_never_reads_ends(spawn):
    server = spawn()
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2]))) as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        request = f"GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\n\r\n"
        deaf.sendall(request.encode())
        run = server.start("PrintsALot")
        server.ended(run)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(60) == 0


def test_a_request_that_never_comes_to_its_end_holds_up_nobody(server):
    port = int(server.url.rpartition(":")[2])
    with contextlib.ExitStack() as stack:
        for _ in range(60):
            half = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            half.sendall(
                f"POST /api/v1/simulations HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\n"
                "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{".encode()
            )
        assert server.get("/health")["status"] == "ok"
