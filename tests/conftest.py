"""Fixtures of all tests."""

from __future__ import annotations

import gc
import os
import shutil
import sys
import time
from typing import TYPE_CHECKING, TypeVar

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# Thousands of interpreters start in the suite: containers that forbid bytecode would have each compile all anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

settings.register_profile("untimed", deadline=None)  # the machine may be busy
settings.load_profile("untimed")

#: Below the folder of a run of the suite.
SHARED = "shared"

T = TypeVar("T")


def _eventually(predicate: Callable[[], T], timeout_s: float = 60.0) -> T:
    deadline, pause_s = time.monotonic() + timeout_s, 0.01
    while not (found := predicate()):
        if time.monotonic() > deadline:
            pytest.fail(f"still {found!r} after {timeout_s:g} s: {predicate}")
        time.sleep(pause_s)
        pause_s = min(pause_s * 1.1, 0.03)  # who looks too often holds up what is looked for
    return found


def pytest_collection_finish():
    """Spare the garbage collector what stays to the end: modules and tests, which are most of all objects."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def eventually() -> Callable[..., object]:
    """Return `eventually(predicate, timeout_s=60)`: wait until the predicate is true and return its value."""
    return _eventually


@pytest.fixture(scope="session")
def shared(tmp_path_factory) -> Path:
    """Return a folder that the suite's processes share; it is removed when the last of them has ended."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / SHARED
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def known_types(tmp_path_factory) -> Path:
    """Return the file that `types_kept` keeps what types are in."""
    return tmp_path_factory.mktemp("types") / "types.json"


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    """Remove what was shared: here, since of several processes the one that starts the others ends after them."""
    base = session.config._tmp_path_factory._basetemp
    if base is not None and not hasattr(session.config, "workerinput"):
        shutil.rmtree(base / SHARED, ignore_errors=True)


def pytest_terminal_summary(terminalreporter):
    """Print what tests have measured, as they said by `record_property("measured", ...)`."""
    reports = terminalreporter.getreports("passed")
    told = sorted({text for report in reports for name, text in report.user_properties if name == "measured"})
    if told:
        terminalreporter.write_sep("=", "measured")
        for text in told:
            terminalreporter.write_line(text)
