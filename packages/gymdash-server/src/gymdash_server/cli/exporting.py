"""Writing the stats of a run to a file or to standard output."""

from __future__ import annotations

import contextlib
import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gymdash_server.cli.commands.data import point_rows
from gymdash_server.cli.support import as_json
from gymdash_server.jsonvalues import finite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gymdash_server.cli.output import Output
    from gymdash_server.client import Client
    from gymdash_server.schemas.data import StatRead

    Write = Callable[[str], object]

_COLUMNS = ("key", "kind", "step", "wall_time", "attempt", "value")


def write_export(client: Client, run: str, keys: Sequence[str], form: str, output: str | None, out: Output) -> int:
    """Write stats; return how many points.

    Args:
        client: Whom to ask.
        run: The run.
        keys: Only stats of these keys; empty for all.
        form: ``csv`` or ``json``.
        output: File, replaced when all is written; None for standard output.
        out: Prints.

    Raises:
        UnknownStatError: The run has no stat of one of the keys.
        click.ClickException: The file cannot be written.
    """
    run_id = client.resolve(run)
    stats = client.stats(run_id)
    known = {stat.key for stat in stats}
    for key in keys:
        if key not in known:
            from gymdash_core.errors import UnknownStatError  # noqa: PLC0415 - only where something is wrong

            raise UnknownStatError(key, known=known)
    chosen = [stat for stat in stats if not keys or stat.key in keys]
    with _target(output, out) as write:
        return (_write_csv if form == "csv" else _write_json)(client, run_id, chosen, write)


def _write_csv(client: Client, run_id: str, stats: list[StatRead], write: Write) -> int:
    count = 0
    write(_csv_line(_COLUMNS))
    for stat in stats:
        rows = [
            [stat.key, stat.kind, row["step"], row["wall_time"], row["attempt"], _cell(row["value"])]
            for row in point_rows(client.points(run_id, stat.key, stat.kind))
        ]
        write("".join(map(_csv_line, rows)))
        count += len(rows)
    return count


def _write_json(client: Client, run_id: str, stats: list[StatRead], write: Write) -> int:
    series = [client.points(run_id, stat.key, stat.kind) for stat in stats]
    data = {"simulation": as_json(client.get(run_id)), "stats": as_json(series)}
    write(json.dumps(data, ensure_ascii=False) + "\n")
    return sum(len(list(point_rows(points))) for points in series)


def _csv_line(cells: Sequence[Any]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(cells)
    return buffer.getvalue()


def _cell(value: Any) -> Any:
    value = finite(value)
    return value if isinstance(value, (str, int, float)) else json.dumps(value, ensure_ascii=False)


@contextlib.contextmanager
def _target(output: str | None, out: Output) -> Iterator[Write]:
    """Give what writes; a file appears whole or not at all."""
    if output is None:
        yield out.raw
        return
    path = Path(output)
    hidden = path.with_name(f".{path.name}.part")
    try:
        with hidden.open("w", encoding="utf-8") as file:
            yield file.write
        hidden.replace(path)
    except OSError as error:
        raise click.ClickException(f"cannot write {output}: {error.strerror or error}") from error
    finally:
        with contextlib.suppress(OSError):
            hidden.unlink()
