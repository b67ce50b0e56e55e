"""The recorder: one thread that keeps the index true to the run directories and tells the hub what has changed.

Data flow: files change → a notification, a look at the clock, or a command of this server marks the run as *due* → the
run is synchronised: its state is judged, new lines and points are read, rows are written and committed, and then the
events go to the hub. So whoever hears of something can read it.

Order for a run that has ended: its points are read to their end before its final state is written and told.

Ownership: rows are written here alone, one run at a time under its lock, by this thread, by the request that has just
changed the run, or behind a request that must be quick (`sync_behind`). Both threads are ended by `close`.
"""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from gymdash_core.errors import GymDashError, RunNotFoundError
from gymdash_core.logs import STREAMS
from gymdash_core.monitor import RunMonitor
from gymdash_core.project import Project, RunFolder
from gymdash_core.runview import RunView, read_run
from gymdash_core.status import RunState, utc_now
from gymdash_server.db.repositories import SimulationRepository
from gymdash_server.recorder.memory import Known, Memory, Turns
from gymdash_server.recorder.reconciling import Reconciler
from gymdash_server.recorder.rows import fingerprint
from gymdash_server.recorder.search import SEARCH_S, Search
from gymdash_server.recorder.telling import Teller, log_size
from gymdash_server.recorder.trailing import Trailing
from gymdash_server.recorder.watcher import FileWatcher
from gymdash_server.recorder.writing import write_runs

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

    from gymdash_server.announcer import Announcer
    from gymdash_server.live.hub import Hub
    from gymdash_server.points.index import PointsIndex
    from gymdash_server.points.library import PointsLibrary, Told

logger = logging.getLogger(__name__)

#: A run is looked at this often at most.
PACE_S = 0.08
#: A live run is looked at this often at least, whatever notifications say, and judged anew.
LOOK_S = 1.0
#: A run that ended this recently may have been too quick to be seen alive.
RECENT = timedelta(seconds=30)
#: So many points of a run are read at a look, about: then it is the turn of the others.
_POINTS = 20_000


class _NeedsHelperError(Exception):
    """A helper process is needed, and this thread has others to look at."""


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
        self._project, self._engine = project, engine
        self._library, self._follow = library, follow
        self._teller = Teller(hub, follow.announcer)
        self._monitor = RunMonitor(
            lambda run, *_: self.mark(run.id, judge=True), follow.on_linger, lambda run: self.mark(run.id, judge=True)
        )
        self._watcher = FileWatcher(self.mark)
        self._memory, self._turns = Memory(), Turns()
        self._search, self._trailing = Search(project, self.mark), Trailing()
        self._helpers = ThreadPoolExecutor(2, thread_name_prefix="gymdash-helper")
        self._helped: set[str] = set()
        self._lock = threading.Lock()
        self._due: dict[str, None] = {}
        self._unjudged: set[str] = set()
        self._gone: set[str] = set()  # runs of whose gone stats nobody was told
        self._old: set[str] = set()
        self._wake = threading.Event()
        self._closed = False
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
        self._trailing.close()
        self._helpers.shutdown(wait=False, cancel_futures=True)
        self._monitor.close()
        self._watcher.close()

    def reconcile(self, *, anew: bool = False, told: Callable[[int, int], None] = lambda _done, _total: None) -> int:
        """Bring the rows up to date with the run directories; return how many runs there are.

        Args:
            anew: Read every run, whatever the index says of it.
            told: Told how many runs are read, and how many are to be.
        """
        runs = {run.id: run for run in self._project.runs()}
        self._search.begin(runs)
        self._old = set(runs)
        Reconciler(self._engine, self._memory, self._conclude).reconcile(runs, anew=anew, told=told)
        self._library.prune(runs)
        return len(runs)

    # --- the thread ------------------------------------------------------------------------------------------------

    def mark(self, run_id: str, *, judge: bool = False) -> None:
        """Have a run looked at soon.

        Args:
            run_id: The run.
            judge: Something has changed that its files do not show.
        """
        with self._lock:
            self._due[run_id] = None
            if judge:
                self._unjudged.add(run_id)
        self._wake.set()

    def _work(self) -> None:
        while not self._closed:
            now = time.monotonic()
            try:
                self._search.look(now)
                self._look_at_due(now)
            except Exception:  # boundary, the main of a thread: it follows all runs, and a defect must not end it
                logger.exception("the recorder stumbled")
            self._wake.wait(PACE_S if self._due else SEARCH_S)
            self._wake.clear()
        self._look_at_due(float("inf"))

    def _look_at_due(self, now: float) -> None:
        late = [run_id for run_id, known in self._memory.live().items() if now - known.looked >= LOOK_S]
        with self._lock:
            self._due.update(dict.fromkeys(late))
            ready = [i for i in self._due if now - self._memory.get(i).looked >= PACE_S]
            for run_id in ready:
                del self._due[run_id]
        for run_id in ready:
            self._look_at(RunFolder(self._project.sims / run_id))

    def _look_at(self, run: RunFolder) -> None:
        known = self._memory.get(run.id)
        known.looked = time.monotonic()
        if run.id in self._helped:
            return  # it is looked at again when that is done
        try:
            if not self._is_settled(run, known):
                self._sync(run, patient=False)
            known = self._memory.get(run.id)
            known.problem = ""
            if known.view is not None and known.view.state.is_live:
                index = self._library.open(run)
                if index.update(self._teller_of(run), most=_POINTS):
                    self.mark(run.id)
                self._hear_of_gone(run, index)
        except _NeedsHelperError:
            self._ask_helper(run)
        except (GymDashError, OSError, SQLAlchemyError) as error:
            if run.path.is_dir() and not self._closed:
                if known.problem != str(error):
                    logger.warning("run %s: %s; it is tried again", run.id, error)
                known.problem = str(error)
                known.looked += LOOK_S
                self.mark(run.id, judge=True)
        except Exception:  # boundary, a plugin's reader: one run's defect must not keep the others from being followed
            logger.exception("run %s cannot be recorded", run.id)

    def _ask_helper(self, run: RunFolder) -> Future[dict[str, Any] | None]:
        """Synchronise a run on a thread that may wait for a helper process."""
        self._helped.add(run.id)
        future = self._helpers.submit(self._sync, run)
        future.add_done_callback(lambda _: self._is_helped(run))
        return future

    def _is_helped(self, run: RunFolder) -> None:
        self._helped.discard(run.id)
        self.mark(run.id, judge=True)

    def _is_settled(self, run: RunFolder, known: Known) -> bool:
        """Return whether a live run can have changed in its points and its output alone; tell the latter."""
        with self._lock:
            is_unjudged = run.id in self._unjudged
            self._unjudged.discard(run.id)
        is_live = known.view is not None and known.view.state.is_live
        if is_unjudged or not is_live or time.monotonic() - known.judged >= LOOK_S or known.mark != fingerprint(run):
            return False
        with self._turns.of(run.id):
            self._teller.tell_logs(run, known)
        return True

    # --- one run ---------------------------------------------------------------------------------------------------

    def sync(self, run: RunFolder) -> dict[str, Any] | None:
        """Bring the index up to date with one run and tell what has changed.

        Returns:
            The run as clients see it; None where it is gone.
        """
        try:
            return self._sync(run, patient=False)
        except _NeedsHelperError:
            return self._ask_helper(run).result()

    def sync_behind(self, run: RunFolder) -> None:
        """Bring the index up to date with one run at once, without waiting for it; readers do (`settle`)."""
        if run.id in self._helped:
            self.mark(run.id, judge=True)  # its turn comes when the helper is done
        else:
            self._trailing.submit(run.id, lambda: self._try_to_sync(run))

    def settle(self, run_id: str | None = None) -> None:
        """Wait, before the index is read, for what is recorded behind the answer to a command.

        Args:
            run_id: The run that is read of; None for all.
        """
        self._trailing.settle(run_id)

    def _try_to_sync(self, run: RunFolder) -> None:
        try:
            self._sync(run, patient=False)
        except _NeedsHelperError:
            self._ask_helper(run)
        except Exception:  # boundary, the main of a thread: the recorder's own tries again, and says what is wrong
            logger.debug("run %s is not recorded at once", run.id, exc_info=True)
            self.mark(run.id, judge=True)

    def _sync(self, run: RunFolder, *, patient: bool = True) -> dict[str, Any] | None:
        asked = time.monotonic()
        with self._turns.of(run.id):
            mark, judged = fingerprint(run), time.monotonic()
            known = self._memory.get(run.id)
            if known.judged >= asked and known.mark == mark and known.json is not None:
                return known.json  # somebody was quicker
            try:
                view = read_run(run)
            except RunNotFoundError:
                self._forget(run)
                return None
            is_news = self._is_news(run, view)
            if is_news and view.state.is_final:
                self._read_to_end(run, view, patient=patient)
            change = write_runs(self._engine, self._memory, [(run, view, mark)])[0]
            known = self._conclude(run, view, mark, judged)
            known.json = change.json
            known.news |= self._gone_of(run)
            try:
                self._teller.tell(run, view, change, known, is_news=is_news)
            finally:  # the end is written: its slot is free, whatever became of the telling
                if view.state.is_final:
                    self._old.add(run.id)
                    self._follow.on_end(run, view.attempt)
            return change.json

    def _conclude(self, run: RunFolder, view: RunView, mark: str, judged: float) -> Known:
        """Remember what was written of a run, and watch it for as long as it may change by itself."""
        known = self._follow_files(run, view)
        known.mark, known.judged = mark, judged
        return known

    def _read_to_end(self, run: RunFolder, view: RunView, *, patient: bool) -> None:
        """Read the points of a run that has just ended to their end, before its end is told."""
        if not self._library.finish(run, view, self._teller_of(run), patient=patient):
            raise _NeedsHelperError
        self._hear_of_gone(run, self._library.open(run))

    def _hear_of_gone(self, run: RunFolder, index: PointsIndex) -> None:
        """Have it told where stats of a run are not there any more, or have begun anew: pages show them."""
        if index.take_gone():
            with self._lock:  # any thread comes here, also while the run is told
                self._gone.add(run.id)
            self.mark(run.id, judge=True)

    def _gone_of(self, run: RunFolder) -> set[str]:
        """Take what is to be told of gone stats, in the run's turn."""
        with self._lock:
            is_gone = run.id in self._gone
            self._gone.discard(run.id)
        return {"stats"} if is_gone else set()

    def _is_news(self, run: RunFolder, view: RunView) -> bool:
        """Return whether points of a run may be new to those who listen."""
        return view.state.is_live or self._memory.is_live(run.id) or _is_recent(view)

    def _teller_of(self, run: RunFolder) -> Told:
        return lambda new: self._teller.tell_points(run.id, new)

    def _follow_files(self, run: RunFolder, view: RunView) -> Known:
        """Watch a run for as long as it may change by itself."""
        if view.state.is_final:
            self._memory.let_go(run.id)
            self._watcher.unwatch(run.id)
        elif self._memory.keep(run.id):
            self._monitor.watch(run)
            self._watcher.watch(run)
        known = self._memory.get(run.id)
        if not known.logs and run.id in self._old:  # so far its output is no news
            known.logs = {stream: log_size(run, stream) for stream in STREAMS}
        return known

    def _forget(self, run: RunFolder) -> None:
        with Session(self._engine) as session:
            simulations = SimulationRepository(session)
            is_known = simulations.get(run.id) is not None
            simulations.remove([run.id])
            session.commit()
        self._memory.forget(run.id)
        self._old.discard(run.id)
        self._gone_of(run)
        self._watcher.unwatch(run.id)
        self._library.forget(run)
        if is_known:
            self._teller.tell_deleted(run)

    def unfinished_runs(self) -> list[RunFolder]:
        """Return the runs that have not ended, those in queues included, and those of which nobody knows how."""
        with Session(self._engine) as session:
            lost = SimulationRepository(session).in_state(RunState.LOST)
        return [RunFolder(self._project.sims / run_id) for run_id in [*self._memory.live(), *lost]]

    def live_runs(self) -> list[RunFolder]:
        """Return the runs that were started and have not ended."""
        live = self._memory.live().items()
        ids = [run_id for run_id, known in live if known.view is None or known.view.state.is_live]
        return [RunFolder(self._project.sims / run_id) for run_id in ids]

    def index(self, run: RunFolder) -> PointsIndex:
        """Return the points of a run, read as far as they are.

        Raises:
            RunNotFoundError: There is no such run.
            OSError: The index cannot be written.
        """
        view = read_run(run)
        index = self._library.current(run, view, self._teller_of(run) if self._is_news(run, view) else None)
        self._hear_of_gone(run, index)
        return index


def _is_recent(view: RunView) -> bool:
    """Whether a run may have ended before anybody looked at it."""
    return view.ended is not None and utc_now() - view.ended < RECENT
