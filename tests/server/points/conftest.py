"""Fixtures of the tests of the index of points."""

from __future__ import annotations

import pytest

from indexes import new_run


@pytest.fixture
def run(tmp_path):
    return new_run(tmp_path / "project")
