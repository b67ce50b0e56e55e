"""The announcer: calls the plugins' life-cycle hooks, isolated, read-only and limited in time.

A call that takes too long is abandoned: its thread goes on alone, and until it ends that plugin is told nothing. So a
plugin that hangs has one thread at most, and delays the others once.

Overflow rule: at most `WAITING` calls wait. Where plugins are slower than what happens, the oldest call is left out for
each new one, and the log says so.
"""

from __future__ import annotations

import contextlib
import copy
import logging
import queue
import threading
from typing import TYPE_CHECKING, Any

from gymdash_core.errors import GymDashError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gymdash_core.plugin_report import PluginReport
    from gymdash_core.plugins import PluginManager

_Call = tuple[str, dict[str, Any]]

logger = logging.getLogger(__name__)

#: How long one call of a hook may take; it is abandoned then.
HOOK_S = 5.0
#: So many calls wait at most.
WAITING = 1000


class Announcer:
    """Tell plugins what happens to runs, one event after the other.

    Thread safety: all methods may be called from any thread; none waits for a plugin.

    Args:
        manager: The plugins.
        timeout_s: How long one call may take.
    """

    def __init__(self, manager: PluginManager, timeout_s: float = HOOK_S) -> None:
        self._manager, self._timeout_s = manager, timeout_s
        self._calls: queue.Queue[_Call | None] = queue.Queue(WAITING)
        self._putting = threading.Lock()
        self._left_out = 0
        self._abandoned: dict[str, threading.Thread] = {}
        self._thread = threading.Thread(target=self._work, name="gymdash-hooks", daemon=True)
        self._thread.start()

    def started(self, run: dict[str, Any]) -> None:
        """Tell that an attempt has begun."""
        self._put(("gymdash_run_started", {"run": run}))

    def finished(self, run: dict[str, Any]) -> None:
        """Tell that an attempt has ended."""
        self._put(("gymdash_run_finished", {"run": run}))

    def asked(self, run: dict[str, Any], request: dict[str, Any]) -> None:
        """Tell that a run asks a question."""
        self._put(("gymdash_control_request", {"run": run, "request": request}))

    def close(self, timeout_s: float = 1.0) -> None:
        """Tell what waits to be told, for a while, then end."""
        self._put(None)
        self._thread.join(timeout_s)

    def _put(self, call: _Call | None) -> None:
        with self._putting:
            while True:
                try:
                    self._calls.put_nowait(call)
                    return
                except queue.Full:
                    self._leave_out_the_oldest()

    def _leave_out_the_oldest(self) -> None:
        with contextlib.suppress(queue.Empty):  # there is room already
            oldest = self._calls.get_nowait()
            if self._left_out % WAITING == 0:
                logger.warning("plugins are slower than what happens: %s is left out", oldest and oldest[0])
            self._left_out += 1

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            hook, arguments = call
            for report, implementation in self._manager.implementations(hook):
                self._call(report, hook, implementation, copy.deepcopy(arguments))

    def _call(
        self, report: PluginReport, hook: str, implementation: Callable[..., object], arguments: dict[str, Any]
    ) -> None:
        abandoned = self._abandoned.get(report.id)
        if abandoned is not None and abandoned.is_alive():
            logger.debug("plugin %r: %s is left out: an earlier call still runs", report.name, hook)
            return
        failed: list[BaseException] = []

        def call() -> None:
            try:
                implementation(**arguments)
            except (Exception, SystemExit) as error:  # noqa: BLE001 - boundary: a plugin's code
                failed.append(error)

        thread = threading.Thread(target=call, name=f"gymdash-hook-{report.name}", daemon=True)
        thread.start()
        thread.join(self._timeout_s)
        if thread.is_alive():
            self._abandoned[report.id] = thread
            logger.warning("plugin %r: %s takes longer than %g s; it is abandoned", report.name, hook, self._timeout_s)
        elif failed:
            logger.error("plugin %r: %s failed", report.name, hook, exc_info=failed[0])
            with contextlib.suppress(GymDashError):  # strict plugins are for the start; a live server goes on
                self._manager.fence(report.id, failed[0])
