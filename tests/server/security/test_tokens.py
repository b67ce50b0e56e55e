"""The token (CVE-2023-48022: an API that starts jobs, without one)."""

from __future__ import annotations

import ast
import os
import re
import stat
from pathlib import Path

import pytest

import gymdash_server
from gymdash_server.errors import UnsafeBindError
from gymdash_server.serving import serve
from gymdash_server.settings import Settings
from live_servers import TOKEN
from raw_http import BEARER, METHODS, NOBODY, ask, port_of


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


@pytest.mark.parametrize(("path", "is_page"), [("/", True), ("/runs", True), ("/api/v1/simulations", False)])
def test_a_person_without_the_token_is_told_by_a_page_what_to_do(shared, path, is_page):
    answer = ask(shared, "GET", path, "Accept: text/html,application/xhtml+xml;q=0.9")
    assert answer.status == 401
    assert answer["content-type"].startswith("text/html" if is_page else "application/problem+json")
    assert b"gymdash serve" in answer.body
    assert answer["cache-control"] == "no-store"


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
    one, other = Settings(project=tmp_path / "one"), Settings(project=tmp_path / "other")
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
