"""A plugin of pytest: the thread of a test pauses between its lines; what is asserted must not depend on its pace.

``GYMDASH_TEST_PAUSES`` is the share of the lines below ``tests/`` that pause, mostly when they are first run. A test
that fails says where it paused.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from types import FrameType

LONGEST_S = 1.5
SHARE = float(os.environ.get("GYMDASH_TEST_PAUSES") or 0)
HERE = Path(__file__).parent
TESTS = f"{HERE.parent}/"

_sleep, _random = time.sleep, random.Random()
_visits: Counter[tuple[str, int]] = Counter()
_pauses: list[str] = []


def pause_at_lines(frame: FrameType, event: str, _arg: Any) -> Any:
    if event == "line":
        place = (frame.f_code.co_filename.removeprefix(TESTS), frame.f_lineno)
        _visits[place] += 1
        if _random.random() < SHARE / _visits[place]:
            seconds = _random.random() * LONGEST_S
            _pauses.append(f"{place[0]}:{place[1]} {seconds:.2f} s")
            _sleep(seconds)
    return pause_at_lines


def follow_tests(frame: FrameType, _event: str, _arg: Any) -> Any:
    file = frame.f_code.co_filename
    return pause_at_lines if file.startswith(TESTS) and not file.startswith(str(HERE)) else None


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Any:
    _visits.clear()
    _pauses.clear()
    sys.settrace(follow_tests)
    try:
        return (yield)
    finally:
        sys.settrace(None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    report = yield
    if report.failed:
        report.sections.append(("pauses", "\n".join(_pauses)))
    return report
