"""Pytest fixtures for plugin authors, loaded through the entry point ``gymdash``; light until one is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from gymdash_core.project import Project


@pytest.fixture
def gymdash_project(tmp_path: Path) -> Project:
    """An empty project in a temporary folder."""
    from gymdash_core.project import Project  # noqa: PLC0415 - light until used

    project = Project(tmp_path / "gymdash")
    project.create()
    return project
