"""Requests as they are written, byte for byte, and answers as they come: what no client library would send or show."""

from __future__ import annotations

import json
import socket

from live_servers import TOKEN, WAIT_S

BEARER = f"Authorization: Bearer {TOKEN}"
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
NOBODY = "00000000-0000-4000-8000-000000000000"


class Raw:
    """An answer, as it came over the wire."""

    def __init__(self, data):
        head, _, self.body = data.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        self.status = int(first.split(" ")[1])
        self.headers = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]

    def all(self, name):
        return [value for key, value in self.headers if key == name]

    def __getitem__(self, name):
        (value,) = self.all(name)
        return value


def send(server, head, body=b""):
    """Send a request as it is written and return the answer; the connection is closed behind it."""
    with socket.create_connection(("127.0.0.1", port_of(server)), WAIT_S) as connection:
        lines = [line.strip() for line in head.strip().splitlines()]
        connection.sendall("\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1") + body)
        found = b""
        while chunk := connection.recv(65536):
            found += chunk
            if found.startswith(b"HTTP/1.1 200") and b"text/event-stream" in found and b"event: hello" in found:
                break  # a stream never ends by itself
    return Raw(found)


def port_of(server):
    return int(server.url.rpartition(":")[2])


def ask(server, method="GET", path="/api/v1/health", *headers, host=None):
    named = [f"Host: {host if host is not None else f'127.0.0.1:{port_of(server)}'}"]
    return send(server, "\n".join([f"{method} {path} HTTP/1.1", *named, *headers]))


def problem(answer):
    assert answer["content-type"] == "application/problem+json"
    return json.loads(answer.body)
