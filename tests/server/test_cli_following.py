"""Following a run, where an interrupt does not arrive as it should."""

from __future__ import annotations

import contextlib
import os
import signal

import pytest

from gymdash_server.cli.following import RunProgress, follow_run
from gymdash_server.cli.output import Output
from gymdash_server.client import Event
from gymdash_server.schemas.simulations import SimulationRead

RUN = SimulationRead.model_construct(id="1", name="Counter", state="running", reason="", progress=None)


class Swallower:
    """A client whose stream loses the first interrupt, as a finaliser that runs just then would."""

    def events(self, **_):
        with contextlib.suppress(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
        yield Event("progress", "a-1", {"current": 1, "total": 2})
        raise AssertionError("it goes on after Ctrl-C")


def test_an_interrupt_that_is_lost_on_its_way_still_leaves_the_run():
    before = signal.getsignal(signal.SIGINT)
    assert follow_run(Swallower(), Output(), RUN) is None
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize(
    ("state", "reason", "shown"),
    [
        ("stopping", "ended as succeeded; waiting for the process to exit", "ending"),
        ("stopping", "asked to stop", "stopping"),
        ("running", "", "running"),
    ],
)
def test_a_run_that_has_come_to_its_end_by_itself_is_not_told_to_be_stopping(state, reason, shown):
    view = RunProgress(RUN)
    view.apply(Event("simulation", "a-1", {"state": state, "reason": reason}))
    assert view.shown_state == shown
