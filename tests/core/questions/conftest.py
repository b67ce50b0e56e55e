"""An interactor whose questions go to a disk that can be full."""

from __future__ import annotations

import threading

import pytest

from gymdash_core.interaction.channels import Channel
from gymdash_core.interaction.interactor import SimulationInteractor
from gymdash_core.interaction.requests import (
    RequestBook,
)
from questions import Disk


@pytest.fixture
def disk():
    return Disk()


@pytest.fixture
def changes():
    return []


@pytest.fixture
def interactor(disk, clock, changes):
    """An interactor whose loop never naps: its clock stands still."""
    found = SimulationInteractor([Channel("n", "N", "query", int), Channel("free", "Free")], clock=clock)
    book = RequestBook(disk, 3, lambda: changes.append(len(found.requests.open_requests())))
    found.attach(shield=threading.RLock(), record=lambda _: None, requests=book, initial={})
    return found


@pytest.fixture(autouse=True)
def no_naps(monkeypatch):
    monkeypatch.setattr("gymdash_core.interaction.interactor.QUESTION_NAP_S", 0)
