"""What runs have produced: stats, points, media, statuses, logs, checkpoints, attempts, provenance."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from gymdash_core.checkpoints import CheckpointStore
from gymdash_core.journal import read_json
from gymdash_core.logs import DEFAULT_LIMIT, MAX_LIMIT, MIN_LIMIT, read_log
from gymdash_core.project import RunFolder
from gymdash_core.runview import attempts_of
from gymdash_server.api.answers import ApiJSON, tagged, unmodified
from gymdash_server.api.deps import Cursor, Db, Limit, Parts, Run
from gymdash_server.db.repositories import RecordRepository
from gymdash_server.errors import NoSuchItemError
from gymdash_server.points.events import points_answer
from gymdash_server.points.index import PointsIndex
from gymdash_server.points.media import find_media, is_inside, recorded_paths
from gymdash_server.points.model import Window
from gymdash_server.schemas import data as schemas
from gymdash_server.schemas import server as server_schemas
from gymdash_server.schemas import simulations as run_schemas
from gymdash_server.usage.history import usage_history

router = APIRouter(prefix="/simulations/{simulation_id}", tags=["data"])

_MAX_STEP = (1 << 63) - 1
#: To how many points an answer can be thinned: fewer cannot hold all extremes.
_THINNED = (8, 100_000)
_FROM_TO = "From {:,} to {:,}; others are moved there".format
_STEP = Annotated[int | None, Query(ge=-_MAX_STEP, le=_MAX_STEP, description="A step, inclusive.")]


@router.get("/stats", operation_id="list_stats", response_model=schemas.StatList)
def list_stats(context: Parts, run: Run) -> Response:
    """List the stats of a run."""
    return ApiJSON({"items": context.recorder.index(run).stats(), "next_cursor": None})


@router.get("/points", operation_id="get_points", response_model=schemas.PointsRead, response_model_exclude_unset=True)
def get_points(
    context: Parts,
    run: Run,
    key: Annotated[str, Query(description="Name of the stat.")],
    kind: Annotated[str | None, Query(description="Its kind; needed where the key has several.")] = None,
    cursor: Annotated[str | None, Query(max_length=100, description="`cursor` of an earlier answer.")] = None,
    start: _STEP = None,
    end: _STEP = None,
    max_points: Annotated[int | None, Query(description=f"Thin out; extremes stay. {_FROM_TO(*_THINNED)}.")] = None,
) -> Response:
    """Return points of a stat, in the order in which they were read.

    An answer has 100,000 points at most, and about 16 MiB of values: without `max_points` go on from its `cursor` until
    `to` is `from`; with it there are fewer points where they are large.
    """
    most = None if max_points is None else min(max(max_points, _THINNED[0]), _THINNED[1])
    window = Window(key, kind, cursor, start, end, most)
    return ApiJSON(points_answer(run.id, context.recorder.index(run).answer(window)))


@router.get(
    "/media/{media_id}",
    operation_id="get_media",
    response_class=FileResponse,
    responses={
        206: {"description": "A range of bytes."},
        304: {"description": "The client has it."},
        416: {"description": "The range is outside of the file."},
    },
)
def get_media(request: Request, context: Parts, session: Db, run: Run, media_id: str) -> Response:
    """Return a media file; byte ranges are served. Anything but image, video and audio comes as an attachment."""
    index = context.library.open(run)
    found = index.embedded.find(media_id) or find_media(run, media_id, _places(index, session, run, media_id))
    etag = f'"{found.id}"'
    return unmodified(request, etag) or FileResponse(
        found.path,
        media_type=found.media_type,
        filename=found.path.name.encode(errors="replace").decode(),
        content_disposition_type="inline" if found.is_shown else "attachment",
        headers={
            "etag": etag,
            "cache-control": "private, max-age=31536000, immutable",
            "content-security-policy": "sandbox; default-src 'none'",
        },
    )


def _places(index: PointsIndex, session: Db, run: RunFolder, media_id: str) -> Iterator[str | None]:
    """Yield where a media file may be, what is found out quickly first."""
    yield index.media_path(media_id)
    yield from recorded_paths(run, media_id)
    for row in RecordRepository(session).requests_of(run.id):
        yield from (str(item["path"]) for item in row.media or ())


@router.get("/statuses", operation_id="list_statuses", response_model=run_schemas.StatusList)
def list_statuses(session: Db, run: Run, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """List the statuses of a run, oldest first."""
    page = RecordRepository(session).statuses(run.id, limit, cursor)
    return ApiJSON({"items": page.items, "next_cursor": page.next_cursor})


@router.get("/logs", operation_id="get_log", response_model=schemas.LogRead)
def get_log(
    run: Run,
    stream: Literal["stdout", "stderr"] = "stdout",
    offset: Annotated[int | None, Query(ge=0, description="In bytes; the last 64 KiB by default.")] = None,
    limit: Annotated[int, Query(description=f"Most bytes. {_FROM_TO(MIN_LIMIT, MAX_LIMIT)}.")] = DEFAULT_LIMIT,
) -> Response:
    """Return a piece of captured output."""
    if not is_inside(run, run.log(stream)):
        raise NoSuchItemError("log of run", run.id)
    return ApiJSON(vars(read_log(run, stream, offset, limit)))


@router.get("/provenance", operation_id="get_provenance", response_model=dict[str, Any])
def get_provenance(request: Request, run: Run) -> Response:
    """Return where the results come from: code, packages, machine, seed."""
    found = read_json(run.provenance)
    if found is None:
        raise NoSuchItemError("provenance of run", run.id)
    return tagged(request, found)


@router.get("/checkpoints", operation_id="list_checkpoints", response_model=run_schemas.CheckpointList)
def list_checkpoints(run: Run) -> Response:
    """List the checkpoints of a run, oldest first."""
    return ApiJSON({"items": [found.as_json() for found in CheckpointStore(run).list()], "next_cursor": None})


@router.get("/usage", operation_id="get_run_usage", response_model=server_schemas.RunUsageHistory)
def get_run_usage(
    run: Run,
    max_points: Annotated[int, Query(ge=24, le=20_000, description="Most samples; extremes stay.")] = 1000,
) -> Response:
    """Return what a run has used so far: CPU, memory and GPU memory, its children included."""
    return ApiJSON(usage_history(run, max_points))


@router.get("/attempts", operation_id="list_attempts", response_model=run_schemas.AttemptList)
def list_attempts(run: Run) -> Response:
    """List the attempts of a run, oldest first."""
    return ApiJSON({"items": [vars(attempt) for attempt in attempts_of(run)], "next_cursor": None})
