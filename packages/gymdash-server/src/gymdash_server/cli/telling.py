"""Telling of runs: the line of one, the table of many, and what is said when one was started."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gymdash_server.cli.support import Code, Session, as_json, as_list, finish

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gymdash_server.schemas.simulations import SimulationRead

FOLLOW = click.option("--follow", is_flag=True, help="Show progress until the run ends; Ctrl-C leaves it going.")
#: Longer reasons are cut in tables; `gymdash show` has the whole.
_REASON_LENGTH = 60


def tell_started(session: Session, run: SimulationRead, *, follow: bool) -> None:
    """Tell of a run that was started, or follow it to its end."""
    if not (follow and session.out.as_json):
        session.out.json(as_json(run)) if session.out.as_json else session.out.line(run.id)
    if not follow:
        session.out.note(sentence(run))
        return
    follow_to_end(session, run)


def follow_to_end(session: Session, run: SimulationRead) -> None:
    """Follow a run to its end and tell how it was; exit code 1 where it has not succeeded."""
    from gymdash_server.cli.following import follow_run  # noqa: PLC0415 - for whoever follows

    ended = follow_run(session.client, session.out, run)
    if session.out.as_json:
        session.out.json(as_json(session.client.get(run)))
    if ended is None:
        session.out.note(f"{run.name} goes on. Stop it with: gymdash stop {run.id}")
        return
    session.out.note(sentence(ended))
    if ended.state != "succeeded":
        finish(Code.FAILED)


def print_runs(session: Session, runs: list[SimulationRead], coming: Mapping[str, str] | None = None) -> None:
    """Print a line for each run.

    Args:
        session: What commands share.
        runs: The runs.
        coming: What some of them, by id, were told and have not come to yet.
    """
    if session.out.as_json:
        session.out.json(as_list(runs))
    else:
        for run in runs:
            session.out.line(sentence(run, (coming or {}).get(run.id, "")))


def show_runs(session: Session, runs: list[SimulationRead]) -> None:
    """Print a table of runs."""
    rows = [
        (run.id, run.name, run.key, run.state, progress_of(run), short_time(run.created), " ".join(run.tags), _why(run))
        for run in runs
    ]
    session.out.table(("id", "name", "key", "state", "progress", "created", "tags", "reason"), rows)


def progress_of(run: SimulationRead) -> str:
    """Return in a few words how far a run is."""
    progress = run.progress
    if progress is None:
        return ""
    if isinstance(progress.total, (int, float)) and isinstance(progress.current, (int, float)) and progress.total > 0:
        return f"{progress.current / progress.total:.0%}"
    return f"{progress.current:g}" if isinstance(progress.current, (int, float)) else str(progress.current)


def sentence(run: SimulationRead, coming: str = "") -> str:
    """Return a run's id, name, state, and why it is in it, or what it was told and has not come to yet."""
    reason = coming or ("" if run.reason == run.state else run.reason)
    return f"{run.id}  {run.name}: {run.state}{f' ({reason})' if reason else ''}"


def short_time(time: str | None) -> str:
    """Return a time to the second."""
    return "" if time is None else time[:19].replace("T", " ")


def _why(run: SimulationRead) -> str:
    reason = "" if run.reason == run.state else " ".join(run.reason.split())
    return reason if len(reason) <= _REASON_LENGTH else f"{reason[: _REASON_LENGTH - 1]}\N{HORIZONTAL ELLIPSIS}"
