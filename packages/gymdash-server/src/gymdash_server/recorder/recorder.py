"""The recorder: one thread that keeps the index true to the run directories and tells the hub what has changed.

Data flow: files change → a notification, a look at the clock, or a command of this server marks the run as *due* → the
run is synchronised: its state is judged, new lines and points are read, rows are written and committed, and then the
events go to the hub. So whoever hears of something can read it.

Order for a run that has ended: its points are read to their end before its final state is written and told.

Ownership: rows are written here alone, one run at a time under its lock, by this thread or by the request that has just
changed the run. The recorder's thread is ended by `close`.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from gymdash_core.errors import GymDashError, RunNotFoundError
from gymdash_core.journal import read_json
from gymdash_core.logs import STREAMS, read_log
from gymdash_core.monitor import RunMonitor
from gymdash_core.project import Project, RunFolder
from gymdash_core.runview import RunView, read_run
from gymdash_core.status import FINAL_STATES, utc_now
from gymdash_server.db.repositories import RecordRepository, SimulationRepository, request_json, simulation_json
from gymdash_server.jsonvalues import finite
from gymdash_server.points.events import points_event
from gymdash_server.recorder.rows import (
    Interventions,
    Offsets,
    fingerprint,
    new_requests,
    new_statuses,
    simulation_row,
    withdraw_left_open,
)
from gymdash_server.recorder.watcher import FileWatcher

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

    from gymdash_server.announcer import Announcer
    from gymdash_server.db.tables import ControlRequestTable, SimulationTable
    from gymdash_server.live.hub import Hub
    from gymdash_server.points.index import NewPoints, PointsIndex
    from gymdash_server.points.library import PointsLibrary

logger = logging.getLogger(__name__)

#: A run is looked at this often at most.
PACE_S = 0.08
#: A live run is looked at this often at least, whatever notifications say.
LOOK_S = 1.0
#: The project is searched this often for runs that others have created, changed or deleted.
SEARCH_S = 0.25
SEARCH_OLD_S = 2.0
#: A run that ended this recently may have been too quick to be seen alive.
RECENT = timedelta(seconds=30)
_LOG_BYTES = 64 * 1024
_REMEMBERED = 256


@dataclass
class _Known:
    """What was told of a run, so that only what is new is told."""

    view: RunView | None = None
    published: dict[str, Any] = field(default_factory=dict)
    logs: dict[str, int] = field(default_factory=dict)
    looked: float = 0.0


@dataclass(frozen=True)
class Follow:
    """Whom the recorder tells what the hub does not.

    Attributes:
        on_end: Told each run that has ended, and the number of the attempt.
        on_linger: Told each run whose process outlives its end for too long.
        announcer: Calls the plugins' hooks.
    """

    on_end: Callable[[RunFolder, int], None]
    on_linger: Callable[[RunFolder], None]
    announcer: Announcer


class Recorder:
    """Keep the index true.

    Thread safety: all methods may be called from any thread.

    Args:
        project: The project.
        engine: The index.
        hub: Where events go.
        library: The points of all runs.
        follow: Whom else to tell.
    """

    def __init__(self, project: Project, engine: Engine, hub: Hub, library: PointsLibrary, follow: Follow) -> None:
        self._project, self._engine, self._hub = project, engine, hub
        self._library, self._follow = library, follow
        self._monitor = RunMonitor(lambda run, *_: self.mark(run.id), follow.on_linger, lambda run: self.mark(run.id))
        self._watcher = FileWatcher(self.mark)
        self._lock = threading.Lock()
        self._due: dict[str, None] = {}
        self._live: set[str] = set()
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._run_locks: dict[str, threading.Lock] = {}
        self._metas: dict[str, int] = {}
        self._wake = threading.Event()
        self._closed = False
        self._searched = self._searched_old = 0.0
        self._thread = threading.Thread(target=self._work, name="gymdash-recorder", daemon=True)

    # --- life cycle ------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Bring the index up to date with all runs, then follow them.

        Raises:
            OSError: The project cannot be read.
            SQLAlchemyError: The index cannot be written.
        """
        self.reconcile()
        self._thread.start()

    def close(self) -> None:
        """Stop following; what is due is synchronised once more."""
        self._closed = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()
        self._monitor.close()
        self._watcher.close()

    def reconcile(self, *, anew: bool = False) -> int:
        """Bring the rows up to date with the run directories; return how many runs there are.

        Args:
            anew: Read every run, whatever the index says of it.
        """
        with Session(self._engine) as session:
            known = SimulationRepository(session).fingerprints()
        runs = {run.id: run for run in self._project.runs()}
        self._metas = {run.id: _time_of(run) for run in runs.values()}
        for run in runs.values():
            state, mark = known.get(run.id, ("", ""))
            if anew or state not in FINAL_STATES or mark != fingerprint(run):
                self._sync_quietly(run)
        gone = known.keys() - runs.keys()
        if gone:
            with Session(self._engine) as session:
                SimulationRepository(session).remove(gone)
                session.commit()
        return len(runs)

    def _sync_quietly(self, run: RunFolder) -> None:
        try:
            self.sync(run, quiet=True)
        except (GymDashError, OSError) as error:
            logger.warning("run %s cannot be read: %s", run.id, error)

    # --- the thread ------------------------------------------------------------------------------------------------

    def mark(self, run_id: str) -> None:
        """Have a run looked at soon."""
        with self._lock:
            self._due[run_id] = None
        self._wake.set()

    def _work(self) -> None:
        while not self._closed:
            now = time.monotonic()
            try:
                self._search(now)
                self._look_at_due(now)
            except Exception:  # this thread follows all runs: a defect must not end it
                logger.exception("the recorder stumbled")
            self._wake.wait(PACE_S if self._due else SEARCH_S)
            self._wake.clear()
        self._look_at_due(float("inf"))

    def _look_at_due(self, now: float) -> None:
        with self._lock:
            late = [i for i in self._live if now - self._remembered(i).looked >= LOOK_S]
            self._due.update(dict.fromkeys(late))
            ready = [i for i in self._due if now - self._remembered(i).looked >= PACE_S]
            for run_id in ready:
                del self._due[run_id]
        for run_id in ready:
            self._look_at(RunFolder(self._project.sims / run_id))

    def _look_at(self, run: RunFolder) -> None:
        self._remembered(run.id).looked = time.monotonic()
        try:
            self.sync(run)
        except (GymDashError, OSError, SQLAlchemyError) as error:
            logger.warning("run %s: %s; it is tried again", run.id, error)
            if run.path.is_dir():
                self.mark(run.id)
        except Exception:  # one run's defect must not keep the others from being followed
            logger.exception("run %s cannot be recorded", run.id)

    def _search(self, now: float) -> None:
        """Find runs that somebody else has created or deleted, and ended ones that somebody has changed."""
        if now - self._searched < SEARCH_S:
            return
        self._searched = now
        present = {run.id: run for run in self._project.runs()}
        for run_id in present.keys() - self._metas.keys():
            self.mark(run_id)
        for run_id in self._metas.keys() - present.keys():
            self._metas.pop(run_id, None)
            self.mark(run_id)
        self._metas.update(dict.fromkeys(present.keys() - self._metas.keys(), -1))
        if now - self._searched_old >= SEARCH_OLD_S:
            self._searched_old = now
            for run_id, run in present.items():
                changed = _time_of(run)
                if self._metas[run_id] not in {changed, -1}:
                    self.mark(run_id)
                self._metas[run_id] = changed

    def _remembered(self, run_id: str) -> _Known:
        """Return what was told of a run; the longest unused ended ones are forgotten."""
        known = self._known.setdefault(run_id, _Known())
        self._known.move_to_end(run_id)
        while len(self._known) > _REMEMBERED and next(iter(self._known)) not in self._live:
            self._known.popitem(last=False)
        return known

    # --- one run ---------------------------------------------------------------------------------------------------

    def sync(self, run: RunFolder, *, quiet: bool = False) -> dict[str, Any] | None:
        """Bring the index up to date with one run and tell what has changed; return it as clients see it.

        Args:
            run: The run.
            quiet: Tell nobody: the state of long ago is no news.

        Returns:
            The run; None where it is gone.
        """
        with self._run_lock(run.id):
            mark = fingerprint(run)
            try:
                view = read_run(run)
            except RunNotFoundError:
                self._forget(run, quiet=quiet)
                return None
            if not quiet:
                self._read_points(run, view)
            with Session(self._engine, expire_on_commit=False) as session:
                change = self._write(session, run, view, mark, quiet=quiet)
                session.commit()
            self._follow_files(run, view)
            if not quiet:
                self._tell(run, view, change)
            if view.state.is_final:
                self._follow.on_end(run, view.attempt)
            return change.json

    def _run_lock(self, run_id: str) -> threading.Lock:
        with self._lock:
            return self._run_locks.setdefault(run_id, threading.Lock())

    def _read_points(self, run: RunFolder, view: RunView) -> None:
        """Read what is new of the points: of a live run, and of one that has just ended, to their end."""
        has_just_ended = view.state.is_final and (run.id in self._live or _is_recent(view))
        if not view.state.is_live and not has_just_ended:
            return
        index = self._library.open(run)
        index.update(lambda new: self._tell_points(run, new), complete=view.attempt if view.state.is_final else 0)
        if view.state.is_final:
            self._library.complete(run, view)

    def _tell_points(self, run: RunFolder, new: NewPoints) -> None:
        if self._hub.wants("points", run.id):
            self._hub.publish("points", points_event(run.id, new), run.id)

    def _write(self, session: Session, run: RunFolder, view: RunView, mark: str, *, quiet: bool) -> _Change:
        simulations, records = SimulationRepository(session), RecordRepository(session)
        before = simulations.get(run.id)
        row = simulation_row(view, mark)
        offsets = Offsets.of(before.offsets if before is not None else None)
        if not offsets.fit(run):
            records.forget(run.id)
            offsets = Offsets()
        _keep(row, before, view)
        simulations.save(row, view.tags)
        session.flush()
        records.add_statuses(new_statuses(run, offsets))
        asked = self._write_requests(records, run, view, offsets)
        self._write_interventions(records, run, view, offsets)
        row.offsets = vars(offsets)
        simulations.save(row, view.tags)
        started = not quiet and view.attempt > _told(before, "told_started") and row.told_started == view.attempt
        finished = not quiet and view.attempt > _told(before, "told_finished") and row.told_finished == view.attempt
        return _Change(simulation_json(row, view.tags), asked, started=started, finished=finished)

    @staticmethod
    def _write_requests(
        records: RecordRepository, run: RunFolder, view: RunView, offsets: Offsets
    ) -> list[tuple[bool, dict[str, Any]]]:
        """Write the questions that are new or have changed; return them with whether they are new."""
        fresh = new_requests(run, offsets)
        known = {row.id: row for row in records.requests_of(run.id)} if fresh or not view.state.is_live else {}
        merged: dict[str, ControlRequestTable] = {**known, **{row.id: row for row in fresh}}
        changed = {row.id: row for row in [*fresh, *withdraw_left_open(list(merged.values()), view)]}
        records.save_requests(changed.values())
        return [(row.id not in known, request_json(row)) for row in changed.values()]

    @staticmethod
    def _write_interventions(records: RecordRepository, run: RunFolder, view: RunView, offsets: Offsets) -> None:
        before = (offsets.signals, offsets.interventions)
        if before == (_size_of(run.signals), _size_of(run.interventions)) and not view.state.is_final:
            return
        done = Interventions(run.id, {row.id: row for row in records.interventions_of(run.id)})
        done.read(run, offsets)
        done.conclude(view)
        for identity in done.changed:
            records.save_intervention(done.rows[identity])

    def _follow_files(self, run: RunFolder, view: RunView) -> None:
        """Watch a run for as long as it may change by itself."""
        if view.state.is_final:
            self._live.discard(run.id)
            self._watcher.unwatch(run.id)
        elif run.id not in self._live:
            self._live.add(run.id)
            self._monitor.watch(run)
            self._watcher.watch(run)

    def _forget(self, run: RunFolder, *, quiet: bool) -> None:
        with Session(self._engine) as session:
            simulations = SimulationRepository(session)
            is_known = simulations.get(run.id) is not None
            simulations.remove([run.id])
            session.commit()
        self._live.discard(run.id)
        self._watcher.unwatch(run.id)
        self._library.forget(run)
        if is_known and not quiet:
            self._hub.publish("simulation", {"id": run.id, "deleted": True}, run.id)

    # --- telling ---------------------------------------------------------------------------------------------------

    def _tell(self, run: RunFolder, view: RunView, change: _Change) -> None:
        known = self._remembered(run.id)
        before, known.view = known.view, view
        if before is None or _without_progress(before) != _without_progress(view):
            self._hub.publish("simulation", change.json, run.id)
        elif before.progress != view.progress and view.progress is not None:
            self._hub.publish("progress", {**view.progress, "state": str(view.state)}, run.id)
        for is_new, request in change.requests:
            self._hub.publish("control_request", request, run.id)
            if is_new and request["state"] == "open":
                self._follow.announcer.asked(change.json, request)
        if view.state.is_live or before is not None:
            self._tell_published(run, known)
            self._tell_logs(run, known)
        if change.started:
            self._follow.announcer.started(change.json)
        if change.finished:
            self._follow.announcer.finished(change.json)

    def _tell_published(self, run: RunFolder, known: _Known) -> None:
        try:
            published = (read_json(run.state) or {}).get("published") or {}
        except GymDashError:
            return
        for key, item in published.items():
            if key != "progress" and known.published.get(key) != item.get("value"):
                known.published[key] = item.get("value")
                event = {"key": key, "value": item.get("value"), "time": item.get("time"), "step": item.get("step")}
                self._hub.publish("channel", event, run.id)

    def _tell_logs(self, run: RunFolder, known: _Known) -> None:
        for stream in STREAMS:
            size = _size_of(run.log(stream))
            begin = known.logs.setdefault(stream, size)
            if size <= begin:
                continue
            if not self._hub.wants("log", run.id):
                known.logs[stream] = size
                continue
            chunk = read_log(run, stream, max(begin, size - _LOG_BYTES), _LOG_BYTES)
            known.logs[stream] = chunk.next_offset
            self._hub.publish("log", vars(chunk), run.id)

    def live_runs(self) -> list[RunFolder]:
        """Return the runs that have not ended and were started."""
        ids = [
            run_id for run_id in list(self._live) if (known := self._known.get(run_id)) is None or _lives(known.view)
        ]
        return [RunFolder(self._project.sims / run_id) for run_id in ids]

    def index(self, run: RunFolder) -> PointsIndex:
        """Return the points of a run, read as far as they are."""
        return self._library.current(run, read_run(run))


@dataclass(frozen=True)
class _Change:
    """What a synchronisation has brought.

    Attributes:
        json: The run as clients see it.
        requests: Questions that are new or have changed, with whether they are new.
        started: The plugins are to be told of the attempt's start.
        finished: The plugins are to be told of the attempt's end.
    """

    json: dict[str, Any]
    requests: list[tuple[bool, dict[str, Any]]]
    started: bool
    finished: bool


def _keep(row: SimulationTable, before: SimulationTable | None, view: RunView) -> None:
    """Carry over what only the index knows, and note what the plugins are told now or need not be told."""
    row.told_started, row.told_finished = _told(before, "told_started"), _told(before, "told_finished")
    row.offsets = None if before is None else before.offsets
    has_begun = "start_run" in view.events or view.state.is_final
    if view.attempt and has_begun:
        row.told_started = max(row.told_started, view.attempt)
    if view.state.is_final and view.attempt:
        row.told_finished = max(row.told_finished, view.attempt)


def _told(row: SimulationTable | None, name: str) -> int:
    return 0 if row is None else int(getattr(row, name))


def _lives(view: RunView | None) -> bool:
    return view is None or view.state.is_live


def _is_recent(view: RunView) -> bool:
    """Whether a run may have ended before anybody looked at it."""
    return view.ended is not None and utc_now() - view.ended < RECENT


def _without_progress(view: RunView) -> dict[str, Any]:
    found: dict[str, Any] = finite({name: value for name, value in view.as_json().items() if name != "progress"})
    return found


def _time_of(run: RunFolder) -> int:
    try:
        return run.meta.stat().st_mtime_ns
    except OSError:
        return 0


def _size_of(path: Any) -> int:
    try:
        return int(path.stat().st_size)
    except OSError:
        return 0
