"""What a shell offers at the tab key: types, runs and stats of the server, where one is there and answers at once.

Whoever presses the key waits for it, so nothing here takes long; without a server, or with one that is slow or refuses,
nothing is offered and nothing is said.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from gymdash_server.cli.support import Session

if TYPE_CHECKING:
    from collections.abc import Iterator

_PATIENCE_S = 1.5
_MOST_RUNS = 200
_MIN_PREFIX = 4  # as everywhere


def complete_types(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the simulation types, also one that is not described yet."""
    types = _items(context, "simulation-types")
    return [CompletionItem(item["key"], help=item["title"]) for item in types if item["key"].startswith(incomplete)]


def complete_runs(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the names of runs, and the ids of those that their name does not name, or a shell cannot take."""
    return _named(_items(context, "simulations", limit=_MOST_RUNS), incomplete)


def complete_trashed(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the runs in the trash."""
    return _named(_items(context, "simulations", limit=_MOST_RUNS, trashed="true"), incomplete)


RUN = click.argument("run", metavar="ID", shell_complete=complete_runs)
RUNS = click.argument("ids", metavar="ID...", nargs=-1, required=True, shell_complete=complete_runs)


def complete_stats(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the stats of the run that the command names."""
    run = str(context.params.get("run") or "")
    runs = _items(context, "simulations", limit=_MOST_RUNS, q=run) if run else []
    matching = [item["id"] for item in runs if len(run) >= _MIN_PREFIX and item["id"].startswith(run.lower())]
    ids = matching or [item["id"] for item in runs if item["name"] == run]
    stats = _items(context, f"simulations/{ids[0]}/stats") if len(ids) == 1 else []
    return [CompletionItem(item["key"], help=item["kind"]) for item in stats if item["key"].startswith(incomplete)]


def _named(runs: list[dict[str, Any]], incomplete: str) -> list[CompletionItem]:
    return [item for item in _offers(runs, incomplete) if str(item.value).startswith(incomplete)]


def _offers(runs: list[dict[str, Any]], incomplete: str) -> Iterator[CompletionItem]:
    names = [run["name"] for run in runs]
    for run in runs:
        name = run["name"]
        by_name = names.count(name) == 1 and name.isprintable() and " " not in name
        if by_name:
            yield CompletionItem(name, help=run["state"])
        if not by_name or incomplete:
            yield CompletionItem(run["id"], help=f"{name}: {run['state']}")


def _items(context: click.Context, path: str, **params: Any) -> list[dict[str, Any]]:
    """Return the items of a list of the server; none where that fails for whatever reason."""
    try:
        session = context.ensure_object(Session)
        return _asked(session, path, params) if _may_be_served(session) else []
    except Exception:  # noqa: BLE001 - a shell that completes a line has no place for an error
        return []


def _may_be_served(session: Session) -> bool:
    """Whether it is worth loading the client."""
    from gymdash_core.project import Project  # noqa: PLC0415 - for completion alone

    if session.url or os.environ.get("GYMDASH_URL"):
        return True
    file: Path = Project(session.project or os.environ.get("GYMDASH_PROJECT")).server
    return file.exists()


def _asked(session: Session, path: str, params: dict[str, Any]) -> list[dict[str, Any]]:
    import httpx  # noqa: PLC0415 - for completion alone

    from gymdash_server.client.finding import Search  # noqa: PLC0415 - same

    address = Search(session.url, session.token, session.project).find()
    headers = {"Authorization": f"Bearer {address.token}"}
    url = f"{address.url}/api/v1/{path}"
    answer = httpx.get(url, params=params, headers=headers, timeout=_PATIENCE_S, trust_env=not address.is_local)
    items: list[dict[str, Any]] = answer.raise_for_status().json()["items"]
    return items
