"""What the server refuses: it starts processes, so each incident of its kind elsewhere is a test here."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import socket
import stat
import sys
import uuid
from pathlib import Path

import httpx
import pytest

import gymdash_core
import gymdash_server
from gymdash_core.meta import LaunchRecord
from gymdash_core.project import RunFolder
from gymdash_core.stats.media_index import media_id
from gymdash_server.auth.guard import GuardRules
from gymdash_server.errors import UnsafeBindError
from gymdash_server.serving import serve
from gymdash_server.settings import Settings

TOKEN = "a-token-of-the-tests"
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
    with socket.create_connection(("127.0.0.1", port_of(server)), 10) as connection:
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


# --- Host: DNS rebinding (CVE-2025-14279) ----------------------------------------------------------------------------


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


# --- Origin: cross-site requests (CVE-2025-1473, CVE-2026-27482, Gradio 13594) ---------------------------------------


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("path", ["/", "/api/v1/simulations", "/api/v1/events"])
def test_another_origin_is_refused_on_every_method_and_on_the_stream(shared, method, path):
    port = port_of(shared)
    origins = ["https://evil.example", "null", "", "file://", f"http://localhost:{port}", f"https://127.0.0.1:{port}"]
    for origin in [
        *origins,
        f"http://127.0.0.1:{port + 1}",
        "http://127.0.0.1",
        f"http://127.0.0.1:{port}.evil.example",
    ]:
        answer = ask(shared, method, path, BEARER, f"Origin: {origin}")
        assert answer.status == 403, origin
        assert not [name for name, _ in answer.headers if name.startswith("access-control-")]


def test_the_origin_is_compared_with_a_host_that_was_checked_before(shared):
    answer = ask(shared, "POST", "/api/v1/simulations", BEARER, "Origin: http://evil.example", host="evil.example")
    assert answer.status == 421


def test_two_origins_are_refused(shared):
    own = f"Origin: http://127.0.0.1:{port_of(shared)}"
    assert ask(shared, "GET", "/api/v1/health", BEARER, own).status == 200
    assert ask(shared, "GET", "/api/v1/health", BEARER, own, own).status == 403


def test_a_page_of_this_server_may_do_everything(shared):
    own = f"Origin: {shared.url}"
    assert ask(shared, "GET", "/api/v1/events", BEARER, own).status == 200
    assert ask(shared, "POST", "/api/v1/simulations", BEARER, own, "Content-Length: 0").status == 422


def test_no_answer_allows_another_site_to_read_it(shared):
    preflight = ["Access-Control-Request-Method: POST", "Access-Control-Request-Headers: authorization"]
    for method, path, headers in [
        ("GET", "/", []),
        ("GET", "/api/v1/health", []),
        ("GET", "/api/v1/nothing", []),
        ("GET", "/api/v1/events", []),
        ("OPTIONS", "/api/v1/simulations", preflight),
        ("POST", "/api/v1/simulations", []),
    ]:
        for token in ([], [BEARER]):
            answer = ask(shared, method, path, *token, *headers)
            assert not [name for name, _ in answer.headers if name.startswith("access-control-")]
            assert answer["cross-origin-resource-policy"] == "same-origin"


# --- the token (CVE-2023-48022: an API that starts jobs, without one) ------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        [],
        ["Authorization: Bearer"],
        ["Authorization: Bearer "],
        ["Authorization: Bearer wrong"],
        [f"Authorization: Bearer {TOKEN[:-1]}"],
        [f"Authorization: Bearer {TOKEN}x"],
        [f"Authorization: Bearer {TOKEN.upper()}"],
        [f"Authorization: Basic {TOKEN}"],
        [f"Authorization: {TOKEN}"],
        [f"Authorization: Bearer {TOKEN}, Bearer {TOKEN}"],
        [BEARER, BEARER],
        [BEARER, "Authorization: Bearer wrong"],
        ["Authorization: Bearer wrong", f"Cookie: gymdash-PORT={TOKEN}"],
        [BEARER, BEARER, f"Cookie: gymdash-PORT={TOKEN}"],
        [f"X-Token: {TOKEN}"],
        [f"Cookie: gymdash={TOKEN}"],
        [f"Cookie: gymdash-1={TOKEN}"],
        ["Cookie: gymdash-PORT=wrong"],
        ["Cookie: gymdash-PORT="],
        ["Authorization: Bearer \xff\xfe"],
    ],
)
def test_no_or_a_wrong_token_is_refused_everywhere(shared, headers):
    sent = [header.replace("PORT", str(port_of(shared))) for header in headers]
    for method, path in [
        *((method, "/api/v1/simulations") for method in METHODS),
        ("GET", "/"),
        ("GET", "/enter.js"),
        ("GET", "/api/v1/health"),
        ("GET", "/api/v1/openapi.json"),
        ("GET", "/api/v1/events"),
        ("GET", "/no-such-path"),
        ("GET", f"/api/v1/simulations/{NOBODY}/media/{'0' * 32}"),
    ]:
        answer = ask(shared, method, path, *sent)
        assert answer.status == 401
        assert answer["www-authenticate"].startswith("Bearer")
        assert TOKEN.encode() not in answer.body


@pytest.mark.parametrize("header", [BEARER, BEARER.lower().replace(TOKEN.lower(), TOKEN)])
def test_the_token_lets_in(shared, header):
    assert ask(shared, "GET", "/api/v1/health", header).status == 200


def test_the_token_is_compared_in_constant_time():
    source = (Path(gymdash_server.__file__).parent / "auth" / "guard.py").read_text()
    tree = ast.parse(source)
    compared = [
        ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Compare) and "token" in ast.unparse(node)
    ]
    assert compared == []
    assert "hmac.compare_digest" in source


def test_the_address_with_the_token_sets_a_cookie_and_goes_on_without_it(shared):
    answer = ask(shared, "GET", f"/?token={TOKEN}")
    assert answer.status == 200
    port = port_of(shared)
    assert set(answer["set-cookie"].split("; ")) == {f"gymdash-{port}={TOKEN}", "Path=/", "HttpOnly", "SameSite=Strict"}
    assert answer["cache-control"] == "no-store"
    assert answer["referrer-policy"] == "no-referrer"
    assert TOKEN.encode() not in answer.body
    script = re.search(rb'<script src="([^"]+)"', answer.body)[1].decode()
    cookie = f"Cookie: other=1; gymdash-{port}={TOKEN}"
    entered = ask(shared, "GET", script, cookie)
    assert (entered.status, entered["content-type"].partition(";")[0]) == (200, "text/javascript")
    assert b"location.replace(" in entered.body
    assert b"search" not in entered.body, "the next address must not carry the token"
    for path in ("/", "/api/v1/health", "/api/v1/events"):
        assert ask(shared, "GET", path, cookie).status == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/?token=wrong"),
        ("GET", "/?token="),
        ("GET", f"/?token=wrong&token={TOKEN}"),
        ("GET", f"/?Token={TOKEN}"),
        ("POST", f"/?token={TOKEN}"),
        ("HEAD", f"/?token={TOKEN}"),
        ("GET", f"/index.html?token={TOKEN}"),
        ("GET", f"//?token={TOKEN}"),
        ("GET", f"/api/v1/health?token={TOKEN}"),
        ("GET", f"/api/v1/events?token={TOKEN}"),
        ("GET", f"/api/v1/health?access_token={TOKEN}"),
        ("POST", f"/api/v1/simulations?token={TOKEN}"),
    ],
)
def test_nothing_else_takes_the_token_from_the_address(shared, method, path):
    answer = ask(shared, method, path)
    assert answer.status == 401
    assert not answer.all("set-cookie")


@pytest.mark.parametrize("token", ["a b", "a;b", "ä", "a,b", 'a"b', "a\r\nX: y", " ", "\x7f"])
def test_a_token_that_no_header_or_cookie_can_carry_is_refused(tmp_path, token):
    with pytest.raises(ValueError, match="token"):
        Settings(project=tmp_path, token=token)


def test_a_token_is_made_where_none_is_given(tmp_path):
    one, other = Settings(project=tmp_path), Settings(project=tmp_path)
    assert len(one.secret) >= 32
    assert one.secret != other.secret
    assert one.secret == one.secret


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.168.0.7", "gpu-box.example"])
def test_an_address_that_others_reach_needs_a_configured_token(tmp_path, host):
    with pytest.raises(UnsafeBindError, match="--token"):
        serve(Settings(project=tmp_path / "project", host=host, port=0), lambda _: None)
    assert not (tmp_path / "project").exists()


def test_the_file_with_the_token_is_for_its_owner_alone(tmp_path, monkeypatch):
    from gymdash_server.context import Context
    from gymdash_server.serving import _announced

    old = os.umask(0)
    try:
        with Context(Settings(project=tmp_path, token=TOKEN)) as context:
            with _announced(context, "http://127.0.0.1:1"):
                assert stat.S_IMODE((tmp_path / "server.json").stat().st_mode) == 0o600
            assert not (tmp_path / "server.json").exists()
    finally:
        os.umask(old)


# --- nothing changes by GET (CVE-2025-1473) --------------------------------------------------------------------------


def snapshot(project):
    """Everything in a project but what the server's clock writes."""
    skipped = {"usage.jsonl", "simulations.db-wal", "simulations.db-shm", "simulations.db"}
    files = [path for path in project.path.rglob("*") if path.is_file() and path.name not in skipped]
    return {str(path): path.read_bytes() for path in files if "points" not in path.parts}


def test_no_get_changes_anything(shared):
    run = shared.start("Walker", steps=5)
    shared.ended(run)
    document = shared.get("/openapi.json")
    values = {"simulation_id": run, "media_id": "0" * 32, "request_id": "x"}
    gets = [path for path, operations in document["paths"].items() if "get" in operations and path != "/api/v1/events"]
    assert len(gets) >= 18

    def look():
        for path in gets:
            for query in ("", "?key=height", "?open=true"):
                answer = shared.http.get(path.removeprefix("/api/v1").format(**values) + query)
                assert answer.status_code < 500
        return shared.get("/simulations"), shared.get(f"/simulations/{run}/statuses")

    first, before = look(), snapshot(shared.context.project)
    assert look() == first
    assert snapshot(shared.context.project) == before


def test_commands_are_no_gets(shared):
    run = shared.start("Walker", steps=5)
    shared.ended(run)
    document = shared.get("/openapi.json")
    for path, operations in document["paths"].items():
        if "post" in operations and "get" not in operations:
            address = path.format(simulation_id=run, request_id="x")
            for method in ("GET", "HEAD", "OPTIONS", "PUT"):
                answer = ask(shared, method, address, BEARER)
                known = address == "/api/v1/simulations/batch" and method == "GET"  # taken for a run of that id
                assert answer.status in ({404} if known else {405}), (method, address)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_a_form_of_another_site_is_no_command(shared, kind):
    before = shared.get("/health")["simulations"]
    body = b'{"key": "custom_control"}'
    head = ["POST /api/v1/simulations HTTP/1.1", "Host: 127.0.0.1", BEARER, f"Content-Type: {kind}"]
    answer = send(shared, "\n".join([*head, f"Content-Length: {len(body)}"]), body)
    assert answer.status == 422
    assert "send it with Content-Type: application/json" in problem(answer)["detail"]
    assert shared.get("/health")["simulations"] == before


def test_head_and_options_are_answered_in_words(shared):
    for method in ("HEAD", "OPTIONS", "TRACE", "CONNECT", "FOO"):
        answer = ask(shared, method, "/api/v1/health", BEARER)
        assert answer.status in {400, 405}
        if answer.status == 405:
            assert "GET" in answer["allow"]


# --- bodies ----------------------------------------------------------------------------------------------------------


def post(server, path, body, *headers, length=True):
    size = [f"Content-Length: {len(body)}"] if length else []
    head = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", BEARER, "Content-Type: application/json", *size, *headers]
    return send(server, "\n".join(head), body)


def chunked(body, size=65536):
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


@pytest.fixture(scope="module")
def small(tmp_path_factory, serve_at):
    """A server that takes bodies of a KiB."""
    with serve_at(Settings(project=tmp_path_factory.mktemp("small"), port=0, token=TOKEN, max_body_bytes=1024)) as made:
        yield made


def test_a_body_that_says_it_is_too_large_is_refused_unread(small):
    answer = post(small, "/api/v1/simulations", b"", "Content-Length: 100000000", length=False)
    assert answer.status == 413
    assert "1024" in problem(answer)["detail"]


@pytest.mark.parametrize(
    "path", ["/api/v1/simulations", "/api/v1/simulations/batch", "/api/v1/control-requests/x/answer"]
)
def test_a_body_without_a_length_is_cut_off(small, path):
    body = b'{"key": "' + b"x" * 100_000 + b'"}'
    answer = post(small, path, chunked(body), "Transfer-Encoding: chunked", length=False)
    assert answer.status == 413
    assert "1024" in problem(answer)["detail"]


def test_a_body_within_the_limit_is_taken_in_chunks(small):
    answer = post(
        small, "/api/v1/simulations", chunked(b'{"key": "nothing"}', 3), "Transfer-Encoding: chunked", length=False
    )
    assert answer.status == 404


@pytest.mark.parametrize("length", ["-1", "x", "1e3", "\xb2", "9" * 5000, "5, 5"])
def test_a_length_that_is_none_is_refused(small, length):
    answer = post(small, "/api/v1/simulations", b"", f"Content-Length: {length}", length=False)
    assert answer.status in {400, 413}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"\xff\xfe",
        b'{"key": "custom_control", "kwargs": ' + b"[" * 100 + b"]" * 100 + b"}",
        b"[" * 500 + b"]" * 500,
        b'{"key": ' + b"9" * 900 + b"}",
        b'{"key": "custom_control", "more": 1}',
        b'{"key": "custom_control", "name": "\\ud800"}',
        b'{"key": "custom_control", "tags": ["\\udfff"]}',
        b'{"key": "custom_control", "group": "\\ud800"}',
        b'{"key": "\\ud800"}',
        b'{"key": "custom_control", "kwargs": {"\\ud800": 1}}',
        b'{"key": "custom_control", "kwargs": {"total_runtime": "\\ud800"}}',
        b'{"key": "custom_control", "kwargs": {"total_runtime": NaN}}',
    ],
)
def test_a_strange_body_is_refused_in_words_and_nothing_is_created(small, body):
    answer = post(small, "/api/v1/simulations", body)
    assert answer.status in {400, 404, 422}
    assert problem(answer)["detail"]
    assert not list(small.context.project.runs())


def test_deep_and_long_json_is_refused_in_words(shared):
    for body in (b"[" * 100_000, b'{"a":' * 100_000, b'{"key": ' + b"9" * 10_000 + b"}"):
        answer = post(shared, "/api/v1/simulations", body)
        assert answer.status in {400, 422}
        assert problem(answer)["detail"]


# --- headers ---------------------------------------------------------------------------------------------------------


def test_every_answer_says_how_a_browser_must_treat_it(shared):
    for path, token in [("/", BEARER), ("/", "X: y"), ("/api/v1/health", BEARER), ("/api/v1/nothing", BEARER)]:
        answer = ask(shared, "GET", path, token)
        assert answer["x-content-type-options"] == "nosniff"
        assert answer["x-frame-options"] == "DENY"
        assert answer["referrer-policy"] == "no-referrer"
        policy = answer["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        scripts = policy.partition("script-src")[2].partition(";")[0]
        assert "unsafe" not in scripts
        assert not answer.all("server")
    assert ask(shared, "GET", "/api/v1/health", BEARER)["cache-control"] == "no-store"


# --- media: files by id alone (CVE-2023-6977, CVE-2024-1483, -3848, -1593, -1560; Gradio CVE-2023-51449) -------------


@pytest.fixture(scope="module")
def filmed(shared):
    """An ended run with media of every kind, and with lines in its index that somebody has forged."""
    run_id = shared.start("Walker", steps=3)
    shared.ended(run_id)
    run = RunFolder(shared.context.project.sims / run_id)
    outside = shared.context.project.path / "secret.png"
    outside.write_bytes(b"secret")
    run.media.mkdir(exist_ok=True)
    (run.media / "a.png").write_bytes(bytes(range(256)))
    (run.media / "page.html").write_text("<script>alert(1)</script>")
    (run.media / "drawing.svg").write_text("<svg onload='alert(1)'/>")
    (run.media / "tree.xhtml").write_text("<html xmlns='http://www.w3.org/1999/xhtml'/>")
    (run.media / "what").write_bytes(b"\x00")
    (run.media / 'q"uo\nte.png').write_bytes(b"quoted")
    (run.media / "umlaut-ä.png").write_bytes(b"umlaut")
    Path(os.fsdecode(bytes(run.media / "latin-") + b"\xe4.png")).write_bytes(b"latin")
    (run.media / "link.png").symlink_to(outside)
    (run.media / "inner.png").symlink_to(run.media / "a.png")
    (run.path / "up").symlink_to(shared.context.project.path)
    os.mkfifo(run.media / "pipe.png")
    paths = {
        "image": "media/a.png",
        "html": "media/page.html",
        "svg": "media/drawing.svg",
        "xhtml": "media/tree.xhtml",
        "unknown": "media/what",
        "quoted": 'media/q"uo\nte.png',
        "umlaut": "media/umlaut-ä.png",
        "latin": os.fsdecode(b"media/latin-\xe4.png"),
        "inner": "media/inner.png",
        "link": "media/link.png",
        "through": "up/secret.png",
        "above": "../../secret.png",
        "absolute": str(outside),
        "system": "/etc/passwd",
        "folder": "media",
        "pipe": "media/pipe.png",
        "missing": "media/missing.png",
        "null": "media/a.png\0.html",
    }
    ids = {}
    with run.media_index.open("ab") as index:
        for name, path in paths.items():
            size, mtime_ns = 0, 0
            if "\0" not in path and (run.path / path).exists():
                status = (run.path / path).stat()
                size, mtime_ns = status.st_size, status.st_mtime_ns
            ids[name] = media_id(path, size, mtime_ns)
            line = {"event": "added", "id": ids[name], "key": name, "kind": "images", "path": path, "step": 1}
            line |= {"wall_time": 1.0, "attempt": 1, "size": size, "mtime_ns": mtime_ns}
            index.write((json.dumps(line) + "\n").encode())
    return type("Filmed", (), {"run": run, "ids": ids})


def media(server, filmed, name, **headers):
    return server.http.get(f"/simulations/{filmed.run.id}/media/{filmed.ids[name]}", headers=headers)


def test_media_are_served_by_id_with_ranges_and_an_etag(shared, filmed):
    whole = media(shared, filmed, "image")
    assert (whole.status_code, whole.content) == (200, bytes(range(256)))
    assert whole.headers["content-type"] == "image/png"
    assert whole.headers["content-disposition"].startswith("inline")
    assert whole.headers["etag"].strip('"') == filmed.ids["image"]
    assert whole.headers["accept-ranges"] == "bytes"
    part = media(shared, filmed, "image", range="bytes=10-19")
    assert (part.status_code, part.content) == (206, bytes(range(10, 20)))
    assert part.headers["content-range"] == "bytes 10-19/256"
    assert media(shared, filmed, "image", range="bytes=-6").content == bytes(range(250, 256))
    assert media(shared, filmed, "image", range="bytes=300-").status_code == 416
    assert media(shared, filmed, "image", **{"if-range": '"other"', "range": "bytes=0-1"}).status_code == 200
    assert media(shared, filmed, "image", **{"if-none-match": whole.headers["etag"]}).status_code == 304
    assert media(shared, filmed, "inner").content == bytes(range(256))


@pytest.mark.parametrize("name", ["image", "html", "svg", "xhtml", "unknown", "quoted", "umlaut", "latin"])
def test_media_are_never_documents_of_this_site(shared, filmed, name):
    answer = media(shared, filmed, name)
    assert answer.status_code == 200
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("sandbox;")
    is_image = name in {"image", "quoted", "umlaut", "latin"}
    assert answer.headers["content-disposition"].startswith("inline" if is_image else "attachment")


@pytest.mark.parametrize(
    "name", ["link", "through", "above", "absolute", "system", "folder", "pipe", "missing", "null"]
)
def test_what_is_no_file_inside_the_run_is_not_served(shared, filmed, name):
    answer = media(shared, filmed, name)
    assert answer.status_code == 404
    assert b"secret" not in answer.content


SECRETS = ["../config.json", "../../../secret.png", "/etc/passwd", "config.json", "media/a.png"]
SPELLINGS = [
    lambda path: path,
    lambda path: path.replace("/", "%2f"),
    lambda path: path.replace("/", "%2F").replace(".", "%2e"),
    lambda path: path.replace("/", "%252f").replace(".", "%252e"),
    lambda path: path.replace("/", "%c0%af"),
    lambda path: path.replace("/", "\\"),
    lambda path: path.replace("../", "..;/"),
    lambda path: path.replace("../", "....//"),
    lambda path: f"x%23/../{path}",
    lambda path: f"x;{path}",
    lambda path: f"{path}%00.png",
    lambda path: f"file:%2f%2f{path}",
]


@pytest.mark.parametrize("spell", SPELLINGS)
@pytest.mark.parametrize("path", SECRETS)
def test_no_spelling_of_a_path_is_an_id(shared, filmed, path, spell):
    for base in (f"/api/v1/simulations/{filmed.run.id}/media", "/api/v1/simulations", ""):
        answer = ask(shared, "GET", f"{base}/{spell(path)}", BEARER)
        assert answer.status in {400, 404}, answer.body[:200]
        assert not answer.body.startswith(b"secret")
        assert b"root:" not in answer.body


def test_a_run_is_named_by_its_whole_id_alone(shared, filmed):
    shared.http.patch(f"/simulations/{filmed.run.id}", json={"name": "some name"})
    for name in (
        filmed.run.id[:8],
        filmed.run.id.upper(),
        f"{{{filmed.run.id}}}",
        "some name",
        f".{filmed.run.id}.new",
    ):
        for path in ("", "/stats", "/logs", "/statuses", "/media/" + filmed.ids["image"]):
            assert shared.http.get(f"/simulations/{name}{path}").status_code == 404
        assert shared.http.delete(f"/simulations/{name}", params={"purge": True}).status_code == 404
        assert shared.http.post(f"/simulations/{name}/kill").status_code == 404
    assert filmed.run.config.exists()


def test_media_of_another_run_are_not_reached_with_its_id(shared, filmed):
    other = shared.start("Walker", steps=3)
    shared.ended(other)
    assert shared.http.get(f"/simulations/{other}/media/{filmed.ids['image']}").status_code == 404


def test_the_id_of_an_overwritten_file_is_gone(shared, filmed):
    file = filmed.run.media / "changing.png"
    file.write_bytes(b"one")
    status = file.stat()
    identity = media_id("media/changing.png", status.st_size, status.st_mtime_ns)
    line = {"event": "added", "id": identity, "key": "c", "kind": "images", "path": "media/changing.png", "step": 1}
    line |= {"wall_time": 1.0, "attempt": 1, "size": status.st_size, "mtime_ns": status.st_mtime_ns}
    with filmed.run.media_index.open("a") as index:
        index.write(json.dumps(line) + "\n")
    address = f"/simulations/{filmed.run.id}/media/{identity}"
    assert shared.http.get(address).content == b"one"
    file.write_bytes(b"other")
    assert shared.http.get(address).status_code == 404
    file.unlink()
    assert shared.http.get(address).status_code == 404


def test_captured_output_that_is_a_link_out_of_the_run_is_not_read(shared):
    run_id = shared.start("Walker", steps=3)
    shared.ended(run_id)
    run = RunFolder(shared.context.project.sims / run_id)
    secret = shared.context.project.path / "secret.txt"
    secret.write_text("secret")
    run.log("stdout").unlink()
    run.log("stdout").symlink_to(secret)
    answer = shared.http.get(f"/simulations/{run_id}/logs")
    assert "secret" not in answer.text.replace("secret.txt", "")
    assert answer.status_code == 404


# --- only registered types start (CVE-2023-48022, CVE-2024-24590, CVE-2024-37052) ------------------------------------


@pytest.mark.parametrize(
    "key",
    [
        "os:system",
        "subprocess:Popen",
        "gymdash_core.simulations.custom_control:CustomControlSimulation",
        "misbehaving:Quiet",
        str(Path(__file__).parents[1] / "integration" / "misbehaving.py"),
        "../misbehaving.py",
        "custom_control;id",
        "$(id)",
        "Custom_Control",
        "",
    ],
)
def test_an_import_string_a_path_or_a_command_is_no_key(shared, key):
    before = shared.get("/health")["simulations"]
    for path in ("/simulations", "/simulations/batch"):
        answer = shared.http.post(path, json={"key": key})
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert shared.get("/health")["simulations"] == before


@pytest.mark.parametrize(
    "body",
    [
        {"target": "os:system"},
        {"file": "/tmp/x.py"},
        {"interpreter": "/bin/sh"},
        {"executor": {"name": "process", "interpreter": "/bin/sh"}},
        {"executor": {"name": "process", "options": {"interpreter": "/bin/sh"}}},
        {"executor": {"name": "process", "options": {"command": ["/bin/sh"]}}},
        {"executor": "gymdash_core.executors.process:ProcessExecutor"},
    ],
)
def test_a_start_says_nothing_about_what_is_loaded(shared, body):
    before = shared.get("/health")["simulations"]
    assert shared.http.post("/simulations", json={"key": "custom_control", **body}).status_code in {404, 422}
    assert shared.get("/health")["simulations"] == before


@pytest.fixture(scope="module")
def stopped(shared):
    """The id of an ended run that has a checkpoint."""
    run = shared.start("Walker")
    shared.eventually(lambda: (shared.get(f"/simulations/{run}")["progress"] or {}).get("current"))
    shared.post(f"/simulations/{run}/stop", {"save": True})
    assert shared.ended(run)["state"] == "stopped"
    assert shared.get(f"/simulations/{run}/checkpoints")["items"]
    return run


def forged(server, source, change, *, queued=False):
    """A run directory that came from elsewhere: a copy of an ended run with a changed ``config.json``."""
    project = server.context.project
    run, hidden = RunFolder(project.sims / str(uuid.uuid4())), RunFolder(project.path / "copy")
    shutil.copytree(project.sims / source, hidden.path)
    config = json.loads(hidden.config.read_text())
    change(config)
    hidden.config.write_text(json.dumps(config))
    if queued:
        meta = json.loads(hidden.meta.read_text())
        hidden.meta.write_text(json.dumps(meta | {"queued": LaunchRecord("server").as_json(), "launches": []}))
        for file in (hidden.state, hidden.exit, hidden.attempts, hidden.signals):
            file.unlink(missing_ok=True)
    hidden.path.rename(run.path)
    server.eventually(lambda: server.http.get(f"/simulations/{run.id}").status_code == 200)
    return run


def evil(tmp_path):
    """A class that leaves a trace where it is imported."""
    module, trace = tmp_path / "evil.py", tmp_path / "trace"
    module.write_text(
        f"from gymdash_core import Simulation\nopen({str(trace)!r}, 'w').close()\n\n"
        "class Evil(Simulation):\n    def _run(self, **kwargs):\n        pass\n\n"
        "    def save_checkpoint(self, folder, step):\n        pass\n"
    )
    return {"target": "evil:Evil", "file": str(module), "sys_path": [str(tmp_path)]}, trace


@pytest.mark.parametrize("key", ["Evil", "Walker", "custom_control"])
@pytest.mark.parametrize("command", ["resume", "restart", "branch"])
def test_a_run_that_names_a_class_of_its_own_is_not_started(shared, stopped, tmp_path, key, command):
    target, trace = evil(tmp_path)
    run = forged(shared, stopped, lambda config: config.update(key=key, target=target))
    before = shared.get("/health")["simulations"]
    answer = shared.http.post(f"/simulations/{run.id}/{command}")
    if command == "resume" or key == "Evil":
        assert answer.status_code in {404, 409, 422}
        assert shared.get("/health")["simulations"] == before
        assert shared.state(run.id) == "stopped"
    elif answer.status_code == 201:  # a new run is of the registered class, whatever the old one said
        shared.until(answer.json()["id"], "running", "succeeded")
        shared.post(f"/simulations/{answer.json()['id']}/kill")
        assert "Evil" not in (shared.context.project.sims / answer.json()["id"] / "config.json").read_text()
    assert not trace.exists()


def test_a_queue_entry_in_a_run_from_elsewhere_starts_nothing(shared, stopped, tmp_path):
    target, trace = evil(tmp_path)
    run = forged(shared, stopped, lambda config: config.update(key="Evil", target=target), queued=True)
    shared.context.service.resume_queue([run])
    shared.eventually(lambda: "Evil" in shared.get(f"/simulations/{run.id}")["reason"])
    assert shared.state(run.id) == "queued"
    assert not trace.exists()
    assert shared.post(f"/simulations/{run.id}/stop")["state"] == "stopped"


def test_the_server_refuses_executors_of_its_own_process(shared):
    before = shared.get("/health")["simulations"]
    for executor in ("thread", {"name": "thread"}, {"name": "thread", "options": {}}):
        answer = shared.http.post("/simulations", json={"key": "custom_control", "executor": executor})
        assert answer.status_code == 409
        assert "survives_parent" in answer.json()["detail"]
    assert shared.get("/health")["simulations"] == before
    offered = {item["name"]: item["available"] for item in shared.get("/executors")["items"]}
    assert offered["thread"] is False
    assert offered["process"] is True


@pytest.mark.parametrize("command", ["resume", "restart", "branch"])
def test_a_thread_run_of_a_script_does_not_go_on_in_the_server(shared, stopped, command):
    run = forged(shared, stopped, lambda config: config.update(executor={"name": "thread", "options": {}}))
    answer = shared.http.post(f"/simulations/{run.id}/{command}")
    assert answer.status_code == 409
    assert "survives_parent" in answer.json()["detail"]
    assert shared.state(run.id) == "stopped"


@pytest.mark.parametrize("package", [gymdash_core, gymdash_server], ids=lambda package: package.__name__)
def test_nothing_is_unpickled_anywhere(package):
    forbidden = {
        "pickle",
        "cPickle",
        "_pickle",
        "dill",
        "cloudpickle",
        "joblib",
        "shelve",
        "marshal",
        "multiprocessing",
    }
    for file in Path(package.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, (ast.Import, ast.ImportFrom)) else []
            module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
            roots = {name.partition(".")[0] for name in (*names, module)}
            assert not roots & forbidden, f"{file}:{node.lineno}"
            if isinstance(node, ast.Call):
                text = ast.unparse(node)
                assert "allow_pickle=True" not in text, f"{file}:{node.lineno}"
                assert not re.match(r"(?:np|numpy)\.load\(|(?:eval|exec)\(|os\.system\(|yaml\.load\(", text), (
                    f"{file}:{node.lineno}"
                )
                assert "shell=True" not in text, f"{file}:{node.lineno}"


def test_the_server_imports_no_module_of_a_user(tmp_path, serve_at):
    source = tmp_path / "of_a_user.py"
    source.write_text(
        "from gymdash_core import Simulation\nclass Mine(Simulation):\n    def _run(self): self.log('x', 1)"
    )
    with serve_at(Settings(project=tmp_path / "project", port=0, token=TOKEN, load=(str(source),))) as server:
        run = server.start("Mine")
        server.ended(run)
        assert server.get(f"/simulations/{run}/points", key="x")["total"] == 1
        assert "Mine" in [item["key"] for item in server.get("/simulation-types")["items"]]
    assert str(source) not in {getattr(module, "__file__", None) for module in list(sys.modules.values())}


# --- no request of the server leaves it (CVE-2026-2393: webhooks) ----------------------------------------------------


def test_no_route_takes_an_address(shared):
    document = json.dumps(shared.get("/openapi.json"))
    assert not re.search(r'"(?:webhook|callback|artifact)[^"]*"|"format": ?"ur[il]"', document)


# --- text is text (CVE-2024-27132) -----------------------------------------------------------------------------------

MARKUP = "<img src=x onerror=alert(1)>{{7*7}}${7*7}"


def test_markup_in_names_notes_and_tags_comes_back_as_text(shared):
    run = shared.post("/simulations", {"key": "Walker", "kwargs": {"steps": 3}, "name": MARKUP, "tags": [MARKUP[:50]]})
    shared.ended(run["id"])
    answer = shared.http.patch(f"/simulations/{run['id']}", json={"notes": f"<script>{MARKUP}</script>"})
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["notes"] == f"<script>{MARKUP}</script>"
    for query in ({"q": "onerror"}, {"tag": MARKUP[:50]}):
        (found,) = shared.get("/simulations", **query)["items"]
        assert (found["name"], found["tags"]) == (MARKUP, [MARKUP[:50]])
    missing = shared.http.get(f"/simulations/{MARKUP}")
    assert missing.headers["content-type"] == "application/problem+json"


def test_a_folder_is_never_named_by_a_client(shared):
    """CVE-2024-1560: a name that was decoded once too often deleted folders."""
    names = ["../../outside", "%2e%2e%2foutside", "/tmp/outside", "..", "a/b", "a\x00b"]
    for name in names:
        made = shared.http.post(
            "/simulations", json={"key": "Walker", "kwargs": {"steps": 2}, "name": name, "group": name}
        )
        assert made.status_code in {201, 422}
        if made.status_code == 201:
            run = made.json()["id"]
            shared.ended(run)
            assert shared.http.delete(f"/simulations/{run}", params={"purge": True}).status_code == 204
    assert {path.name for path in shared.context.project.path.iterdir()} >= {"sims", "db", "resources"}


def test_a_purge_does_not_follow_links(shared, tmp_path):
    run_id = shared.start("Walker", steps=2)
    shared.ended(run_id)
    keep = tmp_path / "keep"
    keep.mkdir()
    (keep / "file").touch()
    (shared.context.project.sims / run_id / "link").symlink_to(keep)
    assert shared.http.delete(f"/simulations/{run_id}", params={"purge": True}).status_code == 204
    assert (keep / "file").exists()


def test_a_folder_of_runs_that_is_a_link_is_no_run(shared, tmp_path):
    link = shared.context.project.sims / NOBODY
    link.symlink_to(tmp_path)
    try:
        assert shared.http.get(f"/simulations/{NOBODY}").status_code == 404
        assert shared.http.delete(f"/simulations/{NOBODY}", params={"purge": True}).status_code == 404
        assert tmp_path.exists()
    finally:
        link.unlink()


def test_a_failing_request_does_not_show_a_traceback(shared, monkeypatch):
    def fail(*_: object) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr(shared.context.usage, "latest", fail)
    answer = httpx.get(f"{shared.url}/api/v1/usage", headers={"Authorization": f"Bearer {TOKEN}"})
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert "a secret" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
