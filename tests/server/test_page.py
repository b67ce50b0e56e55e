"""The page: files, views, and what browsers may keep."""

from __future__ import annotations

import re
from pathlib import Path

import anyio
import httpx
import pytest
from starlette.applications import Starlette

from gymdash_server.page import VIEWS, Page

FRAME = Path(__file__).parents[2] / "packages/gymdash-server/frontend/src/features/shell/App.tsx"


@pytest.fixture
def http(tmp_path):
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "index-1.js").write_text("code")
    (tmp_path / "index.html").write_text("the page")
    app = Starlette()
    app.mount("/", Page(directory=tmp_path, html=True))
    return lambda method, path: anyio.run(_asked, app, method, path)


async def _asked(app, method, path):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://page") as client:
        return await client.request(method, path)


@pytest.mark.parametrize("path", ["/", "/start", "/runs/5939d5d0-edd3-4753-8487-2297579b54db", "/analyze?runs=a"])
def test_every_address_of_a_view_leads_to_the_page(http, path):
    answer = http("GET", path)
    assert (answer.status_code, answer.text) == (200, "the page")
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path", ["/assets/gone.js", "/api/v1/nothing", "/favicon.ico", "/runs/", "/runs/a/b", "/nothing"]
)
def test_what_is_no_view_is_not_there(http, path):
    assert http("GET", path).status_code == 404


def test_files_with_a_hash_in_their_name_are_kept(http):
    assert "immutable" in http("GET", "/assets/index-1.js").headers["cache-control"]


def test_a_view_is_read_and_not_written(http):
    assert http("POST", "/start").status_code == 405


def test_the_server_knows_the_views_of_the_page():
    views = set(re.findall(r'<Route path="/([^"]+)"', FRAME.read_text()))
    assert len(views) > 4
    assert all(VIEWS.fullmatch(view.replace(":id", "5939d5d0")) for view in views)
    assert {view.partition("/")[0] for view in views} == {part.partition("/")[0] for part in VIEWS.pattern.split("|")}
