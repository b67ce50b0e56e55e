"""The application: routes, problem documents and the guard over one context."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.responses import HTMLResponse, Response

from gymdash_server.api.document import document_of
from gymdash_server.api.problems import add_problem_handlers
from gymdash_server.api.routes import data, events, server, simulations, talking
from gymdash_server.auth.guard import Guard, GuardRules
from gymdash_server.context import Context
from gymdash_server.page import Page
from gymdash_server.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from starlette.types import ASGIApp

STATIC = Path(__file__).with_name("static")
_NO_PAGE = """<!doctype html><meta charset="utf-8"><title>GymDash</title><h1>GymDash</h1>
<p>The server is up. This installation has no dashboard; <a href="/api/v1/openapi.json">this</a> is its API.</p>"""


def create_app(settings: Settings | None = None, context: Context | None = None) -> FastAPI:
    """Return the application of one server.

    Args:
        settings: What the server is told; the environment and the defaults otherwise.
        context: The server's parts, where the caller has built them and takes them down. By default the application
            builds them when it starts, and takes them down when it ends.
    """
    chosen = context.settings if context is not None else (settings or Settings())

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with contextlib.ExitStack() as stack:
            app.state.context = context or stack.enter_context(Context(chosen))
            yield

    app = FastAPI(
        title="GymDash",
        version="1",
        summary="Run, watch, talk to and stop long-running simulations.",
        lifespan=lifespan,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        separate_input_output_schemas=False,
    )
    for module in (server, simulations, talking, data, events):
        app.include_router(module.router, prefix="/api/v1")  # at once: a router between would work each route out twice
    app.openapi = lambda: document_of(app)  # type: ignore[method-assign] # FastAPI's documented way
    add_problem_handlers(app)
    _add_page(app)
    app.add_middleware(_guarded(chosen))
    return app


def _guarded(settings: Settings) -> Callable[[ASGIApp], ASGIApp]:
    """Return what puts the guard in front, once the application is started: only then is the project's token made."""

    def guard(behind: ASGIApp) -> ASGIApp:
        rules = GuardRules.of(settings.secret, settings.host, settings.allow_hosts, settings.max_body_bytes)
        return Guard(behind, rules)

    return guard


def _add_page(app: FastAPI) -> None:
    if (STATIC / "index.html").is_file():
        app.router.default = Page(directory=STATIC, html=True)  # behind all routes; a mount would hide their 405
        return

    @app.get("/", include_in_schema=False)
    def show_notice() -> Response:
        return HTMLResponse(_NO_PAGE)
