"""Fixtures of all tests."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def _eventually(predicate: Callable[[], T], timeout_s: float = 30.0) -> T:
    deadline = time.monotonic() + timeout_s
    while not (found := predicate()):
        if time.monotonic() > deadline:
            pytest.fail(f"still {found!r} after {timeout_s:g} s: {predicate}")
        time.sleep(0.01)
    return found


@pytest.fixture(scope="session")
def eventually() -> Callable[..., object]:
    """Return `eventually(predicate, timeout_s=30)`: wait until the predicate is true and return its value."""
    return _eventually


def pytest_terminal_summary(terminalreporter):
    """Print what tests have measured, as they said by `record_property("measured", ...)`."""
    reports = terminalreporter.getreports("passed")
    told = sorted({text for report in reports for name, text in report.user_properties if name == "measured"})
    if told:
        terminalreporter.write_sep("=", "measured")
        for text in told:
            terminalreporter.write_line(text)
