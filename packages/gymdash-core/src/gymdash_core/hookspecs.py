"""Every hook of core, in the order of a run's life.

A plugin is a light module (it imports nothing heavy) named by an entry point of group ``gymdash``; it implements any of
these functions, marked `hookimpl`::

    from gymdash_core import SimulationType, hookimpl

    GYMDASH_API = 1  # optional: the contract that the plugin was written for


    @hookimpl
    def gymdash_simulations():
        return [SimulationType("countdown", target="my_package.countdown:CountdownSimulation")]

An implementation may leave out arguments that it does not use. Hooks register classes and values; behaviour lives in
the classes. The server adds hooks of its own to the same manager.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gymdash_core.stats.kinds import StatKind
    from gymdash_core.types import ExecutorType, SimulationType, StreamerType

#: Entry-point group of plugins, and the name that marks their functions.
PROJECT_NAME = "gymdash"
#: Version of the contract between core and plugins; a plugin may state its own as ``GYMDASH_API``.
API_VERSION = 1

hookspec = pluggy.HookspecMarker(PROJECT_NAME)
hookimpl = pluggy.HookimplMarker(PROJECT_NAME)


@hookspec
def gymdash_simulations() -> Sequence[SimulationType]:  # type: ignore[empty-body]
    """Register simulation types.

    When: once, while a plugin manager is built, before any run.
    Where: in every process that builds one: server, command line, a script's tracker; on the thread that builds it.
        Not in workers, which load one target only.
    Returns: a list of `SimulationType`, each naming its class by import string; an empty list is fine.
    On error: raising, or returning anything else, fences the whole plugin off; its report row has the traceback. A key
        that an earlier distribution provides is lost, and both are named; the plugin's other items stay.
    Since: 0.2.
    """


@hookspec
def gymdash_streamers() -> Sequence[StreamerType]:  # type: ignore[empty-body]
    """Register streamers that can be rebuilt from a run's files.

    When: once, while a plugin manager is built, after `gymdash_simulations`.
    Where: as `gymdash_simulations`. The targets are imported by the server when a run needs them: keep them light.
    Returns: a list of `StreamerType`; an empty list is fine.
    On error: as `gymdash_simulations`.
    Since: 0.2.
    """


@hookspec
def gymdash_stat_kinds() -> Sequence[StatKind]:  # type: ignore[empty-body]
    """Register kinds of stats, with the model of their points and what draws them.

    When: once, while a plugin manager is built, after `gymdash_streamers`.
    Where: as `gymdash_simulations`.
    Returns: a list of `StatKind`; an empty list is fine.
    On error: as `gymdash_simulations`.
    Since: 0.2.
    """


@hookspec
def gymdash_executors() -> Sequence[ExecutorType]:  # type: ignore[empty-body]
    """Register ways to run simulations.

    When: once, while a plugin manager is built, after `gymdash_stat_kinds`.
    Where: as `gymdash_simulations`. The targets are imported by whoever starts a run: keep them light.
    Returns: a list of `ExecutorType`; an empty list is fine.
    On error: as `gymdash_simulations`.
    Since: 0.2.
    """


@hookspec
def gymdash_run_started(run: Mapping[str, Any]) -> None:
    """Take notice that an attempt of a run has begun.

    When: once per attempt, after its worker reported ``running``; a restarted server does not repeat it.
    Where: in the server, on a thread of its own; never in the run's process.
    Returns: nothing; `run` is read-only and the run does not wait for the hook.
    On error: the plugin is fenced off until the server is started again, with the traceback in the log and in its
        report row; other plugins and the run go on. A call that takes longer than 5 s is abandoned.
    Since: 0.2.

    Args:
        run: The run as ``GET /api/v1/simulations/{id}`` shows it: ``id, name, key, state, attempt, kwargs, ...``.
    """


@hookspec
def gymdash_control_request(run: Mapping[str, Any], request: Mapping[str, Any]) -> None:
    """Take notice that a run asks a question, for example to send a message to its owner.

    When: once per question, when it is opened; answers are not announced.
    Where: as `gymdash_run_started`.
    Returns: nothing; a question is answered over the API, not by this hook.
    On error: as `gymdash_run_started`.
    Since: 0.2.

    Args:
        run: The run, as for `gymdash_run_started`.
        request: The question as ``GET /api/v1/control-requests`` shows it: ``id, channel, details, schema, ...``.
    """


@hookspec
def gymdash_run_finished(run: Mapping[str, Any]) -> None:
    """Take notice that an attempt of a run has ended, however it ended.

    When: once per attempt, after its final state and all its files can be read.
    Where: as `gymdash_run_started`.
    Returns: nothing.
    On error: as `gymdash_run_started`.
    Since: 0.2.

    Args:
        run: The run, as for `gymdash_run_started`, in its final state.
    """
