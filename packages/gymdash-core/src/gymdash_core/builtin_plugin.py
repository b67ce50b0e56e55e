"""Core's own plugin: its items arrive through the same hooks and the same entry-point group as a stranger's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gymdash_core.hookspecs import hookimpl
from gymdash_core.types import ExecutorType, SimulationType

if TYPE_CHECKING:
    from gymdash_core.stats.kinds import StatKind

GYMDASH_API = 1


@hookimpl
def gymdash_simulations() -> list[SimulationType]:
    """Register the built-in simulations."""
    return [
        SimulationType(
            "custom_control",
            target="gymdash_core.simulations.custom_control:CustomControlSimulation",
            title="Custom control",
            params="gymdash_core.simulations.custom_control:CustomControlParams",
        ),
    ]


@hookimpl
def gymdash_stat_kinds() -> list[StatKind]:
    """Register the built-in kinds of stats."""
    from gymdash_core.stats.builtin_kinds import BUILTIN_KINDS  # noqa: PLC0415 - models are built when asked for

    return list(BUILTIN_KINDS)


@hookimpl
def gymdash_executors() -> list[ExecutorType]:
    """Register the built-in executors."""
    from gymdash_core.executors.options import ProcessOptions  # noqa: PLC0415 - models are built when asked for

    return [
        ExecutorType("thread", target="gymdash_core.executors.thread:ThreadExecutor"),
        ExecutorType("process", target="gymdash_core.executors.process:ProcessExecutor", options_model=ProcessOptions),
    ]
