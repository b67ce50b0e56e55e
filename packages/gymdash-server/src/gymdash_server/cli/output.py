"""The only place that prints: results go to standard output, everything else to standard error.

Texts of runs (names, questions, reasons) are made harmless for terminals: control characters are shown as escapes. The
captured output of a run is passed on as it is.
"""

from __future__ import annotations

import contextlib
import json
import sys
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

#: Tables of more rows are printed as they come, which is much quicker.
_FEW_ROWS = 1000


class Output:
    """Print for one command.

    Args:
        as_json: Print results as JSON.
    """

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json

    # --- results ---------------------------------------------------------------------------------------------------

    def json(self, value: Any) -> None:
        """Print a JSON value: indented on a terminal, else on one line."""
        indent = 2 if sys.stdout.isatty() else None
        click.echo(json.dumps(value, indent=indent, ensure_ascii=False))

    def line(self, text: str) -> None:
        """Print a line at once."""
        click.echo(harmless(text))
        sys.stdout.flush()

    def raw(self, text: str) -> None:
        """Print text as it is, at once."""
        click.echo(text, nl=False)
        sys.stdout.flush()

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Print rows under the names of their columns; None is an empty cell."""
        cells = [[harmless("" if cell is None else str(cell)) for cell in row] for row in rows]
        if sys.stdout.isatty() and len(cells) <= _FEW_ROWS:
            _print_fitted(columns, cells)
            return
        widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
        lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in [columns, *cells])
        click.echo("\n".join(lines))

    def fields(self, pairs: Iterable[tuple[str, object]]) -> None:
        """Print names and values; those that are None or empty are left out."""
        shown = [(name, str(value)) for name, value in pairs if value not in {None, ""}]
        width = max((len(name) for name, _ in shown), default=0)
        for name, value in shown:
            click.echo(f"{name:<{width}}  {harmless(value)}")

    # --- the rest --------------------------------------------------------------------------------------------------

    def note(self, text: str) -> None:
        """Say something on standard error."""
        click.echo(harmless(text), err=True)

    def error(self, text: str) -> None:
        """Say in one line on standard error what is wrong."""
        click.echo(f"Error: {harmless(' '.join(text.split()))}", err=True)

    @contextlib.contextmanager
    def progress(self, text: str) -> Iterator[Callable[[int, int], None]]:
        """Show on standard error how far something is, where that is a terminal; give what is told done and total."""
        if not sys.stderr.isatty():
            yield lambda _done, _total: None
            return
        from rich.console import Console  # noqa: PLC0415 - help needs no bar
        from rich.progress import Progress  # noqa: PLC0415 - same

        with Progress(console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task(text, total=None)
            yield lambda done, total: progress.update(task, completed=done, total=total)

    def ask(self, text: str, **options: Any) -> Any:
        """Ask the person at the terminal; `options` are those of `click.prompt`."""
        with contextlib.redirect_stdout(sys.stderr):  # click would write a part of it to standard output
            return click.prompt(harmless(text), **options)

    def confirm(self, text: str, *, default: bool | None) -> bool:
        """Ask the person at the terminal for yes or no."""
        with contextlib.redirect_stdout(sys.stderr):
            return click.confirm(harmless(text), default=default)


def harmless(text: str) -> str:
    r"""Return a text with its control characters, but tabs and line ends, as escapes.

    Example:
        >>> harmless("a\x1b[31mb")
        'a\\x1b[31mb'
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in "\t\n" else c.encode("unicode_escape").decode() for c in text)


def _print_fitted(columns: Sequence[str], cells: list[list[str]]) -> None:
    """Print a table that is folded to the width of the terminal."""
    from rich.console import Console  # noqa: PLC0415 - for terminals alone
    from rich.table import Table  # noqa: PLC0415 - same
    from rich.text import Text  # noqa: PLC0415 - same

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in cells:
        table.add_row(*map(Text, row))
    Console(highlight=False).print(table)
