"""Telling the hub and the plugins what is new of one run, each thing once."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Any

from gymdash_core.errors import GymDashError
from gymdash_core.journal import read_json
from gymdash_core.logs import STREAMS, read_log
from gymdash_server.db.mapping import request_json
from gymdash_server.jsonvalues import finite
from gymdash_server.points.events import points_event

if TYPE_CHECKING:
    from pathlib import Path

    from gymdash_core.project import RunFolder
    from gymdash_core.runview import RunView
    from gymdash_server.announcer import Announcer
    from gymdash_server.live.hub import Hub
    from gymdash_server.points.model import NewPoints
    from gymdash_server.recorder.memory import Known
    from gymdash_server.recorder.writing import Change

logger = logging.getLogger(__name__)

#: Most of a stream of output that is told at one look; what was before is left out, and the offsets say so.
LOG_BYTES = 64 * 1024


class Teller:
    """Tell what is new of runs; called in the run's turn, after what is told was committed.

    Args:
        hub: Where events go.
        announcer: Calls the plugins' hooks.
    """

    def __init__(self, hub: Hub, announcer: Announcer) -> None:
        self._hub, self._announcer = hub, announcer

    def tell(self, run: RunFolder, view: RunView, change: Change, known: Known, *, is_news: bool) -> None:
        """Tell what a writing has brought; where that fails, the next telling begins with it again.

        Args:
            run: The run.
            view: How it stands.
            change: What was written.
            known: What was told of it.
            is_news: It lives, or has just ended.
        """
        before = known.view
        known.news |= _news(run, view, change, known)
        if view.state.is_final and is_news:  # the end comes behind all that led to it
            self.tell_published(run, known)
            self.tell_logs(run, known)
        if before is None or known.news or _without_progress(before) != _without_progress(view):
            self._hub.publish("simulation", {**change.json, "news": sorted(known.news)}, run.id)
            known.news = set()
        elif before.progress != view.progress and view.progress is not None:
            self._hub.publish("progress", {**view.progress, "state": str(view.state)}, run.id)
        for is_new, row in change.requests:
            request = request_json(row)
            self._hub.publish("control_request", request, run.id)
            if is_new and request["state"] == "open":
                self._announcer.asked(change.json, request)
        if view.state.is_live:
            self.tell_published(run, known)
            self.tell_logs(run, known)
        if change.started:
            self._announcer.started(change.json)
        if change.finished:
            self._announcer.finished(change.json)
        known.view = view

    def tell_deleted(self, run: RunFolder) -> None:
        """Tell that a run is gone."""
        self._hub.publish("simulation", {"id": run.id, "deleted": True}, run.id)

    def tell_points(self, run_id: str, new: NewPoints) -> None:
        """Tell new points, where anybody wants to know."""
        if self._hub.wants("points", run_id):
            self._hub.publish("points", points_event(run_id, new), run_id)

    def tell_published(self, run: RunFolder, known: Known) -> None:
        """Tell channels whose value has changed; what cannot be read is left out."""
        try:
            published = (read_json(run.state) or {}).get("published") or {}
        except (GymDashError, OSError) as error:
            logger.debug("run %s: its published values are not told: %s", run.id, error)
            return
        for key, item in published.items():
            value = finite(item.get("value"))
            if key != "progress" and (key not in known.published or known.published[key] != value):
                known.published[key] = value
                event = {"key": key, "value": value, "time": item.get("time"), "step": item.get("step")}
                self._hub.publish("channel", event, run.id)

    def tell_logs(self, run: RunFolder, known: Known) -> None:
        """Tell new output; what cannot be read is left out, and the offsets of what follows say so."""
        for stream in STREAMS:
            size = log_size(run, stream)
            begin = known.logs.setdefault(stream, 0)
            if size <= begin:
                continue
            if not self._hub.wants("log", run.id):
                known.logs[stream] = size
                continue
            try:
                chunk = read_log(run, stream, max(begin, size - LOG_BYTES), LOG_BYTES)
            except (GymDashError, OSError) as error:
                logger.warning("run %s: its new %s is not told: %s", run.id, stream, error)
                known.logs[stream] = size
                continue
            known.logs[stream] = chunk.next_offset
            if chunk.text:
                self._hub.publish("log", vars(chunk), run.id)


def log_size(run: RunFolder, stream: str) -> int:
    """Return how much output there is, in bytes."""
    return _size(run.log(stream))


def _size(path: Path) -> int:
    try:
        return os.stat(path).st_size  # noqa: PTH116 - the quicker call, made very often
    except OSError:
        return 0


def _news(run: RunFolder, view: RunView, change: Change, known: Known) -> set[str]:
    """Return which lists of a run have changed: those that were read just now, and those that are read when asked."""
    found = {"statuses": bool(change.statuses), "interventions": bool(change.interventions)}
    lists: dict[str, object] = {"checkpoints": _checkpoints(run), "attempts": _attempts(run, view)}
    found |= {name: (known.lists.get(name) or None) != (mark or None) for name, mark in lists.items()}
    known.lists = lists
    return {name for name, is_new in found.items() if is_new}


def _attempts(run: RunFolder, view: RunView) -> object:
    """Return a mark of the list of attempts: its lines, and the end of the last, which may be in none of them."""
    size = _size(run.attempts)
    return (size, view.state if view.ended else None, view.ended) if size else None


def _checkpoints(run: RunFolder) -> frozenset[str]:
    try:
        return frozenset(name for name in os.listdir(run.checkpoints) if not name.startswith("."))  # noqa: PTH208
    except OSError:
        return frozenset()


def _without_progress(view: RunView) -> dict[str, Any]:
    found: dict[str, Any] = finite({name: value for name, value in view.as_json().items() if name != "progress"})
    return found
