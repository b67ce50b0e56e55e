"""What simulation types are, kept from test to test: the helpers that tell it import torch, which takes seconds."""

from __future__ import annotations

import contextlib
import shutil
from typing import TYPE_CHECKING

from gymdash_core.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextlib.contextmanager
def types_kept(project: Path, known: Path) -> Iterator[None]:
    """Let a new project know what earlier ones have found out, and keep what it finds out itself.

    Args:
        project: Where the project will be.
        known: The file that keeps it; each entry holds only for the sources that it was made from.
    """
    cache = Project(project).type_cache
    if known.exists():
        cache.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(known, cache)
    yield
    if cache.exists():
        shutil.copy(cache, known)
