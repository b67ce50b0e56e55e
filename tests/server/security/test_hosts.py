"""Host: DNS rebinding (CVE-2025-14279)."""

from __future__ import annotations

import pytest

from gymdash_server.auth.guard import GuardRules
from live_servers import TOKEN
from raw_http import BEARER, METHODS, ask, port_of, send


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "LocalHost", "[::1]", "[0:0:0:0:0:0:0:1]"])
@pytest.mark.parametrize("with_port", [True, False])
def test_every_loopback_name_is_a_host(shared, name, with_port):
    assert ask(shared, path="/x", host=f"{name}:{port_of(shared)}" if with_port else name).status == 401


FORGED = [
    "evil.example",
    "evil.example:8888",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "localhost.",
    "evil@localhost",
    "localhost@evil.example",
    "localhost/evil.example",
    "localhost#evil.example",
    "localhost?evil.example",
    "localhost\\evil.example",
    "localhost evil.example",
    "localhost,evil.example",
    "localhost:80:80",
    "localhost:http",
    "localhost:",
    "localhost:99999",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0.0.0.0",
    "[::]",
    "[::1",
    "::1",
    "[::1%25lo]",
    "[::ffff:127.0.0.1]",
    "192.168.0.1",
    "",
    "\xb2",
]


@pytest.mark.parametrize("host", FORGED)
@pytest.mark.parametrize("path", ["/", "/api/v1/health", "/api/v1/events"])
def test_a_forged_host_is_refused_also_with_the_token(shared, host, path):
    answer = ask(shared, "GET", path, BEARER, host=host)
    assert answer.status in {400, 421}
    assert TOKEN.encode() not in answer.body


def test_a_forged_host_is_refused_on_every_method(shared):
    for method in METHODS:
        assert ask(shared, method, "/api/v1/simulations", BEARER, host="evil.example").status == 421
    answer = ask(shared, "GET", f"/?token={TOKEN}", host="evil.example")
    assert answer.status == 421
    assert not answer.all("set-cookie")


def test_two_hosts_or_none_are_refused(shared):
    good = f"127.0.0.1:{port_of(shared)}"
    for second in ("evil.example", good):
        assert ask(shared, "GET", "/api/v1/health", BEARER, f"Host: {second}").status in {400, 421}
    assert send(shared, f"GET /api/v1/health HTTP/1.1\n{BEARER}").status in {400, 421}
    assert send(shared, f"GET /api/v1/health HTTP/1.0\n{BEARER}").status in {400, 421}


def test_the_host_counts_and_not_the_address_in_the_request_line(shared):
    assert ask(shared, "GET", "http://localhost/api/v1/health", BEARER, host="evil.example").status == 421


def test_forwarded_names_are_not_believed(shared):
    headers = ["X-Forwarded-Host: localhost", "Forwarded: host=localhost", "X-Forwarded-For: 127.0.0.1"]
    assert ask(shared, "GET", "/api/v1/health", BEARER, *headers, host="evil.example").status == 421


@pytest.mark.parametrize(
    ("host", "allowed", "good", "bad"),
    [
        ("192.168.0.7", (), "192.168.0.7", "192.168.0.8"),
        ("fe80:0:0::1", (), "fe80::1", "fe80::2"),
        ("127.0.0.1", ("GPU-Box.example",), "gpu-box.example", "box.example"),
        ("0.0.0.0", (), "localhost", "0.0.0.0"),
        ("::", (), "localhost", "::"),
        ("", (), "localhost", ""),
    ],
)
def test_a_server_answers_to_its_address_and_to_allowed_names(host, allowed, good, bad):
    rules = GuardRules.of("t", host, allowed, 1024)
    assert good in rules.hosts
    assert bad not in rules.hosts
