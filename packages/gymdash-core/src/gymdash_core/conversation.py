"""Conversation: queries, questions and the ends of runs, for those who hold a tracker."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from gymdash_core.errors import (
    NotSupportedError,
    RequestClosedError,
    UnknownRequestError,
    WorkerGoneError,
    WrongStateError,
)
from gymdash_core.executors.api import RunHandle
from gymdash_core.interaction.queries import Reply
from gymdash_core.interaction.requests import ControlRequest, RequestState, read_requests
from gymdash_core.launcher import Launcher
from gymdash_core.meta import record_ask, withdraw_queued
from gymdash_core.project import RunFolder
from gymdash_core.runview import read_run
from gymdash_core.status import RunState


class Conversation:
    """Talk to live runs through the launcher's handles.

    Thread safety: all methods may be called from any thread.

    Args:
        launcher: Finds the handle of a live run.
        by: Who talks, for the record.
    """

    def __init__(self, launcher: Launcher, by: str) -> None:
        self._launcher = launcher
        self._by = by

    def held_by(self, by: str) -> Conversation:
        """Return the same conversation as another holds it, for the record."""
        return Conversation(self._launcher, by)

    def query(self, run: RunFolder, channels: Mapping[str, Any], timeout_s: float) -> dict[str, Reply]:
        """Send values to one run; see `SimulationTracker.query`."""
        return self.live(run, "be queried").query(channels, timeout_s, self._by)

    def query_all(self, runs: list[RunFolder], channels: Mapping[str, Any], timeout_s: float) -> list[dict[str, Reply]]:
        """Send values to several runs at the same time; one that has ended says so in its replies."""

        def ask(run: RunFolder) -> dict[str, Reply]:
            try:
                return self.query(run, channels, timeout_s)
            except WorkerGoneError:  # it has ended since its state was read
                if not read_run(run).state.is_final:
                    raise
                return {key: Reply(triggered=False, reason="ended") for key in channels}
            except WrongStateError as error:
                has_ended = error.state == "ended" or RunState(error.state).is_final
                reason = "ended" if has_ended else str(error.state)
                return {key: Reply(triggered=False, reason=reason) for key in channels}

        with ThreadPoolExecutor(max(1, len(runs)), thread_name_prefix="gymdash-query") as pool:
            return list(pool.map(ask, runs))

    def channels(self, run: RunFolder) -> list[dict[str, Any]]:
        """Return the channels of a live run with their current values."""
        channels: list[dict[str, Any]] = self.live(run, "be asked").describe()["channels"]
        return channels

    def pause(self, run: RunFolder, *, on: bool) -> None:
        """Hold the loop of a run, or let it go on."""
        self.live(run, "be paused" if on else "be resumed").pause(on=on, by=self._by)

    def questions(self, runs: Iterable[RunFolder]) -> list[ControlRequest]:
        """Return the open questions of runs, oldest first."""
        found = [request for run in runs for request in _open_requests(run)]
        return sorted(found, key=lambda request: request.created)

    def answer(self, runs: Iterable[RunFolder], request_id: str, value: Any) -> None:
        """Answer a question of one of some runs; see `SimulationTracker.answer`."""
        asked = ((run, item) for run in runs for item in read_requests(run.requests) if item.id == request_id)
        run, request = next(asked, (None, None))
        if run is None or request is None:
            raise UnknownRequestError(request_id)
        view = read_run(run)
        if not view.state.is_live or view.attempt != request.attempt:
            raise _closed(request)
        try:
            self.live(run, "be answered").answer(request_id, value, self._by)
        except (WrongStateError, WorkerGoneError) as error:  # the attempt has ended, or is about to, meanwhile
            now = next((item for item in read_requests(run.requests) if item.id == request_id), request)
            is_over = read_run(run).state.is_final or getattr(error, "state", "") == "ended"
            if now.state is not RequestState.OPEN or is_over:
                raise _closed(now) from error
            raise

    def live(self, run: RunFolder, wanted: str) -> RunHandle:
        """Return the handle of a live run.

        Raises:
            WrongStateError: It has no live worker that this process can reach.
        """
        state = read_run(run).state
        handle = self._launcher.handle(run) if state.is_live else None
        if handle is None:
            raise WrongStateError(run.id, state, wanted, _why_no_handle(state))
        return handle

    def stop(self, run: RunFolder, grace_s: float, *, save: bool) -> None:
        """Begin the stop ladder of a run; see `SimulationTracker.stop`."""
        handle = self._handle_to_end(run)
        if handle is not None:
            handle.stop(grace_s, save=save, by=self._by)
        elif not read_run(run).state.is_final:
            record_ask(run, self._by, grace_s=grace_s, save=save)  # a thread of another process reads it soon

    def kill(self, run: RunFolder) -> None:
        """End a run at once; see `SimulationTracker.kill`."""
        handle = self._handle_to_end(run)
        if handle is not None:
            handle.kill(by=self._by)
        elif not read_run(run).state.is_final:
            remedy = "It goes on on a thread of another process: stop it, or end that process."
            raise NotSupportedError(f"run {run.id}", "kill", remedy)

    def _handle_to_end(self, run: RunFolder) -> RunHandle | None:
        """Call a run off where it has not begun; return the handle of one that has, where this process can reach it."""
        state = read_run(run).state
        if state.is_final:
            return None
        if not state.is_live:
            self._launcher.cancel(run)
            if withdraw_queued(run, self._by):
                return None
        return self._launcher.handle(run)

    def carry_on_stop(self, run: RunFolder) -> bool:
        """Carry a stop to its end that an earlier process has begun; return whether there was one."""
        handle = self._launcher.handle(run)
        return handle is not None and handle.carry_on_stop()

    def end_lingering(self, run: RunFolder) -> None:
        """Kill what is left of a run that has said how it ended; its state stays as it is."""
        handle = self._launcher.handle(run)
        if handle is not None:
            with contextlib.suppress(NotSupportedError):
                handle.kill(by=f"{self._by}: its process outlived its end")


def _closed(request: ControlRequest) -> RequestClosedError:
    """Return the error for a question of an attempt that is over: its end has withdrawn what it left open."""
    is_answered = request.state is RequestState.ANSWERED
    return RequestClosedError(request.id, RequestState.ANSWERED if is_answered else RequestState.WITHDRAWN)


def _open_requests(run: RunFolder) -> list[ControlRequest]:
    """Questions of the live attempt; what a killed one left open is nobody's any more."""
    asked = [request for request in read_requests(run.requests) if request.state is RequestState.OPEN]
    view = read_run(run) if asked else None
    if view is None or not view.state.is_live:
        return []
    return [dataclasses.replace(item, simulation_id=run.id) for item in asked if item.attempt == view.attempt]


def _why_no_handle(state: RunState) -> str:
    if state.is_final:
        return "Only a run that has not ended can."
    if state.is_live:
        return "It needs a live worker that this process can reach."
    return "It has not begun: wait until it runs."
