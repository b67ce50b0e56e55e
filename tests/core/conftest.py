"""An interactor with a clock that the test moves, and the record of what is done to it."""

from __future__ import annotations

import pytest

from gymdash_core.interaction.interactor import SimulationInteractor
from gymdash_core.interaction.requests import RequestBook
from gymdash_core.testing import FakeClock
from talkers import CHANNELS, Notes, Shield


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def notes():
    return Notes()


@pytest.fixture
def interactor(clock, notes):
    found = SimulationInteractor(CHANNELS, clock=clock)
    found.attach(shield=Shield(), record=notes.append, requests=RequestBook(), initial={})
    return found
