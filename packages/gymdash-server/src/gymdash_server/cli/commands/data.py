"""Commands on what runs have produced: points, logs, export."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from gymdash_server.cli.cells import cell
from gymdash_server.cli.completion import RUN, complete_stats
from gymdash_server.cli.support import Session, as_json, pass_session, server_options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gymdash_server.client import Client
    from gymdash_server.schemas.data import LogRead, PointsRead


@click.command()
@RUN
@click.argument("key", shell_complete=complete_stats)
@click.option("--kind", help="Kind of the stat, where KEY has several.")
@click.option("--start", type=int, metavar="STEP", help="Lowest step.")
@click.option("--end", type=int, metavar="STEP", help="Highest step.")
@click.option("--max-points", type=click.IntRange(8, 100_000, clamp=True), metavar="N", help="Thin out; extremes stay.")
@server_options
@pass_session
def points(session: Session, /, run: str, key: str, **window: Any) -> None:
    """Print the points of a stat, in file order."""
    found = session.client.points(run, key, **window)
    if session.out.as_json:
        session.out.json(as_json(found))
        return
    whole = not sys.stdout.isatty()
    rows = (
        (row["step"], row["wall_time"], row["attempt"], cell(row["value"], whole=whole)) for row in point_rows(found)
    )
    session.out.table(("step", "wall time", "attempt", "value"), rows)


@click.command()
@RUN
@click.option("-f", "--follow", is_flag=True, help="Go on until the run ends.")
@click.option(
    "--stream", type=click.Choice(["stdout", "stderr"]), default="stdout", show_default=True, help="Which output."
)
@click.option(
    "--offset", type=click.IntRange(min=0), metavar="BYTES", help="Where to begin; the last 64 KiB by default."
)
@server_options
@pass_session
def logs(session: Session, run: str, *, follow: bool, stream: str, offset: int | None) -> None:
    """Print the captured output of a run."""
    client = session.client
    run_id = client.resolve(run)
    if follow:
        for chunk in _followed(client, run_id, stream, offset):
            _print_log(session, chunk)
    else:
        chunk = client.log(run_id, stream, offset)
        _print_log(session, chunk)
        while offset is not None and not session.out.as_json and chunk.next_offset < chunk.size:
            chunk = client.log(run_id, stream, chunk.next_offset)
            _print_log(session, chunk)


@click.command()
@RUN
@click.option("--key", "keys", multiple=True, help="Only the stats of this key. Repeatable.")
@click.option(
    "--format", "form", type=click.Choice(["csv", "json"]), help="By default as the file is called, else csv."
)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False), metavar="FILE", help="Where to; standard output by default."
)
@server_options
@pass_session
def export(session: Session, run: str, *, keys: tuple[str, ...], form: str | None, output: str | None) -> None:
    """Write the stats of a run as CSV or JSON.

    CSV has a row a point: key, kind, step, wall_time, attempt, value. The value of a picture, a film or a sound is its
    URL on the server.
    """
    from gymdash_server.cli.exporting import write_export  # noqa: PLC0415 - for exports alone

    by_name = "json" if session.out.as_json or (output or "").endswith(".json") else "csv"
    count = write_export(session.client, run, keys, form or by_name, output, session.out)
    if output is not None:
        session.out.note(f"{count} points written to {output}")


def point_rows(points: PointsRead) -> Iterator[dict[str, Any]]:
    """Yield the points of an answer, one by one; the value of a media file is its URL."""
    if points.points is not None:
        for point in points.points:
            yield {"step": point.step, "wall_time": point.wall_time, "attempt": point.attempt, "value": point.url}
        return
    columns = zip(points.step or (), points.wall_time or (), points.attempt or (), points.value or (), strict=True)
    for step, wall_time, attempt, value in columns:
        yield {"step": step, "wall_time": wall_time, "attempt": attempt, "value": value}


def _print_log(session: Session, chunk: LogRead) -> None:
    if session.out.as_json:
        session.out.json(as_json(chunk))
    else:
        session.out.raw(chunk.text)


def _followed(client: Client, run_id: str, stream: str, offset: int | None) -> Iterator[LogRead]:
    """Yield the pieces of a run's output, those that come later too, until the run has ended."""
    from gymdash_core.status import FINAL_STATES  # noqa: PLC0415 - help needs none

    chunk = client.log(run_id, stream, offset)
    yield chunk
    for event in client.events(simulation=run_id, event=("log", "simulation")):
        ended = client.state(run_id) in FINAL_STATES if event.name != "log" else False
        while (following := client.log(run_id, stream, chunk.next_offset)).text:
            yield (chunk := following)
        if ended:
            return


COMMANDS = (points, logs, export)
