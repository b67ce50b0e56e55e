"""Commands that talk to runs: query and answer."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from gymdash_server.cli.cells import reply_cell
from gymdash_server.cli.completion import RUN, complete_runs
from gymdash_server.cli.support import Code, Session, as_json, finish, pass_session, server_options
from gymdash_server.cli.values import parse_channels, parse_value

if TYPE_CHECKING:
    from gymdash_server.schemas.talking import ControlRequestRead, ReplyRead


@click.command()
@RUN
@click.argument("channels", metavar="CHANNEL[=JSON]...", nargs=-1, required=True)
@click.option(
    "--timeout",
    type=click.FloatRange(0, 60),
    default=5.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for replies.",
)
@server_options
@pass_session
def query(session: Session, run: str, channels: tuple[str, ...], *, timeout: float) -> None:
    """Send values to a live run; print replies.

    A channel without a value is asked for what it publishes, such as progress. Exit code 4: one was not in time.
    """
    out, values = session.out, parse_channels(channels)
    replies = session.client.query(run, values, timeout)
    if out.as_json:
        out.json({"channels": {key: as_json(reply) for key, reply in replies.items()}})
    else:
        out.table(("channel", "value", "step", "age", "reason"), [_row(key, reply) for key, reply in replies.items()])
    silent = [reply for reply in replies.values() if not reply.triggered]
    if any(reply.reason == "timeout" or reply.pending for reply in silent):
        finish(Code.TIMED_OUT)
    if silent:
        finish(Code.FAILED)


@click.command()
@click.argument("question", metavar="[ID]", required=False, shell_complete=complete_runs)
@click.argument("value", metavar="[VALUE]", required=False)
@server_options
@pass_session
def answer(session: Session, question: str | None, value: str | None) -> None:
    """Answer an open question.

    ID is a question, or the run that asks; it may be left out where one question is open. VALUE is JSON if it parses,
    else a string; @FILE reads a file. Without a VALUE each part of the answer is asked for, as the question's schema
    says. What stands alone is the ID where it names a question or a run, else the VALUE.
    """
    from gymdash_server.cli.questions import find_question, find_question_or_value  # noqa: PLC0415 - help needs none

    client = session.client
    if question is None or value is not None:
        request = find_question(client, question)
    else:
        request, value = find_question_or_value(client, question)
    answered = _ask(session, request) if value is None else client.answer(request.id, parse_value(value))
    if session.out.as_json:
        session.out.json(as_json(answered))
    else:
        session.out.line(f"{answered.id}  {answered.state}: {json.dumps(answered.answer, ensure_ascii=False)}")


def _ask(session: Session, request: ControlRequestRead) -> ControlRequestRead:
    """Ask the person at the terminal until the answer is accepted."""
    from gymdash_core.errors import InvalidValueError  # noqa: PLC0415 - for prompts alone
    from gymdash_server.cli.prompts import ask_for  # noqa: PLC0415 - same

    session.out.note(request.details)
    while True:
        try:
            return session.client.answer(request.id, ask_for(session.out, request.schema_))
        except InvalidValueError as error:
            if not sys.stdin.isatty():
                raise
            session.out.note(str(error))


def _row(key: str, reply: ReplyRead) -> tuple[Any, ...]:
    age = f"{reply.age_s:.1f} s" if isinstance(reply.age_s, (int, float)) else None
    value = reply_cell(reply.value) if reply.triggered else None
    state = "stays pending" if reply.pending else reply.reason
    return key, value, reply.step, age, state


COMMANDS = (query, answer)
