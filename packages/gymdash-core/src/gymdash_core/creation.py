"""Making a run: validate what was asked for, and write it down. Nothing is created where anything is wrong."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass, field
from importlib import metadata
from typing import TYPE_CHECKING, Any

from gymdash_core.meta import LaunchRecord, new_meta

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from gymdash_core.project import Project, RunFolder
    from gymdash_core.registry import Registered
    from gymdash_core.types import SimulationType


@dataclass(frozen=True)
class RunRequest:
    """What was asked for, validated.

    Attributes:
        entry: The simulation type.
        name: What people call the run; a name is made from the key where it is empty.
        kwargs: Arguments, validated and coerced, without defaults.
        executor: ``{"name": ..., "options": {...}}``.
        tags: Words for finding it.
        group: Id of its group, or None.
        parent: Run that it comes from, or None.
        changed_kwargs: Arguments that differ from the parent's.
        queue: Whose queue the run is in from its first moment on; empty for none.
        is_of_batch: Its group is written all or none: until it is launched or queued anew, its place in the queue says
            so, for whoever finds it after a crash.
        fill: Writes more into the run's folder before it appears.
    """

    entry: Registered[SimulationType]
    name: str
    kwargs: Mapping[str, Any]
    executor: Mapping[str, Any]
    tags: tuple[str, ...] = ()
    group: str | None = None
    parent: str | None = None
    changed_kwargs: Mapping[str, Any] = field(default_factory=dict)
    queue: str = ""
    is_of_batch: bool = False
    fill: Callable[[Path], object] = lambda _: None


def create_run(project: Project, request: RunRequest) -> RunFolder:
    """Write a run down.

    Raises:
        ProjectAccessError: The disk is full or read-only; nothing is left behind.
    """
    entry, key = request.entry, request.entry.item.key
    name = request.name or key
    plugin = {"name": entry.plugin, "distribution": entry.distribution, "version": entry.version}
    config = {
        "version": 1,
        "name": name,
        "key": key,
        "kwargs": dict(request.kwargs),
        "changed_kwargs": dict(request.changed_kwargs),
        "target": entry.spec.as_json(),
        "plugin": plugin,
        "executor": dict(request.executor),
        "interpreter": sys.executable,
        "versions": {"python": platform.python_version(), "gymdash_core": metadata.version("gymdash-core")},
    }
    meta = new_meta(name, group=request.group, parent=request.parent, tags=request.tags)
    if request.queue:
        meta["queued"] = LaunchRecord(request.queue).as_json()
        if request.is_of_batch:
            meta["queued"]["batch"] = request.group
    return project.create_run(config, meta, fill=request.fill)
