"""Commands on runs: start, list, look, wait, end, go on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gymdash_core.status import RunState
from gymdash_server.cli.support import (
    Code,
    Session,
    as_json,
    as_list,
    finish,
    params_option,
    pass_session,
    server_options,
)
from gymdash_server.cli.values import parse_params

if TYPE_CHECKING:
    from collections.abc import Callable

    from gymdash_server.schemas.simulations import SimulationRead

_FOLLOW = click.option("--follow", is_flag=True, help="Show progress until the run ends; Ctrl-C leaves it going.")
_CHECKPOINT = click.option("--checkpoint", metavar="NAME", help="Checkpoint to go on from; the latest by default.")
_IDS = click.argument("ids", metavar="ID...", nargs=-1, required=True)


@click.command()
@click.argument("key")
@click.option("--name", default="", help="What people call the run; KEY by default.")
@params_option
@click.option("--tag", "tags", multiple=True, help="Word for finding it. Repeatable.")
@_FOLLOW
@server_options
@pass_session
def start(
    session: Session, key: str, *, name: str, params: tuple[str, ...], tags: tuple[str, ...], follow: bool
) -> None:
    """Start a run of a type and print its id."""
    kwargs = parse_params(params)
    _started(session, session.client.start(key, name=name, kwargs=kwargs, tags=tags), follow=follow)


@click.command("list")
@click.option(
    "--state",
    "states",
    type=click.Choice([str(state) for state in RunState]),
    multiple=True,
    metavar="STATE",
    help="Only runs in this state. Repeatable.",
)
@click.option("--key", help="Only runs of this simulation type.")
@click.option("--tag", help="Only runs with this tag.")
@click.option("--group", metavar="ID", help="Only runs of this group.")
@click.option("-q", "--search", default="", metavar="WORDS", help="Words in name, key, notes, id or tags.")
@click.option("--trashed", is_flag=True, help="Those in the trash instead.")
@click.option("--sort", default="-created", show_default=True, help="Order; - in front for descending.")
@click.option("--limit", type=click.IntRange(min=0), default=50, show_default=True, help="Most runs; 0 for all.")
@server_options
@pass_session
def list_runs(session: Session, /, *, states: tuple[str, ...], search: str, limit: int, **filters: Any) -> None:
    """List runs, the newest first."""
    runs = session.client.simulations(state=states, q=search, limit=limit or None, **filters)
    if session.out.as_json:
        session.out.json(as_list(runs))
    elif runs:
        show_runs(session, runs)
    else:
        session.out.note("No runs.")


@click.command()
@click.argument("run", metavar="ID")
@server_options
@pass_session
def show(session: Session, run: str) -> None:
    """Show a run: state, arguments, open questions, stats."""
    client, out = session.client, session.out
    found = client.get(run)
    if out.as_json:
        out.json(as_json(found))
        return
    out.fields(_fields(found))
    questions = client.control_requests(found)
    if questions:
        out.line("")
        out.table(("question", "asks"), [(question.id, question.details) for question in questions])
    stats = client.stats(found)
    if stats:
        out.line("")
        rows = [(stat.key, stat.kind, stat.count, stat.last_step, stat.last_value) for stat in stats]
        out.table(("stat", "kind", "points", "last step", "last value"), rows)


@click.command()
@_IDS
@click.option(
    "--timeout", type=click.FloatRange(min=0), metavar="SECONDS", help="How long to wait; for ever by default."
)
@server_options
@pass_session
def wait(session: Session, ids: tuple[str, ...], *, timeout: float | None) -> None:
    """Wait until runs have ended and print them.

    Exit code 0: all succeeded; 1: one did not; 4: one had not ended in time.
    """
    client = session.client
    known = [client.resolve(run) for run in ids]
    in_time = client.wait(known, timeout)
    runs = [client.get(run) for run in known]
    _print_runs(session, runs)
    if not in_time:
        session.out.note(f"Not all have ended within {timeout:g} s.")
        finish(Code.TIMED_OUT)
    if any(run.state != "succeeded" for run in runs):
        finish(Code.FAILED)


@click.command()
@_IDS
@click.option(
    "--grace",
    type=click.FloatRange(0, 86_400),
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help="How long the simulation may take before SIGTERM.",
)
@click.option("--save", is_flag=True, help="Save a checkpoint first, where the simulation can.")
@server_options
@pass_session
def stop(session: Session, ids: tuple[str, ...], *, grace: float, save: bool) -> None:
    """Ask runs to stop, and see to it.

    Returns at once; the steps are: ask, grace, SIGTERM, 5 s, SIGKILL.
    """
    _on_each(session, ids, lambda run: session.client.stop(run, grace, save=save))


@click.command()
@_IDS
@server_options
@pass_session
def kill(session: Session, ids: tuple[str, ...]) -> None:
    """End runs at once, by SIGKILL."""
    _on_each(session, ids, session.client.kill)


@click.command()
@_IDS
@server_options
@pass_session
def pause(session: Session, ids: tuple[str, ...]) -> None:
    """Hold runs at their next tick."""
    _on_each(session, ids, session.client.pause)


@click.command()
@click.argument("run", metavar="ID")
@_CHECKPOINT
@_FOLLOW
@server_options
@pass_session
def resume(session: Session, run: str, *, checkpoint: str | None, follow: bool) -> None:
    """Let a paused or ended run go on.

    An ended one goes on from a checkpoint, as its next attempt.
    """
    _started(session, session.client.resume(run, checkpoint), follow=follow)


@click.command()
@click.argument("run", metavar="ID")
@_CHECKPOINT
@click.option("--name", help="What people call the new run.")
@params_option
@_FOLLOW
@server_options
@pass_session
def branch(
    session: Session, run: str, *, checkpoint: str | None, name: str | None, params: tuple[str, ...], follow: bool
) -> None:
    """Start a run from a checkpoint of another.

    Arguments given with -p win over those of the other run. Prints the id of the new run.
    """
    kwargs = parse_params(params)
    _started(session, session.client.branch(run, checkpoint, kwargs, name=name), follow=follow)


def _started(session: Session, run: SimulationRead, *, follow: bool) -> None:
    """Tell of a run that was started, or follow it to its end."""
    if not (follow and session.out.as_json):
        session.out.json(as_json(run)) if session.out.as_json else session.out.line(run.id)
    if not follow:
        session.out.note(_sentence(run))
        return
    from gymdash_server.cli.following import follow_run  # noqa: PLC0415 - for whoever follows

    ended = follow_run(session.client, session.out, run)
    if session.out.as_json:
        session.out.json(as_json(session.client.get(run)))
    if ended is None:
        session.out.note(f"{run.name} goes on. Stop it with: gymdash stop {run.id}")
        return
    session.out.note(_sentence(ended))
    if ended.state != "succeeded":
        finish(Code.FAILED)


def _on_each(session: Session, ids: tuple[str, ...], command: Callable[[str], SimulationRead]) -> None:
    known = [session.client.resolve(run) for run in ids]
    _print_runs(session, [command(run) for run in known])


def _print_runs(session: Session, runs: list[SimulationRead]) -> None:
    if session.out.as_json:
        session.out.json(as_list(runs))
    else:
        for run in runs:
            session.out.line(_sentence(run))


def show_runs(session: Session, runs: list[SimulationRead]) -> None:
    """Print a table of runs."""
    rows = [
        (run.id, run.name, run.key, run.state, progress_of(run), _short(run.created), " ".join(run.tags))
        for run in runs
    ]
    session.out.table(("id", "name", "key", "state", "progress", "created", "tags"), rows)


def progress_of(run: SimulationRead) -> str:
    """Return in a few words how far a run is."""
    progress = run.progress
    if progress is None:
        return ""
    if isinstance(progress.total, (int, float)) and isinstance(progress.current, (int, float)) and progress.total > 0:
        return f"{progress.current / progress.total:.0%}"
    return f"{progress.current:g}" if isinstance(progress.current, (int, float)) else str(progress.current)


def _sentence(run: SimulationRead) -> str:
    return f"{run.id}  {run.name}: {run.state}{f' ({run.reason})' if run.reason else ''}"


def _short(time: str | None) -> str:
    return "" if time is None else time[:19].replace("T", " ")


def _fields(run: SimulationRead) -> list[tuple[str, object]]:
    import json  # noqa: PLC0415 - for people alone

    return [
        ("id", run.id),
        ("name", run.name),
        ("key", run.key),
        ("state", run.state),
        ("reason", run.reason),
        ("progress", progress_of(run)),
        ("attempt", run.attempt),
        ("created", _short(run.created)),
        ("started", _short(run.started)),
        ("ended", _short(run.ended)),
        ("executor", run.executor.get("name")),
        ("arguments", json.dumps(run.kwargs, ensure_ascii=False)),
        ("tags", " ".join(run.tags)),
        ("notes", run.notes),
        ("group", run.group),
        ("parent", run.parent),
        ("last status", run.last_status.details if run.last_status else None),
        ("in the trash since", _short(run.trashed)),
    ]


COMMANDS = (start, list_runs, show, wait, stop, kill, pause, resume, branch)
