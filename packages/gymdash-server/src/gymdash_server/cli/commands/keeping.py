"""Commands on what is kept of runs: rename, tag and note them, delete and restore them, start them anew."""

from __future__ import annotations

import sys
from typing import Any

import click

from gymdash_server.cli.completion import RUN, RUNS, complete_trashed
from gymdash_server.cli.support import Code, Session, as_json, as_list, finish, pass_session, server_options
from gymdash_server.cli.telling import FOLLOW, print_runs, sentence, tell_started


@click.command()
@RUN
@click.option("--name", help="What people call the new run; that of the other by default.")
@FOLLOW
@server_options
@pass_session
def restart(session: Session, run: str, *, name: str | None, follow: bool) -> None:
    """Start a new run with the arguments of another.

    Prints the id of the new run.
    """
    tell_started(session, session.client.restart(run, name=name), follow=follow)


@click.command()
@RUN
@click.option("--name", help="What people call it from now on.")
@click.option("--tag", "added", multiple=True, metavar="TAG", help="Word for finding it. Repeatable.")
@click.option("--untag", "removed", multiple=True, metavar="TAG", help="Tag to take away. Repeatable.")
@click.option("--notes", help="Notes, in place of those that are there.")
@server_options
@pass_session
def edit(
    session: Session, run: str, *, name: str | None, added: tuple[str, ...], removed: tuple[str, ...], notes: str | None
) -> None:
    """Change name, tags and notes of a run."""
    if name is None and notes is None and not added and not removed:
        raise click.UsageError("Say what to change: --name, --tag, --untag or --notes.")
    tags = None
    if added or removed:
        tags = _tags(session.client.get(run).tags, added, removed)
    changed = session.client.update(run, name=name, tags=tags, notes=notes)
    if session.out.as_json:
        session.out.json(as_json(changed))
    else:
        session.out.line("  ".join([changed.id, changed.name, *(f"#{tag}" for tag in changed.tags)]))


@click.command()
@RUNS
@click.option("--purge", is_flag=True, help="Remove them for good, with all their files.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask before a purge.")
@server_options
@pass_session
def delete(session: Session, ids: tuple[str, ...], *, purge: bool, yes: bool) -> None:
    """Move ended runs to the trash, or remove them for good.

    `gymdash list --trashed` shows the trash, `gymdash restore` takes out of it.
    """
    client = session.client
    runs = [client.get(run) for run in ids]
    if purge and not yes:
        if not sys.stdin.isatty():
            raise click.UsageError("Nobody can be asked here: add --yes to remove runs for good.")
        session.out.note("\n".join(sentence(run) for run in runs))
        if not session.out.confirm("Remove for good, with all files?", default=False):
            finish(Code.FAILED)
    for run in runs:
        client.delete(run, purge=purge)
        if not session.out.as_json:
            session.out.line(f"{run.id}  {run.name}: {'removed' if purge else 'in the trash'}")
    if session.out.as_json:
        session.out.json(as_list(runs if purge else [client.get(run) for run in runs]))


@click.command()
@click.argument("ids", metavar="ID...", nargs=-1, required=True, shell_complete=complete_trashed)
@server_options
@pass_session
def restore(session: Session, ids: tuple[str, ...]) -> None:
    """Take runs out of the trash."""
    known = [session.client.resolve(run) for run in ids]
    print_runs(session, [session.client.restore(run) for run in known])


def _tags(present: list[str], added: tuple[str, ...], removed: tuple[str, ...]) -> list[str]:
    """Return tags with some added and others taken away.

    Raises:
        click.UsageError: One is to be both.
    """
    both = sorted(set(added) & set(removed))
    if both:
        raise click.UsageError(f"{both[0]!r} is given to --tag and to --untag.")
    return [tag for tag in dict.fromkeys([*present, *added]) if tag not in removed]


COMMANDS: tuple[Any, ...] = (restart, edit, delete, restore)
