"""Commands on runs: start, list, look, wait, end, go on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gymdash_core.status import RunState
from gymdash_server.cli.cells import cell
from gymdash_server.cli.completion import RUN, RUNS, complete_types
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
from gymdash_server.cli.telling import (
    FOLLOW,
    follow_to_end,
    print_runs,
    progress_of,
    sentence,
    short_time,
    show_runs,
    tell_started,
)
from gymdash_server.cli.values import parse_grid, parse_params, parse_seeds

if TYPE_CHECKING:
    from collections.abc import Callable

    from gymdash_server.schemas.simulations import SimulationRead

_CHECKPOINT = click.option("--checkpoint", metavar="NAME", help="Checkpoint to go on from; the latest by default.")


@click.command()
@click.argument("key", shell_complete=complete_types)
@click.option("--name", default="", help="What people call the run; KEY by default.")
@params_option
@click.option("--tag", "tags", multiple=True, help="Word for finding it. Repeatable.")
@click.option(
    "--grid",
    multiple=True,
    metavar="KEY=[VALUE,...]",
    help="Start a run for each of these values; a.b=... is inside of a. Repeatable.",
)
@click.option("--seeds", metavar="N|LIST", help="Start a run for each seed: 0 to N-1, or those of a list such as 3,5.")
@FOLLOW
@server_options
@pass_session
def start(session: Session, /, key: str, *, follow: bool, params: tuple[str, ...], **given: Any) -> None:
    """Start a run of a type and print its id.

    With --grid or --seeds a group of runs is started, all or none: every combination of the values, for every seed.
    Their ids are printed then, one a line.
    """
    kwargs = parse_params(params)
    name, tags, grid, seeds = given["name"], given["tags"], given["grid"], given["seeds"]
    if not grid and seeds is None:
        tell_started(session, session.client.start(key, name=name, kwargs=kwargs, tags=tags), follow=follow)
        return
    if follow:
        raise click.UsageError("--follow shows one run; use `gymdash wait` for several.")
    batch = {"name": name, "kwargs": kwargs, "grid": parse_grid(grid), "seeds": parse_seeds(seeds)}
    _start_batch(session, key, batch, tags)


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
@click.option(
    "-w", "--where", multiple=True, metavar="CONDITION", help="On an argument: 'learning_rate<0.001'. Repeatable."
)
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
@RUN
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
        rows = [
            (item.key, item.kind, item.count, item.last_step, "" if item.last_value is None else cell(item.last_value))
            for item in stats
        ]
        out.table(("stat", "kind", "points", "last step", "last value"), rows)


@click.command()
@RUNS
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
    print_runs(session, runs)
    if not in_time:
        session.out.note(f"Not all have ended within {timeout:g} s.")
        finish(Code.TIMED_OUT)
    if any(run.state != "succeeded" for run in runs):
        finish(Code.FAILED)


@click.command()
@RUNS
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
@RUNS
@server_options
@pass_session
def kill(session: Session, ids: tuple[str, ...]) -> None:
    """End runs at once, by SIGKILL."""
    _on_each(session, ids, session.client.kill)


@click.command()
@RUNS
@server_options
@pass_session
def pause(session: Session, ids: tuple[str, ...]) -> None:
    """Hold runs at their next tick."""
    known = [session.client.resolve(run) for run in ids]
    paused = [session.client.pause(run) for run in known]
    print_runs(session, paused, {run.id: "holds at its next tick" for run in paused if run.state != "paused"})


@click.command()
@RUN
@_CHECKPOINT
@FOLLOW
@server_options
@pass_session
def resume(session: Session, run: str, *, checkpoint: str | None, follow: bool) -> None:
    """Let a paused or ended run go on.

    An ended one goes on from a checkpoint, as its next attempt.
    """
    resumed = session.client.resume(run, checkpoint)
    if not session.out.as_json:
        session.out.line(sentence(resumed, "goes on" if resumed.state == "paused" else ""))
    elif not follow:
        session.out.json(as_json(resumed))
    if follow:
        follow_to_end(session, resumed)


@click.command()
@RUN
@_CHECKPOINT
@click.option("--name", help="What people call the new run.")
@params_option
@FOLLOW
@server_options
@pass_session
def branch(
    session: Session, run: str, *, checkpoint: str | None, name: str | None, params: tuple[str, ...], follow: bool
) -> None:
    """Start a run from a checkpoint of another.

    Arguments given with -p win over those of the other run. Prints the id of the new run.
    """
    kwargs = parse_params(params)
    tell_started(session, session.client.branch(run, checkpoint, kwargs, name=name), follow=follow)


def _start_batch(session: Session, key: str, batch: dict[str, Any], tags: tuple[str, ...]) -> None:
    """Start a group of runs and print their ids."""
    started = session.client.start_batch(key, **batch)
    runs = [session.client.update(run, tags=tags) if tags else run for run in started.items]
    if session.out.as_json:
        session.out.json({"group": started.group, "items": as_json(runs)})
        return
    for run in runs:
        session.out.line(run.id)
    session.out.note(f"{len(runs)} runs in group {started.group}. See them with: gymdash list --group {started.group}")


def _on_each(session: Session, ids: tuple[str, ...], command: Callable[[str], SimulationRead]) -> None:
    known = [session.client.resolve(run) for run in ids]
    print_runs(session, [command(run) for run in known])


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
        ("created", short_time(run.created)),
        ("started", short_time(run.started)),
        ("ended", short_time(run.ended)),
        ("executor", run.executor.get("name")),
        ("arguments", json.dumps(run.kwargs, ensure_ascii=False)),
        ("tags", " ".join(run.tags)),
        ("notes", run.notes),
        ("group", run.group),
        ("parent", run.parent),
        ("last status", run.last_status.details if run.last_status else None),
        ("in the trash since", short_time(run.trashed)),
    ]


COMMANDS = (start, list_runs, show, wait, stop, kill, pause, resume, branch)
