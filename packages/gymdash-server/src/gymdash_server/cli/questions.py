"""Finding the question that is meant on the command line: by its id, by the run that asks, or as the only one."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from uuid import UUID

import click

from gymdash_core.errors import RequestClosedError, RunNotFoundError, UnknownRequestError

if TYPE_CHECKING:
    from gymdash_server.client import Client
    from gymdash_server.schemas.talking import ControlRequestRead

_MIN_PREFIX = 4  # as for runs
_QUESTION = re.compile(r"[0-9a-f]{16}")  # a slip in an id must not become somebody's answer


def find_question(client: Client, wanted: str | None) -> ControlRequestRead:
    """Return the open question that is meant.

    Args:
        client: Whom to ask.
        wanted: Id or prefix of a question, or what names a run; None for the only one that is open.

    Raises:
        click.ClickException: None is open, or the run asks nothing.
        click.UsageError: Several are open.
        RequestClosedError: It was answered or withdrawn before.
        RunNotFoundError: There is neither such a question nor such a run.
    """
    found = client.control_requests()
    if wanted is None:
        if not found:
            raise click.ClickException("No question is open.")
        return _only(client, found)
    named = _named(client, found, wanted)
    if named is None:
        _refuse_closed(client, wanted)
        client.resolve(wanted)  # tells why it names no run
        raise RunNotFoundError(wanted)
    return named


def find_question_or_value(client: Client, text: str) -> tuple[ControlRequestRead, str | None]:
    """Return the question, and the value where a text that stands alone names neither a question nor a run.

    Args:
        client: Whom to ask.
        text: What was given.

    Raises:
        click.ClickException: No question is open, or the run asks nothing.
        click.UsageError: Several questions are open.
        RequestClosedError: It names a question that was answered or withdrawn before.
        RunNotFoundError: It names several runs, or is the id of none.
        UnknownRequestError: It is the id of no question.
    """
    if text[:1] not in {"{", "[", '"', "@"}:
        named = _named(client, client.control_requests(), text)
        if named is not None:
            return named, None
        if _QUESTION.fullmatch(text) or not _is_json(text):
            _refuse_closed(client, text)
        if _is_uuid(text):
            raise RunNotFoundError(text)
        if _QUESTION.fullmatch(text):
            raise UnknownRequestError(text)
    return find_question(client, None), text


def _named(client: Client, found: list[ControlRequestRead], wanted: str) -> ControlRequestRead | None:
    """Return the open question that a text names; None where it names neither a question nor a run."""
    by_id = [request for request in found if _names(wanted, request)]
    if by_id:
        return _only(client, by_id)
    try:
        run = client.resolve(wanted)
        by_run = [request for request in found if request.simulation_id == run]
        if not by_run and _is_uuid(wanted):
            client.get(run)
    except RunNotFoundError as error:
        if error.matches:
            raise
        return None
    if not by_run:
        raise click.ClickException(f"{wanted} asks nothing now.")
    return _only(client, by_run)


def _refuse_closed(client: Client, wanted: str) -> None:
    for request in client.control_requests(open=False):
        if _names(wanted, request):
            raise RequestClosedError(request.id, request.state)


def _only(client: Client, found: list[ControlRequestRead]) -> ControlRequestRead:
    if len(found) > 1:
        names = {run: client.get(run).name for run in {request.simulation_id for request in found}}
        lines = [f"  {request.id}  {names[request.simulation_id]}: {request.details}" for request in found]
        raise click.UsageError("\n".join([f"{len(found)} questions are open; name one, or its run:", *lines]))
    return found[0]


def _names(text: str, request: ControlRequestRead) -> bool:
    return request.id == text or (len(text) >= _MIN_PREFIX and request.id.startswith(text))


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False
