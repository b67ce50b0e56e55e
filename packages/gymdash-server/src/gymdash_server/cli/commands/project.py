"""Commands on a project folder: rebuild the index, take in logs of other programs, look for what is wrong."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import click

from gymdash_core.project import Project
from gymdash_server.cli.support import Code, Session, finish, json_option, pass_session, project_option

if TYPE_CHECKING:
    from collections.abc import Iterable


@click.group("project")
def project() -> None:
    """Look after a project folder."""


@project.command()
@project_option
@click.option("--database", metavar="URL", help="Index; default $GYMDASH_DATABASE_URL, else a file in the project.")
@json_option
@pass_session
def reindex(session: Session, *, database: str | None) -> None:
    """Make the index anew from the runs, while no server serves the project.

    The index holds nothing of its own: a damaged one is put aside, and nothing is lost.
    """
    from gymdash_server.cli.commands.serve import settings_of  # noqa: PLC0415 - help needs none
    from gymdash_server.reindex import reindex as make_anew  # noqa: PLC0415 - same

    settings = settings_of({"project": session.project, "database": database})
    with session.out.progress("Reading runs") as told:
        done = make_anew(settings, told)
    if session.out.as_json:
        session.out.json(
            {"project": str(settings.project_folder.path), "simulations": done.runs, "put_aside": done.put_aside}
        )
        return
    if done.put_aside is not None:
        session.out.note(f"The damaged database is now {done.put_aside}")
    session.out.line(f"{done.runs} runs in the index of {settings.project_folder.path}")


@click.command("import")
@click.argument("logdir", type=click.Path(exists=True, file_okay=False))
@click.option("--name", default="", help="What people call the run; with several folders, what stands before each.")
@click.option("--tag", "tags", multiple=True, help="Word for finding it. Repeatable.")
@project_option
@json_option
@pass_session
def import_logs(session: Session, logdir: str, *, name: str, tags: tuple[str, ...]) -> None:
    """Take in folders of logs as finished runs.

    LOGDIR, and each folder in it, that directly holds files that some plugin's streamer type reads becomes a run, named
    after its folder. Its files are copied into the project, and its id is printed. A server of the project shows the
    runs at once.
    """
    from gymdash_core.runview import read_run, read_statuses  # noqa: PLC0415 - help needs none
    from gymdash_core.status import SimStatusCode  # noqa: PLC0415 - same
    from gymdash_server.importing import import_folder  # noqa: PLC0415 - same

    runs = import_folder(session.project, logdir, name, tags)
    _have_shown(session, [run.id for run in runs])
    if session.out.as_json:
        session.out.json({"items": [read_run(run).as_json() for run in runs], "next_cursor": None})
    for run in runs:
        for status in read_statuses(run):
            if status.code is SimStatusCode.INFO:
                session.out.note(f"{run.id}: {status.details}")
        if not session.out.as_json:
            session.out.line(run.id)


def _have_shown(session: Session, runs: Iterable[str]) -> None:
    """Have the project's server, where there is one, show runs: the next command may ask it."""
    from gymdash_core.errors import GymDashError  # noqa: PLC0415 - help needs none
    from gymdash_server.client import Client  # noqa: PLC0415 - same

    with contextlib.suppress(GymDashError), Client(project=Project(session.project).path) as client:
        for run in runs:
            client.get(run)


@click.command()
@project_option
@json_option
@pass_session
def doctor(session: Session) -> None:
    """Look for what is wrong on this machine.

    Exit code 1 where something is.
    """
    from gymdash_server.cli.checks import examine  # noqa: PLC0415 - help needs none

    findings = examine(session.project)
    if session.out.as_json:
        session.out.json({"items": [vars(finding) for finding in findings], "next_cursor": None})
    else:
        rows = [("ok" if finding.ok else "WRONG", finding.what, finding.details) for finding in findings]
        session.out.table(("", "what", "found"), rows)
    if not all(finding.ok for finding in findings):
        finish(Code.FAILED)


COMMANDS = (project, import_logs, doctor)
